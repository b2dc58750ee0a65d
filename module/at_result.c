/*
 * The one table of error numbers and their texts.
 *
 * Spec: 3GPP TS 27.007, section 9.2.
 */
#include "at_result.h"

#include <stddef.h>

#include "tee.h"

#define NUMBER_BITS 8
#define OFF(feature)                                                           \
	((enum at_result)((unsigned)CME_DISABLED | (feature) << NUMBER_BITS))

static const struct {
	enum at_result result;
	const char *text;
} texts[] = {
    {CME_NO_CONNECTION, "No connection to phone"},
    {CME_NOT_ALLOWED, "operation not allowed"},
    {CME_NOT_SUPPORTED, "operation not supported"},
    {CME_INCORRECT_PASSWORD, "incorrect password"},
    {CME_MEMORY_FULL, "memory full"},
    {CME_NOT_FOUND, "not found"},
    {CME_MEMORY_FAILURE, "memory failure"},
    {CME_TOO_LONG, "text string too long"},
    {CME_BAD_CHARACTERS, "invalid characters in text string"},
    {CME_NO_SERVICE, "no network service"},
    {CME_TIMEOUT, "network timeout"},
    {CME_BAD_PARAMETERS, "Incorrect parameters"},
    {CME_DISABLED, "command implemented but currently disabled"},
    {CME_ABORTED, "command aborted by user"},
    {CME_UNKNOWN, "unknown"},
    /* The number is 51, and the bit of the feature stands above it. */
    {OFF(TEE_FEATURE_PSK), "E2ESymmetricKMS is not enabled"},
    {OFF(TEE_FEATURE_E2E), "E2EDataProtection is not enabled"},
    {OFF(TEE_FEATURE_LOCAL_DATA), "LocalDataProtection is not enabled"},
    {OFF(TEE_FEATURE_C2C), "LocalC2C is not enabled"},
    {OFF(TEE_FEATURE_C2C_PAIRING), "LocalC2CKeyPairing is not enabled"},
    {OFF(TEE_FEATURE_ZTP), "ZTPV1 is not enabled"},
};

static const struct {
	enum err err;
	enum at_result result;
} results[] = {
    {ERR_OK, AT_DONE},
    {ERR_INVALID, CME_BAD_PARAMETERS},
    {ERR_FORMAT, CME_BAD_PARAMETERS},
    {ERR_TRUNCATED, CME_BAD_PARAMETERS},
    {ERR_SPACE, CME_MEMORY_FULL},
    {ERR_NOMEM, CME_MEMORY_FULL},
    {ERR_IO, CME_MEMORY_FAILURE},
    {ERR_NOT_FOUND, CME_NOT_FOUND},
    {ERR_UNSUPPORTED, CME_NOT_SUPPORTED},
    {ERR_STATE, CME_NOT_ALLOWED},
    {ERR_EXISTS, CME_NOT_ALLOWED},
    {ERR_DENIED, CME_NOT_ALLOWED},
    {ERR_BUSY, CME_NOT_ALLOWED},
    {ERR_TOO_SOON, CME_NOT_ALLOWED},
    {ERR_EXHAUSTED, CME_NOT_ALLOWED},
    {ERR_DISABLED, CME_DISABLED},
    {ERR_TIMEOUT, CME_TIMEOUT},
};

enum at_result
at_result_off(unsigned feature)
{
	return OFF(feature);
}

unsigned
at_result_number(enum at_result result)
{
	return (unsigned)result & ((1u << NUMBER_BITS) - 1);
}

const char *
at_result_text(enum at_result result)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].result == result)
			return texts[i].text;
	}
	return "unknown";
}

enum at_result
at_result_of(enum err err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(results); i++) {
		if (results[i].err == err)
			return results[i].result;
	}
	return CME_UNKNOWN;
}
