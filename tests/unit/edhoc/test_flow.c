/*
 * Whole exchanges with drawn keys, for every method and suite: both sides
 * end with the same keys, EAD arrives, and nothing is left that is no longer
 * needed.
 */
#include "world.h"

#include "base/wipe.h"
#include "internal.h"

#define ROUNDS 4

static void
assert_zero(const void *ptr, size_t len)
{
	const uint8_t *at = ptr;
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(at[i], 0);
}

static void
check_exporters(struct world *w)
{
	uint8_t of_i[300], of_r[300];
	uint32_t label = (uint32_t)prng_next(&w->prng);
	struct bytes context = BYTES_LIT("context");

	assert_ok(edhoc_exporter(&w->i, 0x8346, BYTES_NONE, of_i, 32));
	assert_ok(edhoc_exporter(&w->r, 0x8346, BYTES_NONE, of_r, 32));
	assert_memory_equal(of_i, of_r, 32);
	assert_ok(edhoc_exporter(&w->i, label, context, of_i, sizeof(of_i)));
	assert_ok(edhoc_exporter(&w->r, label, context, of_r, sizeof(of_r)));
	assert_memory_equal(of_i, of_r, sizeof(of_i));
	assert_ok(edhoc_exporter(&w->r, label, BYTES_NONE, of_r, sizeof(of_r)));
	assert_memory_not_equal(of_i, of_r, sizeof(of_i));
}

static void
check_oscore(struct world *w)
{
	struct oscore_context a, b;

	assert_ok(edhoc_oscore(&w->i, &a));
	assert_ok(edhoc_oscore(&w->r, &b));
	assert_view(bytes_make(a.sender.id, a.sender.len),
	    bytes_make(w->c_r.id, w->c_r.len));
	assert_view(bytes_make(b.sender.id, b.sender.len),
	    bytes_make(w->c_i.id, w->c_i.len));
	assert_memory_equal(a.sender_key, b.recipient_key, OSCORE_KEY_LEN);
	assert_memory_equal(b.sender_key, a.recipient_key, OSCORE_KEY_LEN);
	assert_memory_not_equal(a.sender_key, b.sender_key, OSCORE_KEY_LEN);
	assert_memory_equal(a.common_iv, b.common_iv, OSCORE_IV_LEN);
	oscore_done(&a);
	oscore_done(&b);
}

static void
check_key_update(struct world *w)
{
	uint8_t before[32], of_i[32], of_r[32];
	struct bytes context = BYTES_LIT("fresh");

	assert_ok(edhoc_exporter(&w->i, 0, BYTES_NONE, before, 32));
	assert_ok(edhoc_key_update(&w->i, context));
	assert_ok(edhoc_exporter(&w->i, 0, BYTES_NONE, of_i, 32));
	assert_memory_not_equal(before, of_i, 32);
	assert_ok(edhoc_key_update(&w->r, context));
	assert_ok(edhoc_exporter(&w->r, 0, BYTES_NONE, of_r, 32));
	assert_memory_equal(of_i, of_r, 32);
}

/* PRK_4e3m is kept for message_4 only, which the initiator has then. */
static void
check_wiped(const struct edhoc *e)
{
	assert_zero(&e->own, sizeof(e->own));
	assert_zero(e->prk_2e, sizeof(e->prk_2e));
	assert_zero(e->prk_3e2m, sizeof(e->prk_3e2m));
	assert_zero(e->salt, sizeof(e->salt));
	if (e->state == EDHOC_CONFIRMED)
		assert_zero(e->prk_4e3m, sizeof(e->prk_4e3m));
}

static void
exchange(struct world *w)
{
	world_run(w, STEP_MESSAGE_4_OPEN);
	assert_int_equal(w->i.state, EDHOC_CONFIRMED);
	assert_int_equal(w->r.state, EDHOC_COMPLETED);
	check_exporters(w);
	check_oscore(w);
	check_key_update(w);
	check_oscore(w);
	check_wiped(&w->i);
	check_wiped(&w->r);
	edhoc_done(&w->i);
	assert_zero(&w->i, sizeof(w->i));
}

static void
test_exchange(void **state UNUSED)
{
	uint64_t round;

	for (round = 0; round < ROUNDS; round++)
		world_each(exchange, 0xed0c + round);
}

/* Without message_4 the initiator's keys are there all the same. */
static void
without_message_4(struct world *w)
{
	world_run(w, STEP_MESSAGE_3_VERIFY);
	assert_int_equal(w->i.state, EDHOC_COMPLETED);
	check_exporters(w);
	check_oscore(w);
}

static void
test_without_message_4(void **state UNUSED)
{
	world_each(without_message_4, 0xed);
}

static void
check_ead(const struct edhoc *e, const struct edhoc_eads *want)
{
	struct edhoc_eads got;
	size_t i;

	assert_ok(edhoc_ead(e, &got));
	assert_int_equal(got.count, want->count);
	for (i = 0; i < want->count; i++) {
		assert_true(got.item[i].label == want->item[i].label);
		assert_int_equal(
		    got.item[i].has_value, want->item[i].has_value);
		assert_view(got.item[i].value, want->item[i].value);
	}
}

static void
with_ead(struct world *w)
{
	const struct edhoc_eads one = {
	    {{1, true, BYTES_LIT("voucher request")}}, 1};
	const struct edhoc_eads two = {
	    {{70000, false, BYTES_NONE}, {5, true, BYTES_NONE}}, 2};
	const struct edhoc_eads three = {
	    {{1, true, BYTES_LIT("a")}, {2, false, BYTES_NONE},
		{3, true, BYTES_LIT("c")}, {4, true, BYTES_LIT("d")}},
	    4};
	const struct edhoc_eads none = {.count = 0};

	w->ead_1 = &one;
	w->ead_2 = &two;
	w->ead_3 = &three;
	world_run(w, STEP_MESSAGE_1_OPEN);
	check_ead(&w->r, &one);
	world_respond(w);
	world_message_2(w);
	check_ead(&w->r, &one);
	world_message_2_open(w);
	check_ead(&w->i, &two);
	world_message_2_verify(w);
	world_message_3(w);
	world_message_3_open(w);
	check_ead(&w->r, &three);
	world_message_3_verify(w);
	check_ead(&w->r, &three);
	check_ead(&w->i, &two);
	world_message_4(w);
	world_message_4_open(w);
	check_ead(&w->i, &none);
	check_exporters(w);
}

static void
test_with_ead(void **state UNUSED)
{
	world_each(with_ead, 0xead);
}

/* A session may be moved: it holds no pointer to itself. */
static void
moved(struct world *w)
{
	static struct edhoc i, r;

	world_run(w, STEP_MESSAGE_2_OPEN);
	i = w->i;
	edhoc_done(&w->i);
	w->i = i;
	world_message_2_verify(w);
	world_message_3(w);
	world_message_3_open(w);
	r = w->r;
	edhoc_done(&w->r);
	w->r = r;
	world_message_3_verify(w);
	check_exporters(w);
}

static void
test_moved(void **state UNUSED)
{
	world_each(moved, 0x30fed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exchange),
	    cmocka_unit_test(test_without_message_4),
	    cmocka_unit_test(test_with_ead),
	    cmocka_unit_test(test_moved),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
