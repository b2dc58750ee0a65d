/*
 * A root of trust as production leaves it, in a fresh directory.
 */
#ifndef TEST_MODULE_BIRTH_H
#define TEST_MODULE_BIRTH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BIRTH_DIR_SIZE 64

/* Its RoTPublicUID. */
extern const uint8_t birth_uid[8];

/* Makes DIR/rot with it. */
void birth_make(char dir[BIRTH_DIR_SIZE]);

/* Removes the directory and all in it. */
void birth_remove(const char *dir);

#endif
