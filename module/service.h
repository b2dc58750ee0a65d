/*
 * The way to the service: one UDP socket, the name behind it, and the TEE at
 * the other end of it, which says what to send and when.
 */
#ifndef MODULE_SERVICE_H
#define MODULE_SERVICE_H

#include "loop.h"
#include "module.h"
#include "resolve.h"

struct service {
	struct loop *loop;
	struct module *module;
	struct resolve_name name;
	struct loop_source socket; /* fd -1: none */
	struct loop_source resolver; /* fd -1: none is under way */
	bool up; /* the network, as the TEE was told */
	uint64_t poll_ms; /* when to ask the TEE again */
	uint64_t resolve_ms; /* when to look the name up again */
	uint64_t silent_ms; /* since when an answer is due; UINT64_MAX: none */
	uint64_t renew_ms; /* when to look the name up anew in silence */
	enum err err; /* the way to the TEE is broken: the end */
};

/*
 * Starts without a socket. uri: coap://HOST[:PORT]. Errors: ERR_FORMAT (not
 * such a URI), ERR_SPACE (too long).
 */
MUST_CHECK enum err service_init(struct service *s, struct loop *loop,
    struct module *module, const char *uri);
void service_done(struct service *s);

/*
 * Follows the network and does what is due; says when to come again. Look at
 * s->err afterwards.
 */
uint64_t service_settle(struct service *s, uint64_t now_ms);

/* The TEE has been reset: tell it of the network again. */
void service_reset(struct service *s);

#endif
