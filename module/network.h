/*
 * The cellular network as the emulator plays it: power of the radio,
 * registration a short while after it, and attachment to data. No I/O.
 */
#ifndef MODULE_NETWORK_H
#define MODULE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum network_fun {
	NETWORK_FUN_OFF = 0, /* +CFUN=0 */
	NETWORK_FUN_ON = 1,
	NETWORK_FUN_AIRPLANE = 4
};

/* <stat> of +CREG and its like. */
enum network_stat {
	NETWORK_STAT_OFF = 0,
	NETWORK_STAT_HOME = 1,
	NETWORK_STAT_SEARCHING = 2
};

struct network {
	enum network_fun fun;
	bool registered;
	bool wanted; /* +COPS=2 says no */
	bool attached; /* +CGATT */
	uint32_t session; /* counts how often data became possible */
	uint64_t delay_ms; /* from power to registration */
	uint64_t register_at_ms; /* UINT64_MAX: not under way */
};

/* Starts with the radio off. */
void network_init(struct network *n, uint64_t delay_ms);

/* Sets the radio's power. */
void network_fun_set(struct network *n, enum network_fun fun, uint64_t now_ms);

/* Registers, or leaves the operator with the radio on. */
void network_register(struct network *n, bool wanted, uint64_t now_ms);

/* Attaches to data, or leaves it. */
void network_attach(struct network *n, bool attached);

/* Does what is due. */
void network_tick(struct network *n, uint64_t now_ms);

enum network_stat network_stat(const struct network *n);

/* Whether datagrams pass. */
bool network_up(const struct network *n);

#endif
