/*
 * Devices that change their owner, with copies of them and restored
 * databases in between: whoever comes first, the new owner's device makes
 * roots that are his.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "market.h"
#include "service/operations.h"
#include "service/transfers.h"

static void
test_sold(void **state)
{
	struct node *node = node_ready(*state, 1);

	sell(node, ERR_OK);
	assert_int_equal(get_psk(node, &seller), ERR_NOT_FOUND);
	assert_int_equal(get_psk(node, &buyer), ERR_NOT_FOUND);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 2);
	is_the_buyers(node);
	assert_int_equal(transfers_in(*state, "2"), 1);
	assert_int_equal(kit_events(*state, "transfer_done"), 2);
	node_free(node);
}

/* A copy from before the sale makes the root that the sale waits for. */
static void
test_copy_comes_first(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	copy = node_clone(node, COPY);
	sell(node, ERR_OK);
	(void)node_heartbeat(copy);
	node_run(copy, DAY_MS);
	is_the_buyers(copy);
	come_again(node);
	assert_int_equal(kit_events(kit, "clone"), 1);
	/* Alert: it got a root of its own, which is the buyer's too. */
	assert_int_equal(node_info(node).generation, 3);
	is_the_buyers(node);
	node_free(node);
	node_free(copy);
}

/* The same under quarantine: the buyer can say which of the two it is. */
static void
test_buyer_releases_the_genuine_one(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	kit_sql(kit, "UPDATE profiles SET clones = 1");
	copy = node_clone(node, COPY);
	sell(node, ERR_OK);
	(void)node_heartbeat(copy);
	node_run(copy, DAY_MS);
	come_again(node);
	assert_true(node_row(node).quarantined);
	assert_int_equal(release(node, &buyer, 1), ERR_OK);
	come_again(node);
	assert_int_equal(node_info(node).generation, 3);
	is_the_buyers(node);
	assert_int_equal(get_psk(copy, &buyer), ERR_DENIED);
	node_free(node);
	node_free(copy);
}

/* Whom the seller has released is not the buyer's device. */
static void
test_release_before_a_sale(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	kit_sql(kit, "UPDATE profiles SET clones = 1");
	copy = node_clone(node, COPY);
	rotate(node, 2);
	assert_int_equal(release(node, &seller, 1), ERR_OK);
	sell(node, ERR_STATE);
	assert_int_equal(release(node, &seller, 2), ERR_OK);
	sell(node, ERR_OK);
	assert_false(node_row(node).has_released);
	/* The release of the current one asked for a rotation: so did the sale. */
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	is_the_buyers(node);
	/* What the seller has decided says nothing to the buyer. */
	come_again(copy);
	assert_true(node_row(node).quarantined);
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(node);
	node_free(copy);
}

/*
 * Backup, rotation, restore, sale: the right does not reach the generation
 * that was lost, which is the seller's. The sale is undone, and both hear it.
 */
static void
test_sold_after_a_restore(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_backup(kit);
	rotate(node, 2);
	kit_restore(kit);
	sell(node, ERR_OK);
	come_again(node);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	assert_int_equal(node_row(node).tenant, seller.tenant);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	assert_int_equal(transfers_in(kit, "1"), 0);
	assert_int_equal(kit_events(kit, "transfer_done"), 0);
	assert_int_equal(kit_events(kit, "transfer_undone"), 2);
	sell(node, ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	is_the_buyers(node);
	node_free(node);
}

/*
 * Restored from before the sale: the ticket brings the buyer back, with a row
 * of the seller's and with none.
 */
static void
test_restored_from_before_a_sale(void **state)
{
	struct kit *kit = *state;
	struct node *node;

	kit_backup(kit);
	node = node_ready(kit, 1);
	sell(node, ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	is_the_buyers(node);
	kit_restore(kit);
	come_again(node);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	is_the_buyers(node);
	node_free(node);
}

/* The seller has rotated it, and the service has lost that; then the sale. */
static void
test_sold_with_a_pending_that_was_lost(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_sql(kit, "UPDATE devices SET generation_max = 2");
	kit_backup(kit);
	kit_sql(kit, "UPDATE devices SET generation_max = 1");
	rotate(node, 2);
	kit_restore(kit);
	/* Generation 2 has been given: the right reaches it. */
	sell(node, ERR_OK);
	come_again(node);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	assert_int_equal(node_info(node).generation, 3);
	is_the_buyers(node);
	assert_int_equal(kit_events(kit, "transfer_done"), 2);
	node_free(node);
}

/* Erased while it waits: there is nothing to wait for. */
static void
test_erased_while_it_waits(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct service s = service_of(kit);
	struct store_device ignored;

	sell(node, ERR_OK);
	assert_int_equal(transfers_in(kit, "1"), 1);
	assert_int_equal(operation_decommission(
			     &s, &buyer, "test", node->uid, true, &ignored),
	    ERR_OK);
	service_done(&s);
	assert_int_equal(transfers_in(kit, "1"), 0);
	assert_int_equal(kit_events(kit, "transfer_done"), 0);
	node_free(node);
}

/* Who was rejected gets no keys, neither then nor later. */
static void
test_keys_of_the_rejected(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *copy;

	copy = node_clone(node, COPY);
	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(copy), ERR_OK);
	node_bootstrap(copy, 2);
	kit_sql(kit, "UPDATE profiles SET clones = 1");
	come_again(node);
	assert_int_equal(get_psk(copy, &seller), ERR_DENIED);
	assert_int_equal(release(node, &seller, 1), ERR_OK);
	assert_int_equal(get_psk(copy, &seller), ERR_DENIED);
	come_again(node);
	come_again(copy);
	assert_int_equal(get_psk(node, &seller), ERR_OK);
	assert_int_not_equal(get_psk(copy, &seller), ERR_OK);
	/* An operator may have been wrong. */
	assert_int_equal(release(node, &seller, 2), ERR_OK);
	assert_int_equal(get_psk(node, &seller), ERR_DENIED);
	come_again(copy);
	assert_int_equal(get_psk(copy, &seller), ERR_OK);
	node_free(node);
	node_free(copy);
}

/* --- produced anew --- */

static struct node *
renew(struct node *node, const uint8_t *profile)
{
	struct kit *kit = node->kit;
	struct release_wish wish = {.by_instance = true};
	struct service s = service_of(kit);
	struct store_device ignored;
	struct node *anew;

	assert_int_equal(operation_decommission(
			     &s, &seller, "test", node->uid, true, &ignored),
	    ERR_OK);
	anew = node_renew(kit, 1);
	if (profile != NULL)
		assert_int_equal(
		    device_seal(&anew->device, profile, BYTES_LIT("S")),
		    ERR_OK);
	node_run(anew, HOUR_MS);
	memcpy(wish.instance, anew->rot.rec.instance, INSTANCE_LEN);
	assert_int_equal(
	    operation_release(&s, &seller, "test", node->uid, &wish, &ignored),
	    ERR_OK);
	service_done(&s);
	come_again(anew);
	return anew;
}

static void
test_renewed(void **state)
{
	struct node *node = node_ready(*state, 1);
	struct node *anew = renew(node, kit_profile);

	assert_int_equal(node_info(anew).generation, 2);
	assert_int_equal(get_psk(anew, &seller), ERR_OK);
	node_free(node);
	node_free(anew);
}

/* A root that nobody, or somebody else, could read is not made. */
static void
test_renewed_unsealed(void **state)
{
	struct node *node = node_ready(*state, 1);
	struct node *anew = renew(node, NULL);

	assert_int_equal(node_info(anew).generation, 0);
	assert_int_equal(
	    device_seal(&anew->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	come_again(anew);
	assert_int_equal(node_info(anew).generation, 2);
	assert_int_equal(get_psk(anew, &seller), ERR_OK);
	node_free(node);
	node_free(anew);
}

static void
test_renewed_with_anothers_profile(void **state)
{
	struct node *node = node_ready(*state, 1);
	struct node *anew = renew(node, kit_small_profile);

	assert_int_equal(node_info(anew).generation, 0);
	assert_int_equal(
	    kit_number(*state, "SELECT count(*) FROM events WHERE kind ="
			       " 'unreleased' AND tenant = 1 AND"
			       " detail LIKE '%seal it%'"),
	    1);
	node_free(node);
	node_free(anew);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, market_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_sold),
	    TEST(test_copy_comes_first),
	    TEST(test_buyer_releases_the_genuine_one),
	    TEST(test_release_before_a_sale),
	    TEST(test_sold_after_a_restore),
	    TEST(test_restored_from_before_a_sale),
	    TEST(test_sold_with_a_pending_that_was_lost),
	    TEST(test_erased_while_it_waits),
	    TEST(test_keys_of_the_rejected),
	    TEST(test_renewed),
	    TEST(test_renewed_unsealed),
	    TEST(test_renewed_with_anothers_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
