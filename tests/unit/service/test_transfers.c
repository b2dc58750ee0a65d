/*
 * Offers and acceptances: when one counts, and which devices go along.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "service/operations.h"
#include "service/transfers.h"
#include "store/pendings.h"

#define DEVICES 4
#define WEEK_S 604800

/* A seller with devices, a buyer, and a stranger. */
struct scene {
	struct actor seller, buyer, stranger;
	struct store_profile from, to, strange;
	struct desk_device device[DEVICES];
};

static struct scene
scene_of(struct desk *d, const char *plan)
{
	struct scene s;

	s.seller = desk_tenant(d, "seller", "Developer", &s.from);
	s.buyer = desk_tenant(d, "buyer", plan, &s.to);
	s.stranger = desk_tenant(d, "stranger", "Basic", &s.strange);
	for (unsigned i = 0; i < DEVICES; i++)
		s.device[i] = desk_device_add(d, &s.seller, &s.from, i + 1);
	return s;
}

static struct scene
scene_make(struct desk *d)
{
	return scene_of(d, "Developer");
}

static enum err
offer(struct desk *d, const struct scene *s, size_t count, uint64_t *ret_id)
{
	uint8_t uids[DEVICES][UID_LEN], bad[UID_LEN];
	const struct transfer_wish wish = {.to = s->buyer.tenant,
	    .readers = TRANSFER_READS_NEW,
	    .expires_s = WEEK_S,
	    .uids = (const uint8_t(*)[UID_LEN])uids,
	    .count = count};
	struct store_transfer t = {.id = 0};
	enum err err;

	for (size_t i = 0; i < count; i++)
		memcpy(uids[i], s->device[i].uid, UID_LEN);
	err = transfer_offer(&d->s, &s->seller, "test", &wish, &t, bad);
	*ret_id = t.id;
	return err;
}

static uint64_t
offered(struct desk *d, const struct scene *s, size_t count)
{
	uint64_t id;

	assert_int_equal(offer(d, s, count, &id), ERR_OK);
	return id;
}

static enum err
begin(struct desk *d, const struct actor *actor,
    const struct store_profile *profile, uint64_t id,
    struct transfer_acceptance *a)
{
	enum err err = transfer_accept_begin(&d->s, actor, id, profile->uid, a);

	service_read_end(&d->s);
	return err;
}

/* The first half, and what keys say to it. */
static void
prepare(struct desk *d, const struct scene *s, uint64_t id,
    struct transfer_acceptance *a)
{
	struct keysproto_request q;

	assert_int_equal(begin(d, &s->buyer, &s->to, id, a), ERR_OK);
	while (transfer_accept_ask(a, &q)) {
		struct keysproto_answer answer = desk_ask(d, &q);

		assert_int_equal(transfer_accept_answer(a, &answer), ERR_OK);
	}
}

static enum err
finish(struct desk *d, const struct scene *s, struct transfer_acceptance *a)
{
	enum err err = transfer_accept_finish(&d->s, &s->buyer, "test", a);

	transfer_acceptance_done(a);
	return err;
}

static void
accept(struct desk *d, const struct scene *s, uint64_t id)
{
	struct transfer_acceptance a;

	prepare(d, s, id, &a);
	assert_int_equal(finish(d, s, &a), ERR_OK);
}

static struct store_device
row(struct desk *d, const struct scene *s, unsigned i)
{
	struct store_device device;

	assert_int_equal(
	    store_device_by_uid(d->s.store, s->device[i].uid, &device), ERR_OK);
	return device;
}

/* Where a device of a transfer stands, and why it was left. */
static struct store_transfer_device
place(struct desk *d, const struct scene *s, uint64_t id, unsigned i)
{
	struct store_transfer_device rows[DEVICES];
	size_t count = 0;

	assert_int_equal(store_transfer_devices(
			     d->s.store, id, BYTES_NONE, rows, DEVICES, &count),
	    ERR_OK);
	for (size_t k = 0; k < count; k++)
		if (memcmp(rows[k].uid, s->device[i].uid, UID_LEN) == 0)
			return rows[k];
	fail();
	return rows[0];
}

static void
is_left(struct desk *d, const struct scene *s, uint64_t id, unsigned i,
    const char *why)
{
	struct store_transfer_device p = place(d, s, id, i);

	assert_int_equal(p.state, TRANSFER_DEVICE_LEFT);
	assert_string_equal(p.why, why);
	assert_int_equal(row(d, s, i).tenant, s->seller.tenant);
}

static void
has_gone(struct desk *d, const struct scene *s, uint64_t id, unsigned i)
{
	assert_int_equal(place(d, s, id, i).state, TRANSFER_DEVICE_WAITING);
	assert_int_equal(row(d, s, i).tenant, s->buyer.tenant);
	assert_true(row(d, s, i).rotate);
}

/* --- when an offer counts --- */

static void
test_the_last_second(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t first = offered(d, &s, 1), second;
	struct transfer_acceptance a;

	/* It stands, and so the device cannot be offered twice. */
	d->now += WEEK_S - 1;
	assert_int_equal(offer(d, &s, 1, &second), ERR_STATE);
	prepare(d, &s, first, &a);
	/* Judged in time, written too late. */
	d->now++;
	assert_int_equal(finish(d, &s, &a), ERR_STATE);
	assert_int_equal(begin(d, &s.buyer, &s.to, first, &a), ERR_STATE);
	assert_int_equal(row(d, &s, 0).tenant, s.seller.tenant);
	second = offered(d, &s, 1);
	d->now += WEEK_S - 1;
	accept(d, &s, second);
	has_gone(d, &s, second, 0);
}

static void
test_accepted_once(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, 2);
	struct transfer_acceptance a, again;
	struct store_transfer t;

	prepare(d, &s, id, &a);
	prepare(d, &s, id, &again);
	assert_int_equal(finish(d, &s, &a), ERR_OK);
	assert_int_equal(finish(d, &s, &again), ERR_STATE);
	assert_int_equal(begin(d, &s.buyer, &s.to, id, &a), ERR_STATE);
	assert_int_equal(
	    transfer_withdraw(&d->s, &s.seller, "test", id, &t), ERR_STATE);
	assert_int_equal(
	    transfer_decline(&d->s, &s.buyer, "test", id, &t), ERR_STATE);
	has_gone(d, &s, id, 0);
	has_gone(d, &s, id, 1);
}

static void
test_withdrawn_between(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, 1);
	struct transfer_acceptance a;
	struct store_transfer t;

	prepare(d, &s, id, &a);
	assert_int_equal(
	    transfer_withdraw(&d->s, &s.seller, "test", id, &t), ERR_OK);
	assert_int_equal(finish(d, &s, &a), ERR_STATE);
	assert_int_equal(row(d, &s, 0).tenant, s.seller.tenant);
}

static void
test_by_nobody_else(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, 1);
	struct transfer_acceptance a;
	struct store_transfer t;

	assert_int_equal(
	    begin(d, &s.stranger, &s.strange, id, &a), ERR_NOT_FOUND);
	assert_int_equal(begin(d, &s.seller, &s.from, id, &a), ERR_NOT_FOUND);
	assert_int_equal(begin(d, &s.buyer, &s.strange, id, &a), ERR_INVALID);
	assert_int_equal(begin(d, &s.buyer, &s.to, id + 1, &a), ERR_NOT_FOUND);
	assert_int_equal(
	    transfer_withdraw(&d->s, &s.buyer, "test", id, &t), ERR_NOT_FOUND);
	assert_int_equal(transfer_decline(&d->s, &s.stranger, "test", id, &t),
	    ERR_NOT_FOUND);
}

/* --- which devices go --- */

static void
test_what_happened_since_the_offer(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, DEVICES);
	struct store_device device;

	assert_int_equal(
	    store_device_set_quarantined(d->s.store, s.device[0].uid, true),
	    ERR_OK);
	assert_int_equal(operation_decommission(&d->s, &s.seller, "test",
			     s.device[1].uid, false, &device),
	    ERR_OK);
	assert_int_equal(operation_suspend(&d->s, &s.seller, "test",
			     s.device[2].uid, true, &device),
	    ERR_OK);
	accept(d, &s, id);
	is_left(d, &s, id, 0, "quarantined");
	is_left(d, &s, id, 1, "decommissioned");
	/* A suspended one is the buyer's to resume. */
	has_gone(d, &s, id, 2);
	assert_true(row(d, &s, 2).suspended);
	assert_int_equal(operation_suspend(&d->s, &s.seller, "test",
			     s.device[2].uid, false, &device),
	    ERR_NOT_FOUND);
	assert_int_equal(operation_suspend(&d->s, &s.buyer, "test",
			     s.device[2].uid, false, &device),
	    ERR_OK);
	has_gone(d, &s, id, 3);
}

/* Between the two halves: keys have spoken of another state. */
static void
test_what_happened_since_keys_spoke(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, 2);
	struct store_pending pending = {.generation = 2,
	    .root = {.len = BLOB_MAX},
	    .ck = {.len = BLOB_MAX},
	    .number = 1};
	struct transfer_acceptance a;
	struct store_device device;

	memcpy(pending.uid, s.device[0].uid, UID_LEN);
	prepare(d, &s, id, &a);
	assert_int_equal(operation_decommission(&d->s, &s.seller, "test",
			     s.device[1].uid, false, &device),
	    ERR_OK);
	assert_int_equal(finish(d, &s, &a), ERR_CONFLICT);
	assert_int_equal(row(d, &s, 0).tenant, s.seller.tenant);
	prepare(d, &s, id, &a);
	assert_int_equal(store_pending_add(d->s.store, &pending), ERR_OK);
	assert_int_equal(finish(d, &s, &a), ERR_CONFLICT);
	accept(d, &s, id);
	/* A pending that stands is the seller's still. */
	assert_int_equal(place(d, &s, id, 0).last, 2);
	is_left(d, &s, id, 1, "decommissioned");
}

static void
test_places_of_the_plan(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_of(d, "Basic");
	uint64_t id = offered(d, &s, DEVICES);
	unsigned active = 0;

	/* Ten places, and two are left. */
	for (unsigned i = 0; i < 8; i++)
		(void)desk_device_add(d, &s.buyer, &s.to, 100 + i);
	accept(d, &s, id);
	for (unsigned i = 0; i < DEVICES; i++) {
		has_gone(d, &s, id, i);
		active += row(d, &s, i).status == DEVICE_ACTIVE;
	}
	assert_int_equal(active, 2);
}

/* A waiting device goes nowhere. */
static void
test_on_its_way(void **state)
{
	struct desk *d = *state;
	struct scene s = scene_make(d);
	uint64_t id = offered(d, &s, 1);
	uint8_t uid[1][UID_LEN], bad[UID_LEN];
	const struct transfer_wish back = {.to = s.seller.tenant,
	    .readers = TRANSFER_READS_NEW,
	    .expires_s = WEEK_S,
	    .uids = (const uint8_t(*)[UID_LEN])uid,
	    .count = 1};
	struct store_transfer t;

	accept(d, &s, id);
	memcpy(uid[0], s.device[0].uid, UID_LEN);
	assert_int_equal(
	    transfer_offer(&d->s, &s.buyer, "test", &back, &t, bad), ERR_STATE);
	assert_memory_equal(bad, uid[0], UID_LEN);
	assert_int_equal(offer(d, &s, 1, &id), ERR_NOT_FOUND);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_the_last_second),
	    TEST(test_accepted_once),
	    TEST(test_withdrawn_between),
	    TEST(test_by_nobody_else),
	    TEST(test_what_happened_since_the_offer),
	    TEST(test_what_happened_since_keys_spoke),
	    TEST(test_places_of_the_plan),
	    TEST(test_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
