/*
 * What the programs of the benchmark share: a fleet of virtual devices, as
 * the flash of each, in one file between runs; and dying of any error, for a
 * load generator has no second plan.
 */
#ifndef BENCH_FLASH_H
#define BENCH_FLASH_H

#include <sys/socket.h>

#include "rot/rot.h"

#define HUK_LEN 32

/* What a device keeps: the flash of one virtual module. */
struct flash {
	uint8_t uid[UID_LEN];
	uint8_t huk[HUK_LEN];
	uint32_t len[2];
	uint8_t slot[2][ROT_RECORD_MAX / 2];
};

/* The platform of a root of trust whose flash is f. */
struct rot_port flash_port(struct flash *f);

/* Reads and writes DIR/fleet.bin. Whoever loads a fleet frees it. */
struct flash *flash_load(const char *dir, size_t *ret_count);
void flash_save(const char *dir, const struct flash *flash, size_t count);

/* dir/name. */
void path_in(const char *dir, const char *name, char *out, size_t cap);

/* Ends the program with a word on standard error. */
_Noreturn void die(const char *what);
void must(enum err err, const char *what);

/* Of CLOCK_MONOTONIC. */
uint64_t now_ms(void);

/* Resolves HOST:PORT into ret_to, and gives its length. */
socklen_t address_of(const char *text, struct sockaddr_storage *ret_to);

/* A whole number; dies of anything else. */
uint64_t number_of(const char *text, int base);

#endif
