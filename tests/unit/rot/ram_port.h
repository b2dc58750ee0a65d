/*
 * A platform in memory that loses power at a write of the test's choice, and
 * whose random source starts from a seed. With a secure element it has a
 * guard and a vault of its own, and each of their steps counts as a write.
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

#define RAM_KEYS 6

struct ram_port {
	uint8_t slot[2][ROT_RECORD_MAX];
	size_t slot_len[2];
	bool slot_there[2];
	bool has_counter;
	uint64_t counter;
	uint8_t huk[32];
	uint64_t guard;
	struct ram_key {
		bool there;
		uint8_t secret[32];
	} key[RAM_KEYS]; /* of the vault */
	uint64_t seed, drawn;
	unsigned writes; /* so far */
	unsigned cut_at; /* number of the write that is cut; 0: none */
	enum ram_tear tear;
	bool dead; /* nothing is written any more until ram_boot */
	struct rot_port port;
};

/* Starts an empty platform. */
void ram_port_init(struct ram_port *ram, uint64_t seed);

/* Gives the platform a secure element; before it is opened. */
void ram_element(struct ram_port *ram);

/* Keys that the element holds. */
size_t ram_keys(const struct ram_port *ram);

/* The power comes back; a cut that is still to come stays planned. */
void ram_boot(struct ram_port *ram);

#endif
