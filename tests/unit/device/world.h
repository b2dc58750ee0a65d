/*
 * A device, a service and the network between them, driven by one clock and
 * one seed: datagrams can be lost, doubled, delayed and replayed, and the
 * power can be cut at any write.
 */
#ifndef TESTS_DEVICE_WORLD_H
#define TESTS_DEVICE_WORLD_H

#include "device/state.h"
#include "responder.h"

#define FLIGHTS 64
#define HISTORY 256
#define HOUR_MS UINT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

enum way { TO_SERVICE, TO_DEVICE };

struct flight {
	bool there;
	uint64_t at_ms;
	enum way way;
	uint8_t data[DATAGRAM_MAX];
	size_t len;
};

struct world {
	struct ram_port ram;
	struct rot rot;
	struct device device;
	struct responder service;
	struct device_config config;
	uint64_t now_ms;
	uint64_t wall_s; /* at now_ms 0; 0: the device has no clock */
	uint64_t seed, drawn;
	struct flight flight[FLIGHTS];
	struct flight history[HISTORY];
	size_t recorded;
	unsigned sent; /* datagrams, both ways */
	unsigned device_sent;
	uint64_t device_sent_ms; /* the last one */
	struct bytes device_last; /* the last one, as it went out */
	uint8_t device_data[DATAGRAM_MAX];
	unsigned boots;
	bool blind; /* nobody watches for keys and nonces */
	/* how the network is */
	unsigned lose_at, double_at; /* the n-th datagram; 0: none */
	unsigned lose_percent, double_percent, delay_ms, replay_percent;
};

/* A device from production and its service; the device is not on yet. */
void world_init(struct world *w, uint64_t seed);
void world_done(struct world *w);

/* Switches the device on, or off and on. */
void world_boot(struct world *w);

/* A number below limit from the world's seed. */
uint64_t world_random(struct world *w, uint64_t limit);

/* The device's clock. */
uint64_t world_wall(const struct world *w);

/* Runs for a time, or until goal says that it is reached: true then. */
bool world_run(
    struct world *w, uint64_t for_ms, bool (*goal)(const struct world *w));

/* Goals. */
bool world_bootstrapped(const struct world *w); /* both ends agree, idle */
bool world_never(const struct world *w);

/* Runs until both ends agree on generation g, or fails the test. */
void world_reach(struct world *w, uint32_t generation);

/* Fails the test unless both ends have the same keys and state. */
void world_agree(const struct world *w);

#endif
