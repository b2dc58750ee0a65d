/*
 * What every room needs from the compiler: attributes and compile-time
 * assertions that work in C99 and C17, with gcc and clang.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

/* The caller has to look at the result. Every fallible function has it. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* A parameter that a function has because of its type only. */
#define UNUSED __attribute__((unused))

/* Arguments are checked as printf checks its own. */
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define STATIC_ASSERT_PASTE(a, b) a##b
#define STATIC_ASSERT_NAME(line) STATIC_ASSERT_PASTE(static_assert_, line)

/* Fails the build when cond is false; name is a sentence without spaces. */
#define STATIC_ASSERT(cond, name)                                              \
	typedef char STATIC_ASSERT_NAME(__LINE__)[(cond) ? 1 : -1] UNUSED

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
