/*
 * What operators do, as the devices meet it: quarantine and release, new
 * roots by request and by age, suspension, and the end of a device at both
 * ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit.h"
#include "service/audit.h"
#include "service/operations.h"

#define HOUR_MS 3600000
#define DAY_MS (24 * (uint64_t)HOUR_MS)
#define YEAR_S 31536000

static int64_t
now_of(void *ctx)
{
	return (int64_t)((struct kit *)ctx)->now.unix_s;
}

/* The api process's side, over the same database. */
static struct service
service_of(struct kit *kit)
{
	struct service s;

	assert_int_equal(
	    service_init(&s, kit->store, &kit->random, now_of, kit), ERR_OK);
	return s;
}

static const struct actor actor = {.tenant = KIT_TENANT, .name = "operator"};

static struct node *
node_ready(struct kit *kit, unsigned i)
{
	struct node *node = node_new(kit, i);

	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	node_bootstrap(node, 1);
	return node;
}

static void
pass(struct kit *kit, uint64_t seconds)
{
	kit->now.ms += seconds * 1000;
	kit->now.unix_s += seconds;
}

static void
quarantine_policy(struct kit *kit)
{
	kit_sql(kit, "UPDATE profiles SET clones = 1");
}

static enum err
release(struct node *node, const struct release_wish *wish)
{
	struct service s = service_of(node->kit);
	struct store_device device;
	enum err err =
	    operation_release(&s, &actor, "test", node->uid, wish, &device);

	if (err == ERR_OK) {
		assert_false(device.quarantined);
		assert_int_equal(audit_verify(&s), ERR_OK);
	}
	service_done(&s);
	return err;
}

static void
release_generation(struct node *node, uint32_t generation)
{
	const struct release_wish wish = {.generation = generation};

	assert_int_equal(release(node, &wish), ERR_OK);
}

/* Off and on: a refusal's long silence is over. */
static void
again(struct node *node)
{
	node_boot(node);
	pass(node->kit, 7 * 86400);
	node_run(node, DAY_MS / 8);
}

/* --- quarantine and release --- */

/* A copy at the same state: evidence of it stops both. */
static void
both_in_quarantine(
    struct kit *kit, struct node **ret_node, struct node **ret_clone)
{
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	quarantine_policy(kit);
	assert_int_equal(node_heartbeat(clone), ERR_OK);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	assert_true(node_row(node).quarantined);
	assert_int_not_equal(node_heartbeat(clone), ERR_OK);
	node_run(node, HOUR_MS);
	node_run(clone, HOUR_MS);
	assert_int_equal(node_info(node).refused, BOOTSTRAP_QUARANTINED);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_QUARANTINED);
	assert_int_equal(node_row(node).generation, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	*ret_node = node;
	*ret_clone = clone;
}

static void
test_release_of_the_current_generation(void **state)
{
	struct kit *kit = *state;
	struct node *node, *clone;

	both_in_quarantine(kit, &node, &clone);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE kind = 'clone'"
			    " AND json_extract(detail, '$.Outcome') ="
			    " 'quarantine'"),
	    1);
	release_generation(node, 1);
	/* Evidence stays. */
	assert_true(kit_events(kit, "clone") > 0);
	/* The holder of the chain goes on, with a root of its own. */
	again(clone);
	assert_int_equal(node_info(clone).generation, 2);
	node_agree(clone);
	/* The other one is refused, recorded, and stops nobody any more. */
	again(node);
	assert_int_equal(node_info(node).refused, BOOTSTRAP_CLONE);
	assert_int_equal(node_info(node).generation, 1);
	assert_false(node_row(node).quarantined);
	assert_int_equal(node_heartbeat(clone), ERR_OK);
	node_free(node);
	node_free(clone);
}

/* What was begun before the decision goes, and nobody else gets its number. */
static void
test_release_is_about_pendings_too(void **state)
{
	struct kit *kit = *state;
	struct node *node, *clone;

	both_in_quarantine(kit, &node, &clone);
	kit_sql(kit,
	    "INSERT INTO pendings (alias, uid, generation, instance,"
	    " public_key, root, ck, resume, root_profile, features, status,"
	    " created, number) SELECT x'000000000002', uid, 2, instance,"
	    " public_key, x'01', x'01', resume, profile, 0, 2, 0, 1"
	    " FROM devices WHERE generation = 1");
	release_generation(node, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(node_row(node).released, 2);
	again(clone);
	assert_int_equal(node_info(clone).generation, 3);
	node_free(node);
	node_free(clone);
}

/* A copy of what the operator has let go on is evidence again. */
static void
test_a_clone_of_the_released_one(void **state)
{
	struct kit *kit = *state;
	struct node *node, *clone, *second;

	both_in_quarantine(kit, &node, &clone);
	release_generation(node, 1);
	again(clone);
	second = node_clone(clone, "203.0.113.9:1");
	assert_int_equal(node_heartbeat(clone), ERR_OK);
	assert_int_not_equal(node_heartbeat(second), ERR_OK);
	assert_true(node_row(node).quarantined);
	node_free(second);
	node_free(node);
	node_free(clone);
}

/* The genuine device was left behind by its clone, and comes back. */
static void
test_release_of_a_generation_left(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");
	const struct release_wish none = {.generation = 3};

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(clone), ERR_OK);
	node_bootstrap(clone, 2);
	quarantine_policy(kit);
	again(node);
	assert_true(node_row(node).quarantined);
	assert_int_equal(release(node, &none), ERR_INVALID);
	assert_true(node_row(node).quarantined);
	release_generation(node, 1);
	/* From now on the clone is refused, also while the other is away. */
	assert_int_not_equal(node_heartbeat(clone), ERR_OK);
	again(clone);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_CLONE);
	assert_int_equal(node_row(node).generation, 2);
	again(node);
	assert_int_equal(node_info(node).generation, 3);
	node_agree(node);
	again(clone);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_CLONE);
	assert_false(node_row(node).quarantined);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_free(node);
	node_free(clone);
}

static void
test_release_names_what_there_is(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct release_wish wish = {.by_instance = true};
	struct service s = service_of(kit);
	const struct actor other = {.tenant = KIT_TENANT + 1, .name = "other"};
	struct store_device device;

	memset(wish.instance, 0x5a, INSTANCE_LEN);
	assert_int_equal(release(node, &wish), ERR_INVALID);
	memcpy(wish.instance, node_row(node).instance, INSTANCE_LEN);
	assert_int_equal(
	    operation_release(&s, &other, "test", node->uid, &wish, &device),
	    ERR_NOT_FOUND);
	assert_int_equal(release(node, &wish), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 2);
	service_done(&s);
	node_free(node);
}

/* Copied factory secrets that come late stop the genuine device as well. */
static void
test_factory_copy_in_quarantine(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	quarantine_policy(kit);
	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	node_bootstrap(node, 1);
	(void)node_talk(clone);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_QUARANTINED);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	release_generation(node, 1);
	again(clone);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_CLONE);
	again(node);
	assert_int_equal(node_info(node).generation, 2);
	node_free(node);
	node_free(clone);
}

/* --- rotation --- */

static void
test_rotation_on_request(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct service s = service_of(kit);
	struct store_device device;

	assert_int_equal(
	    operation_rotate(&s, &actor, "test", node->uid, &device), ERR_OK);
	assert_true(device.rotate);
	assert_int_equal(
	    operation_rotate(&s, &actor, "test", node->uid, &device), ERR_OK);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM audit WHERE"
					 " action = 'device.rotate'"),
	    1);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 2);
	node_agree(node);
	device = node_row(node);
	assert_false(device.rotate);
	assert_int_equal(device.flags & CHECKIN_ROTATE, 0);
	assert_int_equal(device.rooted, kit->now.unix_s);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM generations"
					 " WHERE length(root) > 0"),
	    2);
	service_done(&s);
	node_free(node);
}

static void
test_rotation_by_age(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	pass(kit, YEAR_S - 3600);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 1);
	pass(kit, 3600);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 2);
	/* The profile says it sooner. */
	kit_sql(kit, "UPDATE profiles SET rotation = 86400");
	pass(kit, 86400 - 600);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 2);
	pass(kit, 600);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).generation, 3);
	node_agree(node);
	node_free(node);
}

/* --- suspension --- */

static void
test_suspension_and_its_end(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct service s = service_of(kit);
	uint8_t id[PSK_ID_LEN], psk[16];
	struct store_device device;

	assert_int_equal(
	    operation_suspend(&s, &actor, "test", node->uid, true, &device),
	    ERR_OK);
	assert_true(device.suspended);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(device_psk(&node->device, 16, id, psk), ERR_DISABLED);
	assert_int_equal(node_row(node).flags, CHECKIN_SUSPENDED);
	assert_int_equal(
	    operation_suspend(&s, &actor, "test", node->uid, false, &device),
	    ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(device_psk(&node->device, 16, id, psk), ERR_OK);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM audit WHERE action IN"
			    " ('device.suspend', 'device.resume') AND"
			    " json_extract(detail, '$.Before.Suspended') !="
			    " json_extract(detail, '$.After.Suspended')"),
	    2);
	service_done(&s);
	node_free(node);
}

/* --- the end --- */

static void
decommission(struct node *node, bool now)
{
	struct service s = service_of(node->kit);
	struct store_device device;

	assert_int_equal(
	    operation_decommission(&s, &actor, "test", node->uid, now, &device),
	    ERR_OK);
	assert_int_equal(device.status, DEVICE_DECOMMISSIONED);
	assert_int_equal(device.erased != 0, now);
	service_done(&s);
}

/* Whether any wrapped secret of the device is left in the database. */
static long long
secrets(struct kit *kit)
{
	return kit_number(kit,
	    "SELECT (SELECT count(*) FROM generations WHERE length(root) > 0)"
	    " + (SELECT count(*) FROM pendings)"
	    " + (SELECT count(*) FROM left_contexts)"
	    " + (SELECT count(*) FROM devices WHERE ck IS NOT NULL OR"
	    " last_ck IS NOT NULL OR factory_secret IS NOT NULL OR resume IS"
	    " NOT NULL)");
}

static bool
is_erased(const struct node *node)
{
	static const struct rot_generation none;
	static const struct rot_key no_key;

	return node->rot.rec.erased &&
	       memcmp(&node->rot.rec.cur, &none, sizeof(none)) == 0 &&
	       memcmp(&node->rot.rec.key, &no_key, sizeof(no_key)) == 0;
}

/* The device first: it says so, and then the service erases as well. */
static void
test_decommissioned_at_both_ends(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	decommission(node, false);
	assert_true(secrets(kit) > 0);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_true(is_erased(node));
	assert_int_equal(secrets(kit), 0);
	assert_int_equal(node_row(node).erased, kit->now.unix_s);
	assert_int_equal(kit_events(kit, "erased"), 1);
	/* And nothing is said any more. */
	again(node);
	assert_int_equal(node_poll(node).len, 0);
	node_free(node);
}

/* Told, but the answer got lost, or the power, at every datagram. */
static void
test_decommissioned_on_a_bad_network(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 1; i <= 32; i++) {
		struct node *node = node_ready(kit, i);

		decommission(node, false);
		node->lose_answers = i & 7;
		node->lose_requests = i >> 3 & 3;
		(void)node_heartbeat(node);
		node_run(node, HOUR_MS);
		node_boot(node);
		node_run(node, 2 * DAY_MS);
		assert_true(is_erased(node));
		assert_true(node_row(node).erased != 0);
		node_free(node);
	}
	assert_int_equal(secrets(kit), 0);
	assert_int_equal(kit_events(kit, "clone"), 0);
}

/* An answer given again is no confirmation. */
static void
test_a_repetition_confirms_nothing(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	decommission(node, false);
	node->lose_answers = UINT32_MAX;
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	node_run(node, HOUR_MS / 12);
	assert_int_equal(node_row(node).erased, 0);
	assert_int_equal(node_row(node).flags, CHECKIN_ERASE);
	assert_false(node->rot.rec.erased);
	node->lose_answers = 0;
	node_run(node, DAY_MS);
	assert_true(is_erased(node));
	assert_true(node_row(node).erased != 0);
	node_free(node);
}

/* The service first: the device hears it when it asks by EDHOC. */
static void
test_decommissioned_at_once(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	decommission(node, true);
	assert_int_equal(secrets(kit), 0);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	node_run(node, DAY_MS);
	assert_true(is_erased(node));
	assert_int_equal(kit_events(kit, "clone"), 0);
	node_free(node);
}

/* The old key opens nothing at a device that was produced anew. */
static void
test_second_life(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *ghost, *second;
	struct release_wish wish = {.by_instance = true};

	ghost = node_clone(node, "198.51.100.7:4444");
	decommission(node, false);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	second = node_renew(kit, 1);
	assert_int_equal(
	    device_seal(&second->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	/* It has to be named first; the event says how it is called. */
	(void)node_talk(second);
	assert_int_equal(node_info(second).refused, BOOTSTRAP_QUARANTINED);
	assert_int_equal(kit_events(kit, "unreleased"), 1);
	again(ghost);
	assert_int_equal(node_row(node).generation, 0);
	memset(wish.instance, 0x33, INSTANCE_LEN);
	assert_int_equal(release(node, &wish), ERR_OK);
	again(second);
	assert_int_equal(node_row(node).generation, 0);
	memcpy(wish.instance, second->rot.rec.instance, INSTANCE_LEN);
	assert_int_equal(release(node, &wish), ERR_OK);
	again(second);
	/* Numbers go on, and so no alias and no key comes twice. */
	assert_int_equal(node_info(second).generation, 2);
	assert_int_equal(node_row(node).status, DEVICE_ACTIVE);
	assert_false(node_row(node).renewed);
	node_agree(second);
	again(ghost);
	assert_int_equal(node_row(node).generation, 2);
	assert_int_equal(node_heartbeat(second), ERR_OK);
	node_free(ghost);
	node_free(node);
	node_free(second);
}

static void
test_states_that_refuse(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	const struct release_wish wish = {.generation = 1};
	struct service s = service_of(kit);
	struct store_device d;

	decommission(node, true);
	assert_int_equal(
	    operation_suspend(&s, &actor, "t", node->uid, true, &d), ERR_STATE);
	assert_int_equal(
	    operation_rotate(&s, &actor, "t", node->uid, &d), ERR_STATE);
	assert_int_equal(
	    operation_release(&s, &actor, "t", node->uid, &wish, &d),
	    ERR_STATE);
	assert_int_equal(
	    operation_decommission(&s, &actor, "t", node->uid, true, &d),
	    ERR_OK);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM audit WHERE"
					 " action = 'device.decommission'"),
	    1);
	service_done(&s);
	node_free(node);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_release_of_the_current_generation),
	    TEST(test_release_is_about_pendings_too),
	    TEST(test_a_clone_of_the_released_one),
	    TEST(test_release_of_a_generation_left),
	    TEST(test_release_names_what_there_is),
	    TEST(test_factory_copy_in_quarantine),
	    TEST(test_rotation_on_request),
	    TEST(test_rotation_by_age),
	    TEST(test_suspension_and_its_end),
	    TEST(test_decommissioned_at_both_ends),
	    TEST(test_decommissioned_on_a_bad_network),
	    TEST(test_a_repetition_confirms_nothing),
	    TEST(test_decommissioned_at_once),
	    TEST(test_second_life),
	    TEST(test_states_that_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
