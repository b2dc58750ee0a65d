/*
 * Copies, operators and owners against each other: a decision that was
 * acknowledged stands, whoever speaks next, and what was given to read stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "market.h"
#include "service/operations.h"
#include "service/transfers.h"

/* Lets a node talk until the service has a pending of it, and no longer. */
static void
until_pending(struct node *node, const char *address)
{
	struct kit *kit = node->kit;
	uint8_t answer[DATAGRAM_MAX];
	struct bytes m, got;

	node_boot(node);
	later(kit, 7 * DAY_MS);
	for (int i = 0; i < 9000; i++) {
		if (kit_number(kit, "SELECT count(*) FROM pendings") != 0)
			return;
		m = node_poll(node);
		if (m.len == 0) {
			later(kit, 30000);
			continue;
		}
		got = kit_handle(kit, m, address);
		if (got.len == 0)
			continue;
		memcpy(answer, got.ptr, got.len);
		device_receive(&node->device, kit->now.ms + node->offset_ms,
		    kit->now.unix_s, bytes_make(answer, got.len));
	}
	fail();
}

/* --- releases --- */

/* A copy holds its confirm back until the operator has decided. */
static void
test_a_pending_ends_with_a_release(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	copy = node_clone(node, COPY);
	rotate(node, 2);
	until_pending(copy, COPY);
	assert_int_equal(release(node, &seller, 2), ERR_OK);
	node_run(copy, DAY_MS);
	assert_int_equal(node_info(copy).generation, 1);
	assert_int_equal(node_info(copy).refused, BOOTSTRAP_CLONE);
	(void)node_heartbeat(node);
	come_again(node);
	assert_true(node_info(node).generation > 2);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	/* What it had is over, too, a week after it was left. */
	assert_int_equal(get_psk(copy, &seller), ERR_NOT_FOUND);
	node_free(node);
	node_free(copy);
}

/* The operator decides while keys make the copy's root. */
static struct node *held;

static void
release_meanwhile(struct kit *kit)
{
	kit->meanwhile = NULL;
	assert_int_equal(release(held, &seller, 1), ERR_OK);
}

static void
test_a_pending_is_not_written_over_a_release(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	copy = node_clone(node, COPY);
	rotate(copy, 2);
	kit_sql(kit, "UPDATE profiles SET clones = 1");
	come_again(node);
	assert_true(node_row(node).quarantined);
	assert_int_equal(release(node, &seller, 2), ERR_OK);
	held = node;
	kit->meanwhile = release_meanwhile;
	come_again(copy);
	assert_int_equal(node_row(node).resync, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	come_again(node);
	assert_true(node_info(node).generation > 2);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	node_free(node);
	node_free(copy);
}

static void
quarantine_meanwhile(struct kit *kit)
{
	if (kit->asked != KEYSPROTO_ROOT)
		return;
	kit->meanwhile = NULL;
	kit_sql(kit, "UPDATE devices SET quarantined = 1");
}

/* The api process writes while keys make a root: the row was read before. */
static void
test_a_pending_is_not_written_over_a_quarantine(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	kit->meanwhile = quarantine_meanwhile;
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_null(kit->meanwhile);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(node_row(node).generation, 1);
	node_free(node);
}

static void
switch_meanwhile(struct kit *kit)
{
	if (kit->asked != KEYSPROTO_ADVANCE ||
	    kit_number(kit, "SELECT count(*) FROM pendings") == 0)
		return;
	kit->meanwhile = NULL;
	kit_sql(kit, "UPDATE devices SET features = 8,"
		     " features_version = 1700009999");
}

/* The same while a confirm is on its way to the row. */
static void
test_a_commit_keeps_what_was_switched(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit->meanwhile = switch_meanwhile;
	rotate(node, 2);
	assert_null(kit->meanwhile);
	assert_int_equal(node_row(node).features, FEATURE_C2C);
	node_free(node);
}

/* So many roots that the genuine device's context is long forgotten. */
static void
outrun(struct node *copy)
{
	for (uint32_t g = 2; g <= 15; g++)
		rotate(copy, g);
}

static void
test_outrun_and_released(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	kit_sql(kit, "UPDATE profiles SET clones = 1");
	copy = node_clone(node, COPY);
	outrun(copy);
	come_again(node);
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_true(node_row(node).quarantined);
	assert_int_equal(release(node, &seller, 1), ERR_OK);
	come_again(node);
	assert_int_equal(node_info(node).generation, 16);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	assert_int_not_equal(get_psk(copy, &seller), ERR_OK);
	node_free(node);
	node_free(copy);
}

/* By the key it has, when it has no ticket to show. */
static void
test_outrun_without_a_ticket(void **state)
{
	struct kit *kit = *state;
	struct node *node, *copy;

	kit->tickets = false;
	node = node_ready(kit, 1);
	copy = node_clone(node, COPY);
	outrun(copy);
	come_again(node);
	come_again(node);
	assert_true(kit_events(kit, "clone") > 0);
	/* Alert: it goes on beside the copy. */
	assert_true(node_info(node).generation > 15);
	node_free(node);
	node_free(copy);
}

/* --- ends --- */

/* Evidence keeps no decommissioned device from its end. */
static void
test_a_copy_of_a_decommissioned_device(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	kit_sql(kit, "UPDATE profiles SET clones = 1");
	copy = node_clone(node, COPY);
	rotate(node, 2);
	assert_int_equal(decommission(node, &seller, false), ERR_OK);
	come_again(copy);
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_false(node_row(node).quarantined);
	come_again(node);
	assert_true(node->rot.rec.erased);
	assert_true(node_row(node).erased != 0);
	node_free(node);
	node_free(copy);
}

/* Nobody's device is ended between its adoption and its confirm. */
static void
test_the_end_of_nobodys_device(void **state)
{
	const struct actor nobody = {.tenant = 0, .name = "operator"};
	struct kit *kit = *state;
	struct node *node;

	kit_backup(kit);
	node = node_ready(kit, 1);
	kit_restore(kit);
	kit_sql(kit, "DELETE FROM profiles");
	kit_restart(kit);
	until_pending(node, node->address);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	assert_int_equal(decommission(node, &nobody, false), ERR_OK);
	node_run(node, DAY_MS);
	come_again(node);
	assert_int_equal(node_row(node).status, DEVICE_DECOMMISSIONED);
	assert_true(node_row(node).erased != 0);
	assert_true(node->rot.rec.erased);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM generations"
					 " WHERE length(root) > 0"),
	    0);
	node_free(node);
}

/* --- sales --- */

/* The buyer's profile is lost: the sealed one, the seller's, is no heir. */
static void
test_a_buyer_who_is_lost(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_backup(kit);
	sell(node, ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	is_the_buyers(node);
	kit_restore(kit);
	kit_sql(kit, "DELETE FROM profiles WHERE tenant = 2");
	kit_restart(kit);
	come_again(node);
	come_again(node);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	assert_int_equal(node_row(node).tenant, 0);
	assert_int_equal(decommission(node, &seller, false), ERR_NOT_FOUND);
	assert_int_equal(get_psk(node, &seller), ERR_NOT_FOUND);
	node_free(node);
}

/* Restored from before the sale, and a copy still speaks for the seller. */
static void
test_a_seller_whose_sale_is_lost(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	copy = node_clone(node, COPY);
	kit_backup(kit);
	sell(node, ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(get_psk(copy, &seller), ERR_NOT_FOUND);
	kit_restore(kit);
	come_again(node);
	is_the_buyers(node);
	assert_int_equal(get_psk(copy, &seller), ERR_NOT_FOUND);
	node_free(node);
	node_free(copy);
}

/* --- what was given to read --- */

static void
test_reading_after_the_end(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t alias[ALIAS_LEN];
	struct store_device d;

	memcpy(alias, node->rot.rec.cur.alias, ALIAS_LEN);
	sell(node, ERR_OK);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_TOO_SOON);
	assert_int_equal(decommission(node, &buyer, true), ERR_OK);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_OK);
	/* The buyer produces it anew. */
	d = node_row(node);
	assert_int_equal(store_begin(kit->store), ERR_OK);
	assert_int_equal(store_device_renew(kit->store, &d), ERR_OK);
	assert_int_equal(store_commit(kit->store), ERR_OK);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_OK);
	node_free(node);
}

static void
test_reading_after_the_buyers_releases(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t alias[ALIAS_LEN];

	rotate(node, 2);
	memcpy(alias, node->rot.rec.cur.alias, ALIAS_LEN);
	sell(node, ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_OK);
	assert_int_equal(release(node, &buyer, 1), ERR_OK);
	assert_int_equal(release(node, &buyer, 3), ERR_OK);
	assert_int_equal(get_psk(node, &buyer), ERR_OK);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_OK);
	node_free(node);
}

/* Given away with "new", and back in the time that a restore has lost. */
static void
test_reading_after_a_sale_that_was_undone(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t alias[ALIAS_LEN];

	memcpy(alias, node->rot.rec.cur.alias, ALIAS_LEN);
	give(node, &seller, TRANSFER_READS_NEW);
	assert_int_equal(get_e2e(kit, alias, &buyer), ERR_OK);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_NOT_FOUND);
	kit_backup(kit);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	give(node, &buyer, TRANSFER_READS_NEW);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	kit_restore(kit);
	come_again(node);
	assert_int_equal(node_row(node).tenant, seller.tenant);
	assert_int_equal(get_e2e(kit, alias, &seller), ERR_NOT_FOUND);
	assert_int_equal(get_e2e(kit, alias, &buyer), ERR_OK);
	node_free(node);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, market_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pending_ends_with_a_release),
	    TEST(test_a_pending_is_not_written_over_a_release),
	    TEST(test_a_pending_is_not_written_over_a_quarantine),
	    TEST(test_a_commit_keeps_what_was_switched),
	    TEST(test_outrun_and_released),
	    TEST(test_outrun_without_a_ticket),
	    TEST(test_a_copy_of_a_decommissioned_device),
	    TEST(test_the_end_of_nobodys_device),
	    TEST(test_a_buyer_who_is_lost),
	    TEST(test_a_seller_whose_sale_is_lost),
	    TEST(test_reading_after_the_end),
	    TEST(test_reading_after_the_buyers_releases),
	    TEST(test_reading_after_a_sale_that_was_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
