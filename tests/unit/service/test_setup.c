/*
 * The first set-up: once, with the token, whole or not at all. And the audit
 * log that it begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "keys/messages.h"
#include "service/audit.h"
#include "service/password.h"
#include "store/audit.h"

static struct setup_wish
wish_of(const char *token)
{
	return (struct setup_wish){.token = bytes_str(token),
	    .tenant = BYTES_LIT("first"),
	    .email = BYTES_LIT("admin@example.com"),
	    .profile = BYTES_LIT("default")};
}

static enum err
begin(struct desk *d, const struct setup_wish *wish)
{
	struct setup_plan plan;
	struct keysproto_request q;
	enum err err = setup_begin(&d->s, wish, &plan, &q);

	service_read_end(&d->s);
	return err;
}

static void
test_it_makes_what_is_needed(void **state)
{
	struct desk *d = *state;
	struct setup_result result;
	struct actor actor;
	struct store_user user;
	struct store_tenant tenant;
	uint64_t count = 0;

	desk_init(d, &result, &actor);
	assert_int_equal(store_tenant_count(d->s.store, &count), ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(
	    store_tenant_get(d->s.store, actor.tenant, &tenant), ERR_OK);
	assert_string_equal(tenant.name, "first");
	assert_string_equal(tenant.plan, "Freedom");
	assert_int_equal(store_user_get(d->s.store, actor.tenant,
			     BYTES_LIT("admin@example.com"), &user),
	    ERR_OK);
	assert_string_equal(user.role, "owner");
	struct store_profile profiles[2];
	size_t n = 0;

	assert_int_equal(store_profile_list(d->s.store, actor.tenant,
			     BYTES_NONE, profiles, 2, &n),
	    ERR_OK);
	assert_int_equal(n, 1);
	assert_string_equal(profiles[0].name, "default");
	assert_int_equal(profiles[0].features, SERVICE_PSK | SERVICE_E2E);
}

static void
test_the_password_is_the_administrators(void **state)
{
	struct desk *d = *state;
	char token[TOKEN_TEXT_SIZE];
	struct setup_plan plan;
	struct keysproto_request q;

	assert_int_equal(setup_prepare(&d->s, token), ERR_OK);
	const struct setup_wish wish = wish_of(token);

	assert_int_equal(setup_begin(&d->s, &wish, &plan, &q), ERR_OK);
	assert_int_equal(strlen(plan.password), PASSWORD_TEXT_SIZE - 1);
	assert_int_equal(password_check(bytes_str(plan.password),
			     plan.user.salt, plan.user.password),
	    ERR_OK);
	assert_int_equal(password_check(BYTES_LIT("another"), plan.user.salt,
			     plan.user.password),
	    ERR_AUTH);
}

static void
test_the_token_works_once(void **state)
{
	struct desk *d = *state;
	char token[TOKEN_TEXT_SIZE], again[TOKEN_TEXT_SIZE];
	struct setup_plan plans[2];
	struct setup_result result;
	struct keysproto_request q;
	uint8_t record[KEYSPROTO_RECORD_LEN] = {1};

	assert_int_equal(setup_prepare(&d->s, token), ERR_OK);
	const struct setup_wish wish = wish_of(token);

	/* Two begin at once: the second to finish finds the token dead. */
	assert_int_equal(setup_begin(&d->s, &wish, &plans[0], &q), ERR_OK);
	assert_int_equal(setup_begin(&d->s, &wish, &plans[1], &q), ERR_OK);
	assert_int_equal(
	    setup_finish(&d->s, &plans[0], record, "x", &result), ERR_OK);
	assert_int_equal(
	    setup_finish(&d->s, &plans[1], record, "x", &result), ERR_DENIED);
	assert_int_equal(begin(d, &wish), ERR_DENIED);
	assert_int_equal(setup_prepare(&d->s, again), ERR_OK);
	assert_string_equal(again, "");
	assert_int_equal(begin(d, &wish), ERR_DENIED);
}

static void
test_only_the_last_token_counts(void **state)
{
	struct desk *d = *state;
	char first[TOKEN_TEXT_SIZE], second[TOKEN_TEXT_SIZE];
	struct setup_wish wish = wish_of("");

	assert_int_equal(begin(d, &wish), ERR_DENIED);
	assert_int_equal(setup_prepare(&d->s, first), ERR_OK);
	assert_int_equal(setup_prepare(&d->s, second), ERR_OK);
	assert_string_not_equal(first, second);
	wish.token = bytes_str(first);
	assert_int_equal(begin(d, &wish), ERR_DENIED);
	wish.token = bytes_str(second);
	assert_int_equal(begin(d, &wish), ERR_OK);
}

static void
test_wishes_are_checked(void **state)
{
	static const char *const emails[] = {
	    "", "@", "a@", "@b", "a b@c", "a@b@c", "ab", "a@b\n"};
	struct desk *d = *state;
	char token[TOKEN_TEXT_SIZE];

	assert_int_equal(setup_prepare(&d->s, token), ERR_OK);
	struct setup_wish wish = wish_of(token);

	for (size_t i = 0; i < ARRAY_LEN(emails); i++) {
		wish.email = bytes_str(emails[i]);
		assert_int_equal(begin(d, &wish), ERR_INVALID);
	}
	wish = wish_of(token);
	wish.tenant = BYTES_LIT("");
	assert_int_equal(begin(d, &wish), ERR_INVALID);
	wish.tenant = BYTES_LIT("tab\there");
	assert_int_equal(begin(d, &wish), ERR_INVALID);
	wish = wish_of(token);
	wish.profile = BYTES_LIT("");
	assert_int_equal(begin(d, &wish), ERR_INVALID);
	wish = wish_of(token);
	wish.plan = BYTES_LIT("Gold");
	assert_int_equal(begin(d, &wish), ERR_NOT_FOUND);
	wish.plan = BYTES_LIT("Basic");
	assert_int_equal(begin(d, &wish), ERR_OK);
}

/* --- the audit log --- */

struct seen {
	size_t count;
	char last[64];
	char actor[64];
};

static enum err
entry_see(void *ctx, const struct store_audit *entry)
{
	struct seen *seen = ctx;

	seen->count++;
	(void)snprintf(seen->last, sizeof(seen->last), "%.*s",
	    (int)entry->action.len, (const char *)entry->action.ptr);
	(void)snprintf(seen->actor, sizeof(seen->actor), "%.*s",
	    (int)entry->actor.len, (const char *)entry->actor.ptr);
	return ERR_OK;
}

static void
test_changes_are_in_the_audit_log(void **state)
{
	struct desk *d = *state;
	struct setup_result result;
	struct actor actor;
	struct store_profile profile;
	struct seen seen = {0};
	char want[64];

	desk_init(d, &result, &actor);
	assert_int_equal(
	    store_audit_each(d->s.store, entry_see, &seen), ERR_OK);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.last, "service.init");
	assert_string_equal(seen.actor, "setup");
	actor = desk_tenant(d, "second", "Basic", &profile);
	assert_int_equal(
	    store_audit_each(d->s.store, entry_see, &seen), ERR_OK);
	assert_int_equal(seen.count, 1 + 2);
	assert_string_equal(seen.last, "profile.create");
	(void)snprintf(want, sizeof(want), "apikey:%s", actor.name);
	assert_string_equal(seen.actor, want);
	assert_int_equal(audit_verify(&d->s), ERR_OK);
}

static void
entry_add(struct desk *d, const char *action, const char *object)
{
	assert_int_equal(audit_add(&d->s, &(struct audit_change){.tenant = 1,
					      .actor = "a",
					      .action = action,
					      .object = object,
					      .detail = "{}",
					      .source = "x"}),
	    ERR_OK);
}

/* Copies entries but the one at skip, the one at bend with another object. */
struct forgery {
	struct service *to;
	size_t at, skip, bend;
};

static enum err
entry_forge(void *ctx, const struct store_audit *entry)
{
	struct forgery *f = ctx;
	struct store_audit copy = *entry;
	size_t at = f->at++;

	if (at == f->skip)
		return ERR_OK;
	if (at == f->bend)
		copy.object = BYTES_LIT("zz");
	return store_audit_add(f->to->store, &copy);
}

static enum err
verify_forged(struct desk *d, size_t skip, size_t bend)
{
	void *state = NULL;
	struct desk *other;
	struct forgery f = {.skip = skip, .bend = bend};

	(void)desk_setup(&state);
	other = state;
	f.to = &other->s;
	assert_int_equal(store_audit_each(d->s.store, entry_forge, &f), ERR_OK);
	enum err err = audit_verify(&other->s);

	(void)desk_teardown(&state);
	return err;
}

static void
test_the_audit_log_shows_a_forgery(void **state)
{
	struct desk *d = *state;

	for (int i = 0; i < 5; i++)
		entry_add(d, "x", "yy");
	assert_int_equal(verify_forged(d, 99, 99), ERR_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(verify_forged(d, i, 99), ERR_AUTH);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(verify_forged(d, 99, i), ERR_AUTH);
}

/* "ab" | "c" and "a" | "bc" are different entries. */
static void
test_the_audit_hash_separates_texts(void **state)
{
	struct desk *d = *state;
	uint8_t first[AUDIT_HASH_LEN], second[AUDIT_HASH_LEN];
	void *other_state = NULL;

	entry_add(d, "ab", "c");
	assert_int_equal(store_audit_last(d->s.store, first), ERR_OK);
	(void)desk_setup(&other_state);
	struct desk *other = other_state;

	entry_add(other, "a", "bc");
	assert_int_equal(store_audit_last(other->s.store, second), ERR_OK);
	assert_memory_not_equal(first, second, sizeof(first));
	(void)desk_teardown(&other_state);
}

static void
test_passwords_are_salted_and_bounded(void **state)
{
	struct desk *d = *state;
	uint8_t salts[2][SALT_LEN] = {{1}, {2}};
	uint8_t hashes[2][PASSWORD_HASH_LEN];
	uint8_t longer[PASSWORD_MAX + 1] = {'x'};
	char a[PASSWORD_TEXT_SIZE], b[PASSWORD_TEXT_SIZE];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    password_hash(BYTES_LIT("pw"), salts[i], hashes[i]),
		    ERR_OK);
	assert_memory_not_equal(hashes[0], hashes[1], PASSWORD_HASH_LEN);
	assert_int_equal(
	    password_hash(BYTES_OF(longer), salts[0], hashes[0]), ERR_INVALID);
	assert_int_equal(password_draw(&d->random, a), ERR_OK);
	assert_int_equal(password_draw(&d->random, b), ERR_OK);
	assert_string_not_equal(a, b);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_it_makes_what_is_needed),
	    TEST(test_the_password_is_the_administrators),
	    TEST(test_the_token_works_once),
	    TEST(test_only_the_last_token_counts),
	    TEST(test_wishes_are_checked),
	    TEST(test_changes_are_in_the_audit_log),
	    TEST(test_the_audit_log_shows_a_forgery),
	    TEST(test_the_audit_hash_separates_texts),
	    TEST(test_passwords_are_salted_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
