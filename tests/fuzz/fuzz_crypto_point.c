/*
 * Any bytes as a point of P-256: what is taken is on the curve, survives its
 * other encodings, and works for key agreement.
 */
#include "crypto/crypto.h"
#include "fuzz.h"

static void
check_same(struct bytes in, const struct p256_point *want)
{
	struct p256_point point;

	fuzz_check(p256_point_decode(in, &point) == ERR_OK);
	fuzz_check(memcmp(&point, want, sizeof(point)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct p256_secret secret = {{1}};
	struct p256_point point;
	uint8_t full[P256_POINT_LEN], compressed[P256_COMPRESSED_LEN];
	uint8_t shared[P256_LEN];

	if (!ready)
		ready = crypto_init() == ERR_OK;
	fuzz_check(ready);
	if (p256_point_decode(bytes_make(data, size), &point) != ERR_OK)
		return 0;
	fuzz_check(p256_point_check(&point) == ERR_OK);
	p256_point_encode(&point, full);
	check_same(BYTES_OF(full), &point);
	p256_point_compress(&point, compressed);
	check_same(BYTES_OF(compressed), &point);
	if (size == P256_POINT_LEN)
		fuzz_check(bytes_equal(BYTES_OF(full), bytes_make(data, size)));
	else if (size == P256_COMPRESSED_LEN)
		fuzz_check(
		    bytes_equal(BYTES_OF(compressed), bytes_make(data, size)));
	else
		fuzz_check(compressed[0] == 2);
	fuzz_check(p256_ecdh(&secret, &point, shared) == ERR_OK);
	return 0;
}
