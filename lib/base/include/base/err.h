/*
 * The one list of errors. 0 is good, everything else is negative. A function
 * that can fail returns enum err, and its caller must look at it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/compiler.h"

enum err {
	ERR_OK = 0,
	ERR_INTERNAL = -1, /* a bug of ours, or a path that was forgotten */
	ERR_INVALID = -2, /* an argument or a field that is not allowed */
	ERR_TRUNCATED = -3, /* the input ends too early */
	ERR_FORMAT = -4, /* the input is not what its format demands */
	ERR_SPACE = -5, /* the output does not fit its buffer or limit */
	ERR_AUTH = -6, /* a tag, MAC or signature does not verify */
	ERR_UNSUPPORTED = -7, /* well-formed, but nothing we do */
	ERR_STATE = -8, /* not allowed in this state */
	ERR_NOT_FOUND = -9, /* no such thing */
	ERR_EXISTS = -10, /* there is one already */
	ERR_DENIED = -11, /* the asker has no right to it */
	ERR_IO = -12, /* storage, socket or pipe failed */
	ERR_NOMEM = -13, /* no memory */
	ERR_BUSY = -14, /* not now: try again */
	ERR_TIMEOUT = -15, /* no answer in time */
	ERR_RANDOM = -16, /* the random source failed */
	ERR_CRYPTO = -17, /* the crypto library failed */
	ERR_EXHAUSTED = -18, /* a counter or an allowance is used up */
	ERR_TOO_SOON = -19, /* less time has passed than must */
	ERR_REPLAY = -20, /* seen before */
	ERR_CONFLICT = -21, /* it changed meanwhile */
	ERR_DISABLED = -22, /* the feature or service is off */
	ERR_CRITICAL = -23 /* a critical option or item that is unknown */
};

/*
 * Names an error as it is written in logs, such as "auth" for ERR_AUTH.
 *
 * Never fails: an unknown number is "unknown".
 */
const char *err_name(enum err err);

#endif
