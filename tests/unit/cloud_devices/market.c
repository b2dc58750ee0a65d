/*
 * The market. Transfers, releases and keys by the rules of the api process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keys/envelope.h"
#include "market.h"
#include "service/keyrights.h"
#include "service/operations.h"
#include "service/transfers.h"

const struct actor seller = {.tenant = 1, .name = "seller", .services = 3};
const struct actor buyer = {.tenant = 2, .name = "buyer", .services = 3};

static int64_t
now_of(void *ctx)
{
	const struct kit *kit = ctx;

	return (int64_t)kit->now.unix_s;
}

struct service
service_of(struct kit *kit)
{
	struct service s;

	assert_int_equal(
	    service_init(&s, kit->store, &kit->random, now_of, kit), ERR_OK);
	return s;
}

int
market_setup(void **state)
{
	struct kit *kit;

	if (kit_setup(state) != 0)
		return 1;
	kit = *state;
	kit->tickets = true;
	kit_record(kit, kit_profile, seller.tenant);
	kit_record(kit, kit_small_profile, buyer.tenant);
	kit_sql(kit, "UPDATE plans SET max_active = NULL, services = 3");
	return 0;
}

struct node *
node_ready(struct kit *kit, unsigned i)
{
	struct node *node = node_new(kit, i);

	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	node_bootstrap(node, 1);
	(void)node_talk(node);
	return node;
}

void
later(struct kit *kit, uint64_t span_ms)
{
	kit->now.ms += span_ms;
	kit->now.unix_s += span_ms / 1000;
}

void
come_again(struct node *node)
{
	node_boot(node);
	later(node->kit, 7 * DAY_MS);
	node_run(node, DAY_MS);
}

void
rotate(struct node *node, uint32_t generation)
{
	assert_int_equal(
	    store_device_set_rotate(node->kit->store, node->uid, true), ERR_OK);
	(void)node_heartbeat(node);
	node_run(node, DAY_MS);
	assert_int_equal(node_info(node).generation, generation);
}

static void
accept(
    struct node *node, struct service *s, const struct actor *to, uint64_t id)
{
	struct transfer_acceptance a;
	struct keysproto_request q;
	struct keysproto_answer answer;

	assert_int_equal(
	    transfer_accept_begin(s, to, id,
		to->tenant == buyer.tenant ? kit_small_profile : kit_profile,
		&a),
	    ERR_OK);
	while (transfer_accept_ask(&a, &q)) {
		assert_int_equal(
		    node->kit->api.call(node->kit->api.ctx, &q, 1, &answer),
		    ERR_OK);
		assert_int_equal(transfer_accept_answer(&a, &answer), ERR_OK);
	}
	assert_int_equal(transfer_accept_finish(s, to, "test", &a), ERR_OK);
	transfer_acceptance_done(&a);
}

static void
hand_over(struct node *node, const struct actor *from, uint8_t readers,
    enum err outcome)
{
	const struct actor *to =
	    from->tenant == seller.tenant ? &buyer : &seller;
	struct service s = service_of(node->kit);
	const struct transfer_wish w = {.to = to->tenant,
	    .readers = readers,
	    .expires_s = 86400,
	    .uids = (const uint8_t(*)[UID_LEN]) & node->uid,
	    .count = 1};
	struct store_transfer t;
	uint8_t bad[UID_LEN];

	assert_int_equal(
	    transfer_offer(&s, from, "test", &w, &t, bad), outcome);
	if (outcome == ERR_OK)
		accept(node, &s, to, t.id);
	service_done(&s);
}

void
give(struct node *node, const struct actor *from, uint8_t readers)
{
	hand_over(node, from, readers, ERR_OK);
}

void
sell(struct node *node, enum err outcome)
{
	hand_over(
	    node, &seller, TRANSFER_READS_OLD | TRANSFER_READS_NEW, outcome);
}

enum err
release(struct node *node, const struct actor *actor, uint32_t generation)
{
	const struct release_wish wish = {.generation = generation};
	struct service s = service_of(node->kit);
	struct store_device ignored;
	enum err err =
	    operation_release(&s, actor, "test", node->uid, &wish, &ignored);

	service_done(&s);
	return err;
}

enum err
decommission(struct node *node, const struct actor *actor, bool now)
{
	struct service s = service_of(node->kit);
	struct store_device ignored;
	enum err err =
	    operation_decommission(&s, actor, "test", node->uid, now, &ignored);

	service_done(&s);
	return err;
}

enum err
get_psk(struct node *node, const struct actor *actor)
{
	struct service s = service_of(node->kit);
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX], uid[UID_LEN];
	struct keysproto_request q;
	struct keysproto_answer a;
	enum err err;

	assert_int_equal(rot_psk(&node->rot, 32, id, psk), ERR_OK);
	err = psk_begin(&s, actor, BYTES_OF(id), 32, &q, uid);
	if (err == ERR_OK) {
		assert_int_equal(
		    node->kit->api.call(node->kit->api.ctx, &q, 1, &a), ERR_OK);
		assert_int_equal(a.err, ERR_OK);
		assert_memory_equal(a.u.key.key, psk, 32);
	}
	service_read_end(&s);
	service_done(&s);
	return err;
}

long long
transfers_in(struct kit *kit, const char *state)
{
	char sql[80];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM transfer_devices WHERE state = %s", state);
	return kit_number(kit, sql);
}

void
is_the_buyers(struct node *node)
{
	assert_int_equal(node_row(node).tenant, buyer.tenant);
	assert_int_equal(get_psk(node, &buyer), ERR_OK);
	assert_int_equal(get_psk(node, &seller), ERR_NOT_FOUND);
}

enum err
get_e2e(
    struct kit *kit, const uint8_t alias[ALIAS_LEN], const struct actor *actor)
{
	struct service s = service_of(kit);
	struct envelope_header h = {
	    .version = ENVELOPE_V2, .direction = ENVELOPE_UP, .counter = 5};
	uint8_t raw[E2E_V1_HEADER_LEN];
	struct keysproto_request q;
	struct keysproto_answer a;
	struct e2e_parameters p;
	size_t len;
	enum err err;

	memcpy(h.alias, alias, ALIAS_LEN);
	assert_int_equal(envelope_header_encode(&h, raw, &len), ERR_OK);
	err = e2e_begin(&s, actor, bytes_make(raw, len), &q, &p);
	if (err == ERR_OK) {
		assert_int_equal(
		    kit->api.call(kit->api.ctx, &q, 1, &a), ERR_OK);
		err = a.err;
	}
	service_read_end(&s);
	service_done(&s);
	return err;
}
