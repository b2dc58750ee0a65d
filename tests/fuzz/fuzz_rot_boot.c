/*
 * A firmware's manifest: whatever it says, nothing but the vendor's signature
 * makes it good, and the decoder bears any bytes.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "rot/boot.h"

static struct p256_point
vendor(void)
{
	const struct p256_secret secret = {{1}};
	struct p256_point key;

	if (crypto_init() != ERR_OK || p256_public(&secret, &key) != ERR_OK)
		abort();
	return key;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct p256_point key;
	static bool made;
	struct boot_manifest m;

	if (!made)
		key = vendor();
	made = true;
	if (boot_manifest_read(bytes_make(data, size), &key, &m) != ERR_OK)
		return 0;
	fuzz_check(m.version != 0);
	fuzz_check(m.name.len >= 1 && m.name.len <= BOOT_NAME_MAX);
	return 0;
}
