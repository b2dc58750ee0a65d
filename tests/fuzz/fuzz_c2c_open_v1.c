/*
 * Protection V1: bodies from strangers, and bodies whose hash is good and
 * whose padding is the input's.
 */
#include "c2c_open.h"

static void
with_good_hash(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[16];
	uint8_t body[HF_C2C_MODULE_FRAME_MAX] = {0};
	struct bytes text;
	size_t len = size - size % 16;

	if (len == 0 || len + 48 > sizeof(body))
		return;
	memcpy(body, data, len);
	text = bytes_make(body, len);
	fuzz_check(crypto_init() == ERR_OK);
	fuzz_check(sha256(&text, 1, body + len) == ERR_OK);
	fuzz_check(aes128_cbc_encrypt(zeros, zeros, bytes_make(body, len + 32),
		       body) == ERR_OK);
	open_body(C2C_HOST, HF_C2C_V1, bytes_make(body, len + 48));
	open_body(C2C_MODULE, HF_C2C_V1, bytes_make(body, len + 48));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_all(HF_C2C_V1, bytes_make(data, size));
	with_good_hash(data, size);
	return 0;
}
