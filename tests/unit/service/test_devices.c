/*
 * What check-ins report, and events in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "service/devices.h"
#include "service/events.h"

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
	    cmocka_unit_test(test_events_are_json_whatever_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
