/*
 * The one table of error numbers and their texts.
 *
 * Spec: 3GPP TS 27.007, section 9.2; from 1600 on the appendix of the
 * vendor's manuals of AT commands that lists error result codes.
 */
#include "at_result.h"

#include <stddef.h>

#include "tee.h"

#define NUMBER_BITS 16
#define OFF(feature)                                                           \
	((enum at_result)(                                                     \
	    (unsigned)CME_SEC_NOT_AUTHORIZED | (feature) << NUMBER_BITS))

const struct at_result_row at_result_rows[] = {
    {CME_FAILURE, "phone failure"},
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
    {CME_UNKNOWN_CONTEXT, "unknown PDP context"},
    {CME_FILE_FAILURE, "FFS error"},
    {CME_FILE_NOT_FOUND, "FILE NOT FOUND"},
    {CME_FILE_RANGE, "FFS file range"},
    {CME_FILE_WRITE, "FFS write error"},
    {CME_FILE_TOO_MANY, "FFS maximum number of files exceeded"},
    {CME_FILE_NO_ROOM, "FFS memory not available"},
    {CME_FILE_NAME, "FFS invalid filename"},
    {CME_FILE_TIMEOUT, "FFS timeout"},
    {CME_LINE_TOO_LONG, "Command line too long"},
    {CME_SEC_WRONG_STATE, "SEC remote object wrong state"},
    {CME_SEC_NOT_BOOTSTRAPPED, "SEC ROT not personalized"},
    {CME_SEC_CONNECTION_LOST, "SEC loss of connectivity"},
    {CME_SEC_NOT_AUTHORIZED, "SEC service not authorized"},
    {CME_SEC_USED_UP, "SEC resource not available"},
    {CME_SEC_NO_DATA, "SEC data not available"},
    {CME_SEC_TIMEOUT, "SEC timeout"},
    {CME_SEC_BAD_DATA, "SEC data inconsistent or unsupported"},
    {CME_C2C_PAIRED, "SEC C2C already paired"},
    {CME_C2C_FULL, "SEC C2C channels consumed"},
    {CME_C2C_NOT_PAIRED, "SEC C2C pairing not present"},
    {CME_SEC_BUSY, "SEC busy"},
    {CME_CREDENTIAL_TIMEOUT,
	"USECMNG import timeout expired (no input for > 20 s)"},
    {CME_CREDENTIAL_TOO_LARGE, "USECMNG import file size exceeds limit"},
    {CME_CREDENTIAL_NO_MEMORY, "USECMNG no memory available"},
    {CME_CREDENTIAL_FORMAT, "USECMNG invalid certificate/key format"},
    {CME_CREDENTIAL_FULL, "USECMNG database full"},
    {CME_UNKNOWN, NULL},
};

/* The bit of the feature stands above the number. */
static const struct at_result_row off_rows[] = {
    {OFF(TEE_FEATURE_PSK), "E2ESymmetricKMS is not enabled"},
    {OFF(TEE_FEATURE_E2E), "E2EDataProtection is not enabled"},
    {OFF(TEE_FEATURE_LOCAL_DATA), "LocalDataProtection is not enabled"},
    {OFF(TEE_FEATURE_C2C), "LocalC2C is not enabled"},
    {OFF(TEE_FEATURE_C2C_PAIRING), "LocalC2CKeyPairing is not enabled"},
    {OFF(TEE_FEATURE_ZTP), "ZTPV1 is not enabled"},
    {CME_UNKNOWN, NULL},
};

/* What an error of ours is; the last row is for all others. */
struct err_row {
	enum err err;
	enum at_result result;
};

static const struct err_row general_rows[] = {
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
    {ERR_INTERNAL, CME_FAILURE},
    {ERR_RANDOM, CME_FAILURE},
    {ERR_CRYPTO, CME_FAILURE},
    {ERR_OK, CME_UNKNOWN},
};

static const struct err_row file_rows[] = {
    {ERR_INVALID, CME_FILE_NAME},
    {ERR_NOT_FOUND, CME_FILE_NOT_FOUND},
    {ERR_SPACE, CME_FILE_NO_ROOM},
    {ERR_EXHAUSTED, CME_FILE_TOO_MANY},
    {ERR_IO, CME_FILE_FAILURE},
    {ERR_OK, CME_UNKNOWN},
};

static const struct err_row security_rows[] = {
    {ERR_STATE, CME_SEC_NOT_BOOTSTRAPPED},
    {ERR_DISABLED, CME_SEC_WRONG_STATE},
    {ERR_EXHAUSTED, CME_SEC_USED_UP},
    {ERR_NOT_FOUND, CME_SEC_NO_DATA},
    {ERR_TIMEOUT, CME_SEC_TIMEOUT},
    {ERR_AUTH, CME_SEC_BAD_DATA},
    {ERR_BUSY, CME_SEC_BUSY},
    {ERR_OK, CME_UNKNOWN},
};

static const struct err_row credential_rows[] = {
    {ERR_AUTH, CME_INCORRECT_PASSWORD},
    {ERR_SPACE, CME_CREDENTIAL_TOO_LARGE},
    {ERR_NOMEM, CME_CREDENTIAL_NO_MEMORY},
    {ERR_FORMAT, CME_CREDENTIAL_FORMAT},
    {ERR_EXHAUSTED, CME_CREDENTIAL_FULL},
    {ERR_OK, CME_UNKNOWN},
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

static const char *
text_find(const struct at_result_row *row, enum at_result result)
{
	while (row->text != NULL && row->result != result)
		row++;
	return row->text;
}

const char *
at_result_text(enum at_result result)
{
	const char *text = text_find(at_result_rows, result);

	if (text == NULL)
		text = text_find(off_rows, result);
	return text == NULL ? "unknown" : text;
}

/* The row of an error, or the last. */
static enum at_result
err_find(const struct err_row *row, enum err err)
{
	if (err == ERR_OK)
		return AT_DONE;
	while (row->err != ERR_OK && row->err != err)
		row++;
	return row->result;
}

enum at_result
at_result_of(enum err err)
{
	return err_find(general_rows, err);
}

/* What no row of its own is for is an error like any other. */
static enum at_result
err_find_in(const struct err_row *rows, enum err err)
{
	enum at_result result = err_find(rows, err);

	return result == CME_UNKNOWN ? at_result_of(err) : result;
}

enum at_result
at_result_of_file(enum err err)
{
	return err_find_in(file_rows, err);
}

enum at_result
at_result_of_security(enum err err)
{
	return err_find_in(security_rows, err);
}

enum at_result
at_result_of_credential(enum err err)
{
	return err_find_in(credential_rows, err);
}
