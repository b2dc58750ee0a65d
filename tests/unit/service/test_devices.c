/*
 * What check-ins report, numbers of generations, and events in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "service/devices.h"
#include "service/events.h"
#include "service/tickets.h"

static struct checkin_response
report(struct store_device *d, const struct checkin_request *m, uint32_t period,
    bool all)
{
	struct checkin_response r;

	service_device_report(d, m, period, all, 1700000000, &r);
	return r;
}

static void
test_nothing_new_is_only_the_time(void **state)
{
	struct store_device d = {.features = 5, .confirmed = 5};
	const struct checkin_request m = {.has_features_version = false};
	struct checkin_response r = report(&d, &m, PERIOD_DEFAULT, false);

	(void)state;
	assert_int_equal(r.time, 1700000000);
	assert_false(r.has_period || r.has_flags || r.has_features);
}

static void
test_period_until_it_was_told(void **state)
{
	struct store_device d = {.n = 1};
	const struct checkin_request m = {.has_features_version = false};
	struct checkin_response r = report(&d, &m, 600, false);

	(void)state;
	assert_true(r.has_period && r.period == 600);
	assert_int_equal(d.period, 600);
	r = report(&d, &m, 600, false);
	assert_false(r.has_period);
	/* The answer was lost: what is given again says all. */
	r = report(&d, &m, 600, true);
	assert_true(r.has_period && r.period == 600);
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_true(r.has_period && r.period == PERIOD_DEFAULT);
}

static void
test_flags_come_and_go(void **state)
{
	struct store_device d = {.rotate = true, .suspended = true};
	const struct checkin_request m = {.has_features_version = false};
	struct checkin_response r = report(&d, &m, PERIOD_DEFAULT, false);

	(void)state;
	assert_true(r.has_flags);
	assert_int_equal(r.flags, CHECKIN_ROTATE | CHECKIN_SUSPENDED);
	d.rotate = false;
	d.suspended = false;
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_true(r.has_flags && r.flags == 0);
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_false(r.has_flags);
	r = report(&d, &m, PERIOD_DEFAULT, true);
	assert_true(r.has_flags && r.flags == 0);
}

/* F5: a version that the service has forgotten is jumped over. */
static void
test_feature_versions_only_grow(void **state)
{
	struct store_device d = {
	    .features = 9, .features_version = 100, .confirmed = 1};
	struct checkin_request m = {.has_features_version = true};
	struct checkin_response r;

	(void)state;
	m.features_version = 50;
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_true(r.has_features && r.features == 9);
	assert_int_equal(r.features_version, 100);
	assert_int_equal(d.confirmed, 1);
	m.features_version = 100;
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_false(r.has_features);
	assert_int_equal(d.confirmed, 9);
	m.features_version = 1800000000;
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_true(r.has_features);
	assert_int_equal(r.features_version, 1800000001);
	m.features_version = 1600000000;
	d.features_version = 1;
	r = report(&d, &m, PERIOD_DEFAULT, false);
	assert_int_equal(r.features_version, 1700000000);
}

static void
test_firmware_is_kept(void **state)
{
	struct store_device d = {.firmware = "1"};
	struct checkin_request m = {.has_features_version = false};

	(void)state;
	(void)report(&d, &m, PERIOD_DEFAULT, false);
	assert_string_equal(d.firmware, "1");
	m.firmware = BYTES_LIT("12345678");
	(void)report(&d, &m, PERIOD_DEFAULT, false);
	assert_string_equal(d.firmware, "12345678");
}

/* --- numbers of generations --- */

static const uint8_t one_uid[UID_LEN] = {7};

static struct store *
store_of_one(void)
{
	struct store_device d = {.factory_secret = {.len = BLOB_MAX}};
	struct store *store = NULL;

	memcpy(d.uid, one_uid, UID_LEN);
	assert_int_equal(store_open(":memory:", &store, NULL), ERR_OK);
	assert_int_equal(store_device_add(store, &d), ERR_OK);
	return store;
}

static struct judge_device
load(struct store *store)
{
	struct judge_device known;

	assert_int_equal(service_device_load(store, one_uid, &known), ERR_OK);
	return known;
}

/* What an offer on this device is, as a row. */
static struct store_pending
offered(struct store *store, const struct judge_device *known)
{
	const struct bootstrap_request request = {.sealed = false};
	struct store_pending p = {.root = {.len = BLOB_MAX},
	    .ck = {.len = BLOB_MAX},
	    .created = 1700000000};
	enum bootstrap_status status;

	assert_int_equal(
	    service_device_offer(store, &known->device, &request, &p, &status),
	    ERR_OK);
	p.alias[0] = (uint8_t)p.generation;
	p.number = p.generation;
	return p;
}

static uint32_t
pend(struct store *store, bool stands)
{
	struct judge_device known = load(store);
	struct store_pending p = offered(store, &known);

	assert_int_equal(
	    service_device_pend(store, &p, &known, stands), ERR_OK);
	return p.generation;
}

static void
commit(struct store *store, uint8_t alias)
{
	const struct service_commit c = {.uid = {7},
	    .alias = {alias},
	    .time = 1700000000,
	    .address = "a",
	    .changed = 50u + alias};

	assert_int_equal(service_device_commit(store, &c, NULL), ERR_OK);
}

/* Its row is gone, and those that come after it tell of its number. */
static void
test_seventh_pending_pushes_out_the_first(void **state)
{
	struct store *store = store_of_one();
	struct judge_device known;

	(void)state;
	for (uint32_t i = 1; i <= PENDING_MAX + 3; i++)
		assert_int_equal(pend(store, i % 2 == 0), i);
	known = load(store);
	assert_int_equal(known.pending_count, PENDING_MAX);
	assert_int_equal(known.pending[0].generation, 4);
	assert_int_equal(
	    known.pending[PENDING_MAX - 1].generation, PENDING_MAX + 3);
	store_close(store);
}

static void
test_two_offers_of_one_number(void **state)
{
	struct store *store = store_of_one();
	struct judge_device known = load(store);
	struct store_pending p = offered(store, &known);

	(void)state;
	assert_int_equal(service_device_pend(store, &p, &known, false), ERR_OK);
	p.alias[0] = 9;
	/* In another transaction, and with another pass's knowledge. */
	assert_int_equal(
	    service_device_pend(store, &p, &known, false), ERR_CONFLICT);
	assert_int_equal(
	    service_device_pend(store, &p, NULL, false), ERR_CONFLICT);
	known = load(store);
	assert_int_equal(
	    service_device_pend(store, &p, &known, true), ERR_CONFLICT);
	assert_int_equal(load(store).pending_count, 1);
	p.uid[0] = 8;
	assert_int_equal(
	    service_device_pend(store, &p, NULL, false), ERR_NOT_FOUND);
	store_close(store);
}

static void
test_decided_since_the_judgement(void **state)
{
	struct store *store = store_of_one();
	struct judge_device known = load(store);
	struct store_pending p = offered(store, &known);

	(void)state;
	assert_int_equal(
	    store_device_set_quarantined(store, one_uid, true), ERR_OK);
	assert_int_equal(
	    service_device_pend(store, &p, &known, false), ERR_CONFLICT);
	store_close(store);
}

/* An older one becomes current: the higher ones are left, not forgotten. */
static void
test_number_after_a_commit(void **state)
{
	struct store *store = store_of_one();

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(pend(store, true), i);
	commit(store, 2);
	assert_int_equal(load(store).device.generation, 2);
	assert_int_equal(load(store).pending_count, 0);
	assert_int_equal(pend(store, true), 4);
	commit(store, 4);
	assert_int_equal(pend(store, true), 5);
	store_close(store);
}

static void
test_number_after_pendings_were_deleted(void **state)
{
	struct store *store = store_of_one();

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(pend(store, true), i);
	assert_int_equal(store_pending_delete_all(store, one_uid), ERR_OK);
	assert_int_equal(pend(store, true), 4);
	store_close(store);
}

static void
test_number_after_an_erase(void **state)
{
	struct store *store = store_of_one();
	struct store_device anew = {.factory_secret = {.len = BLOB_MAX}};

	(void)state;
	assert_int_equal(pend(store, true), 1);
	commit(store, 1);
	assert_int_equal(pend(store, true), 2);
	assert_int_equal(pend(store, true), 3);
	assert_int_equal(store_device_erase(store, one_uid, 5), ERR_OK);
	assert_int_equal(load(store).pending_count, 0);
	memcpy(anew.uid, one_uid, UID_LEN);
	assert_int_equal(store_device_renew(store, &anew), ERR_OK);
	assert_int_equal(load(store).device.generation, 0);
	assert_int_equal(pend(store, true), 4);
	store_close(store);
}

/* The current one's number, too, where no other tells of it. */
static void
test_number_after_a_second_life(void **state)
{
	struct store *store = store_of_one();
	struct store_device d = load(store).device;

	(void)state;
	d.generation = 6;
	assert_int_equal(store_device_commit(store, &d), ERR_OK);
	assert_int_equal(load(store).device.generation_max, 6);
	assert_int_equal(store_device_erase(store, one_uid, 5), ERR_OK);
	assert_int_equal(store_device_renew(store, &d), ERR_OK);
	assert_int_equal(pend(store, true), 7);
	store_close(store);
}

/* A ticket brings a number, and the row has given higher ones. */
static void
test_number_after_an_adoption(void **state)
{
	struct service_adoption a = {.uid = {7},
	    .alias = {77},
	    .generation = 2,
	    .root = {.len = BLOB_MAX},
	    .time = 1700000000,
	    .address = "a",
	    .changed = 50};
	struct store *store = store_of_one();

	(void)state;
	for (uint32_t i = 1; i <= 4; i++)
		assert_int_equal(pend(store, true), i);
	assert_int_equal(service_ticket_adopt(store, &a), ERR_OK);
	assert_int_equal(load(store).device.generation, 2);
	assert_int_equal(pend(store, true), 5);
	a.generation = 9;
	a.alias[0] = 78;
	a.changed = 60;
	assert_int_equal(service_ticket_adopt(store, &a), ERR_OK);
	assert_int_equal(pend(store, true), 10);
	a.uid[0] = 8;
	a.alias[0] = 79;
	a.changed = 70;
	assert_int_equal(service_ticket_adopt(store, &a), ERR_OK);
	store_close(store);
}

/* --- events --- */

struct seen {
	unsigned count;
	json_t *detail;
};

static bool
see(void *ctx, const struct store_event *event)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->detail = json_loadb((const char *)event->detail.ptr,
	    event->detail.len, JSON_REJECT_DUPLICATES, NULL);
	return true;
}

static void
test_events_are_json_whatever_is_in_them(void **state)
{
	static const uint8_t text[] = "a\"b\\c\n\x01\x7f\xff";
	const uint8_t uid[UID_LEN] = {1};
	struct service_event e;
	struct seen seen = {.count = 0};
	struct store *store = NULL;

	(void)state;
	assert_int_equal(store_open(":memory:", &store, NULL), ERR_OK);
	service_event_start(&e, "test", uid, 0, 5);
	service_event_text(&e, "text", bytes_make(text, sizeof(text) - 1));
	service_event_hex(&e, "hex", BYTES_OF(uid));
	service_event_number(&e, "number", UINT64_C(9007199254740993));
	assert_int_equal(service_event_add(store, &e), ERR_OK);
	assert_int_equal(
	    store_event_list(store, 0, false, NULL, 0, 9, see, &seen), ERR_OK);
	assert_int_equal(seen.count, 1);
	assert_non_null(seen.detail);
	assert_string_equal(
	    json_string_value(json_object_get(seen.detail, "hex")),
	    "0100000000000000");
	assert_true(json_integer_value(json_object_get(
			seen.detail, "number")) == 9007199254740993);
	assert_non_null(json_object_get(seen.detail, "text"));
	json_decref(seen.detail);
	/* Too much is an error, and not half an event. */
	for (int i = 0; i < 100; i++)
		service_event_text(&e, "more", BYTES_LIT("0123456789"));
	assert_int_equal(service_event_add(store, &e), ERR_SPACE);
	/* No field at all is an empty object. */
	service_event_start(&e, "test", uid, 0, 5);
	assert_int_equal(service_event_add(store, &e), ERR_OK);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_new_is_only_the_time),
	    cmocka_unit_test(test_period_until_it_was_told),
	    cmocka_unit_test(test_flags_come_and_go),
	    cmocka_unit_test(test_feature_versions_only_grow),
	    cmocka_unit_test(test_firmware_is_kept),
	    cmocka_unit_test(test_seventh_pending_pushes_out_the_first),
	    cmocka_unit_test(test_two_offers_of_one_number),
	    cmocka_unit_test(test_decided_since_the_judgement),
	    cmocka_unit_test(test_number_after_a_commit),
	    cmocka_unit_test(test_number_after_pendings_were_deleted),
	    cmocka_unit_test(test_number_after_an_erase),
	    cmocka_unit_test(test_number_after_a_second_life),
	    cmocka_unit_test(test_number_after_an_adoption),
	    cmocka_unit_test(test_events_are_json_whatever_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
