/*
 * Recovery tickets: fetched after each commit, and brought to a service that
 * a backup has set back; and what others can do with one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit.h"

#define HOUR_MS 3600000
#define DAY_MS (24 * (uint64_t)HOUR_MS)

static int
setup(void **state)
{
	struct kit *kit;

	if (kit_setup(state) != 0)
		return 1;
	kit = *state;
	kit->tickets = true;
	return 0;
}

static const struct devices_counters *
counters(struct kit *kit)
{
	return devices_counters(kit->devices);
}

/* A device of the first owner's, without its bootstrap. */
static struct node *
node_sealed(struct kit *kit, unsigned i)
{
	struct node *node = node_new(kit, i);

	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	return node;
}

/* Of generation 1, with its ticket. */
static struct node *
node_ready(struct kit *kit, unsigned i)
{
	struct node *node = node_sealed(kit, i);

	node_bootstrap(node, 1);
	(void)node_talk(node);
	assert_int_equal(node->outside_len, DEVICE_TICKET_LEN);
	assert_memory_equal(node->outside, node->rot.rec.cur.alias, ALIAS_LEN);
	return node;
}

/* Until it has come back: at most some days. */
static void
come_back(struct node *node)
{
	node->kit->now.ms += 301000;
	node->kit->now.unix_s += 301;
	assert_int_equal(device_heartbeat(&node->device, node->kit->now.ms,
			     node->kit->now.unix_s),
	    ERR_OK);
	node_run(node, DAY_MS);
}

/* Until it is about to bring credential and ticket. */
static void
come_by_value(struct node *node)
{
	struct kit *kit = node->kit;

	kit->now.ms += 301000;
	kit->now.unix_s += 301;
	assert_int_equal(
	    device_heartbeat(&node->device, kit->now.ms, kit->now.unix_s),
	    ERR_OK);
	while (!node->device.by_value || node->device.edhoc_failed ||
	       node->device.phase != DEVICE_IDLE)
		node_run(node, 1000);
}

static void
back_at(struct node *node, uint32_t generation)
{
	struct kit *kit = node->kit;

	assert_int_equal(node_info(node).generation, generation);
	node_agree(node);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	assert_int_equal(kit_events(kit, "clone"), 0);
	assert_int_equal(node_row(node).generation, generation);
	assert_int_equal(node_row(node).tenant, KIT_TENANT);
	assert_int_equal(node_row(node).status, DEVICE_ACTIVE);
	assert_int_equal(node_row(node).features, node->rot.rec.features);
	/* The new generation has its ticket too. */
	assert_memory_equal(node->outside, node->rot.rec.cur.alias, ALIAS_LEN);
}

/* --- given --- */

static void
test_a_ticket_follows_the_commit(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	/* One check-in for it, which is no heartbeat, and then no more. */
	assert_int_equal(node_row(node).n, 2);
	assert_int_equal(node->rot.rec.heartbeat_s, 0);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_row(node).n, 3);
	node_free(node);
}

/* What a plain heartbeat costs has not changed. */
static void
test_a_heartbeat_has_its_size(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	size_t before = node->bytes;

	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->bytes - before, 110);
	node_free(node);
}

/* The answer is lost: the same request again brings a ticket again. */
static void
test_a_lost_ticket_is_repeated(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_sealed(kit, 1);

	node->lose_answers = 1 << 3; /* of message_2, 2, the confirm, this */
	node_bootstrap(node, 1);
	assert_int_equal(node->outside_len, 0);
	node_run(node, HOUR_MS);
	assert_int_equal(node->outside_len, DEVICE_TICKET_LEN);
	assert_int_equal(node_row(node).n, 2);
	assert_int_equal(counters(kit)->repeats, 1);
	node_free(node);
}

/* It was stored nowhere, or what was stored is gone: the heartbeat asks. */
static void
test_a_ticket_that_was_not_stored(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_sealed(kit, 1);

	node->outside_fails = true;
	node_bootstrap(node, 1);
	node_run(node, HOUR_MS);
	assert_int_equal(node->outside_len, 0);
	assert_int_equal(node_row(node).n, 2);
	node->outside_fails = false;
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->outside_len, DEVICE_TICKET_LEN);
	node->outside_len = 0;
	node_boot(node);
	node_run(node, HOUR_MS);
	assert_int_equal(node->outside_len, DEVICE_TICKET_LEN);
	node_free(node);
}

static void
test_rotation_brings_the_next_ticket(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t first[DEVICE_TICKET_LEN];

	memcpy(first, node->outside, sizeof(first));
	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_run(node, HOUR_MS);
	assert_int_equal(node_info(node).generation, 2);
	assert_memory_not_equal(node->outside, first, sizeof(first));
	assert_memory_equal(node->outside, node->rot.rec.cur.alias, ALIAS_LEN);
	node_free(node);
}

/* --- taken back --- */

static void
test_restored_to_before_the_bootstrap(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_sealed(kit, 1);

	kit_backup(kit);
	node_bootstrap(node, 1);
	(void)node_talk(node);
	kit_restore(kit);
	come_back(node);
	back_at(node, 2);
	/* F is gone here too, with its place in the import. */
	assert_int_equal(node_row(node).factory_secret.len, 0);
	assert_int_equal(kit_number(kit, "SELECT remaining FROM imports"), 999);
	node_free(node);
}

static void
test_restored_to_before_the_import(void **state)
{
	struct kit *kit = *state;
	struct node *node;
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX];
	struct store_generation g;

	kit_backup(kit);
	node = node_ready(kit, 1);
	assert_int_equal(rot_psk(&node->rot, 32, id, psk), ERR_OK);
	kit_restore(kit);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM devices"), 0);
	come_back(node);
	back_at(node, 2);
	/* The old generation is there, for what it has protected. */
	assert_int_equal(
	    store_generation_by_alias(kit->store, id + 2, &g), ERR_OK);
	assert_int_equal(g.tenant, KIT_TENANT);
	assert_int_not_equal(g.ended, 0);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_free(node);
}

static void
test_restored_to_an_older_generation(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_backup(kit);
	for (uint32_t g = 2; g <= 3; g++) {
		assert_int_equal(
		    store_device_set_rotate(kit->store, node->uid, true),
		    ERR_OK);
		assert_int_equal(node_heartbeat(node), ERR_OK);
		node_run(node, HOUR_MS);
		assert_int_equal(node_info(node).generation, g);
	}
	kit_restore(kit);
	come_back(node);
	back_at(node, 4);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM generations"), 3);
	node_free(node);
}

/* The answer that adopts is lost: what stands is gone on with. */
static void
test_adoption_whose_answer_is_lost(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_sealed(kit, 1);

	kit_backup(kit);
	node_bootstrap(node, 1);
	(void)node_talk(node);
	kit_restore(kit);
	come_by_value(node);
	node->lose_answers = 0xfffffffe; /* all but message_2 */
	while (node_row(node).generation == 0)
		node_run(node, 1000);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 1);
	assert_int_equal(node_info(node).generation, 1);
	kit_restart(kit);
	node_run(node, HOUR_MS);
	node->lose_answers = 0;
	node_run(node, DAY_MS);
	/* Its key is known now: it got another pending, under its name. */
	back_at(node, 3);
	node_free(node);
}

/* The row is of another generation: nothing of its state is the adopted one's. */
static void
test_state_of_the_row_goes(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct store_device row = node_row(node);

	assert_true(row.n > 0 && row.ck.len > 0);
	kit_backup(kit);
	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_run(node, HOUR_MS);
	kit_restore(kit);
	come_by_value(node);
	node->lose_answers = 0xfffffffe; /* all but message_2 */
	while (node_row(node).generation == 1)
		node_run(node, 1000);
	row = node_row(node);
	assert_int_equal(row.generation, 2);
	assert_int_equal(row.n, 0);
	assert_int_equal(row.ck.len, 0);
	assert_int_equal(row.last_ck.len, 0);
	assert_false(row.has_last_id);
	assert_int_equal(row.confirmed, 0);
	assert_int_equal(row.flags, 0);
	node->lose_answers = 0;
	node_run(node, DAY_MS);
	node_agree(node);
	node_free(node);
}

/* A profile of the time that was lost: the device is nobody's, and it shows. */
static void
test_owner_of_a_profile_that_is_lost(void **state)
{
	struct kit *kit = *state;
	struct node *node;

	node = node_ready(kit, 1);
	kit_sql(kit, "DELETE FROM generations; DELETE FROM devices;"
		     "DELETE FROM events; DELETE FROM profiles");
	kit_restart(kit);
	come_back(node);
	assert_int_equal(node_info(node).generation, 2);
	assert_int_equal(node_row(node).tenant, 0);
	assert_int_equal(node_row(node).status, DEVICE_REGISTERED);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE"
			    " json_extract(detail, '$.UnknownProfile') IS"
			    " NOT NULL"),
	    1);
	node_free(node);
}

/* --- attacks --- */

/* It comes, and is not believed: nothing is written, nothing is shown. */
static void
refused(struct node *node)
{
	struct kit *kit = node->kit;

	assert_int_equal(node_info(node).generation, 1);
	assert_int_equal(kit_events(kit, "adopted"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM generations"), 0);
}

static void
test_damaged_tickets(void **state)
{
	struct kit *kit = *state;
	struct node *node;

	kit_backup(kit);
	node = node_ready(kit, 1);
	kit_restore(kit);
	for (size_t i = ALIAS_LEN; i < DEVICE_TICKET_LEN; i += 5) {
		node->outside[i] ^= 1;
		node_boot(node);
		come_back(node);
		refused(node);
		node->outside[i] ^= 1;
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM devices"), 0);
	node_boot(node);
	come_back(node);
	back_at(node, 2);
	node_free(node);
}

/* Another device's, another generation's: bound to key, alias and number. */
static void
test_tickets_of_others(void **state)
{
	struct kit *kit = *state;
	struct node *node, *other;
	uint8_t first[TICKET_LEN];

	kit_backup(kit);
	node = node_ready(kit, 1);
	other = node_ready(kit, 2);
	memcpy(first, node->outside + ALIAS_LEN, TICKET_LEN);
	kit_restore(kit);
	memcpy(
	    node->outside + ALIAS_LEN, other->outside + ALIAS_LEN, TICKET_LEN);
	node_boot(node);
	come_back(node);
	refused(node);
	/* With the right one it comes back, and its next forgets the first. */
	memcpy(node->outside + ALIAS_LEN, first, TICKET_LEN);
	node_boot(node);
	come_back(node);
	back_at(node, 2);
	kit_restore(kit);
	memcpy(node->outside + ALIAS_LEN, first, TICKET_LEN);
	node_boot(node);
	come_back(node);
	assert_int_equal(node_info(node).generation, 2);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM devices"), 0);
	node_free(other);
	node_free(node);
}

/* A copy from before the rotation has a true ticket: it is evidence. */
static void
test_older_generation_is_evidence(void **state)
{
	struct kit *kit = *state;
	struct node *node, *clone;

	kit_backup(kit);
	node = node_ready(kit, 1);
	clone = node_clone(node, "198.51.100.7:4444");
	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_run(node, HOUR_MS);
	kit_restore(kit);
	come_back(node);
	back_at(node, 3);
	come_back(clone);
	assert_int_equal(node_info(clone).generation, 1);
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(clone);
	node_free(node);
}

/* A clone that is adopted first is found when the genuine device comes. */
static void
test_clone_is_adopted_first(void **state)
{
	struct kit *kit = *state;
	struct node *node, *clone;

	kit_backup(kit);
	node = node_ready(kit, 1);
	clone = node_clone(node, "198.51.100.7:4444");
	kit_restore(kit);
	come_back(clone);
	assert_int_equal(kit_events(kit, "clone"), 0);
	assert_int_equal(kit_events(kit, "adopted"), 1);
	come_back(node);
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(clone);
	node_free(node);
}

/* No ticket undoes what an operator has decided and the copy remembers. */
static void
stays_out(struct kit *kit, const char *sql)
{
	struct node *node = node_sealed(kit, 1);

	kit_backup(kit);
	node_bootstrap(node, 1);
	(void)node_talk(node);
	kit_restore(kit);
	kit_sql(kit, sql);
	kit_restart(kit);
	come_back(node);
	refused(node);
	assert_int_equal(node_row(node).generation, 0);
	node_free(node);
}

static void
test_quarantine_stands(void **state)
{
	stays_out(*state, "UPDATE devices SET quarantined = 1");
}

/* It hears that it is, and erases what it has. */
static void
test_decommissioned_stays_out(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_sealed(kit, 1);

	kit_backup(kit);
	node_bootstrap(node, 1);
	kit_restore(kit);
	kit_sql(kit, "UPDATE devices SET status = 4");
	come_back(node);
	assert_int_equal(kit_events(kit, "adopted"), 0);
	assert_int_equal(node_row(node).generation, 0);
	assert_true(node->rot.rec.erased);
	assert_int_equal(node->outside_len, 0);
	node_free(node);
}

static void
test_renewed_device_is_another(void **state)
{
	struct kit *kit = *state;

	stays_out(kit, "UPDATE devices SET renewed = 1, generation_max = 1");
	assert_int_equal(kit_events(kit, "clone"), 1);
}

/* Who is over the limit shows his address before any EC work, by value too. */
static void
test_flood_by_value(void **state)
{
	struct kit *kit = *state;
	struct node *node, *other;

	kit_backup(kit);
	node = node_ready(kit, 1);
	kit->config.half_open = 1;
	kit_restore(kit);
	come_by_value(node);
	kit->now.ms = node->device.not_before_ms;
	/* A handshake that does not go on holds the only place. */
	other = node_new(kit, 2);
	assert_true(node_poll(other).len > 0);
	(void)kit_handle(kit, bytes_make(other->sent, other->sent_len), "x");
	assert_int_equal(devices_half_open(kit->devices), 1);
	assert_int_equal(counters(kit)->challenged, 0);
	node_run(node, DAY_MS);
	back_at(node, 2);
	assert_true(counters(kit)->challenged > 0);
	node_free(other);
	node_free(node);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_ticket_follows_the_commit),
	    TEST(test_a_heartbeat_has_its_size),
	    TEST(test_a_lost_ticket_is_repeated),
	    TEST(test_a_ticket_that_was_not_stored),
	    TEST(test_rotation_brings_the_next_ticket),
	    TEST(test_restored_to_before_the_bootstrap),
	    TEST(test_restored_to_before_the_import),
	    TEST(test_restored_to_an_older_generation),
	    TEST(test_adoption_whose_answer_is_lost),
	    TEST(test_state_of_the_row_goes),
	    TEST(test_owner_of_a_profile_that_is_lost),
	    TEST(test_damaged_tickets),
	    TEST(test_tickets_of_others),
	    TEST(test_older_generation_is_evidence),
	    TEST(test_clone_is_adopted_first),
	    TEST(test_quarantine_stands),
	    TEST(test_decommissioned_stays_out),
	    TEST(test_renewed_device_is_another),
	    TEST(test_flood_by_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
