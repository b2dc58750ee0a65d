/*
 * The parts of the handler that hold memory: sessions, answers, challenges,
 * recent events and the pool. All are bounded, and what falls out is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answers.h"
#include "challenge.h"
#include "pool.h"
#include "recent.h"
#include "session.h"

static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	uint32_t *next = ctx;

	while (len-- > 0) {
		*next = *next * 1664525 + 1013904223;
		*out++ = (uint8_t)(*next >> 24);
	}
	return ERR_OK;
}

static struct bytes
name_of(const struct session *s)
{
	return bytes_make(s->c_r.id, s->c_r.len);
}

static void
test_session_names(void **state)
{
	const struct edhoc_cid c_i = {.id = {0x05}, .len = 1};
	struct session *all[70];
	struct sessions s;
	size_t short_names = 0;

	(void)state;
	assert_int_equal(sessions_init(&s, 70), ERR_OK);
	for (size_t i = 0; i < 70; i++) {
		all[i] = sessions_take(&s, 1, i, 0);
		assert_non_null(all[i]);
		sessions_name(&s, all[i], &c_i);
		short_names += all[i]->c_r.len == 1;
		assert_true(all[i]->c_r.len <= 3);
		assert_false(
		    bytes_equal(name_of(all[i]), bytes_make(c_i.id, c_i.len)));
		for (size_t k = 0; k <= i; k++)
			assert_ptr_equal(
			    sessions_find(&s, name_of(all[k])), all[k]);
	}
	assert_int_equal(short_names, SESSION_SHORT_CIDS - 1);
	/* A freed short name serves again; nothing has six bytes. */
	sessions_drop(&s, all[3]);
	assert_ptr_equal(sessions_take(&s, 2, 99, 0), all[3]);
	sessions_name(&s, all[3], &c_i);
	assert_int_equal(all[3]->c_r.len, 1);
	assert_null(sessions_find(&s, BYTES_LIT("123456")));
	assert_null(sessions_find(&s, BYTES_LIT("\x18")));
	assert_null(sessions_find(&s, BYTES_LIT("\xff\xff")));
	assert_null(sessions_find(&s, BYTES_NONE));
	sessions_done(&s);
}

static void
test_session_name_is_not_the_peers(void **state)
{
	struct edhoc_cid c_i = {.id = {0, 50}, .len = 2};
	struct session *session = NULL;
	struct sessions s;

	(void)state;
	assert_int_equal(sessions_init(&s, 64), ERR_OK);
	for (size_t i = 0; i <= 50; i++) {
		session = sessions_take(&s, 1, i, 0);
		sessions_name(&s, session, &c_i);
	}
	assert_int_equal(session->c_r.len, 3);
	assert_ptr_equal(sessions_find(&s, name_of(session)), session);
	assert_null(sessions_find(&s, bytes_make(c_i.id, c_i.len)));
	sessions_done(&s);
}

static void
test_oldest_session_makes_room(void **state)
{
	const struct edhoc_cid c_i = {.len = 0};
	struct session *all[16], *taken;
	struct sessions s;

	(void)state;
	assert_int_equal(sessions_init(&s, 16), ERR_OK);
	for (size_t i = 0; i < 16; i++) {
		all[i] = sessions_take(&s, i, i, 0);
		sessions_name(&s, all[i], &c_i);
	}
	sessions_prove(&s, all[0], 16);
	assert_int_equal(s.half_open.count, 15);
	/* Not the proven one, and not the one that the pass works on. */
	all[1]->pass = 100;
	taken = sessions_take(&s, 100, 20, 0);
	assert_ptr_equal(taken, all[2]);
	assert_int_equal(s.half_open.count, 15);
	sessions_expire(&s, 1000, 100);
	assert_int_equal(s.half_open.count, 0);
	assert_int_equal(s.proven.count, 0);
	assert_null(sessions_find(&s, BYTES_LIT("\0")));
	/* When all are worked on there is none. */
	for (size_t i = 0; i < 16; i++)
		assert_non_null(sessions_take(&s, 200, 2000, 0));
	assert_null(sessions_take(&s, 200, 2000, 0));
	assert_non_null(sessions_take(&s, 201, 2000, 0));
	sessions_done(&s);
}

/*
 * Proofs are cheap for whoever brings a credential by value: sessions that
 * rest on them leave half of the table to those that are on their way.
 */
static void
test_proven_sessions_leave_room(void **state)
{
	const struct edhoc_cid c_i = {.len = 0};
	struct session *all[16], *first, *taken;
	struct sessions s;

	(void)state;
	assert_int_equal(sessions_init(&s, 16), ERR_OK);
	for (size_t i = 0; i < 16; i++) {
		all[i] = sessions_take(&s, i, i, 0);
		sessions_name(&s, all[i], &c_i);
		sessions_prove(&s, all[i], i);
	}
	first = sessions_take(&s, 20, 20, 0);
	assert_ptr_equal(first, all[0]);
	for (size_t i = 1; i < 8; i++) {
		taken = sessions_take(&s, 20 + i, 20, 0);
		assert_ptr_equal(taken, all[i]);
	}
	assert_int_equal(first->state, SESSION_HALF_OPEN);
	assert_int_equal(s.half_open.count, 8);
	/* From here on the oldest half-open one makes room, as ever. */
	assert_ptr_equal(sessions_take(&s, 30, 30, 0), first);
	sessions_done(&s);
}

/* One network can open as many as it likes: others keep theirs. */
static void
test_network_makes_room_for_itself(void **state)
{
	const struct edhoc_cid c_i = {.len = 0};
	struct session *honest, *first = NULL, *taken;
	struct sessions s;

	(void)state;
	assert_int_equal(sessions_init(&s, 16), ERR_OK);
	honest = sessions_take(&s, 1, 1, 7);
	sessions_name(&s, honest, &c_i);
	for (size_t i = 0; i < 1000; i++) {
		taken = sessions_take(&s, 2 + i, 2 + i, 9);
		assert_non_null(taken);
		sessions_name(&s, taken, &c_i);
		if (i == 996)
			first = taken;
		assert_true(s.half_open.count <= 6);
	}
	assert_int_equal(honest->state, SESSION_HALF_OPEN);
	assert_ptr_equal(sessions_find(&s, name_of(honest)), honest);
	/* What it proves or gives back is no longer counted. */
	assert_non_null(first);
	sessions_prove(&s, first, 2000);
	sessions_drop(&s, taken);
	for (size_t i = 0; i < 2; i++)
		assert_non_null(sessions_take(&s, 3000, 3000, 9));
	assert_int_equal(s.half_open.count, 6);
	sessions_done(&s);
}

static void
test_number_of_a_network(void **state)
{
	static struct challenges c;
	uint32_t seed = 5;
	const struct random_source random = {draw, &seed};
	size_t a, b;

	(void)state;
	assert_int_equal(challenges_init(&c, &random), ERR_OK);
	a = net_number(&c, BYTES_LIT("\x0a\x01\x02"), SESSION_NETS);
	b = net_number(&c, BYTES_LIT("\x0a\x01\x03"), SESSION_NETS);
	assert_true(a > 0 && a < SESSION_NETS && b > 0 && b < SESSION_NETS);
	assert_int_not_equal(a, b);
	assert_int_equal(
	    net_number(&c, BYTES_LIT("\x0a\x01\x02"), SESSION_NETS), a);
	assert_int_equal(net_number(&c, BYTES_NONE, SESSION_NETS), 0);
}

static void
hash_of(unsigned i, uint8_t hash[SHA256_LEN])
{
	memset(hash, 0, SHA256_LEN);
	/* All in one bucket of 16. */
	hash[2] = (uint8_t)i;
	hash[31] = (uint8_t)(i >> 8);
}

static void
test_answers(void **state)
{
	uint8_t hash[SHA256_LEN], body[ANSWER_MAX + 1] = {0};
	const struct answer *found;
	struct answers a;

	(void)state;
	assert_int_equal(answers_init(&a, 15), ERR_INVALID);
	assert_int_equal(answers_init(&a, 16), ERR_OK);
	for (unsigned i = 0; i < 100; i++) {
		hash_of(i, hash);
		body[0] = (uint8_t)i;
		assert_null(answers_find(&a, hash, i, 50));
		answers_keep(&a, hash, 0x44, bytes_make(body, 5), i);
		for (unsigned k = 0; k <= i; k++) {
			hash_of(k, hash);
			found = answers_find(&a, hash, i, 50);
			assert_true((found != NULL) == (i - k < 16));
			if (found != NULL)
				assert_int_equal(found->body[0], k);
		}
	}
	hash_of(99, hash);
	assert_non_null(answers_find(&a, hash, 149, 50));
	assert_null(answers_find(&a, hash, 150, 50));
	hash_of(500, hash);
	answers_keep(&a, hash, 0x44, BYTES_OF(body), 100);
	assert_null(answers_find(&a, hash, 100, 50));
	answers_done(&a);
}

static void
test_cookies_belong_to_time_and_address(void **state)
{
	static struct challenges c;
	uint8_t cookie[COOKIE_LEN];
	uint32_t next = 1;
	const struct random_source random = {draw, &next};
	struct bytes from = BYTES_LIT("192.0.2.1");

	(void)state;
	assert_int_equal(challenges_init(&c, &random), ERR_OK);
	assert_int_equal(cookie_make(&c, from, 1000, cookie), ERR_OK);
	assert_true(cookie_check(&c, from, 1000, BYTES_OF(cookie)));
	assert_true(cookie_check(&c, from, 61000, BYTES_OF(cookie)));
	assert_false(cookie_check(&c, from, 61001, BYTES_OF(cookie)));
	assert_false(cookie_check(&c, from, 999, BYTES_OF(cookie)));
	assert_false(
	    cookie_check(&c, BYTES_LIT("192.0.2.2"), 1000, BYTES_OF(cookie)));
	assert_false(
	    cookie_check(&c, from, 1000, bytes_make(cookie, COOKIE_LEN - 1)));
	for (size_t i = 0; i < COOKIE_LEN; i++) {
		cookie[i] ^= 1;
		assert_false(cookie_check(&c, from, 1001, BYTES_OF(cookie)));
		cookie[i] ^= 1;
	}
}

static void
test_challenges_count_once(void **state)
{
	static struct challenges c;
	const uint8_t alias[ALIAS_LEN] = {1}, other[ALIAS_LEN] = {2};
	const uint8_t id[REQUEST_ID_LEN] = {9};
	uint8_t echo[CHALLENGE_LEN], got[REQUEST_ID_LEN];
	uint32_t next = 1;
	const struct random_source random = {draw, &next};
	struct bytes payload = BYTES_LIT("payload");

	(void)state;
	assert_int_equal(challenges_init(&c, &random), ERR_OK);
	memset(echo, 0, sizeof(echo));
	assert_false(
	    challenge_meet(&c, BYTES_OF(echo), alias, payload, 0, got));
	assert_int_equal(
	    challenge_make(&c, &random, alias, id, payload, 1000, echo),
	    ERR_OK);
	assert_false(
	    challenge_meet(&c, BYTES_OF(echo), other, payload, 1000, got));
	assert_false(challenge_meet(
	    &c, BYTES_OF(echo), alias, BYTES_LIT("other"), 1000, got));
	assert_false(
	    challenge_meet(&c, BYTES_OF(echo), alias, payload, 61001, got));
	assert_true(
	    challenge_meet(&c, BYTES_OF(echo), alias, payload, 61000, got));
	assert_memory_equal(got, id, REQUEST_ID_LEN);
	assert_false(
	    challenge_meet(&c, BYTES_OF(echo), alias, payload, 61000, got));
}

static void
test_recent_events(void **state)
{
	static struct recent r;
	uint8_t uid[UID_LEN] = {1};

	(void)state;
	assert_false(recent_has(&r, "clone", uid, 1000));
	recent_note(&r, "clone", uid, 1000);
	assert_true(recent_has(&r, "clone", uid, 60999));
	assert_false(recent_has(&r, "other", uid, 1000));
	assert_false(recent_has(&r, "clone", uid, 61000));
	recent_note(&r, "clone", uid, 61000);
	assert_true(recent_has(&r, "clone", uid, 61001));
	for (unsigned i = 0; i < RECENT_MAX; i++) {
		uid[1] = (uint8_t)i;
		uid[2] = 1;
		assert_false(recent_has(&r, "clone", uid, 61001));
		recent_note(&r, "clone", uid, 61001);
	}
	memset(uid, 0, sizeof(uid));
	uid[0] = 1;
	assert_false(recent_has(&r, "clone", uid, 61002));
}

static void
test_pool_gives_each_pair_once(void **state)
{
	static struct pool pool;
	struct edhoc_ephemeral a, b;
	uint32_t next = 1;
	const struct random_source random = {draw, &next};

	(void)state;
	assert_int_equal(pool_take(&pool, &random, &a), ERR_OK);
	while (pool_fill(&pool, &random))
		assert_true(pool.count <= POOL_MAX);
	for (size_t made = pool.count; made > 0; made--) {
		struct p256_point point;

		assert_int_equal(pool_take(&pool, &random, &b), ERR_OK);
		assert_int_equal(pool.count, made - 1);
		assert_memory_not_equal(a.secret.d, b.secret.d, P256_LEN);
		assert_int_equal(p256_public(&b.secret, &point), ERR_OK);
		assert_memory_equal(&point, &b.public_key, sizeof(point));
		a = b;
	}
	/* What was taken is gone from the pool. */
	for (size_t i = 0; i < sizeof(pool.pair); i++)
		assert_int_equal(((const uint8_t *)pool.pair)[i], 0);
	assert_true(pool_fill(&pool, &random));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_session_names),
	    cmocka_unit_test(test_session_name_is_not_the_peers),
	    cmocka_unit_test(test_oldest_session_makes_room),
	    cmocka_unit_test(test_proven_sessions_leave_room),
	    cmocka_unit_test(test_network_makes_room_for_itself),
	    cmocka_unit_test(test_number_of_a_network),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_cookies_belong_to_time_and_address),
	    cmocka_unit_test(test_challenges_count_once),
	    cmocka_unit_test(test_recent_events),
	    cmocka_unit_test(test_pool_gives_each_pair_once),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
