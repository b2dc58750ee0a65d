/*
 * A seller and a buyer over the kit: what they do with devices, and what keys
 * they get.
 */
#ifndef TEST_MARKET_H
#define TEST_MARKET_H

#include "kit.h"
#include "service/service.h"

#define HOUR_MS 3600000
#define DAY_MS (24 * (uint64_t)HOUR_MS)
#define COPY "198.51.100.7:4444" /* where a copy calls from */

extern const struct actor seller, buyer; /* of kit_profile, kit_small_profile */

/* cmocka setup: *state is a kit whose devices keep tickets. */
int market_setup(void **state);

/* The kit's store, with the rules that the api process has. */
struct service service_of(struct kit *kit);

/* Device i, the seller's, in generation 1. */
struct node *node_ready(struct kit *kit, unsigned i);

void later(struct kit *kit, uint64_t span_ms);

/* Switched on a week later: speaks, whatever it was refused. */
void come_again(struct node *node);

/* Told to, it makes a new root, which is this generation's. */
void rotate(struct node *node, uint32_t generation);

/* Offers, accepts: from one of the two to the other. */
void give(struct node *node, const struct actor *from, uint8_t readers);
/* The seller's, with readers old and new; outcome: of the offer. */
void sell(struct node *node, enum err outcome);

enum err release(
    struct node *node, const struct actor *actor, uint32_t generation);
enum err decommission(struct node *node, const struct actor *actor, bool now);

/* GetPSK for an identity that a node makes now; keys must agree if it may. */
enum err get_psk(struct node *node, const struct actor *actor);

/* The key of a message of a generation. */
enum err get_e2e(
    struct kit *kit, const uint8_t alias[ALIAS_LEN], const struct actor *actor);

/* How many devices of transfers are in a state, a number as text. */
long long transfers_in(struct kit *kit, const char *state);

/* The device is the buyer's, and so is its root. */
void is_the_buyers(struct node *node);

#endif
