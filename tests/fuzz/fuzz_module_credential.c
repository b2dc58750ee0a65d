/*
 * Any bytes as a certificate or key, as a host gives it and at rest. The
 * first byte chooses the type and whether there is a password. What is read
 * is read again from its own encoding.
 */
#include "credentials.h"
#include "fuzz.h"

static void
check(const struct credential *c)
{
	static uint8_t out[CREDENTIAL_SIZE_MAX + 512];
	static struct credential again;
	struct writer w;

	writer_init(&w, out, sizeof(out));
	fuzz_check(credential_encode(c, &w) == ERR_OK);
	fuzz_check(credential_decode(writer_bytes(&w), &again) == ERR_OK);
	fuzz_check(again.type == c->type && again.encrypted == c->encrypted &&
		   again.der_len == c->der_len);
	fuzz_check(memcmp(again.der, c->der, c->der_len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct credential c;
	struct bytes in, password = BYTES_NONE;
	EVP_PKEY *key = NULL;
	X509 *x;

	if (len == 0)
		return 0;
	in = bytes_make(data + 1, len - 1);
	if ((data[0] & 8) != 0)
		password = BYTES_LIT("secret");
	if (credential_read(
		(enum credential_type)((data[0] & 7) % CREDENTIAL_TYPES),
		BYTES_LIT("name"), in, password, &c) == ERR_OK)
		check(&c);
	if (credential_decode(in, &c) != ERR_OK)
		return 0;
	check(&c);
	x = credential_certificate(&c);
	X509_free(x);
	if (credential_key(&c, password, &key) == ERR_OK)
		EVP_PKEY_free(key);
	return 0;
}
