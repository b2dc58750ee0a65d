/*
 * The rules of a bootstrap as a table: who asks, in which state, and what
 * becomes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/judge.h"

static const uint8_t factory_key[P256_POINT_LEN] = {4, 1};
static const uint8_t current_key[P256_POINT_LEN] = {4, 2};
static const uint8_t pending_key[P256_POINT_LEN] = {4, 3};
static const uint8_t left_key[P256_POINT_LEN] = {4, 4};
static const uint8_t stranger_key[P256_POINT_LEN] = {4, 5};
static const uint8_t current_tag[STATE_TAG_LEN] = {1};
static const uint8_t last_tag[STATE_TAG_LEN] = {2};

/* A device of generation 2 in state n = 5, one pending, one context left. */
struct scene {
	struct judge_device known;
	struct bootstrap_request request;
	struct judge_case c;
};

static void
scene_init(struct scene *s)
{
	struct store_device *d = &s->known.device;

	memset(s, 0, sizeof(*s));
	memcpy(d->factory_key, factory_key, P256_POINT_LEN);
	memcpy(d->public_key, current_key, P256_POINT_LEN);
	d->generation = 2;
	memcpy(d->alias, "ACURR.", ALIAS_LEN);
	memcpy(d->resume, "cur-tag.", RESUME_LEN);
	d->n = 5;
	d->has_last_id = true;
	memcpy(d->last_id, "last.", REQUEST_ID_LEN);
	s->known.pending_count = 1;
	memcpy(s->known.pending[0].alias, "APEND.", ALIAS_LEN);
	memcpy(s->known.pending[0].resume, "pen-tag.", RESUME_LEN);
	memcpy(s->known.pending[0].public_key, pending_key, P256_POINT_LEN);
	memcpy(s->known.pending[0].instance, "instance", INSTANCE_LEN);
	s->known.left_count = 1;
	memcpy(s->known.left[0].alias, "ALEFT.", ALIAS_LEN);
	memcpy(s->known.left[0].public_key, left_key, P256_POINT_LEN);
	memcpy(s->request.instance, "instance", INSTANCE_LEN);
	s->c = (struct judge_case){.known = &s->known,
	    .request = &s->request,
	    .key = current_key,
	    .tag = current_tag,
	    .last_tag = last_tag};
}

static void
unregister(struct scene *s)
{
	s->known.device.generation = 0;
	s->known.device.factory_secret.len = BLOB_MAX;
	s->known.left_count = 0;
	s->c.key = factory_key;
}

static void
claim(struct scene *s, const char *alias, uint64_t n, const uint8_t *tag)
{
	s->request.has_claim = true;
	s->request.claim.generation = s->known.device.generation;
	memcpy(s->request.claim.alias, alias, ALIAS_LEN);
	s->request.claim.n = n;
	memcpy(s->request.claim.tag, tag, STATE_TAG_LEN);
}

static void
resume(struct scene *s, const char *alias, const char *tag, const char *id)
{
	s->request.has_resume = true;
	memcpy(s->request.resume.alias, alias, ALIAS_LEN);
	memcpy(s->request.resume.tag, tag, RESUME_LEN);
	s->request.resume.has_request_id = id != NULL;
	if (id != NULL)
		memcpy(s->request.resume.request_id, id, REQUEST_ID_LEN);
}

/* The verdict, and that a row which has moved on makes evidence stale. */
static void
check(struct scene *s, enum verdict verdict)
{
	struct judgement j = judge_bootstrap(&s->c);

	assert_int_equal(j.verdict, verdict);
	if (verdict == VERDICT_CLONE)
		assert_non_null(j.why);
	s->c.changed = true;
	j = judge_bootstrap(&s->c);
	assert_int_equal(
	    j.verdict, verdict == VERDICT_CLONE ? VERDICT_STALE : verdict);
	s->c.changed = false;
}

static void
test_factory_key(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	unregister(&s);
	check(&s, VERDICT_NEW);
	assert_false(judge_bootstrap(&s.c).other_instance);
	s.request.instance[0] ^= 1;
	check(&s, VERDICT_NEW);
	assert_true(judge_bootstrap(&s.c).other_instance);
	/* Nothing to make a root from any more. */
	s.known.device.factory_secret.len = 0;
	check(&s, VERDICT_UNKNOWN);
	scene_init(&s);
	s.c.key = factory_key;
	check(&s, VERDICT_CLONE);
	s.c.key = stranger_key;
	check(&s, VERDICT_UNKNOWN);
	s.c.key = current_key;
	check(&s, VERDICT_MALFORMED);
}

static void
test_resume(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	unregister(&s);
	resume(&s, "APEND.", "pen-tag.", NULL);
	check(&s, VERDICT_AGAIN);
	resume(&s, "APEND.", "bad-tag.", NULL);
	check(&s, VERDICT_NEW);
	/* Committed by the request that it names. */
	scene_init(&s);
	s.c.key = factory_key;
	s.known.device.n = 1;
	resume(&s, "ACURR.", "cur-tag.", "last.");
	check(&s, VERDICT_AGAIN);
	/* By another request, by none that it knows of, or long ago. */
	resume(&s, "ACURR.", "cur-tag.", "other");
	check(&s, VERDICT_CLONE);
	resume(&s, "ACURR.", "cur-tag.", NULL);
	check(&s, VERDICT_CLONE);
	s.known.device.n = 2;
	resume(&s, "ACURR.", "cur-tag.", "last.");
	check(&s, VERDICT_CLONE);
}

static void
test_claim_of_the_current_generation(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	claim(&s, "ACURR.", 5, current_tag);
	check(&s, VERDICT_NEW);
	assert_false(judge_bootstrap(&s.c).behind);
	claim(&s, "ACURR.", 6, stranger_key);
	check(&s, VERDICT_NEW);
	assert_true(judge_bootstrap(&s.c).behind);
	claim(&s, "ACURR.", 5, last_tag);
	check(&s, VERDICT_CLONE);
	/* One behind is a lost answer, when it names the request. */
	claim(&s, "ACURR.", 4, last_tag);
	check(&s, VERDICT_CLONE);
	s.request.claim.has_request_id = true;
	memcpy(s.request.claim.request_id, "last.", REQUEST_ID_LEN);
	check(&s, VERDICT_NEW);
	memcpy(s.request.claim.request_id, "other", REQUEST_ID_LEN);
	check(&s, VERDICT_CLONE);
	claim(&s, "ACURR.", 3, last_tag);
	check(&s, VERDICT_CLONE);
	claim(&s, "ACURR.", UINT64_MAX, last_tag);
	assert_true(judge_bootstrap(&s.c).behind);
	claim(&s, "ACURR.", 5, current_tag);
	s.request.claim.generation = 1;
	check(&s, VERDICT_CLONE);
	claim(&s, "ACURR.", 5, current_tag);
	s.c.key = factory_key;
	check(&s, VERDICT_MALFORMED);
	s.c.key = stranger_key;
	check(&s, VERDICT_UNKNOWN);
}

static void
test_claim_of_another_state(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.c.key = pending_key;
	claim(&s, "APEND.", 3, last_tag);
	check(&s, VERDICT_COMMIT);
	assert_int_equal(judge_bootstrap(&s.c).pending, 0);
	s.c.key = left_key;
	claim(&s, "ALEFT.", 3, last_tag);
	check(&s, VERDICT_CLONE);
	claim(&s, "ANONE.", 3, last_tag);
	check(&s, VERDICT_UNKNOWN);
	/* Names without their keys are nothing. */
	s.c.key = stranger_key;
	claim(&s, "APEND.", 3, last_tag);
	check(&s, VERDICT_UNKNOWN);
	claim(&s, "ALEFT.", 3, last_tag);
	check(&s, VERDICT_UNKNOWN);
}

static void
test_quarantine_comes_first(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.known.device.quarantined = true;
	claim(&s, "ACURR.", 5, current_tag);
	check(&s, VERDICT_QUARANTINED);
	resume(&s, "APEND.", "pen-tag.", NULL);
	check(&s, VERDICT_QUARANTINED);
	/* A stranger does not even hear that there is such a device. */
	s.c.key = stranger_key;
	check(&s, VERDICT_UNKNOWN);
}

static void
test_tags_are_asked_for_when_they_decide(void **state)
{
	struct scene s;
	struct store_device *d = &s.known.device;

	(void)state;
	scene_init(&s);
	assert_false(judge_needs_tags(d, &s.request));
	/* An adopted device has a state that nothing is known of. */
	claim(&s, "ACURR.", 5, current_tag);
	assert_false(judge_needs_tags(d, &s.request));
	d->ck.len = BLOB_MAX;
	claim(&s, "ACURR.", 5, current_tag);
	assert_true(judge_needs_tags(d, &s.request));
	claim(&s, "ACURR.", 6, current_tag);
	assert_false(judge_needs_tags(d, &s.request));
	claim(&s, "ALEFT.", 5, current_tag);
	assert_false(judge_needs_tags(d, &s.request));
	claim(&s, "ACURR.", 5, current_tag);
	s.known.device.generation = 0;
	assert_false(judge_needs_tags(d, &s.request));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_factory_key),
	    cmocka_unit_test(test_resume),
	    cmocka_unit_test(test_claim_of_the_current_generation),
	    cmocka_unit_test(test_claim_of_another_state),
	    cmocka_unit_test(test_quarantine_comes_first),
	    cmocka_unit_test(test_tags_are_asked_for_when_they_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
