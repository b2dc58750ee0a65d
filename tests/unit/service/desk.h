/*
 * A service at a desk: a database in memory, a clock that is set by hand,
 * random bytes that are the same each time, and keys in the same process.
 */
#ifndef TEST_SERVICE_DESK_H
#define TEST_SERVICE_DESK_H

#include "cloud/keys.h"
#include "service/service.h"
#include "service/setup.h"

struct desk {
	struct service s;
	struct keys_state keys;
	int64_t now;
	uint64_t drawn; /* of the random source */
	struct random_source random;
};

/* cmocka setup and teardown: *state is a struct desk without a tenant. */
int desk_setup(void **state);
int desk_teardown(void **state);

/* Makes the first tenant. The actor is its API key's. */
void desk_init(
    struct desk *d, struct setup_result *ret_result, struct actor *ret_actor);

/* Makes another tenant with one profile; plan has the bits of services. */
struct actor desk_tenant(struct desk *d, const char *name, const char *plan,
    struct store_profile *ret_profile);

/* Asks keys as api does, and wants it answered. */
struct keysproto_answer desk_ask(
    struct desk *d, const struct keysproto_request *q);

/* A device of an actor with a generation and its root. */
struct desk_device {
	uint8_t uid[UID_LEN];
	uint8_t alias[ALIAS_LEN];
	struct keys_root root;
};
struct desk_device desk_device_add(struct desk *d, const struct actor *actor,
    const struct store_profile *profile, unsigned number);

#endif
