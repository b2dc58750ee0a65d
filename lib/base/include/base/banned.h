/*
 * Force-included everywhere: functions that have no place in this house.
 * memcmp on secrets cannot be told from memcmp on other bytes here; use
 * ct_equal for secrets and bytes_equal for the rest.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With _FORTIFY_SOURCE clang gets macros of these from its C library. */
#undef sprintf
#undef vsprintf

#if defined(__GNUC__)
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol atof
#pragma GCC poison strncpy strncat
#endif

#endif
