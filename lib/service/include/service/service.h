/*
 * The domain of the api: who calls, what they may do, and the two kinds of
 * transaction. Rules only: no sockets, no clock and no keys of its own.
 *
 * What needs the keys process comes in two halves: NOUN_begin judges the
 * call and fills a request for keys, NOUN_finish takes its answer. In
 * between the caller may serve others.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "base/bytes.h"
#include "base/random.h"
#include "store/accounts.h"
#include "store/store.h"

#define SERVICE_SOURCE_MAX 64

struct token_cache;

struct service {
	struct store *store;
	const struct random_source *random;
	int64_t (*now)(void *ctx); /* Unix seconds */
	void *now_ctx;
	long token_s; /* life of an AuthToken */
	long refresh_s; /* and of a RefreshToken */
	struct token_cache *tokens;
};

/* Who calls: a tenant, through one of its API keys. */
struct actor {
	uint64_t tenant;
	uint64_t apikey;
	uint32_t services; /* bits that the tenant's plan includes */
	bool is_operator; /* the tenant is the installation's operator */
	char name[APIKEY_NAME_MAX + 1]; /* of the API key */
};

/*
 * Makes a service over a store, which stays the caller's: tokens live an
 * hour and thirty days. Errors: ERR_NOMEM.
 */
MUST_CHECK enum err service_init(struct service *s, struct store *store,
    const struct random_source *random, int64_t (*now)(void *ctx),
    void *now_ctx);
void service_done(struct service *s);

/*
 * Draws len random bytes, at least 1, whose base64url does not begin with a
 * hyphen: as a word of a command line it would be an option. Errors:
 * ERR_RANDOM.
 */
MUST_CHECK enum err service_draw(
    const struct service *s, uint8_t *ret_raw, size_t len);

/* Unix time. */
int64_t service_now(const struct service *s);

/*
 * Opens a read transaction, unless one is open: what is read until
 * service_read_end is of one moment, and cheaper. Errors: the store's.
 */
MUST_CHECK enum err service_read(struct service *s);
void service_read_end(struct service *s);

/*
 * Begins a change, ending what is being read. Ended by store_commit or
 * store_rollback. Errors: the store's.
 */
MUST_CHECK enum err service_write(struct service *s);

/* Ends a change: all of it when err is ERR_OK, else none. Gives the error. */
MUST_CHECK enum err service_write_end(struct service *s, enum err err);

#endif
