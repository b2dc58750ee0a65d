/*
 * A platform in memory that loses power at a write of the test's choice, and
 * whose random source starts from a seed.
 */
#ifndef TESTS_ROT_RAM_PORT_H
#define TESTS_ROT_RAM_PORT_H

#include "rot/port.h"

/* What the write that is cut leaves in its slot. */
enum ram_tear {
	RAM_NOTHING, /* the old content */
	RAM_ERASED, /* nothing at all */
	RAM_HALF, /* half of the new content over the old */
	RAM_WHOLE, /* the new content: only the answer is lost */
	RAM_TEARS
};

struct ram_port {
	uint8_t slot[2][ROT_RECORD_MAX];
	size_t slot_len[2];
	bool slot_there[2];
	bool has_counter;
	uint64_t counter;
	uint8_t huk[32];
	uint64_t seed, drawn;
	unsigned writes; /* so far */
	unsigned cut_at; /* number of the write that is cut; 0: none */
	enum ram_tear tear;
	bool dead; /* nothing is written any more until ram_boot */
	struct rot_port port;
};

/* Starts an empty platform. */
void ram_port_init(struct ram_port *ram, uint64_t seed);

/* The power comes back; a cut that is still to come stays planned. */
void ram_boot(struct ram_port *ram);

#endif
