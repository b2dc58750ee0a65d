/*
 * The first set-up: a token that works once makes the first tenant with its
 * administrator, API key and device profile.
 */
#ifndef SERVICE_SETUP_H
#define SERVICE_SETUP_H

#include "keysproto/keysproto.h"
#include "service/password.h"
#include "service/service.h"
#include "service/tokens.h"
#include "store/profiles.h"
#include "store/tenants.h"

/*
 * Draws a set-up token when there is no tenant yet, in place of any earlier
 * one; ret_token is empty when there is a tenant. Errors: the store's,
 * ERR_RANDOM.
 */
MUST_CHECK enum err setup_prepare(
    struct service *s, char ret_token[TOKEN_TEXT_SIZE]);

struct setup_wish {
	struct bytes token;
	struct bytes tenant; /* 1 to TENANT_NAME_MAX bytes */
	struct bytes email; /* of the administrator */
	struct bytes profile; /* name of the first device profile */
	struct bytes plan; /* empty: Freedom */
};

/* What the two halves of a set-up hand over. Wipe it. */
struct setup_plan {
	uint8_t token_hash[SETUP_HASH_LEN];
	struct store_tenant tenant;
	struct store_user user;
	struct store_profile profile;
	char password[PASSWORD_TEXT_SIZE];
};

/*
 * Judges a wish and draws what is needed for it. Errors: ERR_DENIED (the
 * token is wrong or has been used), ERR_INVALID (tenant, email or profile),
 * ERR_NOT_FOUND (plan), ERR_RANDOM, ERR_CRYPTO, the store's.
 */
MUST_CHECK enum err setup_begin(struct service *s,
    const struct setup_wish *wish, struct setup_plan *ret_plan,
    struct keysproto_request *ret_request);

/* The secrets of the API key, shown this once. Wipe it. */
struct setup_result {
	char apikey[APIKEY_NAME_MAX + 1];
	char secret[TOKEN_TEXT_SIZE];
};

/*
 * Makes everything in one transaction; the token is dead then. Errors:
 * ERR_DENIED (it has been used meanwhile), the store's, ERR_RANDOM.
 */
MUST_CHECK enum err setup_finish(struct service *s, struct setup_plan *plan,
    const uint8_t record[KEYSPROTO_RECORD_LEN], const char *source,
    struct setup_result *ret_result);

/* Whether a text looks like an email address: one @, no white space. */
bool email_is_good(struct bytes email);

#endif
