/*
 * Bootstraps from a device's first word to the key that both ends share, and
 * what is lost, doubled or restarted on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit.h"

static void
seal(struct node *node, const uint8_t *profile)
{
	assert_int_equal(
	    device_seal(&node->device, profile, BYTES_LIT("SERIAL-123456789")),
	    ERR_OK);
}

static void
test_sealed_device_gets_its_owner(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct store_device row;

	seal(node, kit_profile);
	node_bootstrap(node, 1);
	row = node_row(node);
	assert_int_equal(row.status, DEVICE_ACTIVE);
	assert_int_equal(row.tenant, KIT_TENANT);
	assert_memory_equal(row.profile, kit_profile, PROFILE_UID_LEN);
	assert_string_equal(row.serial, "SERIAL-123456789");
	assert_string_equal(row.firmware, "03.15");
	assert_int_equal(row.n, 1);
	assert_int_equal(row.factory_secret.len, 0);
	assert_int_equal(row.features, FEATURE_ALL);
	assert_int_equal(row.registered, kit->now.unix_s);
	assert_string_equal(row.address, node->address);
	assert_true(node_info(node).device_registered);
	assert_int_equal(node_info(node).features, FEATURE_ALL);
	node_agree(node);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	node_free(node);
}

static void
test_unsealed_device_belongs_to_nobody(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	node_bootstrap(node, 1);
	assert_int_equal(node_row(node).status, DEVICE_REGISTERED);
	assert_int_equal(node_row(node).tenant, 0);
	/* Sealing later is another generation, with an owner. */
	seal(node, kit_profile);
	node_bootstrap(node, 2);
	assert_int_equal(node_row(node).status, DEVICE_ACTIVE);
	assert_int_equal(node_row(node).tenant, KIT_TENANT);
	assert_int_equal(node_row(node).features, FEATURE_ALL);
	node_agree(node);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM generations"
			    " WHERE ended IS NOT NULL AND tenant IS NULL"),
	    1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM left_contexts"), 1);
	node_free(node);
}

/* A version that an older database left behind is nobody's choice. */
static void
test_the_first_owner_gives_the_features(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	node_bootstrap(node, 1);
	kit_sql(kit, "UPDATE devices SET features_version = 1700000001,"
		     " confirmed_version = 1700000001");
	seal(node, kit_profile);
	node_bootstrap(node, 2);
	assert_int_equal(node_row(node).tenant, KIT_TENANT);
	assert_int_equal(node_row(node).features, FEATURE_ALL);
	assert_int_equal(node_row(node).confirmed, FEATURE_ALL);
	assert_int_equal(node_info(node).features, FEATURE_ALL);
	node_free(node);
}

static void
test_unknown_profile_registers(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	const uint8_t nobodys[PROFILE_UID_LEN] = "nobody's profile";

	seal(node, nobodys);
	node_bootstrap(node, 1);
	assert_int_equal(node_row(node).status, DEVICE_REGISTERED);
	assert_int_equal(kit_events(kit, "unknown_profile"), 1);
	node_free(node);
}

static void
test_over_the_plan_is_inactive(void **state)
{
	struct kit *kit = *state;
	struct node *first = node_new(kit, 1), *second = node_new(kit, 2);

	seal(first, kit_small_profile);
	seal(second, kit_small_profile);
	node_bootstrap(first, 1);
	node_bootstrap(second, 1);
	assert_int_equal(node_row(first).status, DEVICE_ACTIVE);
	assert_int_equal(node_row(second).status, DEVICE_INACTIVE);
	assert_int_equal(node_row(second).tenant, 2);
	/* The plan has PSKs, not E2E encryption. */
	assert_int_equal(node_row(first).features, FEATURE_ALL & ~SERVICE_E2E);
	node_free(first);
	node_free(second);
}

/* Two pendings that both counted the last free place of a plan. */
static void
test_plan_is_asked_again_at_the_commit(void **state)
{
	struct kit *kit = *state;
	struct node *node[2] = {node_new(kit, 1), node_new(kit, 2)};

	for (int i = 0; i < 2; i++) {
		seal(node[i], kit_small_profile);
		/* Stop before the confirm arrives. */
		node[i]->lose_requests = 0x4;
		(void)node_talk(node[i]);
		assert_int_equal(node_info(node[i]).generation, 0);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"
					 " WHERE status = 2"),
	    2);
	for (int i = 0; i < 2; i++)
		node_bootstrap(node[i], 1);
	assert_int_equal(node_row(node[0]).status, DEVICE_ACTIVE);
	assert_int_equal(node_row(node[1]).status, DEVICE_INACTIVE);
	node_free(node[0]);
	node_free(node[1]);
}

/* Every commit leaves rows for ever: one device shall not fill the disk. */
static void
test_generations_are_rationed(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	seal(node, kit_profile);
	kit_sql(kit, "UPDATE devices SET created = 1700000000,"
		     " generation_max = 256");
	(void)node_talk(node);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(devices_counters(kit->devices)->refused, 1);
	/* Told to come back, it does, and is let in after an hour. */
	assert_int_equal(node_info(node).refused, 0);
	node_run(node, 7200000);
	node_bootstrap(node, 257);
	node_agree(node);
	node_free(node);
}

static void
test_bytes_on_the_wire(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	node->config.well_known_path = true;
	node_boot(node);
	seal(node, kit_profile);
	node_bootstrap(node, 1);
	assert_int_equal(node->requests, 3);
	assert_true(node->bytes <= 524);
	node->bytes = 0;
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->bytes, 110);
	node_free(node);
}

/* Every one of the first six requests, or answers, is lost. */
static void
test_any_single_loss(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 0; i < 12; i++) {
		struct node *node = node_new(kit, 10 + i);

		seal(node, kit_profile);
		if (i < 6)
			node->lose_requests = 1u << i;
		else
			node->lose_answers = 1u << (i - 6);
		for (int k = 0; k < 5; k++)
			node_run(node, 60000);
		node_bootstrap(node, 1);
		for (int k = 0; k < 3; k++)
			node_run(node, 604800000);
		node_agree(node);
		node_free(node);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
}

/* The first datagrams are lost in any pattern. */
static void
test_any_losses(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 1; i < 64; i++) {
		struct node *node = node_new(kit, 100 + i);

		seal(node, kit_profile);
		node->lose_requests = i & 7;
		node->lose_answers = i >> 3;
		for (int k = 0; k < 30 && node_info(node).generation == 0; k++)
			node_run(node, 3600000);
		assert_int_equal(node_info(node).generation, 1);
		node_agree(node);
		node_free(node);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
}

static void
test_duplicates_get_the_same_answer(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct bytes out;

	seal(node, kit_profile);
	for (int i = 0; i < 2; i++) {
		assert_true(node_poll(node).len > 0);
		out = kit_handle(
		    kit, bytes_make(node->sent, node->sent_len), node->address);
		assert_true(out.len > 0);
		memcpy(node->got, out.ptr, out.len);
		node->got_len = out.len;
		/* From elsewhere, as after a rebinding; 247 seconds long. */
		kit->now.ms += 200000;
		out = kit_handle(kit, bytes_make(node->sent, node->sent_len),
		    "203.0.113.9:9");
		assert_int_equal(out.len, node->got_len);
		assert_memory_equal(out.ptr, node->got, out.len);
		kit->now.ms -= 200000;
		device_receive(&node->device, kit->now.ms, kit->now.unix_s,
		    bytes_make(node->got, node->got_len));
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 1);
	assert_int_equal(devices_counters(kit->devices)->bootstraps, 1);
	assert_int_equal(devices_counters(kit->devices)->repeats, 2);
	node_bootstrap(node, 1);
	node_free(node);
}

/* The same batch holds a request twice. */
static void
test_duplicates_in_one_batch(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct devices_in in[3];
	struct bytes out[3];
	unsigned rounds = 0;

	seal(node, kit_profile);
	while (node_poll(node).len > 0) {
		for (int i = 0; i < 3; i++)
			in[i] = (struct devices_in){
			    .data = bytes_make(node->sent, node->sent_len),
			    .from = BYTES_LIT("x"),
			    .address = "x"};
		devices_handle(kit->devices, &kit->now, in, 3, out);
		for (int i = 0; i < 3; i++)
			assert_true(out[i].len > 0);
		/* Check-ins differ by their own Partial IV, others not. */
		if (rounds++ < 2) {
			assert_true(bytes_equal(out[0], out[1]));
			assert_true(bytes_equal(out[0], out[2]));
		}
		device_receive(
		    &node->device, kit->now.ms, kit->now.unix_s, out[1]);
	}
	assert_int_equal(rounds, 3);
	assert_int_equal(node_info(node).generation, 1);
	assert_int_equal(node_row(node).n, 1);
	node_agree(node);
	node_free(node);
}

static void
test_restart_between_all_steps(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 0; i < 8; i++) {
		struct node *node = node_new(kit, 30 + i);
		unsigned step = 0;

		seal(node, kit_profile);
		for (int k = 0; k < 40 && node_info(node).generation == 0;
		     k++) {
			while (node_poll(node).len > 0) {
				struct bytes out;

				if ((i >> (step % 3) & 1) != 0 && step < 3)
					kit_restart(kit);
				step++;
				out = kit_handle(kit,
				    bytes_make(node->sent, node->sent_len),
				    node->address);
				if (out.len > 0)
					device_receive(&node->device,
					    kit->now.ms, kit->now.unix_s, out);
			}
			if (node_info(node).generation == 0)
				node_run(node, 60000);
		}
		assert_int_equal(node_info(node).generation, 1);
		node_agree(node);
		node_free(node);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
}

/* The keys process is away: silence, and then it goes on. */
static void
test_without_keys_nothing_is_said(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	seal(node, kit_profile);
	kit->keys_fail = true;
	node_run(node, 60000);
	assert_int_equal(node->answers, 0);
	assert_true(devices_counters(kit->devices)->failed > 0);
	assert_int_equal(devices_half_open(kit->devices), 0);
	kit->keys_fail = false;
	node_bootstrap(node, 1);
	kit->keys_fail = true;
	assert_int_equal(node_heartbeat(node), ERR_BUSY);
	kit->keys_fail = false;
	node_run(node, 7200000);
	assert_int_equal(node_row(node).n, 2);
	node_agree(node);
	node_free(node);
}

/* Many devices in step: one question to the keys a round, one commit. */
static void
test_batches_share_their_costs(void **state)
{
	struct kit *kit = *state;
	struct node *node[DEVICES_BATCH_MAX];
	struct devices_in in[DEVICES_BATCH_MAX];
	struct bytes out[DEVICES_BATCH_MAX];

	for (unsigned i = 0; i < DEVICES_BATCH_MAX; i++) {
		node[i] = node_new(kit, 500 + i);
		seal(node[i], kit_profile);
	}
	kit_sql(kit, "UPDATE imports SET remaining = (SELECT count(*) FROM"
		     " devices WHERE factory_secret IS NOT NULL)");
	kit->keys_calls = 0;
	for (int step = 0; step < 3; step++) {
		for (unsigned i = 0; i < DEVICES_BATCH_MAX; i++) {
			assert_true(node_poll(node[i]).len > 0);
			in[i] = (struct devices_in){
			    .data =
				bytes_make(node[i]->sent, node[i]->sent_len),
			    .from = BYTES_LIT("x"),
			    .address = "x"};
		}
		devices_handle(
		    kit->devices, &kit->now, in, DEVICES_BATCH_MAX, out);
		for (unsigned i = 0; i < DEVICES_BATCH_MAX; i++) {
			assert_true(out[i].len > 0);
			device_receive(&node[i]->device, kit->now.ms,
			    kit->now.unix_s, out[i]);
		}
	}
	/* PRK and ROOT, of which half as many fit; CHECKIN and ADVANCE. */
	assert_int_equal(kit->keys_calls,
	    (2 * 2 + 2) * (DEVICES_BATCH_MAX / DEVICES_ASK_MAX));
	assert_int_equal(devices_counters(kit->devices)->batches, 2);
	for (unsigned i = 0; i < DEVICES_BATCH_MAX; i++) {
		assert_int_equal(node_info(node[i]).generation, 1);
		node_agree(node[i]);
		node_free(node[i]);
	}
	/* F15: the import's key went with its last device. */
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM imports"
					 " WHERE import_key IS NULL"
					 " AND remaining = 0"),
	    1);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_sealed_device_gets_its_owner),
	    TEST(test_unsealed_device_belongs_to_nobody),
	    TEST(test_the_first_owner_gives_the_features),
	    TEST(test_unknown_profile_registers),
	    TEST(test_over_the_plan_is_inactive),
	    TEST(test_plan_is_asked_again_at_the_commit),
	    TEST(test_generations_are_rationed),
	    TEST(test_bytes_on_the_wire),
	    TEST(test_any_single_loss),
	    TEST(test_any_losses),
	    TEST(test_duplicates_get_the_same_answer),
	    TEST(test_duplicates_in_one_batch),
	    TEST(test_restart_between_all_steps),
	    TEST(test_without_keys_nothing_is_said),
	    TEST(test_batches_share_their_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
