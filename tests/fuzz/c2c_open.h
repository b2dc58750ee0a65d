/*
 * What the targets of chip-to-chip protection share: a body is opened by a
 * session of one version, as a stranger sent it and as one who has the keys
 * would have made it.
 */
#ifndef TESTS_FUZZ_C2C_OPEN_H
#define TESTS_FUZZ_C2C_OPEN_H

#include "c2c/frame.h"
#include "c2c/port.h"
#include "c2c/session.h"
#include "crypto/crypto.h"
#include "fuzz.h"

static inline enum err
zero_fill(void *ctx UNUSED, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	return ERR_OK;
}

/* A session of one side, always the same; keys of zeros. */
static inline void
open_init(struct hf_c2c_session *s, enum c2c_side side, uint8_t version)
{
	static const struct random_source zeros = {zero_fill, NULL};
	static const uint8_t nonce[HF_C2C_NONCE_LEN];
	static struct hf_crypto port;
	struct hf_c2c_pair pair;
	enum err err;

	if (port.random == NULL && crypto_init() != ERR_OK)
		abort();
	c2c_port_init(&port, &zeros);
	memset(&pair, 0, sizeof(pair));
	pair.version = version;
	err = version == HF_C2C_V3
		  ? c2c_session_init_v3(s, &port, side, &pair, nonce, nonce)
		  : c2c_session_init(s, &port, side, &pair);
	fuzz_check(err == ERR_OK);
}

/* Opens a copy; what is refused is wiped. */
static inline void
open_body(enum c2c_side side, uint8_t version, struct bytes in)
{
	uint8_t body[HF_C2C_MODULE_FRAME_MAX];
	struct hf_c2c_session s;
	struct bytes text = BYTES_NONE;
	size_t i;

	if (in.len > sizeof(body))
		return;
	open_init(&s, side, version);
	if (in.len > 0)
		memcpy(body, in.ptr, in.len);
	if (c2c_open(&s, body, in.len, &text) == ERR_OK) {
		fuzz_check(text.ptr >= body);
		fuzz_check(text.ptr + text.len <= body + in.len);
		fuzz_check(text.len <= (side == C2C_HOST ? HF_C2C_MODULE_MAX
							 : HF_C2C_HOST_MAX));
		return;
	}
	fuzz_check(text.ptr == NULL);
	for (i = 0; i < in.len; i++)
		fuzz_check(body[i] == 0);
}

/* Seals the input, and opens it again at the other side. */
static inline void
there_and_back(enum c2c_side from, uint8_t version, struct bytes in)
{
	uint8_t frame[HF_C2C_MODULE_FRAME_MAX];
	struct hf_c2c_session sender, receiver;
	struct bytes text = BYTES_NONE;
	size_t len;

	open_init(&sender, from, version);
	open_init(&receiver, from == C2C_HOST ? C2C_MODULE : C2C_HOST, version);
	if (in.len > c2c_seal_max(&sender))
		return;
	fuzz_check(c2c_seal(&sender, in, frame, sizeof(frame), &len) == ERR_OK);
	fuzz_check(c2c_open(&receiver, frame + C2C_BODY_AT,
		       len - C2C_FRAME_OVERHEAD, &text) == ERR_OK);
	fuzz_check(text.len == in.len);
	fuzz_check(in.len == 0 || memcmp(text.ptr, in.ptr, in.len) == 0);
}

static inline void
open_all(uint8_t version, struct bytes in)
{
	open_body(C2C_HOST, version, in);
	open_body(C2C_MODULE, version, in);
	there_and_back(C2C_HOST, version, in);
	there_and_back(C2C_MODULE, version, in);
}

#endif
