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
 * Ends a key of a tenant and all its tokens. Errors: ERR_NOT_FOUND, the
 * store's.
 */
MUST_CHECK enum err apikey_end(
    struct service *s, uint64_t tenant, uint64_t apikey);

#endif
