/*
 * Production records and imports: what a line has to be, all or nothing, and
 * secrets that keys alone has seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/text.h"
#include "crypto/hpke.h"
#include "desk.h"
#include "keys/messages.h"
#include "service/imports.h"
#include "service/profiles.h"
#include "store/devices.h"
#include "wrap.h"

#define LINE_MAX_LEN 512

/* A factory's line for a device, and the secret in it. */
struct line {
	char text[LINE_MAX_LEN];
	uint8_t uid[UID_LEN];
	uint8_t secret[KEY_LEN];
};

static void
line_make(struct desk *d, unsigned number, struct line *ret_line)
{
	struct line line = {.uid = {0, 2, 0, 0, 0, 0, 0, (uint8_t)number}};
	uint8_t aad[UID_LEN + P256_POINT_LEN], enc[P256_POINT_LEN];
	uint8_t sealed[KEY_LEN + 16];
	struct p256_secret secret;
	struct p256_point point;
	char uid[HEX_SIZE(UID_LEN)], public[BASE64_SIZE(P256_POINT_LEN)];
	char enc_text[BASE64_SIZE(P256_POINT_LEN)];
	char sealed_text[BASE64_SIZE(sizeof(sealed))];

	assert_int_equal(random_fill(&d->random, line.secret, KEY_LEN), ERR_OK);
	assert_int_equal(p256_generate(&d->random, &secret, &point), ERR_OK);
	memcpy(aad, line.uid, UID_LEN);
	p256_point_encode(&point, aad + UID_LEN);
	assert_int_equal(hpke_seal(&d->random, &d->keys.import_public,
			     BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
			     BYTES_OF(line.secret), enc, sealed),
	    ERR_OK);
	hex_encode(BYTES_OF(line.uid), uid);
	base64_encode(bytes_make(aad + UID_LEN, P256_POINT_LEN), public);
	base64_encode(BYTES_OF(enc), enc_text);
	base64_encode(BYTES_OF(sealed), sealed_text);
	(void)snprintf(line.text, sizeof(line.text),
	    "{\"ROTPublicUID\": \"%s\", \"PublicKey\": \"%s\", "
	    "\"Enc\": \"%s\", \"Secret\": \"%s\"}",
	    uid, public, enc_text, sealed_text);
	*ret_line = line;
}

/* Replaces the first occurrence of from in text. */
static void
text_replace(char text[LINE_MAX_LEN], const char *from, const char *to)
{
	char copy[LINE_MAX_LEN];
	char *at = strstr(text, from);

	assert_non_null(at);
	(void)snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(at - text), text,
	    to, at + strlen(from));
	memcpy(text, copy, sizeof(copy));
}

static enum err
line_read(const char *text, const char **ret_why)
{
	struct factory_record r;

	return factory_record_read(bytes_str(text), &r, ret_why);
}

static void
test_a_good_line(void **state)
{
	struct desk *d = *state;
	struct line line;
	struct factory_record r;
	const char *why = NULL;

	line_make(d, 1, &line);
	assert_int_equal(
	    factory_record_read(bytes_str(line.text), &r, &why), ERR_OK);
	assert_memory_equal(r.uid, line.uid, UID_LEN);
	assert_int_equal(r.public_key[0], 4);
}

static void
test_bad_lines_say_why(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} cases[] = {
	    {"{", "[", "not a JSON object"},
	    {"}", "", "not a JSON object"},
	    {"}", "} {}", "not a JSON object"},
	    {"\"0002", "\"002", "ROTPublicUID has to be 16 hex digits"},
	    {"\"0002", "\"x002", "ROTPublicUID has to be 16 hex digits"},
	    {"\"ROTPublicUID\"", "\"rotpublicuid\"",
		"ROTPublicUID has to be 16 hex digits"},
	    {"\"PublicKey\": \"", "\"PublicKey\": \"AAAA",
		"PublicKey has to be base64 of 65 bytes"},
	    {"\"PublicKey\": \"", "\"PublicKey\": 7, \"X\": \"",
		"PublicKey has to be base64 of 65 bytes"},
	    {"\"PublicKey\": \"B", "\"PublicKey\": \"A",
		"a point has to be uncompressed: 04 | x | y"},
	    {"\"Enc\": \"", "\"Enc\": \"!", "Enc has to be base64 of 65 bytes"},
	    {"\"Secret\": \"", "\"Secret\": null, \"X\": \"",
		"Secret has to be base64 of 48 bytes"},
	    {"{", "{\"X\": 1, ",
		"there is a field that a record does not have"},
	    {"{", "{\"Enc\": \"\", ", "not a JSON object"},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct line line;
		const char *why = NULL;

		line_make(d, 1, &line);
		text_replace(line.text, cases[i].from, cases[i].to);
		assert_int_equal(line_read(line.text, &why), ERR_FORMAT);
		assert_string_equal(why, cases[i].why);
	}
}

static void
test_a_line_is_bounded(void **state UNUSED)
{
	static char text[IMPORT_LINE_MAX + 2];
	const char *why = NULL;

	memset(text, ' ', IMPORT_LINE_MAX + 1);
	assert_int_equal(line_read(text, &why), ERR_FORMAT);
	assert_string_equal(why, "longer than a record can be");
}

/* --- whole files --- */

/* For what does not depend on who imports. */
#define NOBODY (&(const struct actor){.tenant = 0})

/* Reads a file and lets keys answer for each record. */
static enum err
import_try(struct desk *d, const struct actor *actor, const char *file,
    struct import *ret_import)
{
	enum err err = import_read(&d->s, actor, bytes_str(file), ret_import);
	struct keysproto_request q = {0};

	service_read_end(&d->s);
	if (err != ERR_OK || ret_import->problem_count > 0)
		return err;
	import_key_request(ret_import, &q);
	ret_import->key.len = BLOB_MAX;
	memcpy(ret_import->key.b, desk_ask(d, &q).u.blob.b, BLOB_MAX);
	for (size_t i = 0; i < ret_import->count && err == ERR_OK; i++) {
		struct keysproto_answer a;

		import_record_request(ret_import, i, &q);
		(void)!keys_answer(&d->keys, KEYSPROTO_API, &q, &a);
		err = import_record_answer(ret_import, i, &a);
	}
	return err;
}

static void
test_an_import_becomes_devices(void **state)
{
	struct desk *d = *state;
	struct store_profile profile;
	struct actor actor = desk_tenant(d, "t", "Freedom", &profile);
	struct line lines[3];
	char file[4 * LINE_MAX_LEN];
	struct import import;
	struct store_import row;

	for (unsigned i = 0; i < 3; i++)
		line_make(d, 3 - i, &lines[i]);
	(void)snprintf(file, sizeof(file), "%s\r\n\n%s\n%s", lines[0].text,
	    lines[1].text, lines[2].text);
	assert_int_equal(import_try(d, NOBODY, file, &import), ERR_OK);
	assert_int_equal(import.problem_count, 0);
	assert_int_equal(import.count, 3);
	assert_int_equal(import_finish(&d->s, &actor, "x", &import), ERR_OK);
	assert_int_equal(
	    store_import_get(d->s.store, actor.tenant, import.id, &row),
	    ERR_OK);
	assert_int_equal(row.total, 3);
	assert_int_equal(row.remaining, 3);
	assert_int_equal(
	    store_import_get(d->s.store, actor.tenant + 1, import.id, &row),
	    ERR_NOT_FOUND);
	import_done(&import);
}

/* What is in the rows opens, in keys, to what the factory sealed. */
static void
test_the_secret_is_the_factorys(void **state)
{
	struct desk *d = *state;
	struct store_profile profile;
	struct actor actor = desk_tenant(d, "t", "Freedom", &profile);
	struct line line;
	struct import import;
	struct store_device device;
	struct keysproto_blob key = {.len = BLOB_MAX};
	uint8_t import_key[KEY_LEN], secret[KEY_LEN];

	line_make(d, 1, &line);
	assert_int_equal(import_try(d, NOBODY, line.text, &import), ERR_OK);
	assert_int_equal(import_finish(&d->s, &actor, "x", &import), ERR_OK);
	assert_int_equal(
	    store_device_by_uid(d->s.store, line.uid, &device), ERR_OK);
	assert_int_equal(device.import_id, import.id);
	memcpy(key.b, import.key.b, BLOB_MAX);
	assert_int_equal(
	    wrap_open_import_key(&d->keys, import.id, &key, import_key),
	    ERR_OK);
	const struct blob_name name = {.kind = BLOB_FACTORY, .uid = line.uid};

	assert_int_equal(
	    wrap_open_import(import_key, &name,
		bytes_make(device.factory_secret.b, device.factory_secret.len),
		secret),
	    ERR_OK);
	assert_memory_equal(secret, line.secret, KEY_LEN);
	import_done(&import);
}

static void
test_bad_lines_are_all_named(void **state)
{
	struct desk *d = *state;
	struct line line;
	char file[4 * LINE_MAX_LEN];
	struct import import;

	line_make(d, 1, &line);
	(void)snprintf(file, sizeof(file), "{}\n%s\n\nnonsense\n%s\n",
	    line.text, line.text);
	assert_int_equal(import_try(d, NOBODY, file, &import), ERR_OK);
	assert_int_equal(import.problem_count, 3);
	assert_int_equal(import.problems[0].line, 1);
	assert_int_equal(import.problems[1].line, 4);
	assert_int_equal(import.problems[2].line, 5);
	assert_string_equal(
	    import.problems[2].why, "the ROTPublicUID of an earlier line");
	import_done(&import);
}

static void
test_more_problems_than_are_named(void **state)
{
	struct desk *d = *state;
	char file[3 * 150 + 1];
	struct import import;

	for (size_t i = 0; i < 150; i++)
		memcpy(file + 3 * i, "{}\n", 4);
	assert_int_equal(import_try(d, NOBODY, file, &import), ERR_OK);
	assert_int_equal(import.problem_count, 150);
	assert_int_equal(import.problems[IMPORT_PROBLEMS_MAX - 1].line, 100);
	import_done(&import);
}

static void
test_an_empty_file_is_none(void **state)
{
	struct desk *d = *state;
	struct import import;

	assert_int_equal(import_try(d, NOBODY, "", &import), ERR_TRUNCATED);
	assert_int_equal(
	    import_try(d, NOBODY, "\n\r\n\n", &import), ERR_TRUNCATED);
}

static void
test_too_many_records(void **state)
{
	struct desk *d = *state;
	struct line line;
	struct import import;

	line_make(d, 1, &line);
	size_t len = strlen(line.text);
	char *file = malloc((len + 1) * (IMPORT_RECORDS_MAX + 1) + 1);

	assert_non_null(file);
	for (size_t i = 0; i <= IMPORT_RECORDS_MAX; i++) {
		memcpy(file + i * (len + 1), line.text, len);
		memcpy(file + i * (len + 1) + len, "\n", 2);
	}
	assert_int_equal(import_try(d, NOBODY, file, &import), ERR_SPACE);
	free(file);
}

/* Sealed for another device: the record's own fault, said for its line. */
static void
test_a_secret_of_another_device(void **state)
{
	struct desk *d = *state;
	struct line line;
	struct import import;

	line_make(d, 1, &line);
	text_replace(line.text, "0002000000000001", "0002000000000002");
	assert_int_equal(import_try(d, NOBODY, line.text, &import), ERR_OK);
	assert_int_equal(import.problem_count, 1);
	assert_int_equal(import.problems[0].line, 1);
	import_done(&import);
}

static void
test_known_devices_refuse_the_file(void **state)
{
	struct desk *d = *state;
	struct store_profile profile;
	struct actor actor = desk_tenant(d, "t", "Freedom", &profile);
	struct line lines[2];
	char file[2 * LINE_MAX_LEN + 2];
	struct import first, second;
	struct store_device device;

	line_make(d, 1, &lines[0]);
	line_make(d, 2, &lines[1]);
	assert_int_equal(import_try(d, NOBODY, lines[0].text, &first), ERR_OK);
	(void)snprintf(
	    file, sizeof(file), "%s\n%s", lines[1].text, lines[0].text);
	/* Both begin before one ends: the second finds out at its end. */
	assert_int_equal(import_try(d, NOBODY, file, &second), ERR_OK);
	assert_int_equal(second.problem_count, 0);
	assert_int_equal(import_finish(&d->s, &actor, "x", &first), ERR_OK);
	assert_int_equal(
	    import_finish(&d->s, &actor, "x", &second), ERR_CONFLICT);
	second.id++;
	assert_int_equal(
	    import_finish(&d->s, &actor, "x", &second), ERR_EXISTS);
	assert_int_equal(second.problem_count, 1);
	assert_int_equal(second.problems[0].line, 2);
	assert_int_equal(store_device_by_uid(d->s.store, lines[1].uid, &device),
	    ERR_NOT_FOUND);
	import_done(&first);
	import_done(&second);
	assert_int_equal(import_try(d, &actor, file, &second), ERR_OK);
	assert_int_equal(second.problem_count, 1);
	assert_string_equal(
	    second.problems[0].why, "there is a device with this ROTPublicUID");
	import_done(&second);
}

/* Reads a file by an actor, to its end; what was said for a line. */
static const char *
refusal(
    struct desk *d, const struct actor *actor, const char *file, uint32_t line)
{
	const char *why = NULL;
	struct import import;

	assert_int_equal(import_try(d, actor, file, &import), ERR_OK);
	if (import.problem_count == 0)
		assert_int_equal(
		    import_finish(&d->s, actor, "x", &import), ERR_EXISTS);
	for (size_t i = 0; i < import.problem_count; i++)
		if (import.problems[i].line == line)
			why = import.problems[i].why;
	import_done(&import);
	assert_non_null(why);
	return why;
}

/* What does not open gets one answer, whether there is such a device or not. */
static void
test_foreign_and_unknown_look_alike(void **state)
{
	struct desk *d = *state;
	struct store_profile profile;
	struct actor owner = desk_tenant(d, "owner", "Freedom", &profile);
	struct actor other = desk_tenant(d, "other", "Freedom", &profile);
	struct line line, unknown;
	struct import import;

	line_make(d, 1, &line);
	line_make(d, 2, &unknown);
	assert_int_equal(import_try(d, &owner, line.text, &import), ERR_OK);
	assert_int_equal(import_finish(&d->s, &owner, "x", &import), ERR_OK);
	import_done(&import);
	line_make(d, 3, &line);
	text_replace(line.text, "0002000000000003", "0002000000000001");
	text_replace(unknown.text, "0002000000000002", "0002000000000004");
	assert_string_equal(refusal(d, &other, line.text, 1),
	    refusal(d, &other, unknown.text, 1));
	/* Its own it may know at once. */
	assert_string_equal(refusal(d, &owner, line.text, 1),
	    "there is a device with this ROTPublicUID");
}

/* Records that open, of devices that somebody else has: all are named. */
static void
test_all_known_devices_are_named(void **state)
{
	struct desk *d = *state;
	struct store_profile profile;
	struct actor owner = desk_tenant(d, "owner", "Freedom", &profile);
	struct actor other = desk_tenant(d, "other", "Freedom", &profile);
	struct line lines[3];
	char file[3 * LINE_MAX_LEN + 3];
	struct import import;
	struct store_device device;

	for (unsigned i = 0; i < 3; i++)
		line_make(d, 1 + i, &lines[i]);
	(void)snprintf(
	    file, sizeof(file), "%s\n%s", lines[0].text, lines[2].text);
	assert_int_equal(import_try(d, &owner, file, &import), ERR_OK);
	assert_int_equal(import_finish(&d->s, &owner, "x", &import), ERR_OK);
	import_done(&import);
	(void)snprintf(file, sizeof(file), "%s\n%s\n%s", lines[0].text,
	    lines[1].text, lines[2].text);
	for (uint32_t line = 1; line <= 3; line += 2)
		assert_string_equal(refusal(d, &other, file, line),
		    "there is a device with this ROTPublicUID");
	assert_int_equal(store_device_by_uid(d->s.store, lines[1].uid, &device),
	    ERR_NOT_FOUND);
}

/* --- profiles, which have the same two halves --- */

static void
test_profiles_are_their_tenants(void **state)
{
	struct desk *d = *state;
	struct store_profile mine, theirs, got;
	struct actor a = desk_tenant(d, "a", "Basic", &mine);
	struct actor b = desk_tenant(d, "b", "Freedom", &theirs);

	assert_int_equal(mine.features, 0);
	assert_int_equal(theirs.features, SERVICE_PSK | SERVICE_E2E);
	assert_int_equal(
	    store_profile_get(d->s.store, a.tenant, mine.uid, &got), ERR_OK);
	assert_memory_equal(got.record, mine.record, sizeof(got.record));
	assert_int_equal(
	    store_profile_get(d->s.store, b.tenant, mine.uid, &got),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    store_profile_get(d->s.store, a.tenant, theirs.uid, &got),
	    ERR_NOT_FOUND);
}

static void
test_profiles_are_checked(void **state)
{
	struct desk *d = *state;
	struct store_profile p;
	struct keysproto_request q;
	char name[PROFILE_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	assert_int_equal(
	    profile_begin(&d->s, 1, 0, BYTES_LIT(""), 0, 0, &p, &q),
	    ERR_INVALID);
	assert_int_equal(
	    profile_begin(&d->s, 1, 0, bytes_make(name, PROFILE_NAME_MAX + 1),
		0, 0, &p, &q),
	    ERR_INVALID);
	assert_int_equal(
	    profile_begin(&d->s, 1, 0, BYTES_LIT("x"), 64, 0, &p, &q),
	    ERR_INVALID);
	assert_int_equal(profile_begin(&d->s, 1, 0, BYTES_LIT("x"), 0,
			     PROFILE_PERIOD_MIN - 1, &p, &q),
	    ERR_INVALID);
	assert_int_equal(profile_begin(&d->s, 1, SERVICE_PSK | SERVICE_E2E,
			     bytes_make(name, PROFILE_NAME_MAX),
			     FEATURE_ALL & ~(SERVICE_PSK | SERVICE_E2E),
			     PROFILE_PERIOD_MAX, &p, &q),
	    ERR_OK);
	assert_int_equal(p.features, FEATURE_ALL);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_good_line),
	    TEST(test_bad_lines_say_why),
	    TEST(test_a_line_is_bounded),
	    TEST(test_an_import_becomes_devices),
	    TEST(test_the_secret_is_the_factorys),
	    TEST(test_bad_lines_are_all_named),
	    TEST(test_more_problems_than_are_named),
	    TEST(test_an_empty_file_is_none),
	    TEST(test_too_many_records),
	    TEST(test_a_secret_of_another_device),
	    TEST(test_known_devices_refuse_the_file),
	    TEST(test_foreign_and_unknown_look_alike),
	    TEST(test_all_known_devices_are_named),
	    TEST(test_profiles_are_their_tenants),
	    TEST(test_profiles_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
