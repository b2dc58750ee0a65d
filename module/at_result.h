/*
 * How a command ends, as its host sees it: OK, an error number of 3GPP TS
 * 27.007 with its text, or later.
 */
#ifndef MODULE_AT_RESULT_H
#define MODULE_AT_RESULT_H

#include "base/err.h"

enum at_result {
	AT_DONE = -1, /* OK */
	AT_LATER = -2, /* a prompt or a wait goes on */
	CME_NO_CONNECTION = 1,
	CME_NOT_ALLOWED = 3,
	CME_NOT_SUPPORTED = 4,
	CME_INCORRECT_PASSWORD = 16,
	CME_MEMORY_FULL = 20,
	CME_NOT_FOUND = 22,
	CME_MEMORY_FAILURE = 23,
	CME_TOO_LONG = 24,
	CME_BAD_CHARACTERS = 25,
	CME_NO_SERVICE = 30,
	CME_TIMEOUT = 31,
	CME_BAD_PARAMETERS = 50,
	CME_DISABLED = 51, /* at_result_off says which feature */
	CME_ABORTED = 52,
	CME_UNKNOWN = 100
};

/* CME_DISABLED, with a text that names the feature (one bit) that is off. */
enum at_result at_result_off(unsigned feature);

/* The error number that a host sees with +CMEE=1. */
unsigned at_result_number(enum at_result result);

/* The text of an error number as 27.007 has it; "unknown" when it has none. */
const char *at_result_text(enum at_result result);

/* What a host is told of an error of ours; AT_DONE for ERR_OK. */
enum at_result at_result_of(enum err err);

#endif
