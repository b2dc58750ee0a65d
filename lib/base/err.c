/*
 * Names of errors for logs. Users get sentences; those live where they are
 * printed, never here.
 */
#include "base/err.h"

const char *
err_name(enum err err)
{
	switch (err) {
	case ERR_OK:
		return "ok";
	case ERR_INTERNAL:
		return "internal";
	case ERR_INVALID:
		return "invalid";
	case ERR_TRUNCATED:
		return "truncated";
	case ERR_FORMAT:
		return "format";
	case ERR_SPACE:
		return "space";
	case ERR_AUTH:
		return "auth";
	case ERR_UNSUPPORTED:
		return "unsupported";
	case ERR_STATE:
		return "state";
	case ERR_NOT_FOUND:
		return "not-found";
	case ERR_EXISTS:
		return "exists";
	case ERR_DENIED:
		return "denied";
	case ERR_IO:
		return "io";
	case ERR_NOMEM:
		return "no-memory";
	case ERR_BUSY:
		return "busy";
	case ERR_TIMEOUT:
		return "timeout";
	case ERR_RANDOM:
		return "random";
	case ERR_CRYPTO:
		return "crypto";
	case ERR_EXHAUSTED:
		return "exhausted";
	case ERR_TOO_SOON:
		return "too-soon";
	case ERR_REPLAY:
		return "replay";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_DISABLED:
		return "disabled";
	case ERR_CRITICAL:
		return "critical";
	}
	return "unknown";
}
