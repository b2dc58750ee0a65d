/*
 * A CA's certificate as the keys process reads it out of the database: what
 * is accepted has a name within bounds and a key that is one.
 */
#include <string.h>

#include "fuzz.h"
#include "pki/certificate.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pki_issuer issuer;

	if (pki_issuer_read(bytes_make(data, size), &issuer) != ERR_OK)
		return 0;
	fuzz_check(strlen(issuer.name) >= 1);
	fuzz_check(strlen(issuer.name) <= PKI_NAME_MAX);
	fuzz_check(p256_point_check(&issuer.key) == ERR_OK);
	return 0;
}
