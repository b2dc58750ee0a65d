/*
 * Protection V2: bodies from strangers, and bodies whose MAC is good and
 * whose ciphertext is the input.
 */
#include "c2c_open.h"

static void
with_good_mac(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[16];
	uint8_t body[HF_C2C_MODULE_FRAME_MAX], mac[SHA256_LEN];
	struct bytes parts[2];

	if (size + 16 > sizeof(body))
		return;
	memcpy(body, data, size);
	parts[0] = bytes_make(body, size);
	parts[1] = BYTES_OF(zeros); /* TE_SECRET */
	fuzz_check(crypto_init() == ERR_OK);
	fuzz_check(hmac_sha256(BYTES_OF(zeros), parts, 2, mac) == ERR_OK);
	memcpy(body + size, mac, 16);
	open_body(C2C_HOST, HF_C2C_V2, bytes_make(body, size + 16));
	open_body(C2C_MODULE, HF_C2C_V2, bytes_make(body, size + 16));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_all(HF_C2C_V2, bytes_make(data, size));
	with_good_mac(data, size);
	return 0;
}
