/*
 * The device protocol's end in the cloud: datagrams in, datagrams out. No
 * socket, no clock, no file but the store; so the same code runs in the
 * process, under the fuzzer and in the simulator.
 *
 * A batch is handled as one: its questions to the keys process go out
 * together, its changes are one durable transaction, and no answer leaves
 * before that.
 *
 * Spec: PROTOCOL.md, "Bootstrap" and "Heartbeat".
 */
#ifndef CLOUD_DEVICES_HANDLER_H
#define CLOUD_DEVICES_HANDLER_H

#include "base/bytes.h"
#include "base/random.h"
#include "keysproto/keysproto.h"
#include "store/store.h"

#define DEVICES_BATCH_MAX 256 /* datagrams of one turn, and of one commit */
#define DEVICES_ASK_MAX 128 /* questions to keys in one message, see pass.c */
#define DEVICES_SESSIONS_MAX 4096 /* EDHOC sessions */
#define DEVICES_ANSWERS_MAX 65536 /* answers kept for duplicates */
#define DEVICES_HALF_OPEN_MAX 1024 /* more: Echo before any EC work */
#define DEVICES_KEEP_MS 247000 /* EXCHANGE_LIFETIME of RFC 7252 */
#define DEVICES_BURST 32 /* check-ins of one batch: the journal takes them */
#define DEVICES_JOURNAL_MAX 262144 /* devices that may wait in it, about, */
#define DEVICES_JOURNAL_MS 30000 /* and how long before some are carried over */
#define DEVICES_CARRY 512 /* devices carried over at a time */
#define DEVICES_REPEAT_MS 30000 /* check-ins: the time in them gets old */

struct devices_config {
	uint32_t period_s; /* between check-ins, where no profile says it */
	uint32_t rotation_s; /* that a root lasts, where no profile says it */
	size_t sessions; /* 16 to DEVICES_SESSIONS_MAX; 0: that */
	size_t answers; /* 16 to DEVICES_ANSWERS_MAX; 0: that */
	size_t half_open; /* 0: DEVICES_HALF_OPEN_MAX */
	size_t burst; /* 0: DEVICES_BURST */
	size_t carry; /* 0: DEVICES_CARRY */
};

/* What has been done so far; numbers only grow. */
struct devices_counters {
	uint64_t datagrams;
	uint64_t garbage; /* not CoAP, or no request */
	uint64_t plain; /* requests without security */
	uint64_t sessions; /* message_2 sent */
	uint64_t bootstraps; /* new pendings */
	uint64_t again; /* pendings and commits resumed */
	uint64_t refused; /* bootstraps refused */
	uint64_t commits; /* pendings confirmed */
	uint64_t checkins; /* accepted, commits not counted */
	uint64_t certificates; /* given to devices for their clouds */
	uint64_t repeats; /* answered again, from the cache or by rule S2 */
	uint64_t challenged; /* Echo asked for */
	uint64_t evidence; /* clones found */
	uint64_t unauthorized; /* no context fitted */
	uint64_t ignored; /* message_3 that does not verify; bulk, too often */
	uint64_t failed; /* keys, store or random failed: no answer */
	uint64_t batches; /* durable transactions */
};

/* A monotonic clock, and Unix time. */
struct devices_clock {
	uint64_t ms;
	uint64_t unix_s;
};

/*
 * A datagram that came in: from is opaque, address the same in words, and net
 * the part of it that one sender may have all of; empty when there is none.
 */
struct devices_in {
	struct bytes data;
	struct bytes from;
	const char *address; /* STORE_ADDRESS_MAX at most, with its NUL */
	struct bytes net;
};

struct devices;

/*
 * Makes a handler. Asks the keys for the service's credentials and reads the
 * number of the last change from the store; store, keys and random must
 * outlive it. Errors: ERR_NOMEM, ERR_INVALID (a size in config), those of
 * the keys, the store and the random source.
 */
MUST_CHECK enum err devices_new(const struct devices_config *config,
    struct store *store, const struct keysproto_port *keys,
    const struct random_source *random, struct devices **ret_devices);

/* Wipes and frees; NULL is allowed. */
void devices_free(struct devices *d);

/*
 * Handles count datagrams, DEVICES_BATCH_MAX at most. ret_out[i] answers
 * in[i], empty when there is no answer; the bytes live until the next call.
 */
void devices_handle(struct devices *d, const struct devices_clock *clock,
    const struct devices_in *in, size_t count, struct bytes *ret_out);

/*
 * Does some work ahead while nothing waits: makes an ephemeral key pair.
 * False when nothing is left to do.
 */
bool devices_idle(struct devices *d);

/*
 * Does some work that was put off, while a burst is not under way: carries a
 * part of the journal over. False when nothing is left to do, or it failed.
 */
bool devices_quiet(struct devices *d);

const struct devices_counters *devices_counters(const struct devices *d);

/* EDHOC sessions whose other end has not proved itself yet. */
size_t devices_half_open(const struct devices *d);

#endif
