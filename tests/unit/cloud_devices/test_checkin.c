/*
 * Check-ins, and rules S1 to S7: what is lost, replayed, restored or copied,
 * and that only a copy is ever called one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit.h"

#define HOUR_MS 3600000
#define DAY_MS (24 * (uint64_t)HOUR_MS)

static struct node *
node_ready(struct kit *kit, unsigned i)
{
	struct node *node = node_new(kit, i);

	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	node_bootstrap(node, 1);
	return node;
}

static const struct devices_counters *
counters(struct kit *kit)
{
	return devices_counters(kit->devices);
}

/* Sends what the device says next, and gives the answer to nobody. */
static struct bytes
send_only(struct node *node)
{
	assert_true(node_poll(node).len > 0);
	return kit_handle(
	    node->kit, bytes_make(node->sent, node->sent_len), node->address);
}

static void
receive(struct node *node, struct bytes answer)
{
	uint8_t copy[DATAGRAM_MAX];

	assert_true(answer.len > 0);
	memcpy(copy, answer.ptr, answer.len);
	device_receive(&node->device, node->kit->now.ms, node->kit->now.unix_s,
	    bytes_make(copy, answer.len));
}

static void
ask_heartbeat(struct node *node)
{
	node->kit->now.ms += 301000;
	node->kit->now.unix_s += 301;
	assert_int_equal(device_heartbeat(&node->device, node->kit->now.ms,
			     node->kit->now.unix_s),
	    ERR_OK);
}

static void
test_heartbeats_advance(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(node_row(node).n, i);
		assert_int_equal(node_heartbeat(node), ERR_OK);
		assert_int_equal(node_row(node).seen, kit->now.unix_s);
	}
	assert_int_equal(counters(kit)->checkins, 5);
	node_agree(node);
	node_free(node);
}

/* S2: the answer is lost; the same bytes are answered afresh. */
static void
test_repeated_request_is_answered_afresh(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t first[DATAGRAM_MAX];
	struct bytes out;
	size_t len;

	ask_heartbeat(node);
	out = send_only(node);
	assert_int_equal(node_row(node).n, 2);
	memcpy(first, out.ptr, out.len);
	len = out.len;
	kit_restart(kit);
	out = kit_handle(
	    kit, bytes_make(node->sent, node->sent_len), "203.0.113.1:1");
	assert_int_equal(node_row(node).n, 2);
	assert_true(out.len >= len);
	/* Another Partial IV, so that no nonce serves twice. */
	assert_memory_not_equal(first, out.ptr, len);
	receive(node, out);
	assert_int_equal(device_heartbeat_result(&node->device), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_row(node).n, 3);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	node_free(node);
}

/*
 * Partial IVs of 40 random bits meet each other after a million answers, and
 * who replays can ask for that many: the same bytes get the same answer for a
 * while, so that a context never gives so many.
 */
static void
test_replays_draw_few_partial_ivs(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t first[DATAGRAM_MAX];
	struct bytes out;
	size_t len = 0, different = 0;

	assert_int_equal(node_heartbeat(node), ERR_OK);
	for (unsigned i = 0; i <= 310; i++) {
		out = kit_handle(kit, bytes_make(node->sent, node->sent_len),
		    "203.0.113.1:1");
		assert_true(out.len > 0);
		different += !bytes_equal(out, bytes_make(first, len));
		memcpy(first, out.ptr, out.len);
		len = out.len;
		kit->now.ms += 100;
	}
	/* In 31 seconds two. */
	assert_int_equal(different, 2);
	node_free(node);
}

/* Anything recorded may be replayed at any time: nothing comes of it. */
static void
test_replays_are_harmless(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	uint8_t record[6][DATAGRAM_MAX];
	size_t len[6];
	struct bytes out;

	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(node_heartbeat(node), ERR_OK);
		memcpy(record[i], node->sent, node->sent_len);
		len[i] = node->sent_len;
	}
	for (size_t i = 0; i < 6; i++) {
		out = kit_handle(
		    kit, bytes_make(record[i], len[i]), "203.0.113.1:1");
		assert_true(out.len > 0);
	}
	/* Five under keys that are gone, one again. */
	assert_int_equal(counters(kit)->unauthorized, 5);
	assert_int_equal(counters(kit)->repeats, 1);
	assert_int_equal(node_row(node).n, 7);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_free(node);
}

static void
test_flags_are_told_and_taken_back(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct rot_state rs;

	assert_int_equal(
	    store_device_set_suspended(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	rot_state(&node->rot, &rs);
	assert_int_equal(rs.flags, CHECKIN_SUSPENDED);
	assert_int_equal(
	    store_device_set_suspended(kit->store, node->uid, false), ERR_OK);
	/* The answer that takes it back is lost: the next one does. */
	ask_heartbeat(node);
	(void)send_only(node);
	node_run(node, 60000);
	rot_state(&node->rot, &rs);
	assert_int_equal(rs.flags, 0);
	assert_int_equal(counters(kit)->repeats, 1);
	node_free(node);
}

static void
test_features_arrive_and_are_confirmed(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	assert_int_equal(node_info(node).features, FEATURE_ALL);
	assert_int_equal(store_device_set_features(kit->store, node->uid,
			     FEATURE_C2C, kit->now.unix_s),
	    ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).features, FEATURE_C2C);
	assert_int_equal(node_row(node).confirmed, FEATURE_C2C);
	assert_int_equal(
	    node_row(node).confirmed_version, node_row(node).features_version);
	node_free(node);
}

static void
switch_features(struct kit *kit)
{
	kit_sql(kit, "UPDATE devices SET features = 8,"
		     " features_version = 1700009999");
}

/* The api process switches while a check-in is on its way to the database. */
static void
test_features_switched_meanwhile_arrive(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit->meanwhile = switch_features;
	assert_int_equal(node_heartbeat(node), ERR_OK);
	kit->meanwhile = NULL;
	assert_int_equal(node_row(node).features_version, 1700009999);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_info(node).features, FEATURE_C2C);
	node_free(node);
}

/* No row can hold it: it must not fail the transaction of a whole batch. */
static void
test_absurd_features_version_is_refused(void **state)
{
	static const uint64_t absurd[] = {
	    UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT32_MAX};
	struct kit *kit = *state;

	for (unsigned i = 0; i < ARRAY_LEN(absurd); i++) {
		struct node *node = node_ready(kit, 1 + i);

		node->rot.rec.features_version = absurd[i];
		ask_heartbeat(node);
		assert_true(send_only(node).len > 0);
		assert_int_equal(counters(kit)->failed, 0);
		assert_int_equal(
		    node_row(node).n, absurd[i] == UINT32_MAX ? 2 : 1);
		node_free(node);
	}
}

static void
test_period_is_told_once(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct rot_state rs;

	kit_sql(kit, "UPDATE profiles SET period = 86400");
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_true(node->got_len > 27);
	rot_state(&node->rot, &rs);
	assert_int_equal(rs.period_s, 86400);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->got_len, 27);
	node_free(node);
}

static void
test_rotation_stands_by_the_owner(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct store_device before = node_row(node), after;

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_bootstrap(node, 2);
	after = node_row(node);
	assert_false(after.rotate);
	assert_int_equal(after.tenant, before.tenant);
	assert_int_equal(after.registered, before.registered);
	assert_int_equal(after.features, before.features);
	assert_string_equal(after.serial, before.serial);
	assert_memory_not_equal(
	    after.public_key, before.public_key, P256_POINT_LEN);
	node_agree(node);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	node_free(node);
}

/* --- resume --- */

/* All answers to the confirm are lost for hours: EDHOC says "again". */
static void
test_confirm_in_doubt_resumes(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	node->lose_answers = 0x7ffffc;
	node_run(node, 12 * (uint64_t)HOUR_MS);
	assert_int_equal(node_row(node).generation, 1);
	node->lose_answers = 0;
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 1);
	assert_true(counters(kit)->again + counters(kit)->repeats > 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	node_free(node);
}

/* The confirm never arrives: EDHOC names a pending that is known. */
static void
test_pending_resumes(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	int i;

	(void)send_only(node);
	node_boot(node);
	node->lose_requests = 0xfffffffc;
	for (i = 0; i < 200 && counters(kit)->again == 0; i++) {
		node_run(node, HOUR_MS / 2);
		/* EDHOC gets through, check-ins do not. */
		node->lose_requests =
		    node->device.phase == DEVICE_CHECKIN ? 0xffffffff : 0;
		if (node->device.phase == DEVICE_IDLE &&
		    node->device.edhoc_failed)
			node->lose_requests = 0xffffffff;
	}
	node->lose_requests = 0;
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	node_free(node);
}

/* --- restored service --- */

static void
test_service_behind_by_checkins(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_backup(kit);
	for (int i = 0; i < 3; i++)
		assert_int_equal(node_heartbeat(node), ERR_OK);
	kit_restore(kit);
	assert_int_equal(node_row(node).n, 1);
	ask_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 2);
	node_agree(node);
	assert_int_equal(kit_events(kit, "service_behind"), 1);
	assert_int_equal(kit_events(kit, "clone"), 0);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_free(node);
}

static void
test_service_behind_a_commit(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	receive(node, send_only(node));
	receive(node, send_only(node));
	kit_backup(kit); /* the pending is there, the commit is not */
	node_bootstrap(node, 1);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	kit_restore(kit);
	assert_int_equal(node_row(node).generation, 0);
	ask_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 2);
	assert_int_equal(node_row(node).generation, 2);
	assert_int_equal(node_row(node).tenant, KIT_TENANT);
	node_agree(node);
	assert_int_equal(kit_events(kit, "clone"), 0);
	node_free(node);
}

/* Without a ticket such a device is lost, but it is no clone. */
static void
test_service_behind_a_generation(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);

	kit_backup(kit);
	node_bootstrap(node, 1);
	kit_restore(kit);
	ask_heartbeat(node);
	node_run(node, DAY_MS);
	assert_true(counters(kit)->ignored > 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	assert_int_equal(node_row(node).generation, 0);
	node_free(node);
}

/* --- clones --- */

/* Copied after the bootstrap: the second to speak is found. */
static void
test_clone_at_the_same_state(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	assert_int_equal(node_heartbeat(clone), ERR_OK);
	assert_int_equal(kit_events(kit, "clone"), 0);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_int_equal(counters(kit)->evidence, 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE"
			    " json_extract(detail, '$.Address') ="
			    " '192.0.2.1:5683' AND"
			    " json_extract(detail, '$.KnownAddress') ="
			    " '198.51.100.7:4444' AND tenant = 1"),
	    1);
	/* Under the policy "alert" it goes on, by EDHOC: a root of its own. */
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 2);
	assert_int_equal(node_row(node).generation, 2);
	node_agree(node);
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_int_equal(kit_events(kit, "clone_root"), 1);
	node_free(node);
	node_free(clone);
}

/* The sender of a suspicious request does not answer the Echo: nothing. */
static void
test_suspicion_is_no_evidence(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");
	struct bytes out;

	assert_int_equal(node_heartbeat(node), ERR_OK);
	ask_heartbeat(clone);
	for (int i = 0; i < 3; i++) {
		out = i == 0 ? send_only(clone)
			     : kit_handle(kit,
				   bytes_make(clone->sent, clone->sent_len),
				   "203.0.113.1:1");
		assert_true(out.len > 0);
	}
	assert_int_equal(counters(kit)->challenged, 1);
	assert_int_equal(counters(kit)->repeats, 2);
	assert_int_equal(kit_events(kit, "clone"), 0);
	/* The Echo comes too late, and then in time, once. */
	receive(clone, out);
	kit->now.ms += 61000;
	assert_true(node_poll(clone).len > 0);
	out = kit_handle(kit, bytes_make(clone->sent, clone->sent_len), "x");
	assert_int_equal(kit_events(kit, "clone"), 0);
	receive(clone, out);
	assert_true(node_poll(clone).len > 0);
	for (int i = 0; i < 3; i++)
		(void)kit_handle(
		    kit, bytes_make(clone->sent, clone->sent_len), "x");
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(node);
	node_free(clone);
}

/* Replays of a suspicious request do not crowd out its challenge. */
static void
test_replays_do_not_hide_a_clone(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");
	uint8_t record[DATAGRAM_MAX];
	size_t len;

	assert_int_equal(node_heartbeat(node), ERR_OK);
	ask_heartbeat(clone);
	receive(clone, send_only(clone));
	memcpy(record, clone->sent, clone->sent_len);
	len = clone->sent_len;
	for (unsigned i = 0; i < 1200; i++)
		(void)kit_handle(kit, bytes_make(record, len), "203.0.113.1:1");
	(void)send_only(clone);
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(node);
	node_free(clone);
}

/* What could not be written has not happened: it is recorded later. */
static void
test_evidence_survives_a_failed_write(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	assert_int_equal(node_heartbeat(node), ERR_OK);
	kit_sql(kit, "CREATE TRIGGER broken BEFORE INSERT ON events"
		     " BEGIN SELECT raise(ABORT, 'no'); END");
	ask_heartbeat(clone);
	receive(clone, send_only(clone));
	/* The Echo comes back; nothing is said that is not recorded. */
	assert_int_equal(send_only(clone).len, 0);
	kit_sql(kit, "DROP TRIGGER broken");
	node_run(clone, 30000);
	assert_int_equal(kit_events(kit, "clone"), 1);
	node_free(node);
	node_free(clone);
}

/* Copied before a rotation: it speaks under a generation that was left. */
static void
test_clone_of_an_old_generation(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_bootstrap(node, 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(node_heartbeat(node), ERR_OK);
	/*
	 * The clone still has ck(1): the context that was left had ck(2), so
	 * that only EDHOC shows what it is.
	 */
	ask_heartbeat(clone);
	node_run(clone, DAY_MS);
	assert_true(kit_events(kit, "clone") > 0);
	assert_int_equal(node_info(clone).generation, 3);
	node_agree(clone);
	/* And the other one is found in its turn, and goes on. */
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 4);
	node_agree(node);
	node_free(node);
	node_free(clone);
}

/*
 * So old that every place for a context that was left lies between, and that
 * its key is not tried: it comes by value then.
 */
static void
test_clone_of_the_oldest_generation(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	assert_int_equal(node_heartbeat(node), ERR_OK);
	for (uint32_t g = 2; g < 2 + LEFT_MAX; g++) {
		assert_int_equal(
		    store_device_set_rotate(kit->store, node->uid, true),
		    ERR_OK);
		assert_int_equal(node_heartbeat(node), ERR_OK);
		node_bootstrap(node, g);
	}
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM left_contexts"), LEFT_MAX);
	ask_heartbeat(clone);
	node_run(clone, DAY_MS);
	assert_true(kit_events(kit, "clone") > 0);
	assert_int_equal(node_info(clone).generation, 2 + LEFT_MAX);
	node_free(node);
	node_free(clone);
}

/* Copied with the last state of a generation that is then left. */
static void
test_clone_of_the_left_context(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1), *clone;

	assert_int_equal(
	    store_device_set_rotate(kit->store, node->uid, true), ERR_OK);
	ask_heartbeat(node);
	receive(node, send_only(node));
	clone = node_clone(node, "198.51.100.7:4444");
	node_bootstrap(node, 2);
	ask_heartbeat(clone);
	receive(clone, send_only(clone));
	receive(clone, send_only(clone));
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events WHERE"
					 " json_extract(detail, '$.Why') LIKE"
					 " '%left%'"),
	    1);
	node_free(node);
	node_free(clone);
}

/* Factory secrets were copied: first to confirm wins, the other is found. */
static void
test_copied_factory_secrets(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	/* Both have a pending, by their own instances. */
	receive(node, send_only(node));
	receive(node, send_only(node));
	receive(clone, send_only(clone));
	receive(clone, send_only(clone));
	assert_int_equal(kit_events(kit, "other_instance"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 2);
	/* A generation's number is given once, whatever becomes of it. */
	node_bootstrap(clone, 2);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM left_contexts"), 1);
	node_run(node, DAY_MS);
	assert_true(kit_events(kit, "clone") > 0);
	assert_int_equal(node_info(node).refused, BOOTSTRAP_CLONE);
	assert_int_equal(node_info(node).generation, 0);
	node_free(node);
	node_free(clone);
}

/* A copy that calls after the device has registered. */
static void
test_late_copy_of_factory_secrets(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");

	node_bootstrap(node, 1);
	(void)node_talk(clone);
	assert_int_equal(node_info(clone).refused, BOOTSTRAP_CLONE);
	assert_int_equal(kit_events(kit, "clone"), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE"
			    " json_extract(detail, '$.Instance') !="
			    " json_extract(detail, '$.KnownInstance') AND"
			    " json_extract(detail, '$.Address') ="
			    " '198.51.100.7:4444' AND"
			    " json_extract(detail, '$.KnownAddress') ="
			    " '192.0.2.1:5683' AND"
			    " json_extract(detail, '$.KnownSeen') > 0"),
	    1);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	node_free(node);
	node_free(clone);
}

/* Two confirms of one device in one batch: the second sees the first. */
static void
test_two_confirms_in_one_batch(void **state)
{
	struct kit *kit = *state;
	struct node *node[2];
	struct devices_in in[2];
	struct bytes out[2];

	node[0] = node_new(kit, 1);
	node[1] = node_clone(node[0], "198.51.100.7:4444");
	for (int i = 0; i < 2; i++) {
		receive(node[i], send_only(node[i]));
		receive(node[i], send_only(node[i]));
		assert_true(node_poll(node[i]).len > 0);
		in[i] = (struct devices_in){
		    .data = bytes_make(node[i]->sent, node[i]->sent_len),
		    .from = BYTES_LIT("x"),
		    .address = "x"};
	}
	devices_handle(kit->devices, &kit->now, in, 2, out);
	receive(node[0], out[0]);
	receive(node[1], out[1]);
	assert_int_equal(counters(kit)->commits, 1);
	assert_int_equal(counters(kit)->challenged, 1);
	assert_int_equal(node_info(node[0]).generation, 1);
	assert_int_equal(node_info(node[1]).generation, 0);
	node_free(node[0]);
	node_free(node[1]);
}

/* F11: a request that was composed before the row moved is only stale. */
static void
test_stale_request_is_no_evidence(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	struct node *clone = node_clone(node, "198.51.100.7:4444");
	uint8_t late[DATAGRAM_MAX];
	size_t late_len;

	/* The clone has its message_2 before the device confirms. */
	receive(clone, send_only(clone));
	assert_true(node_poll(clone).len > 0);
	memcpy(late, clone->sent, clone->sent_len);
	late_len = clone->sent_len;
	node_bootstrap(node, 1);
	receive(clone, kit_handle(kit, bytes_make(late, late_len), "x"));
	assert_int_equal(kit_events(kit, "clone"), 0);
	assert_int_equal(node_info(clone).refused, 0);
	assert_int_equal(counters(kit)->refused, 1);
	/* At its next try it is. */
	node_run(clone, DAY_MS);
	assert_true(kit_events(kit, "clone") > 0);
	node_free(node);
	node_free(clone);
}

static void
test_quarantine_refuses_both(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	assert_int_equal(
	    store_device_set_quarantined(kit->store, node->uid, true), ERR_OK);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node_row(node).n, 1);
	node_run(node, DAY_MS / 2);
	assert_int_equal(node_info(node).refused, BOOTSTRAP_QUARANTINED);
	assert_int_equal(
	    store_device_set_quarantined(kit->store, node->uid, false), ERR_OK);
	node_run(node, 3 * DAY_MS);
	assert_true(node_row(node).seen > kit->now.unix_s - 3 * 86400);
	node_free(node);
}

/* A suspension that only the future knew does not stay with the device. */
static void
test_restored_service_takes_flags_back(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	kit_backup(kit);
	assert_int_equal(
	    store_device_set_suspended(kit->store, node->uid, true), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->rot.rec.flags, CHECKIN_SUSPENDED);
	kit_restore(kit);
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, 2);
	assert_int_equal(node->rot.rec.flags, 0);
	node_free(node);
}

/* An answer given again tells nothing that the row would not remember. */
static void
test_repetition_tells_what_is_on_record(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);

	node->lose_answers = 0xff;
	assert_int_not_equal(node_heartbeat(node), ERR_OK);
	kit->now.ms += 60000;
	kit->now.unix_s += 60;
	assert_int_equal(
	    store_device_set_suspended(kit->store, node->uid, true), ERR_OK);
	node->lose_answers = 0;
	node_run(node, DAY_MS / 24);
	assert_int_equal(node_row(node).n, 2);
	assert_int_equal(
	    store_device_set_suspended(kit->store, node->uid, false), ERR_OK);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(node->rot.rec.flags, 0);
	node_free(node);
}

/* Nothing would come of asking for a certificate of a CA that is over. */
static void
test_an_expired_ca_is_not_waited_for(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit, 1);
	struct rot_state rs;
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO cas (id, tenant, name, key, certificate, days,"
	    " device_days, created) VALUES (1, %d, 'c', x'00', x'30', 10, 5,"
	    " %llu); UPDATE profiles SET ca = 1",
	    KIT_TENANT, (unsigned long long)kit->now.unix_s - 10 * 86400 + 900);
	kit_sql(kit, sql);
	assert_int_equal(node_heartbeat(node), ERR_OK);
	rot_state(&node->rot, &rs);
	assert_int_equal(rs.flags, CHECKIN_OBJECTS);
	kit_sql(kit, "UPDATE cas SET created = created - 900");
	assert_int_equal(node_heartbeat(node), ERR_OK);
	rot_state(&node->rot, &rs);
	assert_int_equal(rs.flags, 0);
	node_free(node);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_heartbeats_advance),
	    TEST(test_repeated_request_is_answered_afresh),
	    TEST(test_replays_are_harmless),
	    TEST(test_replays_draw_few_partial_ivs),
	    TEST(test_flags_are_told_and_taken_back),
	    TEST(test_features_arrive_and_are_confirmed),
	    TEST(test_features_switched_meanwhile_arrive),
	    TEST(test_absurd_features_version_is_refused),
	    TEST(test_period_is_told_once),
	    TEST(test_restored_service_takes_flags_back),
	    TEST(test_repetition_tells_what_is_on_record),
	    TEST(test_rotation_stands_by_the_owner),
	    TEST(test_confirm_in_doubt_resumes),
	    TEST(test_pending_resumes),
	    TEST(test_service_behind_by_checkins),
	    TEST(test_service_behind_a_commit),
	    TEST(test_service_behind_a_generation),
	    TEST(test_clone_at_the_same_state),
	    TEST(test_suspicion_is_no_evidence),
	    TEST(test_replays_do_not_hide_a_clone),
	    TEST(test_evidence_survives_a_failed_write),
	    TEST(test_clone_of_an_old_generation),
	    TEST(test_clone_of_the_oldest_generation),
	    TEST(test_clone_of_the_left_context),
	    TEST(test_copied_factory_secrets),
	    TEST(test_late_copy_of_factory_secrets),
	    TEST(test_two_confirms_in_one_batch),
	    TEST(test_stale_request_is_no_evidence),
	    TEST(test_quarantine_refuses_both),
	    TEST(test_an_expired_ca_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
