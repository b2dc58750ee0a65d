/*
 * A directory of the test's own, which goes when the test ends.
 */
#ifndef TESTS_CLOUD_SCRATCH_H
#define TESTS_CLOUD_SCRATCH_H

/* cmocka's setup and teardown of a directory. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* The directory, or a file in it; valid until the next few calls. */
const char *scratch_dir(void);
const char *scratch_path(const char *name);

/* Writes a file in it. */
void scratch_write(const char *name, const char *text, unsigned mode);

#endif
