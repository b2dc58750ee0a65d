/*
 * The golden vectors of PROTOCOL.md, read from the document itself.
 */
#ifndef TESTS_KEYS_GOLDEN_H
#define TESTS_KEYS_GOLDEN_H

#include "base/bytes.h"

/* The value of a name; fails the test when the document has none. */
struct bytes golden(const char *name);

/* Fails the test unless len bytes at got are the value of name. */
void golden_equal(const char *name, const void *got, size_t len);

#endif
