/*
 * API keys and tokens: what is good, for how long, and what a thief gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "service/apikeys.h"
#include "service/tokens.h"

struct caller {
	struct setup_result key;
	struct actor actor;
	struct token_pair pair;
};

static struct caller
caller_make(struct desk *d)
{
	struct caller c;

	desk_init(d, &c.key, &c.actor);
	assert_int_equal(tokens_authenticate(&d->s, bytes_str(c.key.apikey),
			     bytes_str(c.key.secret), &c.pair),
	    ERR_OK);
	return c;
}

static enum err
check(struct desk *d, const char *token)
{
	struct actor actor;

	return tokens_check(&d->s, bytes_str(token), &actor);
}

static enum err
refresh(struct desk *d, const char *token, struct token_pair *ret_pair)
{
	return tokens_refresh(&d->s, bytes_str(token), ret_pair);
}

static void
test_a_token_says_who_calls(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct actor actor;

	assert_int_equal(strlen(c.pair.auth), TOKEN_TEXT_LEN);
	assert_int_equal(c.pair.expires_s, 3600);
	assert_int_equal(
	    tokens_check(&d->s, bytes_str(c.pair.auth), &actor), ERR_OK);
	assert_int_equal(actor.tenant, c.actor.tenant);
	assert_int_equal(actor.services, SERVICE_PSK | SERVICE_E2E);
	assert_string_equal(actor.name, c.key.apikey);
}

static void
test_bad_credentials_are_alike(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct token_pair pair;
	char secret[TOKEN_TEXT_SIZE];

	memcpy(secret, c.key.secret, sizeof(secret));
	secret[0] = secret[0] == 'A' ? 'B' : 'A';
	assert_int_equal(tokens_authenticate(&d->s, bytes_str(c.key.apikey),
			     bytes_str(secret), &pair),
	    ERR_AUTH);
	assert_int_equal(tokens_authenticate(&d->s, BYTES_LIT("nobody"),
			     bytes_str(c.key.secret), &pair),
	    ERR_AUTH);
	assert_int_equal(tokens_authenticate(&d->s, bytes_str(c.key.apikey),
			     BYTES_LIT(""), &pair),
	    ERR_AUTH);
	/* An unknown key's hash is zeros: no secret may fit it. */
	assert_int_equal(
	    tokens_authenticate(&d->s, BYTES_LIT(""), BYTES_LIT(""), &pair),
	    ERR_AUTH);
}

static void
test_a_token_lives_an_hour(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);

	d->now += 3599;
	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	d->now += 1;
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
	d->now += 100000;
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
}

static void
test_other_texts_are_no_tokens(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	char token[TOKEN_TEXT_SIZE];

	assert_int_equal(check(d, ""), ERR_AUTH);
	assert_int_equal(check(d, c.key.secret), ERR_AUTH);
	assert_int_equal(check(d, c.pair.refresh), ERR_AUTH);
	/* The cache may not take one token for another. */
	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	for (size_t i = 0; i < TOKEN_TEXT_LEN; i++) {
		memcpy(token, c.pair.auth, sizeof(token));
		token[i] = token[i] == 'x' ? 'y' : 'x';
		assert_int_equal(check(d, token), ERR_AUTH);
	}
	memcpy(token, c.pair.auth, sizeof(token));
	token[TOKEN_TEXT_LEN - 1] = '\0';
	assert_int_equal(check(d, token), ERR_AUTH);
}

static void
test_an_ended_key_has_no_tokens(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct actor stranger = c.actor;
	struct bytes key = bytes_str(c.key.apikey);
	char name[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];
	struct token_pair pair;

	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	stranger.tenant++;
	assert_int_equal(apikey_end(&d->s, &stranger, "x", key), ERR_NOT_FOUND);
	/* The last one stays: nobody could call any more. */
	assert_int_equal(apikey_end(&d->s, &c.actor, "x", key), ERR_STATE);
	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	service_read_end(&d->s);
	assert_int_equal(
	    apikey_add(&d->s, &c.actor, "x", name, secret), ERR_OK);
	assert_int_equal(apikey_end(&d->s, &c.actor, "x", key), ERR_OK);
	assert_int_equal(apikey_end(&d->s, &c.actor, "x", key), ERR_NOT_FOUND);
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
	assert_int_equal(refresh(d, c.pair.refresh, &pair), ERR_AUTH);
	assert_int_equal(tokens_authenticate(&d->s, bytes_str(c.key.apikey),
			     bytes_str(c.key.secret), &pair),
	    ERR_AUTH);
}

/* Another node's doing is seen when the cache looks again. */
static void
test_the_cache_looks_again(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);

	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	service_read_end(&d->s);
	assert_int_equal(store_apikey_revoke(d->s.store, c.actor.tenant,
			     c.actor.apikey, d->now),
	    ERR_OK);
	d->now += TOKEN_CACHE_S - 1;
	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	d->now += 1;
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
}

static void
test_a_clock_set_back_does_not_help(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);

	assert_int_equal(check(d, c.pair.auth), ERR_OK);
	service_read_end(&d->s);
	assert_int_equal(store_apikey_revoke(d->s.store, c.actor.tenant,
			     c.actor.apikey, d->now),
	    ERR_OK);
	d->now -= 1;
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
}

static void
test_a_refresh_gives_both_anew(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct token_pair next, other;

	d->now += 3600;
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
	assert_int_equal(refresh(d, c.pair.refresh, &next), ERR_OK);
	assert_int_equal(check(d, next.auth), ERR_OK);
	assert_string_not_equal(next.refresh, c.pair.refresh);
	assert_int_equal(refresh(d, next.refresh, &other), ERR_OK);
	assert_int_equal(check(d, other.auth), ERR_OK);
	assert_int_equal(refresh(d, next.auth, &other), ERR_AUTH);
}

static void
test_a_stolen_refresh_token_ends_the_family(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct token_pair thief, owner, separate;

	assert_int_equal(tokens_authenticate(&d->s, bytes_str(c.key.apikey),
			     bytes_str(c.key.secret), &separate),
	    ERR_OK);
	assert_int_equal(refresh(d, c.pair.refresh, &thief), ERR_OK);
	assert_int_equal(check(d, thief.auth), ERR_OK);
	assert_int_equal(refresh(d, c.pair.refresh, &owner), ERR_AUTH);
	assert_int_equal(check(d, thief.auth), ERR_AUTH);
	assert_int_equal(check(d, c.pair.auth), ERR_AUTH);
	assert_int_equal(refresh(d, thief.refresh, &owner), ERR_AUTH);
	/* What was authenticated apart goes on. */
	assert_int_equal(check(d, separate.auth), ERR_OK);
}

static void
test_a_refresh_token_lives_thirty_days(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct token_pair pair;

	d->now += 30 * 86400;
	assert_int_equal(refresh(d, c.pair.refresh, &pair), ERR_AUTH);
	d->now -= 1;
	assert_int_equal(refresh(d, c.pair.refresh, &pair), ERR_OK);
}

/* More tokens than the cache has places are all good, and all theirs. */
static void
test_more_tokens_than_the_cache_holds(void **state)
{
	enum { COUNT = 6000 };
	static char tokens[COUNT][TOKEN_TEXT_SIZE];
	struct desk *d = *state;
	struct caller c = caller_make(d);
	struct store_token row = {.apikey = c.actor.apikey,
	    .kind = TOKEN_ACCESS,
	    .expires = d->now + 60};

	assert_int_equal(service_write(&d->s), ERR_OK);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(
		    token_draw(&d->s, TOKEN_LEN, tokens[i], row.hash), ERR_OK);
		assert_int_equal(store_token_add(d->s.store, &row), ERR_OK);
	}
	assert_int_equal(store_commit(d->s.store), ERR_OK);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT; i++)
			assert_int_equal(check(d, tokens[i]), ERR_OK);
	}
	d->now += 60;
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(check(d, tokens[i]), ERR_AUTH);
}

static void
test_five_keys_are_all(void **state)
{
	struct desk *d = *state;
	struct caller c = caller_make(d);
	char name[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];

	service_read_end(&d->s);
	for (int i = 1; i < APIKEYS_MAX; i++)
		assert_int_equal(
		    apikey_add(&d->s, &c.actor, "x", name, secret), ERR_OK);
	assert_int_equal(
	    apikey_add(&d->s, &c.actor, "x", name, secret), ERR_EXHAUSTED);
	assert_int_equal(
	    apikey_end(&d->s, &c.actor, "x", bytes_str(name)), ERR_OK);
	assert_int_equal(
	    apikey_add(&d->s, &c.actor, "x", name, secret), ERR_OK);
}

/* What is drawn is never taken for an option of a command line. */
static void
test_no_text_begins_with_a_hyphen(void **state)
{
	struct desk *d = *state;
	char text[TOKEN_TEXT_SIZE];
	uint8_t hash[SECRET_HASH_LEN];

	for (int i = 0; i < 1000; i++) {
		assert_int_equal(token_draw(&d->s, 8, text, hash), ERR_OK);
		assert_int_not_equal(text[0], '-');
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_token_says_who_calls),
	    TEST(test_bad_credentials_are_alike),
	    TEST(test_a_token_lives_an_hour),
	    TEST(test_other_texts_are_no_tokens),
	    TEST(test_an_ended_key_has_no_tokens),
	    TEST(test_the_cache_looks_again),
	    TEST(test_a_clock_set_back_does_not_help),
	    TEST(test_a_refresh_gives_both_anew),
	    TEST(test_a_stolen_refresh_token_ends_the_family),
	    TEST(test_a_refresh_token_lives_thirty_days),
	    TEST(test_more_tokens_than_the_cache_holds),
	    TEST(test_five_keys_are_all),
	    TEST(test_no_text_begins_with_a_hyphen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
