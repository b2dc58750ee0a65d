/*
 * Offers: what one tenant can make of another with them, and what it learns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "desk.h"
#include "service/audit.h"
#include "service/tenants.h"
#include "service/transfers.h"
#include "store/events.h"

#define SOURCE "192.0.2.1:1"
#define DAY_S 86400
#define MONTH_S (30u * DAY_S)

struct parties {
	struct store_profile profile, other_profile;
	struct actor seller, buyer;
	struct desk_device device[2];
};

static struct parties
parties_make(struct desk *d)
{
	struct parties p;

	p.seller = desk_tenant(d, "seller", "Freedom", &p.profile);
	p.buyer = desk_tenant(d, "buyer", "Freedom", &p.other_profile);
	for (unsigned i = 0; i < ARRAY_LEN(p.device); i++)
		p.device[i] = desk_device_add(d, &p.seller, &p.profile, 1 + i);
	return p;
}

static enum err
offer(struct desk *d, const struct parties *p, unsigned device, uint64_t to,
    struct store_transfer *ret_transfer)
{
	const struct transfer_wish wish = {.to = to,
	    .readers = TRANSFER_READS_OLD,
	    .expires_s = TRANSFER_EXPIRES,
	    .uids = (const uint8_t(*)[UID_LEN]) & p->device[device].uid,
	    .count = 1};
	uint8_t bad[UID_LEN];
	enum err err =
	    transfer_offer(&d->s, &p->seller, SOURCE, &wish, ret_transfer, bad);

	assert_false(store_in_transaction(d->s.store));
	return err;
}

static enum err
withdraw(struct desk *d, const struct parties *p, uint64_t id)
{
	struct store_transfer t;

	return transfer_withdraw(&d->s, &p->seller, SOURCE, id, &t);
}

static bool
event_count(void *ctx, const struct store_event *event UNUSED)
{
	++*(unsigned *)ctx;
	return true;
}

static unsigned
events_of(struct desk *d, uint64_t tenant)
{
	unsigned count = 0;

	assert_int_equal(store_event_list(d->s.store, tenant, false, NULL, 0,
			     1000, event_count, &count),
	    ERR_OK);
	return count;
}

static void
accept(struct desk *d, const struct parties *p, uint64_t id)
{
	struct transfer_acceptance a;
	struct keysproto_request q;
	struct keysproto_answer answer;

	assert_int_equal(transfer_accept_begin(
			     &d->s, &p->buyer, id, p->other_profile.uid, &a),
	    ERR_OK);
	while (transfer_accept_ask(&a, &q)) {
		answer = desk_ask(d, &q);
		assert_int_equal(transfer_accept_answer(&a, &answer), ERR_OK);
	}
	assert_int_equal(
	    transfer_accept_finish(&d->s, &p->buyer, SOURCE, &a), ERR_OK);
	transfer_acceptance_done(&a);
}

/* --- what an offer tells --- */

static void
test_an_offer_to_nobody_stands(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	struct store_transfer somebodys, nobodys, t;
	struct store_profile profile;
	struct transfer_acceptance a;
	uint64_t next = p.buyer.tenant + 1;
	size_t count = 9;

	assert_int_equal(offer(d, &p, 0, p.buyer.tenant, &somebodys), ERR_OK);
	assert_int_equal(offer(d, &p, 1, next, &nobodys), ERR_OK);
	assert_int_equal(nobodys.state, somebodys.state);
	assert_int_equal(nobodys.to, next);
	assert_int_equal(nobodys.devices, 1);
	/* Its device is in an offer as any other. */
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_STATE);
	/* Who gets the number later is no party to it. */
	struct actor late = desk_tenant(d, "late", "Freedom", &profile);

	assert_int_equal(late.tenant, next);
	assert_int_equal(store_transfer_get(d->s.store, next, nobodys.id, &t),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    store_transfer_list(d->s.store, next, 0, &t, 1, &count), ERR_OK);
	assert_int_equal(count, 0);
	assert_int_equal(
	    transfer_accept_begin(&d->s, &late, nobodys.id, profile.uid, &a),
	    ERR_NOT_FOUND);
	assert_int_equal(transfer_decline(&d->s, &late, SOURCE, nobodys.id, &t),
	    ERR_NOT_FOUND);
	assert_int_equal(withdraw(d, &p, nobodys.id), ERR_OK);
	assert_int_equal(events_of(d, next), 0);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_OK);
	assert_int_equal(audit_verify(&d->s), ERR_OK);
}

static void
test_impossible_receivers(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	struct store_transfer t;

	assert_int_equal(offer(d, &p, 0, 0, &t), ERR_INVALID);
	assert_int_equal(offer(d, &p, 0, p.seller.tenant, &t), ERR_INVALID);
}

/* --- how many --- */

/* Offered and withdrawn as often as it goes; the last answer. */
static enum err
flood(struct desk *d, const struct parties *p, uint64_t to, unsigned *ret_count)
{
	struct store_transfer t;
	enum err err = ERR_OK;

	for (*ret_count = 0; *ret_count < 1000; ++*ret_count) {
		err = offer(d, p, 0, to, &t);
		if (err != ERR_OK)
			break;
		assert_int_equal(withdraw(d, p, t.id), ERR_OK);
	}
	return err;
}

static void
test_offers_in_vain_come_to_an_end(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	unsigned count;

	assert_int_equal(flood(d, &p, p.buyer.tenant, &count), ERR_TOO_SOON);
	assert_int_equal(count, TRANSFERS_IN_VAIN_MAX);
	assert_int_equal(
	    events_of(d, p.buyer.tenant), 2 * TRANSFERS_IN_VAIN_MAX);
	/* A number that nobody has is answered the same. */
	assert_int_equal(
	    flood(d, &p, p.buyer.tenant + 1, &count), ERR_TOO_SOON);
	assert_int_equal(count, TRANSFERS_IN_VAIN_MAX);
	d->now += DAY_S;
	assert_int_equal(flood(d, &p, p.buyer.tenant, &count), ERR_TOO_SOON);
	assert_int_equal(count, TRANSFERS_IN_VAIN_MAX);
}

/* What is wanted goes on. */
static void
test_accepted_offers_do_not_count(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	struct store_transfer t;

	for (unsigned i = 1; i < TRANSFERS_IN_VAIN_MAX; i++) {
		assert_int_equal(offer(d, &p, 0, p.buyer.tenant, &t), ERR_OK);
		assert_int_equal(withdraw(d, &p, t.id), ERR_OK);
	}
	assert_int_equal(offer(d, &p, 0, p.buyer.tenant, &t), ERR_OK);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_TOO_SOON);
	accept(d, &p, t.id);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_OK);
}

/* Offers that stand since a while. */
static void
stand(struct desk *d, const struct parties *p, uint64_t to, unsigned count,
    bool to_each)
{
	struct store_transfer t = {.from = p->seller.tenant,
	    .to = to,
	    .readers = TRANSFER_READS_OLD,
	    .created = (uint64_t)d->now - 2 * DAY_S,
	    .expires = (uint64_t)d->now + MONTH_S};
	uint64_t id;

	assert_int_equal(service_write(&d->s), ERR_OK);
	for (unsigned i = 0; i < count; i++) {
		t.to = to_each ? to + i : to;
		t.to_nobody = t.to != p->buyer.tenant;
		assert_int_equal(
		    store_transfer_add(d->s.store, &t, &id), ERR_OK);
	}
	assert_int_equal(store_commit(d->s.store), ERR_OK);
}

static void
test_standing_offers_to_one_receiver(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	struct store_transfer t;

	stand(d, &p, p.buyer.tenant, TRANSFERS_STANDING_PAIR_MAX - 1, false);
	assert_int_equal(offer(d, &p, 0, p.buyer.tenant, &t), ERR_OK);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_SPACE);
	assert_int_equal(offer(d, &p, 1, 4711, &t), ERR_OK);
	assert_int_equal(withdraw(d, &p, t.id), ERR_OK);
	d->now += MONTH_S;
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_OK);
}

static void
test_standing_offers_in_all(void **state)
{
	struct desk *d = *state;
	struct parties p = parties_make(d);
	struct store_transfer t;

	stand(d, &p, 1000, TRANSFERS_STANDING_MAX - 1, true);
	assert_int_equal(offer(d, &p, 0, p.buyer.tenant, &t), ERR_OK);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_SPACE);
	assert_int_equal(withdraw(d, &p, t.id), ERR_OK);
	assert_int_equal(offer(d, &p, 1, p.buyer.tenant, &t), ERR_OK);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_an_offer_to_nobody_stands),
	    TEST(test_impossible_receivers),
	    TEST(test_offers_in_vain_come_to_an_end),
	    TEST(test_accepted_offers_do_not_count),
	    TEST(test_standing_offers_to_one_receiver),
	    TEST(test_standing_offers_in_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
