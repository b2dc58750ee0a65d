/*
 * A service and a device for the tests of the keys process: the service's
 * keys from a seeded source, and the device's own side of every derivation.
 */
#ifndef TESTS_CLOUD_FACTORY_H
#define TESTS_CLOUD_FACTORY_H

#include "cloud/keys.h"
#include "keys/messages.h"

/* A source that gives the same bytes in every run. */
extern const struct random_source test_random;
void test_random_seed(uint8_t seed);

/* What a device knows, and what the service keeps of it. */
struct test_device {
	uint8_t uid[UID_LEN];
	struct keys_salt salt; /* F, then next(g) */
	uint8_t public_key[P256_POINT_LEN];
	uint64_t import_id;
	struct keysproto_blob import_key;
	struct keysproto_blob factory;
	uint8_t request[BOOTSTRAP_REQUEST_MAX];
	size_t request_len;
	uint8_t response[BOOTSTRAP_RESPONSE_MAX];
	size_t response_len;
	uint8_t exporter[32];
	/* After a bootstrap: */
	uint32_t generation;
	uint8_t alias[ALIAS_LEN];
	struct keys_children children;
	struct keysproto_blob root;
	struct keysproto_blob ck;
	uint8_t profile[PROFILE_UID_LEN]; /* in the root's blob */
};

/* A profile of the owner's, and one of somebody else's. */
extern const uint8_t test_profile[PROFILE_UID_LEN];
extern const uint8_t other_profile[PROFILE_UID_LEN];

/* Asks as api or devices does, and wants it answered. */
struct keysproto_answer ask(const struct keys_state *state,
    enum keysproto_asker asker, const struct keysproto_request *q);

/* Makes an import and a device in it, as factory and api do together. */
void device_make(
    const struct keys_state *state, uint8_t number, struct test_device *ret_d);

/* Writes exchange 2 of the device: sealed to profile, or not (NULL). */
void device_exchange(struct test_device *d, const uint8_t *profile,
    unsigned status, uint32_t generation);

/* The request for the root of what device_exchange wrote. */
struct keysproto_request root_request(const struct test_device *d);

/* Asks for the root, and goes the same way on the device. */
void device_bootstrap(const struct keys_state *state, struct test_device *d,
    const uint8_t *profile, unsigned status, uint32_t generation);

/* A request for the PSK of the device's identity, with a good record. */
struct keysproto_request psk_request(
    const struct keys_state *state, const struct test_device *d);

/* A request for the key of an uplink header V1, with a good record. */
struct keysproto_request e2e_request(
    const struct keys_state *state, const struct test_device *d);

#endif
