/*
 * API keys become tokens, and tokens become callers. A token is 32 random
 * bytes as base64url; the database holds its SHA-256 only.
 */
#ifndef SERVICE_TOKENS_H
#define SERVICE_TOKENS_H

#include "base/text.h"
#include "service/service.h"

#define TOKEN_LEN 32
#define TOKEN_TEXT_LEN 43
#define TOKEN_TEXT_SIZE BASE64_SIZE(TOKEN_LEN)

/* How long a token that was found good is not looked up again. */
#define TOKEN_CACHE_S 10

/* An AuthToken and the RefreshToken to get the next. Wipe it. */
struct token_pair {
	char auth[TOKEN_TEXT_SIZE];
	char refresh[TOKEN_TEXT_SIZE];
	long expires_s; /* of auth, from now */
};

/*
 * Gives tokens for an API key and its secret. A key that is unknown, ended
 * or shown with a wrong secret cannot be told apart. Errors: ERR_AUTH, the
 * store's.
 */
MUST_CHECK enum err tokens_authenticate(struct service *s, struct bytes apikey,
    struct bytes secret, struct token_pair *ret_pair);

/*
 * Gives new tokens for a RefreshToken, which is then used up. One that
 * comes a second time was stolen, by either of the two: everything that
 * came from the same authentication ends. Errors: ERR_AUTH, the store's.
 */
MUST_CHECK enum err tokens_refresh(
    struct service *s, struct bytes refresh, struct token_pair *ret_pair);

/*
 * Says who calls with an AuthToken. An API key that another node ends is
 * noticed after TOKEN_CACHE_S at most. Errors: ERR_AUTH (unknown, expired,
 * ended, or not an AuthToken), the store's.
 */
MUST_CHECK enum err tokens_check(
    struct service *s, struct bytes token, struct actor *ret_actor);

/* Forgets all that was looked up; for changes that end tokens. */
void tokens_forget(struct service *s);

/* NULL: no memory. */
struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache);

/*
 * Draws len bytes, TOKEN_LEN at most, and gives them as base64url with the
 * SHA-256 of that text. Errors: ERR_RANDOM, ERR_CRYPTO.
 */
MUST_CHECK enum err token_draw(struct service *s, size_t len, char *ret_text,
    uint8_t ret_hash[SECRET_HASH_LEN]);

#endif
