/*
 * libholdfast-host at a terminal of the module, over a line that can lose a
 * byte in either direction. Pairs are kept as the root of trust does it on
 * trial, with lib/c2c. Time passes only when the host waits in vain.
 */
#ifndef TEST_MODULE_WIRE_H
#define TEST_MODULE_WIRE_H

#include "../prng.h"
#include "base/random.h"
#include "c2c/records.h"
#include "holdfast/host.h"
#include "host.h"

#define NO_LOSS SIZE_MAX

/* Bytes in one direction, and which of them is lost. */
struct wire_way {
	size_t count, lose;
};

struct wire {
	struct host *module;
	struct c2c_records records;
	struct prng prng;
	struct random_source random;
	struct hf_crypto crypto; /* of both ends: the same each time */
	struct hf_port port;
	struct hf_host host;
	struct hf_c2c c2c;
	struct wire_way to_module, to_host;
	uint64_t slow_until_ms; /* nothing arrives at the host before */
};

/* Takes a module's terminal, and starts. */
void wire_init(struct wire *w, struct host *module);

/* A new host, and a module that knows no pairs, but is not reset. */
void wire_start(struct wire *w);

/* From here on, the bytes of these numbers are lost; NO_LOSS: none. */
void wire_lose(struct wire *w, size_t to_module, size_t to_host);

#endif
