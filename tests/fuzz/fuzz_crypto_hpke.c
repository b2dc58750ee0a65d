/*
 * Any bytes as a sealed secret, enc | ciphertext: nothing but the seed opens,
 * and whatever fails leaves no plaintext behind.
 */
#include "crypto/hpke.h"
#include "fuzz.h"

#define SEALED_MAX 4096

/* The key of the seed, sealed with info "fuzz" and no additional data. */
static const struct p256_secret secret = {
    {0x31, 0x7F, 0x91, 0x5D, 0xB7, 0xBC, 0x62, 0x9C, 0x48, 0xFE, 0x76, 0x55,
	0x87, 0x89, 0x7E, 0x01, 0xE2, 0x82, 0xD3, 0xE8, 0x44, 0x5F, 0x79, 0xF2,
	0x7F, 0x65, 0xD0, 0x31, 0xA8, 0x80, 0x82, 0xB2}};

static struct p256_point recipient;

static bool
prepare(void)
{
	return crypto_init() == ERR_OK &&
	       p256_public(&secret, &recipient) == ERR_OK;
}

static void
check_wiped(const uint8_t *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fuzz_check(out[i] == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint8_t out[SEALED_MAX];
	struct bytes sealed;
	enum err err;

	if (!ready)
		ready = prepare();
	fuzz_check(ready);
	if (size < HPKE_ENC_LEN || size > SEALED_MAX)
		return 0;
	sealed = bytes_make(data + HPKE_ENC_LEN, size - HPKE_ENC_LEN);
	memset(out, 0xEE, sizeof(out));
	err = hpke_open(&secret, &recipient, data, BYTES_LIT("fuzz"),
	    BYTES_NONE, sealed, out);
	if (err == ERR_OK)
		fuzz_check(sealed.len == 8 + HPKE_TAG_LEN &&
			   memcmp(out, "seedling", 8) == 0);
	else if (err == ERR_AUTH)
		check_wiped(out, sealed.len - HPKE_TAG_LEN);
	else
		fuzz_check(err == ERR_INVALID || err == ERR_TRUNCATED);
	return 0;
}
