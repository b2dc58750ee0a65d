/*
 * The REST API of a real daemon, over sockets: answers letter by letter,
 * every refusal, bad input, many connections, a graceful end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon.h"
#include "keys/envelope.h"
#include "keys/messages.h"
#include "service/tokens.h"
#include "store/accounts.h"
#include "store/devices.h"
#include "store/profiles.h"
#include "store/tenants.h"

#define DEVICES 250
#define MANY 1100

static const char *exe;
static struct daemon daemon_;
static struct daemon *const d = &daemon_;

static int
group_setup(void **state UNUSED)
{
	daemon_start(d, exe);
	daemon_init(d);
	fleet_add(&d->fleet, 0, DEVICES);
	return 0;
}

static int
group_teardown(void **state UNUSED)
{
	assert_int_equal(daemon_stop(d), 0);
	daemon_remove(d);
	return 0;
}

/* Checks status and type, and that it is a problem as RFC 9457 has it. */
static void
assert_problem(const struct http_answer *a, int status, const char *type)
{
	char want[64];

	(void)snprintf(want, sizeof(want), "/problems/%s", type);
	assert_int_equal(a->status, status);
	assert_non_null(strstr(a->head, "application/problem+json"));
	assert_string_equal(
	    json_string_value(json_object_get(a->json, "type")), want);
	assert_int_equal(
	    json_integer_value(json_object_get(a->json, "status")), status);
	assert_true(json_is_string(json_object_get(a->json, "title")));
	assert_true(json_is_string(json_object_get(a->json, "detail")));
	assert_true(json_is_string(json_object_get(a->json, "requestId")));
}

static void
assert_post_problem(
    const char *path, const char *body, int status, const char *type)
{
	struct http_answer a = http_post(d, path, body);

	assert_problem(&a, status, type);
	http_free(&a);
}

/* The body has a bad field at the pointer, alone. */
static void
assert_bad_field(const char *path, const char *body, const char *pointer)
{
	struct http_answer a = http_post(d, path, body);

	assert_problem(&a, 400, "invalid-body");
	const json_t *errors = json_object_get(a.json, "errors");

	assert_int_equal(json_array_size(errors), 1);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(errors, 0), "pointer")),
	    pointer);
	http_free(&a);
}

/* --- keys --- */

static void
identity_text(unsigned device, char out[HEX_SIZE(PSK_ID_LEN)])
{
	struct psk_identity id = {.counter = 0x2918};
	uint8_t raw[PSK_ID_LEN];

	fleet_alias(device, id.alias);
	assert_int_equal(psk_identity_encode(&id, raw), ERR_OK);
	hex_encode(BYTES_OF(raw), out);
}

/* What GetPSK has to print for a device. */
static void
psk_text(unsigned device, size_t len, char *out, size_t cap)
{
	struct psk_identity id = {.counter = 0x2918};
	uint8_t raw[PSK_ID_LEN], key[PSK_MAX], uid[UID_LEN];
	char key_text[BASE64_SIZE(PSK_MAX)], uid_text[HEX_SIZE(UID_LEN)];
	struct keys_root root = fleet_root(device);
	struct keys_psk prk;

	fleet_alias(device, id.alias);
	fleet_uid(device, uid);
	assert_int_equal(psk_identity_encode(&id, raw), ERR_OK);
	assert_int_equal(keys_psk_prk(&root, &prk), ERR_OK);
	assert_int_equal(keys_psk_make(&prk, raw, key, len), ERR_OK);
	base64_encode(bytes_make(key, len), key_text);
	hex_encode(BYTES_OF(uid), uid_text);
	(void)snprintf(out, cap,
	    "{\n  \"Key\": \"%s\",\n  \"ROTPublicUID\": \"%s\"\n}\n", key_text,
	    uid_text);
}

static void
assert_psk(unsigned device, const char *rest, size_t len)
{
	char id[HEX_SIZE(PSK_ID_LEN)], body[128], want[256];

	identity_text(device, id);
	psk_text(device, len, want, sizeof(want));
	(void)snprintf(body, sizeof(body), "{\"KeyID\": \"%s\"%s}", id, rest);
	struct http_answer a = http_post(d, "/v1/GetPSK", body);

	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.head, "Content-Type: application/json\r\n"));
	assert_string_equal(a.body, want);
	http_free(&a);
}

static void
test_get_psk_prints_as_the_original(void **state UNUSED)
{
	assert_psk(0, ", \"KeyLength\": \"128\"", 16);
	assert_psk(1, "", 16);
	assert_psk(2, ", \"KeyLength\": 128", 16);
	assert_psk(3, ", \"KeyLength\": \"256\"", 32);
	assert_psk(4, ", \"KeyLength\": 256", 32);
	/* What the strict reader leaves to the general one. */
	assert_psk(5, ", \"KeyLength\": \"\\u003256\"", 32);
}

static void
test_get_psk_takes_small_letters(void **state UNUSED)
{
	char id[HEX_SIZE(PSK_ID_LEN)], body[128], want[256];

	identity_text(9, id);
	for (char *c = id; *c != '\0'; c++)
		*c = (char)(*c >= 'A' ? *c + 32 : *c);
	psk_text(9, 16, want, sizeof(want));
	(void)snprintf(body, sizeof(body), "{\"KeyID\":\"%s\"}", id);
	struct http_answer a = http_post(d, "/v1/GetPSK", body);

	assert_string_equal(a.body, want);
	http_free(&a);
}

/* What the E2E calls have to print for a device and a version. */
static void
e2e_texts(unsigned device, enum envelope_version version, char *header,
    char *want, size_t cap, const char *uid)
{
	struct envelope_header h = {
	    .version = version, .direction = ENVELOPE_UP, .counter = 77};
	uint8_t raw[E2E_V1_HEADER_LEN], key[E2E_KEY_LEN];
	uint8_t nonce[E2E_NONCE_LEN];
	char key_text[BASE64_SIZE(E2E_KEY_LEN)];
	char nonce_text[BASE64_SIZE(E2E_NONCE_LEN)];
	struct keys_root root = fleet_root(device);
	struct keys_up prk;
	size_t len;

	fleet_alias(device, h.alias);
	assert_int_equal(envelope_header_encode(&h, raw, &len), ERR_OK);
	assert_int_equal(keys_up_prk(&root, &prk), ERR_OK);
	assert_int_equal(keys_up_key(&prk, bytes_make(raw, len), key), ERR_OK);
	envelope_nonce(bytes_make(raw, len), nonce);
	hex_encode_lower(bytes_make(raw, len), header);
	base64_encode(BYTES_OF(key), key_text);
	base64_encode(BYTES_OF(nonce), nonce_text);
	(void)snprintf(want, cap,
	    "{\n  \"CipherSuite\": \"%s\",\n  \"Key\": \"%s\",\n"
	    "  \"MACLength\": %d,\n  \"Nonce\": \"%s\"%s\n}\n",
	    version == ENVELOPE_V1 ? "AES_128_CCM" : "AES_128_CCM_8", key_text,
	    version == ENVELOPE_V1 ? 128 : 64, nonce_text, uid);
}

static void
assert_e2e(const char *path, enum envelope_version version, const char *uid)
{
	char header[HEX_SIZE(E2E_V1_HEADER_LEN)], body[128], want[384];

	e2e_texts(3, version, header, want, sizeof(want), uid);
	(void)snprintf(
	    body, sizeof(body), "{\"EncryptedHeader\":\"%s\"}", header);
	struct http_answer a = http_post(d, path, body);

	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, want);
	http_free(&a);
}

static void
test_e2e_parameters_print_as_the_original(void **state UNUSED)
{
	static const char uplink[] = "/v1/e2e/uplink/protectionparameters/get";
	static const char with_uid[] =
	    ",\n  \"ROTPublicUID\": \"0002000000000003\"";

	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++) {
		assert_e2e("/v1/GetE2EDecryptionParameters",
		    (enum envelope_version)v, "");
		assert_e2e(uplink, (enum envelope_version)v, with_uid);
	}
}

/* Reads a text of an answer's object that is there. */
static const char *
text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

/* Asks for the parameters of a message to a device: its header's bytes. */
static struct envelope_header
downlink_ask(unsigned device, const char *version, uint8_t *raw, size_t *len)
{
	char uid_text[HEX_SIZE(UID_LEN)], body[128];
	struct envelope_header h;
	uint8_t uid[UID_LEN];

	fleet_uid(device, uid);
	hex_encode(BYTES_OF(uid), uid_text);
	(void)snprintf(body, sizeof(body), "{\"ROTPublicUID\":\"%s\"%s}",
	    uid_text, version);
	struct http_answer a =
	    http_post(d, "/v1/e2e/downlink/protectionparameters/get", body);

	assert_int_equal(a.status, 200);
	json_t *json = json_loads(a.body, 0, NULL);

	assert_int_equal(json_object_size(json), 5);
	assert_int_equal(hex_decode(bytes_str(text_of(json, "EncryptedHeader")),
			     raw, E2E_V1_HEADER_LEN, len),
	    ERR_OK);
	struct bytes header = bytes_make(raw, *len);

	assert_int_equal(envelope_header_decode(header, &h), ERR_OK);
	uint8_t key[E2E_KEY_LEN], nonce[E2E_NONCE_LEN];
	char key_text[BASE64_SIZE(E2E_KEY_LEN)];
	char nonce_text[BASE64_SIZE(E2E_NONCE_LEN)];
	struct keys_root root = fleet_root(device);
	struct keys_down prk;

	assert_int_equal(keys_down_prk(&root, &prk), ERR_OK);
	assert_int_equal(keys_down_key(&prk, header, key), ERR_OK);
	envelope_nonce(header, nonce);
	base64_encode(BYTES_OF(key), key_text);
	base64_encode(BYTES_OF(nonce), nonce_text);
	assert_string_equal(text_of(json, "Key"), key_text);
	assert_string_equal(text_of(json, "Nonce"), nonce_text);
	assert_string_equal(text_of(json, "CipherSuite"),
	    h.version == ENVELOPE_V1 ? "AES_128_CCM" : "AES_128_CCM_8");
	assert_int_equal(json_integer_value(json_object_get(json, "MACLength")),
	    h.version == ENVELOPE_V1 ? 128 : 64);
	json_decref(json);
	http_free(&a);
	return h;
}

static void
test_downlink_parameters_are_for_one_message(void **state UNUSED)
{
	static const char *const versions[] = {
	    "", ",\"Version\":1", ",\"Version\":\"2\""};
	uint8_t raw[E2E_V1_HEADER_LEN], alias[ALIAS_LEN];
	size_t len;

	fleet_alias(4, alias);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct envelope_header h =
		    downlink_ask(4, versions[i], raw, &len);

		assert_int_equal(h.version, i == 2 ? ENVELOPE_V2 : ENVELOPE_V1);
		assert_int_equal(h.direction, ENVELOPE_DOWN);
		assert_memory_equal(h.alias, alias, ALIAS_LEN);
		assert_true(downlink_ask(4, versions[i], raw, &len).counter >
			    h.counter);
	}
}

static void
downlink_refused(const char *body, int status, const char *type)
{
	struct http_answer a =
	    http_post(d, "/v1/e2e/downlink/protectionparameters/get", body);

	assert_problem(&a, status, type);
	http_free(&a);
}

static void
test_downlink_is_refused(void **state UNUSED)
{
	downlink_refused("{}", 400, "invalid-body");
	downlink_refused("{\"ROTPublicUID\":\"00\"}", 400, "invalid-body");
	downlink_refused(
	    "{\"ROTPublicUID\":\"0002000000000004\",\"Version\":3}", 400,
	    "invalid-body");
	downlink_refused(
	    "{\"ROTPublicUID\":\"000200000000FFFF\"}", 404, "unknown-device");
}

/* --- refusals --- */

static struct http_answer
psk_of(unsigned device)
{
	char id[HEX_SIZE(PSK_ID_LEN)], body[128];

	identity_text(device, id);
	(void)snprintf(body, sizeof(body), "{\"KeyID\":\"%s\"}", id);
	return http_post(d, "/v1/GetPSK", body);
}

static void
assert_psk_problem(unsigned device, int status, const char *type)
{
	struct http_answer a = psk_of(device);

	assert_problem(&a, status, type);
	http_free(&a);
}

static void
test_a_refusal_says_which_condition_failed(void **state UNUSED)
{
	uint8_t uid[UID_LEN];

	fleet_uid(20, uid);
	assert_int_equal(
	    store_device_set_suspended(d->store, uid, true), ERR_OK);
	assert_psk_problem(20, 403, "device-suspended");
	fleet_uid(21, uid);
	assert_int_equal(
	    store_device_set_quarantined(d->store, uid, true), ERR_OK);
	assert_psk_problem(21, 403, "device-suspended");
	fleet_uid(22, uid);
	assert_int_equal(
	    store_device_set_features(d->store, uid, SERVICE_E2E, 2), ERR_OK);
	assert_psk_problem(22, 403, "service-disabled");
}

/* The id of the request is all in which two answers may differ. */
static void
id_cut(struct http_answer *a)
{
	char *id = strstr(a->body, "\"requestId\": \"");

	assert_non_null(id);
	memset(id + 14, 'x', strcspn(id + 14, "\""));
}

static void
test_unknown_and_foreign_look_alike(void **state UNUSED)
{
	struct store_tenant tenant = {
	    .id = 2, .name = "other", .plan = "Freedom", .created = 1};
	struct store_profile profile = {.uid = {7}, .tenant = 2, .name = "x"};
	struct fleet other = d->fleet;

	assert_int_equal(store_tenant_add(d->store, &tenant), ERR_OK);
	assert_int_equal(store_profile_add(d->store, &profile), ERR_OK);
	other.tenant = 2;
	memcpy(other.profile, profile.uid, sizeof(other.profile));
	fleet_add(&other, 5000, 1);
	struct http_answer foreign = psk_of(5000), unknown = psk_of(5001);

	assert_problem(&foreign, 404, "unknown-device");
	id_cut(&foreign);
	id_cut(&unknown);
	assert_int_equal(unknown.status, 404);
	assert_string_equal(foreign.body, unknown.body);
	http_free(&foreign);
	http_free(&unknown);
	foreign = http_get(d, "/v1/devices/0002000000001388");
	unknown = http_get(d, "/v1/devices/0002000000001389");
	assert_problem(&foreign, 404, "unknown-device");
	id_cut(&foreign);
	id_cut(&unknown);
	assert_string_equal(foreign.body, unknown.body);
	http_free(&foreign);
	http_free(&unknown);
}

/* --- bad bodies --- */

static void
test_bodies_that_are_no_json(void **state UNUSED)
{
	static const char *const bodies[] = {"", "{", "nonsense",
	    "{\"KeyID\": }", "{\"KeyID\": \"1\", \"KeyID\": \"1\"}", "\xff\xfe",
	    "{\"KeyID\": \"\xc3\"}", "{} {}"};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		assert_post_problem(
		    "/v1/GetPSK", bodies[i], 400, "bad-request");
}

static void
test_each_bad_field_is_named(void **state UNUSED)
{
	static const char good[] = "1101000000000000000000000000";
	char body[160];

	assert_bad_field("/v1/GetPSK", "[]", "");
	assert_bad_field("/v1/GetPSK", "\"x\"", "");
	assert_bad_field("/v1/GetPSK", "{}", "/KeyID");
	assert_bad_field("/v1/GetPSK", "{\"KeyID\": 1}", "/KeyID");
	assert_bad_field("/v1/GetPSK", "{\"KeyID\": null}", "/KeyID");
	assert_bad_field("/v1/GetPSK", "{\"KeyID\": \"11\"}", "/KeyID");
	assert_bad_field("/v1/GetPSK",
	    "{\"KeyID\": \"110100000000000000000000000g\"}", "/KeyID");
	assert_bad_field("/v1/GetPSK",
	    "{\"KeyID\": \"1201000000000000000000000000\"}", "/KeyID");
	(void)snprintf(body, sizeof(body),
	    "{\"KeyID\": \"%s\", \"keyLength\": 128}", good);
	assert_bad_field("/v1/GetPSK", body, "/keyLength");
	(void)snprintf(
	    body, sizeof(body), "{\"KeyID\": \"%s\", \"a/~b\": 1}", good);
	assert_bad_field("/v1/GetPSK", body, "/a~1~0b");
	assert_bad_field("/v1/deviceprofiles",
	    "{\"Name\": \"x\", \"Features\": {\"a/~b\": {}}}",
	    "/Features/a~1~0b");
	static const char *const lengths[] = {"192", "\"192\"", "\"\"", "-128",
	    "128.0", "true", "null", "[128]", "{}", "\" 128\"",
	    "99999999999999999999"};

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		(void)snprintf(body, sizeof(body),
		    "{\"KeyID\": \"%s\", \"KeyLength\": %s}", good, lengths[i]);
		if (strlen(lengths[i]) > 18)
			assert_post_problem(
			    "/v1/GetPSK", body, 400, "bad-request");
		else
			assert_bad_field("/v1/GetPSK", body, "/KeyLength");
	}
}

/* However long a name is: it is named, and cut between its characters. */
static void
test_long_names_are_cut_between_characters(void **state UNUSED)
{
	static const char umlaut[] = "\xc3\xbc", sign[] = "\xf0\x9f\x94\x91";
	char name[200], body[320];

	for (unsigned ahead = 0; ahead < 4; ahead++) {
		size_t len = ahead;

		memset(name, 'x', ahead);
		while (len < 120) {
			const char *c = len < 20 ? umlaut : sign;

			memcpy(name + len, c, strlen(c));
			len += strlen(c);
		}
		name[len] = '\0';
		(void)snprintf(body, sizeof(body),
		    "{\"Name\": \"x\", \"Features\": {\"%s\": {}}}", name);
		struct http_answer a = http_post(d, "/v1/deviceprofiles", body);
		const json_t *bad =
		    json_array_get(json_object_get(a.json, "errors"), 0);
		const char *pointer =
		    json_string_value(json_object_get(bad, "pointer"));

		assert_problem(&a, 400, "invalid-body");
		assert_non_null(pointer);
		assert_int_equal(strncmp(pointer, "/Features/", 10), 0);
		assert_int_equal(
		    strncmp(pointer + 10, name, strlen(pointer + 10)), 0);
		assert_true(strlen(pointer) > 40);
		http_free(&a);
	}
}

static void
test_bad_headers_are_named(void **state UNUSED)
{
	static const char *const headers[] = {"", "11", "zz",
	    "1101000000000000000000000000000", /* 31 digits */
	    "11010000000000000000000000000001", /* not two zeros */
	    "12010000000000000000000000000000", /* the other direction */
	    "2200000000000000000000", "3101000000000000000000"};
	char body[128];

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		(void)snprintf(body, sizeof(body),
		    "{\"EncryptedHeader\": \"%s\"}", headers[i]);
		assert_bad_field(
		    "/v1/GetE2EDecryptionParameters", body, "/EncryptedHeader");
	}
}

static void
test_many_bad_fields_are_bounded(void **state UNUSED)
{
	char body[4096] = "{\"x0\": 0";
	size_t len = strlen(body);

	for (int i = 1; i < 200; i++)
		len += (size_t)snprintf(
		    body + len, sizeof(body) - len, ", \"x%d\": %d", i, i);
	(void)snprintf(body + len, sizeof(body) - len, "}");
	struct http_answer a = http_post(d, "/v1/GetPSK", body);

	assert_problem(&a, 400, "invalid-body");
	assert_int_equal(
	    json_array_size(json_object_get(a.json, "errors")), 16);
	http_free(&a);
}

/* --- tokens --- */

static void
assert_unauthenticated(const char *token)
{
	struct http_answer a =
	    http_call(d, "GET", "/v1/devices", token, NULL, NULL);

	assert_problem(&a, 401, "unauthenticated");
	assert_non_null(strstr(a.head, "WWW-Authenticate: Bearer\r\n"));
	http_free(&a);
}

static void
test_tokens_that_are_none(void **state UNUSED)
{
	char token[128];

	assert_unauthenticated(NULL);
	assert_unauthenticated("x");
	assert_unauthenticated("Bearer ");
	assert_unauthenticated("Basic YTpi");
	assert_unauthenticated(d->refresh);
	(void)snprintf(token, sizeof(token), "%sx", d->token);
	assert_unauthenticated(token);
	(void)snprintf(token, sizeof(token), "%s", d->token);
	token[0] = token[0] == 'A' ? 'B' : 'A';
	assert_unauthenticated(token);
}

static void
test_an_expired_token(void **state UNUSED)
{
	static const char text[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
	struct store_token row = {
	    .apikey = 1, .kind = TOKEN_ACCESS, .issued = 1, .expires = 2};
	struct bytes part = BYTES_LIT(text);

	assert_int_equal(part.len, TOKEN_TEXT_LEN);
	assert_int_equal(sha256(&part, 1, row.hash), ERR_OK);
	assert_int_equal(store_token_add(d->store, &row), ERR_OK);
	assert_unauthenticated(text);
}

static void
test_a_token_in_either_form(void **state UNUSED)
{
	static const char *const prefixes[] = {"", "Bearer ", "bearer  "};
	char token[128];

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		(void)snprintf(
		    token, sizeof(token), "%s%s", prefixes[i], d->token);
		struct http_answer a =
		    http_call(d, "GET", "/v1/imports", token, NULL, NULL);

		assert_int_equal(a.status, 200);
		http_free(&a);
	}
}

static void
test_authorize_is_authenticate(void **state UNUSED)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
	    "{\"APIKey\": \"%s\", \"APISecret\": \"%s\"}", d->apikey,
	    d->secret);
	struct http_answer a =
	    http_call(d, "POST", "/v1/Authorize", NULL, NULL, body);

	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.head, "Cache-Control: no-store\r\n"));
	assert_int_equal(json_object_size(a.json), 3);
	http_free(&a);
	(void)snprintf(body, sizeof(body),
	    "{\"APIKey\": \"%s\", \"APISecret\": \"wrong\"}", d->apikey);
	a = http_call(d, "POST", "/v1/Authorize", NULL, NULL, body);
	assert_problem(&a, 401, "bad-credentials");
	http_free(&a);
}

static void
test_refresh_over_http(void **state UNUSED)
{
	char body[256];

	(void)snprintf(
	    body, sizeof(body), "{\"RefreshToken\": \"%s\"}", d->token);
	struct http_answer a =
	    http_call(d, "POST", "/v1/token/refresh", NULL, NULL, body);

	assert_problem(&a, 401, "bad-credentials");
	http_free(&a);
	(void)snprintf(
	    body, sizeof(body), "{\"RefreshToken\": \"%s\"}", d->refresh);
	a = http_call(d, "POST", "/v1/token/refresh", NULL, NULL, body);
	assert_int_equal(a.status, 200);
	http_free(&a);
}

/* --- HTTP --- */

static void
test_paths_and_methods(void **state UNUSED)
{
	static const char *const paths[] = {"/", "/v1", "/v1/GetPSK/",
	    "/v1/getpsk", "/v1/devices/", "/v1/devices/a/b",
	    "/v1/deviceprofiles/short", "/v1/imports/0x1", "/v1/imports/-1",
	    "/v1/imports/99999999999999999999", "/problems/nothing",
	    "/healthz%00", "/healthz%00x", "/v1/imports/1%00", "/%", "/%zz",
	    "/../etc/passwd"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct http_answer a = http_get(d, paths[i]);

		if (a.status != 404 && a.status != 405)
			fail_msg("GET %s: %d", paths[i], a.status);
		http_free(&a);
	}
	struct http_answer a = http_get(d, "/v1/GetPSK");

	assert_problem(&a, 405, "method-not-allowed");
	assert_non_null(strstr(a.head, "Allow: POST\r\n"));
	http_free(&a);
	a = http_call(d, "DELETE", "/v1/imports", d->token, NULL, NULL);
	assert_problem(&a, 405, "method-not-allowed");
	assert_non_null(strstr(a.head, "Allow: GET, POST\r\n"));
	http_free(&a);
}

static void
test_media_types(void **state UNUSED)
{
	struct http_answer a = http_call(d, "POST", "/v1/GetPSK", d->token,
	    "Content-Type: application/x-www-form-urlencoded\r\n", "{}");

	assert_problem(&a, 415, "media-type");
	http_free(&a);
	a = http_call(d, "POST", "/v1/GetPSK", d->token,
	    "Content-Type: application/JSON; charset=utf-8\r\n", "{}");
	assert_problem(&a, 400, "invalid-body");
	http_free(&a);
	a = http_call(d, "POST", "/v1/imports", d->token,
	    "Content-Type: text/html\r\n", "{}");
	assert_problem(&a, 415, "media-type");
	http_free(&a);
}

static void
test_bodies_that_are_too_long(void **state UNUSED)
{
	size_t len = 1 << 20;
	char *body = malloc(len + 1);

	assert_non_null(body);
	memset(body, ' ', len);
	body[len] = '\0';
	assert_post_problem("/v1/GetPSK", body, 413, "too-large");
	body[65536] = '\0';
	assert_post_problem("/v1/GetPSK", body, 400, "bad-request");
	free(body);
	/* A length that is only said. */
	int fd = http_connect(d);
	char head[512];
	struct http_answer a;
	int n = snprintf(head, sizeof(head),
	    "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
	    "Content-Length: 16777217\r\n\r\n",
	    d->token);

	http_send(fd, head, (size_t)n);
	assert_true(http_read(fd, &a));
	assert_problem(&a, 413, "too-large");
	http_free(&a);
	(void)close(fd);
}

/* A body in chunks says its length only at its end. */
static void
test_a_long_body_in_chunks(void **state UNUSED)
{
	static char chunk[8 + 4096 + 2] = "1000\r\n";
	char head[512];
	struct http_answer a;
	int fd = http_connect(d);
	int n = snprintf(head, sizeof(head),
	    "POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
	    d->token);

	memset(chunk + 6, ' ', 4096);
	memcpy(chunk + 6 + 4096, "\r\n", 2);
	http_send(fd, head, (size_t)n);
	for (int i = 0; i < 256; i++)
		http_send(fd, chunk, 6 + 4096 + 2);
	http_send(fd, "0\r\n\r\n", 5);
	assert_true(http_read(fd, &a));
	assert_problem(&a, 413, "too-large");
	http_free(&a);
	/* The connection is as good as before. */
	n = snprintf(head, sizeof(head),
	    "GET /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n",
	    d->token);
	http_send(fd, head, (size_t)n);
	assert_true(http_read(fd, &a));
	assert_int_equal(a.status, 200);
	http_free(&a);
	(void)close(fd);
}

static void
test_requests_follow_on_a_connection(void **state UNUSED)
{
	char id[HEX_SIZE(PSK_ID_LEN)], one[512], want[256];
	int fd = http_connect(d);

	/* All at once: answers come in their order. */
	for (unsigned i = 0; i < 10; i++) {
		identity_text(30 + i, id);
		int n = snprintf(one, sizeof(one),
		    "POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\n"
		    "Authorization: %s\r\nContent-Length: 40\r\n\r\n"
		    "{\"KeyID\":\"%s\"}",
		    d->token, id);

		http_send(fd, one, (size_t)n);
	}
	for (unsigned i = 0; i < 10; i++) {
		struct http_answer a;

		psk_text(30 + i, 16, want, sizeof(want));
		assert_true(http_read(fd, &a));
		assert_string_equal(a.body, want);
		http_free(&a);
	}
	(void)close(fd);
}

static void
test_head_and_etags(void **state UNUSED)
{
	char path[64], headers[128], tag[64] = "";
	struct http_answer a = http_get(d, "/v1/devices/0002000000000001");

	assert_int_equal(a.status, 200);
	const char *at = strstr(a.head, "ETag: ");

	assert_non_null(at);
	(void)snprintf(
	    tag, sizeof(tag), "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
	http_free(&a);
	(void)snprintf(path, sizeof(path), "/v1/devices/0002000000000001");
	(void)snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", tag);
	a = http_call(d, "GET", path, d->token, headers, NULL);
	assert_int_equal(a.status, 304);
	http_free(&a);
	a = http_call(
	    d, "GET", "/v1/devices/0002000000000002", d->token, headers, NULL);
	assert_int_equal(a.status, 200);
	http_free(&a);
}

static void
test_what_machines_look_at(void **state UNUSED)
{
	struct http_answer a =
	    http_call(d, "GET", "/healthz", NULL, NULL, NULL);

	assert_int_equal(a.status, 200);
	assert_true(json_is_true(json_object_get(a.json, "SetUp")));
	http_free(&a);
	a = http_call(d, "GET", "/metrics", NULL, NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body, "\nholdfast_api_psk_total "));
	http_free(&a);
	a = http_call(d, "GET", "/openapi.yaml", NULL, NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_memory_equal(a.body, "openapi: 3.1.0\n", 15);
	http_free(&a);
	a = http_call(d, "GET", "/problems/unknown-device", NULL, NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(
	    json_integer_value(json_object_get(a.json, "status")), 404);
	http_free(&a);
}

/* --- lists --- */

/* Walks a list by its cursors; every key comes once. */
static size_t
list_walk(const char *path, const char *key, unsigned limit)
{
	char url[160], cursor[64] = "", last[64] = "";
	size_t count = 0;

	do {
		(void)snprintf(url, sizeof(url), "%s?limit=%u%s%s", path, limit,
		    cursor[0] != '\0' ? "&cursor=" : "", cursor);
		struct http_answer a = http_get(d, url);
		const json_t *items = json_object_get(a.json, "Items");
		const json_t *item;
		size_t i;

		assert_int_equal(a.status, 200);
		assert_in_range(json_array_size(items), 1, limit);
		json_array_foreach(items, i, item)
		{
			const char *text =
			    json_string_value(json_object_get(item, key));

			assert_string_not_equal(text, last);
			(void)snprintf(last, sizeof(last), "%s", text);
			count++;
		}
		const char *next =
		    json_string_value(json_object_get(a.json, "NextCursor"));

		(void)snprintf(
		    cursor, sizeof(cursor), "%s", next != NULL ? next : "");
		http_free(&a);
	} while (cursor[0] != '\0');
	return count;
}

static void
test_lists_are_walked_by_cursors(void **state UNUSED)
{
	for (int i = 0; i < 4; i++) {
		struct http_answer a =
		    http_post(d, "/v1/deviceprofiles", "{\"Name\": \"more\"}");

		assert_int_equal(a.status, 201);
		assert_non_null(
		    strstr(a.head, "Location: /v1/deviceprofiles/"));
		http_free(&a);
	}
	assert_int_equal(
	    list_walk("/v1/deviceprofiles", "DeviceProfileUID", 2), 5);
	assert_int_equal(
	    list_walk("/v1/deviceprofiles", "DeviceProfileUID", 5), 5);
	assert_int_equal(list_walk("/v1/devices", "ROTPublicUID", 7), DEVICES);
	assert_int_equal(
	    list_walk("/v1/devices", "ROTPublicUID", 125), DEVICES);
	assert_int_equal(
	    list_walk("/v1/devices", "ROTPublicUID", 1000), DEVICES);
}

static void
test_bad_parameters(void **state UNUSED)
{
	static const char *const queries[] = {"limit=0", "limit=1001",
	    "limit=", "limit=-1", "limit=1x", "limit=99999999999", "limit=1%00",
	    "cursor=", "cursor=AAAA", "cursor=!",
	    "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Limit=1", "x=1", "limit"};
	char url[128];

	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		(void)snprintf(url, sizeof(url), "/v1/devices?%s", queries[i]);
		struct http_answer a = http_get(d, url);

		assert_problem(&a, 400, "invalid-parameter");
		http_free(&a);
	}
}

static void
test_profiles_are_shown_as_made(void **state UNUSED)
{
	struct http_answer a = http_post(d, "/v1/deviceprofiles",
	    "{\"Name\": \"f\\u00fcr \\\"x\\\"\", \"HeartbeatPeriod\": 600, "
	    "\"Features\": {\"ZTPV1\": {\"Enabled\": true}, "
	    "\"LocalC2C\": {\"Enabled\": false}}}");
	char path[128];

	assert_int_equal(a.status, 201);
	(void)snprintf(path, sizeof(path), "/v1/deviceprofiles/%s",
	    json_string_value(json_object_get(a.json, "DeviceProfileUID")));
	struct http_answer b = http_get(d, path);

	assert_int_equal(b.status, 200);
	assert_string_equal(a.body, b.body);
	assert_string_equal(json_string_value(json_object_get(b.json, "Name")),
	    "f\xc3\xbcr \"x\"");
	const json_t *features = json_object_get(b.json, "Features");

	assert_true(json_is_true(
	    json_object_get(json_object_get(features, "ZTPV1"), "Enabled")));
	assert_true(json_is_false(
	    json_object_get(json_object_get(features, "LocalC2C"), "Enabled")));
	assert_true(json_is_true(json_object_get(
	    json_object_get(features, "E2ESymmetricKMS"), "Enabled")));
	http_free(&a);
	http_free(&b);
}

/* --- features --- */

#define DEVICE_SET "/v1/device/provisioning/set"
#define DEVICE_GET "/v1/device/provisioning/get"
#define PROFILE_SET "/v1/deviceprofile/bootstrapprovisioning/set"
#define PROFILE_GET "/v1/deviceprofile/bootstrapprovisioning/get"

/* Says whether a feature of an answer is, and that it has the field. */
static bool
feature_is(const struct http_answer *a, const char *name, const char *field)
{
	const json_t *value = json_object_get(
	    json_object_get(json_object_get(a->json, "Features"), name), field);

	assert_true(json_is_boolean(value));
	return json_is_true(value);
}

static void
test_features_of_a_device(void **state UNUSED)
{
	struct http_answer a = http_post(d, DEVICE_SET,
	    "{\"ROTPublicUID\": \"0002000000000019\", \"Features\": "
	    "{\"LocalC2C\": {\"Enabled\": false}, "
	    "\"LocalDPR\": {\"Enabled\": true}}}");

	assert_int_equal(a.status, 200);
	assert_false(feature_is(&a, "LocalC2C", "Enabled"));
	assert_true(feature_is(&a, "LocalC2C", "Confirmed"));
	assert_true(feature_is(&a, "LocalDataProtection", "Enabled"));
	assert_true(feature_is(&a, "E2ESymmetricKMS", "Enabled"));
	struct http_answer b = http_post(
	    d, DEVICE_GET, "{\"ROTPublicUID\": \"0002000000000019\"}");

	assert_int_equal(b.status, 200);
	assert_string_equal(a.body, b.body);
	http_free(&a);
	http_free(&b);
}

static void
test_features_of_a_profile(void **state UNUSED)
{
	struct http_answer a =
	    http_post(d, "/v1/deviceprofiles", "{\"Name\": \"features\"}");
	char uid[32], body[256];

	assert_int_equal(a.status, 201);
	(void)snprintf(uid, sizeof(uid), "%s",
	    json_string_value(json_object_get(a.json, "DeviceProfileUID")));
	http_free(&a);
	(void)snprintf(body, sizeof(body),
	    "{\"DeviceProfileUID\": \"%s\", \"Features\": "
	    "{\"ZTPV1\": {\"Enabled\": true}, "
	    "\"E2EDataProtection\": {\"Enabled\": false}}}",
	    uid);
	a = http_post(d, PROFILE_SET, body);
	assert_int_equal(a.status, 200);
	assert_true(feature_is(&a, "ZTPV1", "Enabled"));
	assert_false(feature_is(&a, "E2EDataProtection", "Enabled"));
	assert_true(feature_is(&a, "E2ESymmetricKMS", "Enabled"));
	(void)snprintf(
	    body, sizeof(body), "{\"DeviceProfileUID\": \"%s\"}", uid);
	struct http_answer b = http_post(d, PROFILE_GET, body);

	assert_int_equal(b.status, 200);
	assert_string_equal(a.body, b.body);
	http_free(&a);
	http_free(&b);
}

/* A DEVICE_SET whose Features are these: which field is wrong. */
static void
assert_bad_features(const char *features, const char *pointer)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
	    "{\"ROTPublicUID\": \"0002000000000019\", \"Features\": %s}",
	    features);
	assert_bad_field(DEVICE_SET, body, pointer);
}

static void
test_features_that_are_wrong(void **state UNUSED)
{
	assert_bad_features("{}", "/Features");
	assert_bad_features("[]", "/Features");
	assert_bad_features("{\"X\": {\"Enabled\": true}}", "/Features/X");
	assert_bad_features(
	    "{\"~/\u00fc\": {\"Enabled\": true}}", "/Features/~0~1\xc3\xbc");
	assert_bad_features("{\"LocalC2C\": true}", "/Features/LocalC2C");
	assert_bad_features("{\"LocalC2C\": {}}", "/Features/LocalC2C");
	assert_bad_features(
	    "{\"LocalC2C\": {\"Enabled\": 1}}", "/Features/LocalC2C");
	assert_bad_features(
	    "{\"LocalC2C\": {\"Enabled\": true, \"CAName\": \"x\"}}",
	    "/Features/LocalC2C");
	assert_bad_features(
	    "{\"ZTPV1\": {\"Enabled\": true, \"CAName\": \"x\"}}",
	    "/Features/ZTPV1/CAName");
	assert_bad_features("{\"LocalDPR\": {\"Enabled\": true}, "
			    "\"LocalDataProtection\": {\"Enabled\": false}}",
	    "/Features/LocalDataProtection");
	assert_bad_field(
	    DEVICE_GET, "{\"ROTPublicUID\": \"00\"}", "/ROTPublicUID");
	assert_bad_field(DEVICE_GET, "{}", "/ROTPublicUID");
	assert_bad_field(PROFILE_GET, "{\"DeviceProfileUID\": \"AAAA\"}",
	    "/DeviceProfileUID");
}

static void
test_features_of_what_is_not_there(void **state UNUSED)
{
	static const char unknown[] = "{\"ROTPublicUID\": "
				      "\"FFFF000000000019\"}";

	assert_post_problem(DEVICE_GET, unknown, 404, "unknown-device");
	assert_post_problem(DEVICE_SET,
	    "{\"ROTPublicUID\": \"FFFF000000000019\", \"Features\": "
	    "{\"LocalC2C\": {\"Enabled\": true}}}",
	    404, "unknown-device");
	assert_post_problem(PROFILE_GET,
	    "{\"DeviceProfileUID\": \"AAAAAAAAAAAAAAAAAAAAAA\"}", 404,
	    "not-found");
	struct http_answer a =
	    http_call(d, "POST", DEVICE_GET, NULL, NULL, unknown);

	assert_problem(&a, 401, "unauthenticated");
	http_free(&a);
}

static void
test_imports_report_lines(void **state UNUSED)
{
	struct http_answer a = http_call(d, "POST", "/v1/imports", d->token,
	    "Content-Type: application/x-ndjson\r\n", "{}\n\nnonsense\n");

	assert_problem(&a, 400, "invalid-records");
	const json_t *lines = json_object_get(a.json, "lines");

	assert_int_equal(json_array_size(lines), 2);
	assert_int_equal(json_integer_value(
			     json_object_get(json_array_get(lines, 1), "line")),
	    3);
	http_free(&a);
	a = http_call(d, "POST", "/v1/imports", d->token, NULL, "");
	assert_problem(&a, 400, "invalid-records");
	http_free(&a);
}

/* --- the set-up token --- */

static void
test_the_set_up_is_over(void **state UNUSED)
{
	assert_post_problem("/v1/init",
	    "{\"SetupToken\": \"x\", \"TenantName\": \"t\", "
	    "\"AdminEmail\": \"a@example.com\", "
	    "\"DeviceProfileName\": \"p\"}",
	    403, "setup-token");
	assert_bad_field("/v1/init",
	    "{\"SetupToken\": \"x\", \"TenantName\": \"t\", "
	    "\"AdminEmail\": \"example.com\", \"DeviceProfileName\": \"p\"}",
	    "/AdminEmail");
}

static void
test_the_token_file(void **state UNUSED)
{
	struct daemon other = {.dir = ""};
	char path[128];
	struct stat st;

	daemon_start(&other, exe);
	(void)snprintf(path, sizeof(path), "%s/setup-token", other.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	daemon_init(&other);
	assert_int_equal(daemon_stop(&other), 0);
	daemon_start(&other, exe);
	assert_int_not_equal(stat(path, &st), 0);
	assert_int_equal(daemon_stop(&other), 0);
	daemon_remove(&other);
}

/* --- many, slow and cut connections --- */

static void
request_make(unsigned device, bool last, char *out, size_t cap)
{
	char id[HEX_SIZE(PSK_ID_LEN)];

	identity_text(device, id);
	(void)snprintf(out, cap,
	    "POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
	    "%sContent-Length: 40\r\n\r\n{\"KeyID\":\"%s\"}",
	    d->token, last ? "Connection: close\r\n" : "", id);
}

static void
test_more_connections_than_there_is_room(void **state UNUSED)
{
	static int fds[MANY];
	char request[512], want[256];

	for (unsigned i = 0; i < MANY; i++) {
		fds[i] = http_connect(d);
		request_make(30 + i % 200, true, request, sizeof(request));
		http_send(fds[i], request, strlen(request));
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct http_answer a;

		psk_text(30 + i % 200, 16, want, sizeof(want));
		assert_true(http_read(fds[i], &a));
		assert_string_equal(a.body, want);
		http_free(&a);
		(void)close(fds[i]);
	}
}

/* Half requests wait in their connections; nobody else waits for them. */
static void
test_half_requests_hold_nobody_up(void **state UNUSED)
{
	enum { HALVES = 200 };
	static int fds[HALVES];
	char request[512];

	for (unsigned i = 0; i < HALVES; i++) {
		fds[i] = http_connect(d);
		request_make(40, false, request, sizeof(request));
		http_send(fds[i], request, i * strlen(request) / HALVES);
	}
	for (unsigned i = 0; i < 50; i++)
		assert_psk(40 + i, "", 16);
	for (unsigned i = 0; i < HALVES; i++)
		(void)close(fds[i]);
	assert_psk(99, "", 16);
}

/* Callers that leave before their answer comes leave nothing behind. */
static void
test_callers_that_leave(void **state UNUSED)
{
	char request[512];

	request_make(50, false, request, sizeof(request));
	for (unsigned i = 0; i < 500; i++) {
		int fd = http_connect(d);
		/* Every second one with a reset, which cuts off its request. */
		struct linger linger = {.l_onoff = i % 2 != 0, .l_linger = 0};

		http_send(fd, request, strlen(request));
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
				     sizeof(linger)),
		    0);
		(void)close(fd);
	}
	assert_psk(50, "", 16);
	for (;;) {
		struct http_answer a =
		    http_call(d, "GET", "/metrics", NULL, NULL, NULL);
		bool alone = strstr(a.body,
				 "\nholdfast_api_requests_active 1\n") != NULL;

		http_free(&a);
		if (alone)
			break;
	}
}

/*
 * A request whose end a proxy may see elsewhere: refused, and what comes
 * behind it on the connection is not read as a request.
 */
static void
test_two_ways_to_read_a_request(void **state UNUSED)
{
	static const char *const headers[] = {
	    "Host: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n",
	    "Host: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n",
	    "Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
	    "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n",
	    "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
	    "Host: x\r\nTransfer-Encoding: xchunked\r\n",
	    ("Host: x\r\nTransfer-Encoding: chunked\r\n"
	     "Transfer-Encoding: identity\r\n"),
	    "Host: x\r\nTransfer-Encoding : chunked\r\n",
	    "Host: x\r\nContent-Length : 4\r\n", "Content-Length: 4\r\n",
	    "Host: x\r\nHost: y\r\nContent-Length: 4\r\n"};
	char text[512];
	struct http_answer a;

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		int fd = http_connect(d);

		(void)snprintf(text, sizeof(text),
		    "POST /v1/GetPSK HTTP/1.1\r\nAuthorization: %s\r\n%s\r\n"
		    "4\r\n{}  \r\n0\r\n\r\n"
		    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		    d->token, headers[i]);
		http_send(fd, text, strlen(text));
		if (!http_read(fd, &a))
			fail_msg("%s: no answer", headers[i]);
		assert_problem(&a, 400, "bad-request");
		assert_non_null(strstr(a.head, "Connection: close"));
		http_free(&a);
		assert_false(http_read(fd, &a));
		(void)close(fd);
	}
}

/* Sends a header and 64 KiB and a byte of a file that goes on. */
static int
long_body_start(void)
{
	static char part[(64 << 10) + 1];
	char head[256];
	int fd = http_connect(d);

	(void)snprintf(head, sizeof(head),
	    "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
	    "Content-Length: 65538\r\n\r\n",
	    d->token);
	memset(part, '\n', sizeof(part));
	http_send(fd, head, strlen(head));
	http_send(fd, part, sizeof(part));
	return fd;
}

/* Long bodies cost memory: few are read at once, and the others soon. */
static void
test_few_long_bodies_at_once(void **state UNUSED)
{
	int fds[24], refused = 0;
	struct http_answer a;

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = long_body_start();
	/* The server reads a part of each in every turn; a call takes one. */
	for (int turn = 0; turn < 100; turn++)
		assert_psk(61, "", 16);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		http_send(fds[i], "\n", 1);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_true(http_read(fds[i], &a));
		/* Those read may still find another import under way. */
		if (a.status == 503)
			assert_non_null(strstr(a.head, "Retry-After: "));
		else
			assert_problem(&a, 400, "invalid-records");
		if (strstr(a.body, "Too many long bodies") != NULL)
			refused++;
		http_free(&a);
		(void)close(fds[i]);
	}
	assert_in_range(refused, 1, ARRAY_LEN(fds) - 8);
	int fd = long_body_start();

	http_send(fd, "\n", 1);
	assert_true(http_read(fd, &a));
	assert_problem(&a, 400, "invalid-records");
	http_free(&a);
	(void)close(fd);
}

static void
test_nonsense_instead_of_http(void **state UNUSED)
{
	static const char *const texts[] = {"\r\n\r\n\r\n", "GET\r\n\r\n",
	    "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00",
	    "POST /v1/GetPSK HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
	    "POST /v1/GetPSK HTTP/1.1\r\nContent-Length: "
	    "99999999999999999999999\r\n\r\n",
	    "POST /v1/GetPSK HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "zz\r\n"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int fd = http_connect(d);

		http_send(fd, texts[i], strlen(texts[i]));
		(void)close(fd);
	}
	assert_psk(60, "", 16);
}

/* SIGTERM: what is under way is answered, and the status is 0. */
static void
test_a_graceful_end(void **state UNUSED)
{
	struct daemon other = {.dir = ""};
	char path[160];

	daemon_start(&other, exe);
	daemon_init(&other);
	fleet_add(&other.fleet, 0, 1);
	int fd = http_connect(&other);
	char request[512], id[HEX_SIZE(PSK_ID_LEN)];

	identity_text(0, id);
	int n = snprintf(request, sizeof(request),
	    "POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
	    "Content-Length: 40\r\n\r\n{\"KeyID\":\"%s\"",
	    other.token, id);
	struct http_answer a;

	/* All but the last byte, then the signal, then the last byte. */
	http_send(fd, request, (size_t)n);
	for (;;) {
		a = http_call(&other, "GET", "/metrics", NULL, NULL, NULL);
		bool both = strstr(a.body,
				"\nholdfast_api_requests_active 2\n") != NULL;

		http_free(&a);
		if (both)
			break;
	}
	assert_int_equal(kill(other.pid, SIGTERM), 0);
	http_send(fd, "}", 1);
	assert_true(http_read(fd, &a));
	assert_int_equal(a.status, 200);
	http_free(&a);
	(void)close(fd);
	assert_int_equal(daemon_stop(&other), 0);
	(void)snprintf(path, sizeof(path), "%s/db/holdfast.db", other.dir);
	assert_int_equal(access(path, F_OK), 0);
	daemon_remove(&other);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_get_psk_prints_as_the_original),
	    cmocka_unit_test(test_get_psk_takes_small_letters),
	    cmocka_unit_test(test_e2e_parameters_print_as_the_original),
	    cmocka_unit_test(test_downlink_parameters_are_for_one_message),
	    cmocka_unit_test(test_downlink_is_refused),
	    cmocka_unit_test(test_a_refusal_says_which_condition_failed),
	    cmocka_unit_test(test_unknown_and_foreign_look_alike),
	    cmocka_unit_test(test_bodies_that_are_no_json),
	    cmocka_unit_test(test_each_bad_field_is_named),
	    cmocka_unit_test(test_long_names_are_cut_between_characters),
	    cmocka_unit_test(test_bad_headers_are_named),
	    cmocka_unit_test(test_many_bad_fields_are_bounded),
	    cmocka_unit_test(test_tokens_that_are_none),
	    cmocka_unit_test(test_an_expired_token),
	    cmocka_unit_test(test_a_token_in_either_form),
	    cmocka_unit_test(test_authorize_is_authenticate),
	    cmocka_unit_test(test_refresh_over_http),
	    cmocka_unit_test(test_paths_and_methods),
	    cmocka_unit_test(test_media_types),
	    cmocka_unit_test(test_bodies_that_are_too_long),
	    cmocka_unit_test(test_a_long_body_in_chunks),
	    cmocka_unit_test(test_requests_follow_on_a_connection),
	    cmocka_unit_test(test_head_and_etags),
	    cmocka_unit_test(test_what_machines_look_at),
	    cmocka_unit_test(test_lists_are_walked_by_cursors),
	    cmocka_unit_test(test_bad_parameters),
	    cmocka_unit_test(test_profiles_are_shown_as_made),
	    cmocka_unit_test(test_features_of_a_device),
	    cmocka_unit_test(test_features_of_a_profile),
	    cmocka_unit_test(test_features_that_are_wrong),
	    cmocka_unit_test(test_features_of_what_is_not_there),
	    cmocka_unit_test(test_imports_report_lines),
	    cmocka_unit_test(test_the_set_up_is_over),
	    cmocka_unit_test(test_the_token_file),
	    cmocka_unit_test(test_more_connections_than_there_is_room),
	    cmocka_unit_test(test_half_requests_hold_nobody_up),
	    cmocka_unit_test(test_callers_that_leave),
	    cmocka_unit_test(test_few_long_bodies_at_once),
	    cmocka_unit_test(test_two_ways_to_read_a_request),
	    cmocka_unit_test(test_nonsense_instead_of_http),
	    cmocka_unit_test(test_a_graceful_end),
	};
	struct rlimit files = {4096, 4096};

	if (argc != 2)
		return 2;
	exe = argv[1];
	(void)signal(SIGPIPE, SIG_IGN);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
