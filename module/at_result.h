/*
 * How a command ends, as its host sees it: OK, an error number with its text,
 * or later. The numbers are those of 3GPP TS 27.007 and, from 1600 on, those
 * that the vendor of these modules has beside them.
 */
#ifndef MODULE_AT_RESULT_H
#define MODULE_AT_RESULT_H

#include "base/err.h"

enum at_result {
	AT_DONE = -1, /* OK */
	AT_LATER = -2, /* a prompt or a wait goes on */

	/* 3GPP TS 27.007, 9.2 */
	CME_FAILURE = 0,
	CME_NO_CONNECTION = 1,
	CME_NOT_ALLOWED = 3,
	CME_NOT_SUPPORTED = 4,
	CME_INCORRECT_PASSWORD = 16,
	CME_MEMORY_FULL = 20,
	CME_NOT_FOUND = 22,
	CME_MEMORY_FAILURE = 23,
	CME_TOO_LONG = 24,
	CME_BAD_CHARACTERS = 25,
	CME_NO_SERVICE = 30,
	CME_TIMEOUT = 31,
	CME_BAD_PARAMETERS = 50,
	CME_DISABLED = 51,
	CME_ABORTED = 52,
	CME_UNKNOWN = 100,
	CME_UNKNOWN_CONTEXT = 143,

	/* Files */
	CME_FILE_FAILURE = 1600,
	CME_FILE_NOT_FOUND = 1612,
	CME_FILE_RANGE = 1630,
	CME_FILE_WRITE = 1632,
	CME_FILE_TOO_MANY = 1636,
	CME_FILE_NO_ROOM = 1637,
	CME_FILE_NAME = 1638,
	CME_FILE_TIMEOUT = 1649,

	CME_LINE_TOO_LONG = 1650,

	/* Security */
	CME_SEC_WRONG_STATE = 1670,
	CME_SEC_NOT_BOOTSTRAPPED = 1671,
	CME_SEC_CONNECTION_LOST = 1672,
	CME_SEC_NOT_AUTHORIZED = 1673, /* at_result_off says which feature */
	CME_SEC_USED_UP = 1676,
	CME_SEC_NO_DATA = 1677,
	CME_SEC_TIMEOUT = 1678,
	CME_SEC_BAD_DATA = 1679,
	CME_C2C_PAIRED = 1681,
	CME_C2C_FULL = 1682,
	CME_C2C_NOT_PAIRED = 1683,
	CME_SEC_BUSY = 1684,

	/* Certificates and keys */
	CME_CREDENTIAL_TIMEOUT = 1910,
	CME_CREDENTIAL_TOO_LARGE = 1911,
	CME_CREDENTIAL_NO_MEMORY = 1912,
	CME_CREDENTIAL_FORMAT = 1913,
	CME_CREDENTIAL_FULL = 1914
};

/* The texts, in the order of their numbers; the last row has none. */
struct at_result_row {
	enum at_result result;
	const char *text;
};
extern const struct at_result_row at_result_rows[];

/*
 * CME_SEC_NOT_AUTHORIZED, with a text that names the feature (one bit) that
 * is off.
 */
enum at_result at_result_off(unsigned feature);

/* The error number that a host sees with +CMEE=1. */
unsigned at_result_number(enum at_result result);

/* The text that it sees with +CMEE=2; "unknown" where there is none. */
const char *at_result_text(enum at_result result);

/*
 * What a host is told of an error of ours; AT_DONE for ERR_OK. Where the
 * vendor's numbers say more it depends on what was at work: the file system
 * (files.h), the security client, or the store of certificates and keys
 * (credentials.h).
 */
enum at_result at_result_of(enum err err);
enum at_result at_result_of_file(enum err err);
enum at_result at_result_of_security(enum err err);
enum at_result at_result_of_credential(enum err err);

#endif
