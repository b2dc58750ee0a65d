/*
 * The bulk channel under attack: what a device may ask for once a week
 * cannot be had again and again by whoever has seen it ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../lib/device/internal.h"
#include "kit.h"
#include "store/cas.h"

#define DAY_S 86400u
#define DAYS 100u
#define CA 77
#define MINUTE_MS 60000

/* A CA of the first tenant's, for all that is his. */
static void
ca_make(struct kit *kit)
{
	struct keysproto_request q = {.op = KEYSPROTO_CA};
	struct store_ca ca = {.id = CA,
	    .tenant = 1,
	    .name = "ca",
	    .days = DAYS,
	    .device_days = DAYS,
	    .created = (int64_t)kit->now.unix_s};
	struct keysproto_answer a;

	q.u.certificate.ca_id = CA;
	q.u.certificate.tenant = 1;
	q.u.certificate.name = BYTES_LIT("ca");
	q.u.certificate.serial[0] = 1;
	q.u.certificate.not_before = kit->now.unix_s;
	q.u.certificate.not_after = kit->now.unix_s + DAYS * DAY_S;
	assert_int_equal(kit->api.call(kit->api.ctx, &q, 1, &a), ERR_OK);
	assert_int_equal(a.err, ERR_OK);
	ca.key.len = a.u.certificate.key.len;
	memcpy(ca.key.b, a.u.certificate.key.b, ca.key.len);
	ca.certificate_len = a.u.certificate.len;
	memcpy(ca.certificate, a.u.certificate.der, ca.certificate_len);
	assert_int_equal(store_ca_add(kit->store, &ca), ERR_OK);
	kit_sql(kit, "UPDATE profiles SET ca = 77 WHERE tenant = 1");
	kit_sql(kit, "UPDATE devices SET features = 63");
}

static long long
certificates(struct kit *kit)
{
	return kit_number(kit, "SELECT count(*) FROM certificates");
}

/* What the device asks for its certificate with. */
static size_t
ask(struct node *node, uint8_t datagram[DATAGRAM_MAX])
{
	struct bytes out;

	assert_int_equal(
	    objects_start(&node->device, node->kit->now.ms + node->offset_ms),
	    ERR_OK);
	out = node_poll(node);
	assert_true(out.len > 0 && out.len <= DATAGRAM_MAX);
	memcpy(datagram, out.ptr, out.len);
	return out.len;
}

static struct node *
node_ready(struct kit *kit)
{
	struct node *node = node_new(kit, 1);

	kit_record(kit, kit_profile, 1);
	assert_int_equal(
	    device_seal(&node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	node_bootstrap(node, 1);
	ca_make(kit);
	return node;
}

static void
test_replays(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit);
	uint8_t datagram[DATAGRAM_MAX];
	size_t len = ask(node, datagram), answers = 0;

	assert_true(
	    kit_handle(kit, bytes_make(datagram, len), "192.0.2.1:1").len >
	    len);
	assert_int_equal(certificates(kit), 1);
	for (int i = 0; i < 1000; i++)
		answers += kit_handle(kit, bytes_make(datagram, len),
			       "203.0.113.66:53")
			       .len > 0;
	/* The device's own repetitions have a chance. */
	assert_int_equal(answers, 2);
	kit->now.ms += MINUTE_MS;
	assert_true(
	    kit_handle(kit, bytes_make(datagram, len), "192.0.2.1:1").len >
	    len);
	assert_int_equal(certificates(kit), 1);
	node_free(node);
}

/* An operator awaits another one: this one gets nothing. */
static void
test_one_who_is_not_awaited(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_ready(kit);
	uint8_t datagram[DATAGRAM_MAX];
	size_t len = ask(node, datagram), answer;

	kit_sql(kit, "UPDATE devices SET resync = 7");
	answer = kit_handle(kit, bytes_make(datagram, len), "192.0.2.1:1").len;
	assert_true(answer > 0 && answer < len);
	assert_int_equal(certificates(kit), 0);
	kit_sql(kit, "UPDATE devices SET resync = NULL");
	answer = kit_handle(kit, bytes_make(datagram, len), "192.0.2.1:1").len;
	assert_true(answer > len);
	assert_int_equal(certificates(kit), 1);
	node_free(node);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_replays),
	    TEST(test_one_who_is_not_awaited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
