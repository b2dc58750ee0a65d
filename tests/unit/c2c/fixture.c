/*
 * Ports and pairs for the tests of chip-to-chip.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "c2c/port.h"
#include "crypto/crypto.h"
#include "fixture.h"

static enum err
count_up(void *ctx, uint8_t *out, size_t len)
{
	size_t i;

	(void)ctx;
	for (i = 0; i < len; i++)
		out[i] = (uint8_t)(0xA0 + i);
	return ERR_OK;
}

const struct hf_crypto *
port_counting(void)
{
	static const struct random_source source = {count_up, NULL};
	static struct hf_crypto port;
	static struct c2c_kept kept;

	c2c_kept_done(&kept);
	c2c_port_init(&port, &source);
	c2c_port_keep(&port, &kept);
	return &port;
}

const struct hf_crypto *
port_real(void)
{
	static struct hf_crypto port;
	static struct c2c_kept kept;

	c2c_kept_done(&kept);
	c2c_port_init(&port, &crypto_random_source);
	c2c_port_keep(&port, &kept);
	return &port;
}

static unsigned calls_left;

/* 1 when this call is the one that has to fail. */
static int
fails(void)
{
	return calls_left > 0 && --calls_left == 0;
}

static int
fail_encrypt(void *ctx, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	(void)ctx;
	return fails() ||
	       port_real()->cbc_encrypt(port_real()->ctx, key, iv, data, len);
}

static int
fail_decrypt(void *ctx, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	(void)ctx;
	return fails() ||
	       port_real()->cbc_decrypt(port_real()->ctx, key, iv, data, len);
}

static int
fail_seal(void *ctx, const uint8_t key[16], const uint8_t nonce[13],
    uint8_t *data, size_t len)
{
	(void)ctx;
	return fails() ||
	       port_real()->ccm_seal(port_real()->ctx, key, nonce, data, len);
}

static int
fail_open(void *ctx, const uint8_t key[16], const uint8_t nonce[13],
    uint8_t *data, size_t len)
{
	(void)ctx;
	return fails() ||
	       port_real()->ccm_open(port_real()->ctx, key, nonce, data, len);
}

static int
fail_sha256(void *ctx, const uint8_t *data, size_t len, uint8_t hash[32])
{
	(void)ctx;
	return fails() ||
	       port_real()->sha256(port_real()->ctx, data, len, hash);
}

static int
fail_hmac(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *data,
    size_t len, uint8_t mac[32])
{
	(void)ctx;
	return fails() || port_real()->hmac_sha256(
			      port_real()->ctx, key, key_len, data, len, mac);
}

static int
fail_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return fails() || port_real()->random(port_real()->ctx, out, len);
}

const struct hf_crypto *
port_failing(unsigned n)
{
	static const struct hf_crypto port = {fail_encrypt, fail_decrypt,
	    fail_seal, fail_open, fail_sha256, fail_hmac, fail_random, NULL,
	    NULL};

	calls_left = n;
	return &port;
}

struct hf_c2c_pair
pair_golden(enum hf_c2c_version version)
{
	struct hf_c2c_pair pair;

	pair.version = (uint8_t)version;
	memcpy(pair.te_secret, golden("c2c-te-secret").ptr, HF_C2C_TE_LEN);
	memcpy(pair.key, golden("c2c-key").ptr, HF_C2C_KEY_LEN);
	memcpy(pair.hmac_key, golden("c2c-hmac-key").ptr, HF_C2C_KEY_LEN);
	return pair;
}

static void
side_init(struct hf_c2c_session *s, const struct hf_crypto *crypto,
    enum c2c_side side, enum hf_c2c_version version)
{
	struct hf_c2c_pair pair = pair_golden(version);
	enum err err;

	if (version == HF_C2C_V3)
		err = c2c_session_init_v3(s, crypto, side, &pair,
		    golden("c2c-nonce-host").ptr,
		    golden("c2c-nonce-module").ptr);
	else
		err = c2c_session_init(s, crypto, side, &pair);
	assert_int_equal(err, ERR_OK);
}

void
two_sides_init(struct two_sides *t, const struct hf_crypto *crypto,
    enum hf_c2c_version version)
{
	side_init(&t->host, crypto, C2C_HOST, version);
	side_init(&t->module, crypto, C2C_MODULE, version);
}
