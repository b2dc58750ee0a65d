/*
 * A module with chip-to-chip at the end of a line that can lose a byte in
 * either direction. It keeps its pairs as the real one does, with lib/c2c,
 * and answers a handful of commands.
 */
#ifndef TESTS_HOST_MODULE_H
#define TESTS_HOST_MODULE_H

#include "../prng.h"
#include "base/random.h"
#include "c2c/records.h"
#include "holdfast/host.h"

#define NO_LOSS SIZE_MAX

struct module {
	struct hf_port port;
	struct prng prng;
	struct random_source random;
	struct hf_crypto crypto;
	struct c2c_records records;
	bool open;
	uint8_t te_secret[HF_C2C_TE_LEN]; /* of the session */
	struct hf_c2c_session session;
	struct hf_c2c_decoder decoder;
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	char command[512];
	size_t command_len;
	size_t want; /* bytes of data that the last command announced */
	uint8_t data[2048];
	size_t data_len;
	uint8_t out[16384]; /* what the host can read */
	size_t out_at, out_len;
	bool closing; /* plain text behind the answer that is being made */
	size_t piece; /* bytes a read gives at most */
	bool deaf; /* all bytes from the host are lost */
	bool lossy; /* one to the host was lost: lines of it may be damaged */
	size_t in_count,
	    in_lose; /* bytes from the host; the one that is lost */
	size_t out_count, out_lose; /* the same to the host */
	unsigned refused; /* frames that did not open */
	unsigned urcs; /* that the host got */
	bool plain_seen; /* a byte of text in the open during a session */
};

/* A module, and a host at its other end. */
void module_init(struct module *m, struct hf_host *h);

/* Sends a line that nobody asked for. */
void module_urc(struct module *m, const char *line);

/* The same as it stands, whether a session is open or not. */
void module_plain(struct module *m, const char *line);

#endif
