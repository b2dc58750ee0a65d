/*
 * API keys: a tenant has at most five; the secret is shown once.
 */
#ifndef SERVICE_APIKEYS_H
#define SERVICE_APIKEYS_H

#include "service/service.h"
#include "service/tokens.h"

#define APIKEYS_MAX 5 /* good ones of a tenant */

/*
 * Makes a key, in the transaction of the caller. Errors: ERR_EXHAUSTED (the
 * tenant has as many as it may), ERR_RANDOM, the store's.
 */
MUST_CHECK enum err apikey_make(struct service *s, uint64_t tenant,
    char ret_name[APIKEY_NAME_MAX + 1], char ret_secret[TOKEN_TEXT_SIZE]);

/*
 * Makes another key of the caller's account. Errors: as apikey_make, those
 * of audit_add.
 */
MUST_CHECK enum err apikey_add(struct service *s, const struct actor *actor,
    const char *source, char ret_name[APIKEY_NAME_MAX + 1],
    char ret_secret[TOKEN_TEXT_SIZE]);

/*
 * Ends a key of the caller's account and all its tokens. Errors:
 * ERR_NOT_FOUND (no such good key of this account), ERR_STATE (it is the
 * account's last: nobody could call any more), those of audit_add.
 */
MUST_CHECK enum err apikey_end(struct service *s, const struct actor *actor,
    const char *source, struct bytes name);

#endif
