/*
 * Fills the crypto port from lib/crypto. The one file of the room that knows
 * lib/crypto; hosts without it leave it out.
 */
#include "c2c/port.h"

#include <string.h>

#include "base/wipe.h"
#include "crypto/kept.h"

#define NONCE_LEN 13
#define TAG_LEN 8

static int
port_cbc_encrypt(void *ctx UNUSED, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	return aes128_cbc_encrypt(key, iv, bytes_make(data, len), data);
}

static int
port_cbc_decrypt(void *ctx UNUSED, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	return aes128_cbc_decrypt(key, iv, bytes_make(data, len), data);
}

static int
port_ccm_seal(void *ctx UNUSED, const uint8_t key[16], const uint8_t nonce[13],
    uint8_t *data, size_t len)
{
	return aead_seal(AEAD_CCM_16_64_128, bytes_make(key, AES128_KEY_LEN),
	    bytes_make(nonce, NONCE_LEN), BYTES_NONE, bytes_make(data, len),
	    data);
}

static int
port_ccm_open(void *ctx UNUSED, const uint8_t key[16], const uint8_t nonce[13],
    uint8_t *data, size_t len)
{
	return aead_open(AEAD_CCM_16_64_128, bytes_make(key, AES128_KEY_LEN),
	    bytes_make(nonce, NONCE_LEN), BYTES_NONE,
	    bytes_make(data, len + TAG_LEN), data);
}

static int
port_sha256(void *ctx UNUSED, const uint8_t *data, size_t len, uint8_t hash[32])
{
	struct bytes part = bytes_make(data, len);

	return sha256(&part, 1, hash);
}

static int
port_hmac(void *ctx UNUSED, const uint8_t *key, size_t key_len,
    const uint8_t *data, size_t len, uint8_t mac[32])
{
	struct bytes part = bytes_make(data, len);

	return hmac_sha256(bytes_make(key, key_len), &part, 1, mac);
}

static int
port_random(void *ctx, uint8_t *out, size_t len)
{
	/* The port has no const: ctx is the source of c2c_port_init. */
	return random_fill((const struct random_source *)ctx, out, len);
}

void
c2c_port_init(struct hf_crypto *port, const struct random_source *random)
{
	port->cbc_encrypt = port_cbc_encrypt;
	port->cbc_decrypt = port_cbc_decrypt;
	port->ccm_seal = port_ccm_seal;
	port->ccm_open = port_ccm_open;
	port->sha256 = port_sha256;
	port->hmac_sha256 = port_hmac;
	port->forget = NULL;
	port->random = port_random;
	port->ctx = (void *)(uintptr_t)random;
}

/* --- with keys that are kept --- */

static void
key_drop(struct c2c_kept_key *k)
{
	kept_cbc_free(k->cbc);
	wipe(k, sizeof(*k));
}

static bool
key_is(const struct c2c_kept_key *k, const uint8_t key[16])
{
	return (k->cbc != NULL || k->has_hmac) &&
	       ct_equal(k->key, key, sizeof(k->key));
}

/* The place of a key: its own, or that of the one that came first. */
static struct c2c_kept_key *
key_place(struct c2c_kept *kept, const uint8_t key[16])
{
	struct c2c_kept_key *k;
	size_t i;

	for (i = 0; i < C2C_KEPT_MAX; i++)
		if (key_is(&kept->key[i], key))
			return &kept->key[i];
	k = &kept->key[kept->next];
	kept->next = (kept->next + 1) % C2C_KEPT_MAX;
	key_drop(k);
	memcpy(k->key, key, sizeof(k->key));
	return k;
}

static enum err
cbc_of(struct c2c_kept *kept, const uint8_t key[16], struct kept_cbc **ret_cbc)
{
	struct c2c_kept_key *k = key_place(kept, key);
	enum err err = ERR_OK;

	if (k->cbc == NULL)
		err = kept_cbc_new(key, &k->cbc);
	*ret_cbc = k->cbc;
	return err;
}

static int
keep_cbc_encrypt(void *ctx, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	struct kept_cbc *cbc;
	enum err err = cbc_of(ctx, key, &cbc);

	return err == ERR_OK ? kept_cbc_encrypt(cbc, iv, data, len) : err;
}

static int
keep_cbc_decrypt(void *ctx, const uint8_t key[16], const uint8_t iv[16],
    uint8_t *data, size_t len)
{
	struct kept_cbc *cbc;
	enum err err = cbc_of(ctx, key, &cbc);

	return err == ERR_OK ? kept_cbc_decrypt(cbc, iv, data, len) : err;
}

/* A key of 32 bytes makes the keys of one V3 session, and goes. */
static int
keep_hmac(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *data,
    size_t len, uint8_t mac[32])
{
	struct bytes part = bytes_make(data, len);
	struct c2c_kept_key *k;
	enum err err = ERR_OK;

	if (key_len != sizeof(k->key))
		return port_hmac(ctx, key, key_len, data, len, mac);
	k = key_place(ctx, key);
	if (!k->has_hmac)
		err = hmac_key_init(bytes_make(key, key_len), &k->hmac);
	if (err != ERR_OK)
		return err;
	k->has_hmac = true;
	return hmac_key_make(&k->hmac, &part, 1, mac);
}

static int
keep_random(void *ctx, uint8_t *out, size_t len)
{
	return random_fill(((struct c2c_kept *)ctx)->random, out, len);
}

static void
keep_forget(void *ctx, const uint8_t key[16])
{
	struct c2c_kept *kept = ctx;
	size_t i;

	for (i = 0; i < C2C_KEPT_MAX; i++)
		if (key_is(&kept->key[i], key))
			key_drop(&kept->key[i]);
}

void
c2c_port_keep(struct hf_crypto *port, struct c2c_kept *kept)
{
	memset(kept, 0, sizeof(*kept));
	kept->random = port->ctx;
	port->cbc_encrypt = keep_cbc_encrypt;
	port->cbc_decrypt = keep_cbc_decrypt;
	port->hmac_sha256 = keep_hmac;
	port->forget = keep_forget;
	port->random = keep_random;
	port->ctx = kept;
}

void
c2c_kept_done(struct c2c_kept *kept)
{
	size_t i;

	for (i = 0; i < C2C_KEPT_MAX; i++)
		key_drop(&kept->key[i]);
}
