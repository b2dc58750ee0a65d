/*
 * Starts and ends sessions, keeps their limits, and leaves the bytes to the
 * session's version. A session never changes its version, and a pair never
 * opens one of another.
 */
#include "c2c/session.h"

#include <string.h>

#include "base/compiler.h"
#include "base/wipe.h"
#include "c2c/frame.h"
#include "internal.h"

#define V1_FRAME_MAX(text)                                                     \
	(C2C_FRAME_OVERHEAD + (text) - (text) % BLOCK + BLOCK + HASH_LEN +     \
	    IV_LEN)

STATIC_ASSERT(HF_C2C_HOST_FRAME_MAX == V1_FRAME_MAX(HF_C2C_HOST_MAX),
    longest_frame_of_a_host);
STATIC_ASSERT(HF_C2C_MODULE_FRAME_MAX == V1_FRAME_MAX(HF_C2C_MODULE_MAX),
    longest_frame_of_a_module);

static const struct c2c_protection *
protection(const struct hf_c2c_session *s)
{
	if (s->version == HF_C2C_V1)
		return &c2c_v1;
	return s->version == HF_C2C_V2 ? &c2c_v2 : &c2c_v3;
}

static void
start(struct hf_c2c_session *s, const struct hf_crypto *crypto,
    enum c2c_side side, const struct hf_c2c_pair *pair)
{
	memset(s, 0, sizeof(*s));
	s->crypto = crypto;
	s->version = pair->version;
	s->side = (uint8_t)side;
	memcpy(s->te_secret, pair->te_secret, sizeof(s->te_secret));
}

enum err
c2c_session_init(struct hf_c2c_session *s, const struct hf_crypto *crypto,
    enum c2c_side side, const struct hf_c2c_pair *pair)
{
	if (pair->version != HF_C2C_V1 && pair->version != HF_C2C_V2)
		return ERR_INVALID;
	start(s, crypto, side, pair);
	memcpy(s->seal_key, pair->key, sizeof(s->seal_key));
	memcpy(s->open_key, pair->key, sizeof(s->open_key));
	memcpy(s->hmac_key, pair->hmac_key, sizeof(s->hmac_key));
	return ERR_OK;
}

enum err
c2c_session_init_v3(struct hf_c2c_session *s, const struct hf_crypto *crypto,
    enum c2c_side side, const struct hf_c2c_pair *pair,
    const uint8_t nonce_host[HF_C2C_NONCE_LEN],
    const uint8_t nonce_module[HF_C2C_NONCE_LEN])
{
	bool host = side == C2C_HOST;
	enum err err;

	if (pair->version != HF_C2C_V3)
		return ERR_INVALID;
	start(s, crypto, side, pair);
	err = c2c_v3_keys(crypto, pair, nonce_host, nonce_module,
	    host ? s->seal_key : s->open_key, host ? s->open_key : s->seal_key);
	if (err != ERR_OK)
		c2c_session_done(s);
	return err;
}

void
c2c_session_done(struct hf_c2c_session *s)
{
	const struct hf_crypto *c = s->crypto;

	if (c != NULL && c->forget != NULL) {
		c->forget(c->ctx, s->seal_key);
		c->forget(c->ctx, s->open_key);
		c->forget(c->ctx, s->hmac_key);
	}
	wipe(s, sizeof(*s));
}

static size_t
text_max(enum c2c_side from)
{
	return from == C2C_HOST ? HF_C2C_HOST_MAX : HF_C2C_MODULE_MAX;
}

size_t
c2c_seal_max(const struct hf_c2c_session *s)
{
	return text_max((enum c2c_side)s->side);
}

size_t
c2c_sealed_len(const struct hf_c2c_session *s, size_t plaintext_len)
{
	return C2C_FRAME_OVERHEAD + protection(s)->body_len(plaintext_len);
}

enum err
c2c_seal(struct hf_c2c_session *s, struct bytes plaintext, uint8_t *ret_frame,
    size_t cap, size_t *ret_len)
{
	const struct c2c_protection *p = protection(s);
	uint8_t *body = ret_frame + C2C_BODY_AT;
	size_t len = p->body_len(plaintext.len);
	enum err err;

	if (plaintext.len > c2c_seal_max(s))
		return ERR_INVALID;
	if (cap < len + C2C_FRAME_OVERHEAD)
		return ERR_SPACE;
	if (plaintext.len > 0)
		memcpy(body + p->text_at, plaintext.ptr, plaintext.len);
	err = p->seal(s, body, plaintext.len);
	if (err != ERR_OK) {
		wipe(body, len);
		return err;
	}
	c2c_frame_close(ret_frame, len);
	*ret_len = len + C2C_FRAME_OVERHEAD;
	return ERR_OK;
}

enum err
c2c_open(struct hf_c2c_session *s, uint8_t *body, size_t len,
    struct bytes *ret_plaintext)
{
	const struct c2c_protection *p = protection(s);
	enum c2c_side peer = s->side == C2C_HOST ? C2C_MODULE : C2C_HOST;
	struct bytes text = BYTES_NONE;
	enum err err = ERR_FORMAT;

	if (p->body_fits(len) && len <= p->body_len(text_max(peer)))
		err = p->open(s, body, len, &text);
	if (err == ERR_OK && text.len > text_max(peer))
		err = ERR_FORMAT;
	if (err != ERR_OK) {
		wipe(body, len);
		return err;
	}
	*ret_plaintext = text;
	return ERR_OK;
}
