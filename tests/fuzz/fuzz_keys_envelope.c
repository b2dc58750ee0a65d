/*
 * PSK identities and E2E headers: one encoding each, and a message of any
 * bytes never opens under a key that is not its own.
 */
#include "fuzz.h"
#include "keys/envelope.h"

static void
identity_try(struct bytes in)
{
	struct psk_identity id;
	uint8_t out[PSK_ID_LEN];

	if (psk_identity_decode(in, &id) != ERR_OK)
		return;
	fuzz_check(psk_identity_encode(&id, out) == ERR_OK);
	fuzz_check(bytes_equal(BYTES_OF(out), in));
}

static void
header_try(struct bytes in, struct envelope_header *ret_header, bool *ret_ok)
{
	uint8_t out[E2E_V1_HEADER_LEN];
	size_t len;

	*ret_ok = envelope_header_decode(in, ret_header) == ERR_OK;
	if (!*ret_ok)
		return;
	fuzz_check(envelope_header_len(in) == in.len);
	fuzz_check(envelope_header_encode(ret_header, out, &len) == ERR_OK);
	fuzz_check(bytes_equal(bytes_make(out, len), in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[E2E_KEY_LEN] = "no key of theirs";
	static uint8_t out[4096];
	struct bytes in = bytes_make(data, size);
	struct envelope_header header;
	size_t len;
	bool ok;

	if (size > sizeof(out) || crypto_init() != ERR_OK)
		return 0;
	identity_try(in);
	header_try(in, &header, &ok);
	len = envelope_header_len(in);
	fuzz_check(len <= size);
	header_try(bytes_make(data, len), &header, &ok);
	if (ok)
		fuzz_check(envelope_open(bytes_make(data, len), key, in, out) !=
			   ERR_OK);
	return 0;
}
