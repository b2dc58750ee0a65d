/*
 * Trying things in a child, which gives up what its parent keeps.
 */
#ifndef TESTS_SANDBOX_INSIDE_H
#define TESTS_SANDBOX_INSIDE_H

#include <stdbool.h>

/* For a try, which returns 0 or the line that went wrong. */
#define WANT(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			return __LINE__;                                       \
	} while (0)

/* Whether a system call failed with this error number. */
bool denied(long result, int number);

/* Runs a try in a child, and fails the test if it returns a line. */
void in_child(int (*try)(void), const char *file);

/* The test of a try. */
#define INSIDE(name)                                                           \
	static void test_##name(void **ignored UNUSED)                         \
	{                                                                      \
		in_child(try_##name, __FILE__);                                \
	}

#endif
