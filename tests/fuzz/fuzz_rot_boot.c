/*
 * Manifests of firmware: any bytes as they come, and the same bytes as a
 * payload that the vendor has signed, so that the reader behind the signature
 * sees them too. Nothing but the signature makes a manifest good, and what is
 * accepted has one encoding.
 */
#include "cbor/cbor.h"
#include "fuzz.h"
#include "rot/boot.h"

/* The seeds are signed with it. */
static const struct p256_secret vendor = {{1}};
static const uint8_t header[] = {0xa1, 0x01, 0x26};

static void
manifest_try(struct bytes in, const struct p256_point *signer)
{
	uint8_t out[BOOT_MANIFEST_MAX];
	struct boot_manifest m;
	struct writer w;

	if (boot_manifest_read(in, signer, &m) != ERR_OK)
		return;
	writer_init(&w, out, sizeof(out));
	fuzz_check(boot_manifest_write(&m, &vendor, &w) == ERR_OK);
	fuzz_check(w.len == in.len);
	/* All but the signature, which is another each time. */
	fuzz_check(memcmp(out, in.ptr, in.len - P256_SIGNATURE_LEN) == 0);
}

/* Signs in as a payload: COSE_Sign1, by hand. */
static enum err
payload_sign(struct bytes in, struct writer *w)
{
	uint8_t message[2 * BOOT_MANIFEST_MAX], signature[P256_SIGNATURE_LEN];
	struct writer s;
	enum err err;

	writer_init(&s, message, sizeof(message));
	cbor_put_array(&s, 4);
	cbor_put_str(&s, "Signature1");
	cbor_put_bstr(&s, BYTES_OF(header));
	cbor_put_bstr(&s, BYTES_NONE);
	cbor_put_bstr(&s, in);
	if (s.err != ERR_OK)
		return s.err;
	err = p256_sign(&vendor, writer_bytes(&s), signature);
	cbor_put_array(w, 4);
	cbor_put_bstr(w, BYTES_OF(header));
	cbor_put_map(w, 0);
	cbor_put_bstr(w, in);
	cbor_put_bstr(w, BYTES_OF(signature));
	return err == ERR_OK ? w->err : err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct p256_point signer;
	struct writer w;

	if (crypto_init() != ERR_OK || p256_public(&vendor, &signer) != ERR_OK)
		return 0;
	manifest_try(bytes_make(data, size), &signer);
	writer_init(&w, buf, sizeof(buf));
	if (payload_sign(bytes_make(data, size), &w) == ERR_OK)
		manifest_try(writer_bytes(&w), &signer);
	return 0;
}
