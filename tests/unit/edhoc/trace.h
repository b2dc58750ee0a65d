/*
 * The traces of RFC 9529. Every entry is marked when it is used, so that a
 * test can say which ones nobody looked at.
 */
#ifndef TESTS_EDHOC_TRACE_H
#define TESTS_EDHOC_TRACE_H

#include "edhoc_test.h"

#define TRACE_MAX 128
#define TRACE_VALUE_MAX 512

struct trace_entry {
	char *section;
	char *name;
	char *text; /* the value as it is printed */
	uint8_t value[TRACE_VALUE_MAX];
	size_t len;
	bool used;
};

struct trace {
	struct trace_entry entry[TRACE_MAX];
	size_t count;
};

/* Loads one trace; any failure ends the test. */
void trace_load(struct trace *t, const char *name);
void trace_free(struct trace *t);

/*
 * The one entry of a section whose name starts with name. None, or two,
 * ends the test.
 */
struct trace_entry *trace_find(
    struct trace *t, const char *section, const char *name);

/* Takes a value as an input. */
struct bytes trace_input(
    struct trace *t, const char *section, const char *name);

/* Asserts a value; the second form asserts the value as a byte string. */
void trace_check(
    struct trace *t, const char *section, const char *name, struct bytes got);
void trace_check_bstr(
    struct trace *t, const char *section, const char *name, struct bytes got);

/* Asserts "NAME (Raw Value)" and "NAME (CBOR Data Item)" at once. */
void trace_check_both(
    struct trace *t, const char *section, const char *name, struct bytes got);

/* Asserts that every entry has been used. */
void trace_check_all_used(const struct trace *t);

#endif
