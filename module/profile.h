/*
 * Security profiles: what a (D)TLS connection is made with, as +USECPRF sets
 * it. Values only; tls.h makes connections of them, and at_profile.c is the
 * command. All five survive power-off, each in a file sealed by the root of
 * trust.
 */
#ifndef MODULE_PROFILE_H
#define MODULE_PROFILE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "maxima.h"

/* The second parameter of +USECPRF. */
enum profile_op {
	PROFILE_VALIDATION = 0,
	PROFILE_VERSION = 1,
	PROFILE_SUITES = 2,
	PROFILE_CA = 3,
	PROFILE_HOST = 4,
	PROFILE_CERT = 5,
	PROFILE_KEY = 6,
	PROFILE_PASSWORD = 7,
	PROFILE_PSK = 8,
	PROFILE_PSK_ID = 9,
	PROFILE_SNI = 10,
	PROFILE_ROT_PSK = 11,
	PROFILE_RESUME = 13,
	PROFILE_ZTP = 14
};

#define PROFILE_TEXT_FIRST PROFILE_CA /* the texts stand side by side */
#define PROFILE_TEXT_LAST PROFILE_SNI
#define PROFILE_TEXTS (PROFILE_TEXT_LAST - PROFILE_TEXT_FIRST + 1)

enum { VALIDATE_NOTHING, VALIDATE_CA, VALIDATE_HOST, VALIDATE_DATE };

/* The least version that is accepted: none is ever below TLS 1.2. */
enum { VERSION_ANY = 0, VERSION_1_2 = 3, VERSION_1_3 = 4 };

/* How the suites were given; the default is all that the version allows. */
enum { SUITES_DEFAULT = 0, SUITES_ONE = 99, SUITES_LIST = 100 };

enum { ZTP_OFF, ZTP_WITH_CA, ZTP_WITHOUT_CA };

/* A text as it was set. */
struct profile_text {
	bool hex; /* it was said to stand for the bytes of its digits */
	bool digits; /* but stands for the digits: see profile_text_set */
	uint8_t len;
	char text[PROFILE_TEXT_MAX + 1];
};

struct profile {
	unsigned validation;
	unsigned version;
	unsigned suites_form;
	size_t suite_count;
	uint16_t suites[PROFILE_SUITES_MAX]; /* IANA numbers */
	struct profile_text texts[PROFILE_TEXTS];
	bool rot_psk; /* a new PSK of the root of trust for each connection */
	bool resume; /* sessions are kept and resumed */
	unsigned ztp;
};

/* The profile as it is until somebody sets it; models differ in validation. */
void profile_default(struct profile *p, unsigned validation);

/* The text of an op: PROFILE_CA to PROFILE_SNI. */
struct profile_text *profile_text(struct profile *p, enum profile_op op);
const struct profile_text *profile_text_of(
    const struct profile *p, enum profile_op op);

/* The longest text of an op. */
size_t profile_text_max(enum profile_op op);

/*
 * Sets a text. An identity as the root of trust makes them is always sent as
 * its 28 digits, also when it is set as hex: so the seed has it in the table of
 * 6.1.1.1. Errors: ERR_SPACE (too long), ERR_FORMAT (hex that is none),
 * ERR_INVALID (a control byte; hex where it is not allowed: all but PSK and
 * PSK identity).
 */
MUST_CHECK enum err profile_text_set(
    struct profile *p, enum profile_op op, struct bytes text, bool hex);

/*
 * The bytes that a text stands for: out has PROFILE_TEXT_MAX bytes. A text
 * that profile_text_set has taken always has some.
 */
void profile_text_bytes(
    const struct profile_text *text, uint8_t *out, size_t *ret_len);

/* Adds a suite, or removes it. Errors: ERR_SPACE, ERR_NOT_FOUND. */
MUST_CHECK enum err profile_suite_add(struct profile *p, uint16_t suite);
MUST_CHECK enum err profile_suite_remove(struct profile *p, uint16_t suite);

/* Its longest encoding. */
#define PROFILE_MAX                                                            \
	(8 + 2 * PROFILE_SUITES_MAX + PROFILE_TEXTS * (2 + PROFILE_TEXT_MAX))

/* Encodes a profile for storage. Error: ERR_SPACE. */
MUST_CHECK enum err profile_encode(const struct profile *p, struct writer *out);

/* Decodes one. Errors: ERR_FORMAT, ERR_TRUNCATED. */
MUST_CHECK enum err profile_decode(
    struct bytes in, struct profile *ret_profile);

#endif
