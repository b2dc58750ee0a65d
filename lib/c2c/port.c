/*
 * Fills the crypto port from lib/crypto. The one file of the room that knows
 * lib/crypto; hosts without it leave it out.
 */
#include "c2c/port.h"

#include "crypto/crypto.h"

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
	port->random = port_random;
	port->ctx = (void *)(uintptr_t)random;
}
