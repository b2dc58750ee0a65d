/*
 * Names and addresses that hosts ask for with +UDNSRN: a few at a time, none
 * of which stops the loop.
 */
#ifndef MODULE_LOOKUPS_H
#define MODULE_LOOKUPS_H

#include "loop.h"
#include "maxima.h"
#include "resolve.h"

struct module;
struct terminal;

struct lookup {
	struct module *module;
	bool used;
	uint64_t terminal; /* its number */
	bool asynchronous; /* +UUDNSRN is to come */
	bool reverse; /* from an address to a name */
	bool done;
	enum err err;
	char text[RESOLVE_HOST_MAX + 1]; /* the result */
	struct loop_source source;
};

struct lookups {
	struct lookup all[LOOKUPS_MAX];
};

/*
 * Starts to look up a name, or with reverse an address. Errors: ERR_STATE
 * (no network), ERR_BUSY (too many at a time), ERR_FORMAT (not an address),
 * ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err lookup_start(
    struct terminal *t, const char *host, bool reverse, bool asynchronous);

/*
 * How the terminal's own look-up ended, and then it is free: ERR_BUSY (it
 * goes on), ERR_NOT_FOUND, or ERR_OK and the text.
 */
MUST_CHECK enum err lookup_result(
    struct terminal *t, char ret_text[RESOLVE_HOST_MAX + 1]);

/* A reset or the end: all are forgotten. */
void lookups_drop(struct module *module);

#endif
