/*
 * CoAP around the protocol: discovery, refusals, garbage, load; and EDHOC
 * the long way, with message_3 alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "coap/echo.h"
#include "kit.h"
#include "metrics.h"
#include "store/counters.h"

struct request {
	enum coap_type type;
	uint8_t code;
	const char *path;
	uint32_t option; /* and its value, 0: none */
	struct bytes value;
	struct bytes payload;
};

static struct coap_message
ask(struct kit *kit, const struct request *r)
{
	struct coap_message m = {.code = 0};
	uint8_t buf[DATAGRAM_MAX];
	struct coap_writer w;
	struct bytes datagram, out;
	bool before = r->option != 0 && r->option < COAP_OPT_URI_PATH;

	coap_write_head(
	    &w, buf, sizeof(buf), r->type, r->code, 0x1234, BYTES_LIT("tok"));
	if (before)
		coap_write_option(&w, r->option, r->value);
	coap_write_path(&w, r->path);
	if (r->option != 0 && !before)
		coap_write_option(&w, r->option, r->value);
	coap_write_payload(&w, r->payload);
	assert_int_equal(coap_write_end(&w, &datagram), ERR_OK);
	out = kit_handle(kit, datagram, "192.0.2.9:1");
	if (out.len == 0)
		return m;
	assert_int_equal(coap_decode(out, &m), ERR_OK);
	assert_int_equal(m.token_len, 3);
	assert_memory_equal(m.token, "tok", 3);
	if (r->type == COAP_CON) {
		assert_int_equal(m.type, COAP_ACK);
		assert_int_equal(m.id, 0x1234);
	} else {
		assert_int_equal(m.type, COAP_NON);
	}
	return m;
}

#define CORE ".well-known/core"
#define BODY(code, path, number, value, payload)                               \
	{                                                                      \
		COAP_CON, code, path, number,                                  \
		    {(const uint8_t *)(value), sizeof(value) - 1},             \
		{                                                              \
			(const uint8_t *)(payload), sizeof(payload) - 1        \
		}                                                              \
	}
#define WITH(code, path, number, value) BODY(code, path, number, value, "")
#define CON(code, path) BODY(code, path, 0, "", "")

static void
test_discovery(void **state)
{
	struct kit *kit = *state;
	struct request r = CON(COAP_GET, CORE);
	struct coap_message m = ask(kit, &r);
	struct bytes format;
	char text[512] = {0};

	assert_int_equal(m.code, COAP_CONTENT);
	assert_true(
	    coap_option_find(m.options, COAP_OPT_CONTENT_FORMAT, &format));
	assert_true(format.len == 1 && format.ptr[0] == COAP_FORMAT_LINK);
	assert_true(m.payload.len < sizeof(text));
	memcpy(text, m.payload.ptr, m.payload.len);
	assert_non_null(strstr(text, "</.well-known/edhoc>;rt=core.edhoc"));
	assert_non_null(strstr(text, ";ed-comb-req"));
	r.type = COAP_NON;
	m = ask(kit, &r);
	assert_int_equal(m.code, COAP_CONTENT);
}

static void
test_refusals(void **state)
{
	static const struct {
		struct request request;
		uint8_t code;
	} cases[] = {
	    {CON(COAP_GET, "nothing"), COAP_NOT_FOUND},
	    {CON(COAP_GET, ""), COAP_NOT_FOUND},
	    {CON(COAP_POST, CORE), COAP_METHOD_NOT_ALLOWED},
	    {CON(COAP_GET, "e"), COAP_METHOD_NOT_ALLOWED},
	    {CON(COAP_PUT, ".well-known/edhoc"), COAP_METHOD_NOT_ALLOWED},
	    {WITH(COAP_GET, CORE, COAP_OPT_BLOCK1, "\6"), COAP_BAD_OPTION},
	    {WITH(COAP_GET, CORE, COAP_OPT_IF_MATCH, "x"), COAP_BAD_OPTION},
	    {WITH(COAP_GET, CORE, 2049, ""), COAP_BAD_OPTION},
	    {WITH(COAP_GET, CORE, 2050, ""), COAP_CONTENT},
	    {WITH(COAP_GET, "", 35, "coap://x/"), COAP_CODE(5, 5)},
	    {WITH(COAP_GET, CORE, COAP_OPT_ACCEPT, "\x32"),
		COAP_NOT_ACCEPTABLE},
	    {WITH(COAP_POST, "e", COAP_OPT_CONTENT_FORMAT, "\x32"),
		COAP_UNSUPPORTED_FORMAT},
	    {CON(COAP_POST, "e"), COAP_BAD_REQUEST},
	    {BODY(COAP_POST, "e", 0, "", "\xf5"), COAP_BAD_REQUEST},
	    /* message_3 of a session that is not there */
	    {BODY(COAP_POST, "e", 0, "", "\x0c\x41\x00"), COAP_BAD_REQUEST},
	    /* OSCORE without a kid, without a payload, of an unknown alias */
	    {BODY(COAP_POST, "", COAP_OPT_OSCORE, "", "x"), COAP_UNAUTHORIZED},
	    {WITH(COAP_POST, "", COAP_OPT_OSCORE, "\x09\x00\x05"),
		COAP_BAD_REQUEST},
	    {BODY(COAP_POST, "", COAP_OPT_OSCORE,
		 "\x0d\x11\x22\x33\x44\x55"
		 "alias6",
		 "123456789"),
		COAP_UNAUTHORIZED},
	};
	struct kit *kit = *state;
	struct coap_message m;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		m = ask(kit, &cases[i].request);
		if (m.code != cases[i].code)
			fail_msg("case %zu: code %u", i, m.code);
	}
}

static void
test_edhoc_errors(void **state)
{
	struct kit *kit = *state;
	/* Method 0; suite 0 with suite 2 unmentioned; a point off the curve. */
	static const struct {
		const char *hex;
		int code;
	} cases[] = {
	    {"f5ff", 1},
	    {"f5000258200000000000000000000000000000000000000000000000000000"
	     "00000000000001",
		1},
	    {"f5030058200000000000000000000000000000000000000000000000000000"
	     "00000000000001",
		2},
	    {"f503025820ffffffffffffffffffffffffffffffffffffffffffffffffffff"
	     "ffffffffffff01",
		1},
	};
	struct request r = CON(COAP_POST, ".well-known/edhoc");
	struct edhoc_error error;
	struct coap_message m;
	uint8_t payload[128];
	struct bytes value;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(hex_decode(bytes_str(cases[i].hex), payload,
				     sizeof(payload), &r.payload.len),
		    ERR_OK);
		r.payload.ptr = payload;
		m = ask(kit, &r);
		assert_int_equal(m.code, COAP_BAD_REQUEST);
		assert_true(coap_option_find(
		    m.options, COAP_OPT_CONTENT_FORMAT, &value));
		assert_true(value.len == 1 && value.ptr[0] == 64);
		assert_int_equal(edhoc_error_read(m.payload, &error), ERR_OK);
		assert_int_equal(error.code, cases[i].code);
	}
	assert_int_equal(devices_half_open(kit->devices), 0);
}

static void
test_empty_and_broken_messages(void **state)
{
	struct kit *kit = *state;
	static const uint8_t ping[] = {0x40, 0x00, 0xab, 0xcd};
	static const uint8_t ack[] = {0x60, 0x00, 0xab, 0xcd};
	static const uint8_t reset[] = {0x70, 0x00, 0xab, 0xcd};
	static const uint8_t response[] = {0x40, 0x45, 0xab, 0xcd};
	static const uint8_t cut[] = {0x41, 0x01, 0xab, 0xcd};
	static const uint8_t cut_non[] = {0x51, 0x01, 0xab, 0xcd};
	static const uint8_t version[] = {0x80, 0x01, 0xab, 0xcd};
	static const uint8_t want[] = {0x70, 0x00, 0xab, 0xcd};
	struct bytes out;

	out = kit_handle(kit, BYTES_OF(ping), "x");
	assert_true(bytes_equal(out, BYTES_OF(want)));
	out = kit_handle(kit, BYTES_OF(response), "x");
	assert_true(bytes_equal(out, BYTES_OF(want)));
	out = kit_handle(kit, BYTES_OF(cut), "x");
	assert_true(bytes_equal(out, BYTES_OF(want)));
	assert_int_equal(kit_handle(kit, BYTES_OF(ack), "x").len, 0);
	assert_int_equal(kit_handle(kit, BYTES_OF(reset), "x").len, 0);
	assert_int_equal(kit_handle(kit, BYTES_OF(cut_non), "x").len, 0);
	assert_int_equal(kit_handle(kit, BYTES_OF(version), "x").len, 0);
	assert_int_equal(kit_handle(kit, BYTES_NONE, "x").len, 0);
}

/* Random datagrams, and good ones with random damage. */
static void
test_garbage(void **state)
{
	struct kit *kit = *state;
	struct node *node = node_new(kit, 1);
	uint8_t buf[DATAGRAM_MAX], r[4];
	size_t len;

	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(
		    random_fill(&kit->random, r, sizeof(r)), ERR_OK);
		len = (size_t)r[0] + 1;
		assert_int_equal(random_fill(&kit->random, buf, len), ERR_OK);
		if (r[1] & 1)
			buf[0] = 0x40 | (buf[0] & 3);
		(void)kit_handle(kit, bytes_make(buf, len), "x");
	}
	while (node_poll(node).len > 0) {
		for (unsigned i = 0; i < 500; i++) {
			assert_int_equal(
			    random_fill(&kit->random, r, sizeof(r)), ERR_OK);
			len = node->sent_len;
			memcpy(buf, node->sent, len);
			buf[r[0] % len] ^= (uint8_t)(r[1] | 1);
			if (r[2] & 1)
				len = r[3] % len;
			(void)kit_handle(kit, bytes_make(buf, len), "x");
		}
		struct bytes out = kit_handle(
		    kit, bytes_make(node->sent, node->sent_len), "x");

		device_receive(
		    &node->device, kit->now.ms, kit->now.unix_s, out);
	}
	/* A good message_3 with damage behind it has ended the session. */
	node_bootstrap(node, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM events"), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM left_contexts"), 0);
	node_free(node);
}

/* --- counters --- */

struct sum {
	unsigned count;
	uint64_t plain;
};

static bool
add_up(void *ctx, const char *name, uint64_t value)
{
	struct sum *sum = ctx;

	assert_int_equal(strncmp(name, "devices_", 8), 0);
	sum->count++;
	if (strcmp(name, "devices_plain") == 0)
		sum->plain = value;
	return true;
}

static void
test_counters_become_rows(void **state)
{
	struct kit *kit = *state;
	const struct request r = CON(COAP_GET, CORE);
	struct sum sum;

	for (unsigned i = 1; i <= 2; i++) {
		(void)ask(kit, &r);
		assert_int_equal(
		    metrics_write(kit->store, devices_counters(kit->devices)),
		    ERR_OK);
		sum = (struct sum){.count = 0};
		assert_int_equal(
		    store_counter_list(kit->store, add_up, &sum), ERR_OK);
		assert_int_equal(sum.plain, i);
	}
	assert_int_equal(
	    sum.count, sizeof(struct devices_counters) / sizeof(uint64_t));
}

/* --- load --- */

/* message_1 of a device that never goes on. */
static void
half_open(struct kit *kit, unsigned i)
{
	struct node *node = node_new(kit, i);

	assert_true(node_poll(node).len > 0);
	assert_true(kit_handle(kit, bytes_make(node->sent, node->sent_len),
			"203.0.113.1:1")
			.len > 0);
	node_free(node);
}

static void
test_many_half_open_sessions_ask_for_echo(void **state)
{
	struct kit *kit = *state;
	struct node *node;
	struct coap_message m;
	struct bytes out;

	kit->config.half_open = 3;
	kit_restart(kit);
	for (unsigned i = 0; i < 3; i++)
		half_open(kit, 100 + i);
	assert_int_equal(devices_half_open(kit->devices), 3);
	node = node_new(kit, 1);
	assert_true(node_poll(node).len > 0);
	kit->keys_calls = 0;
	out = kit_handle(
	    kit, bytes_make(node->sent, node->sent_len), node->address);
	assert_int_equal(coap_decode(out, &m), ERR_OK);
	assert_int_equal(m.code, COAP_UNAUTHORIZED);
	assert_int_equal(kit->keys_calls, 0);
	device_receive(&node->device, kit->now.ms, kit->now.unix_s, out);
	/* The Echo belongs to the address that got it. */
	assert_true(node_poll(node).len > 0);
	out = kit_handle(
	    kit, bytes_make(node->sent, node->sent_len), "203.0.113.1:1");
	assert_int_equal(coap_decode(out, &m), ERR_OK);
	assert_int_equal(m.code, COAP_UNAUTHORIZED);
	out = kit_handle(
	    kit, bytes_make(node->sent, node->sent_len), node->address);
	assert_int_equal(coap_decode(out, &m), ERR_OK);
	assert_int_equal(m.code, COAP_CHANGED);
	device_receive(&node->device, kit->now.ms, kit->now.unix_s, out);
	node_bootstrap(node, 1);
	/* Sessions that go nowhere end by themselves. */
	kit->now.ms += DEVICES_KEEP_MS + 1;
	assert_int_equal(node_heartbeat(node), ERR_OK);
	assert_int_equal(devices_half_open(kit->devices), 0);
	node_free(node);
}

static void
test_full_table_drops_the_oldest(void **state)
{
	struct kit *kit = *state;
	struct node *node[20];
	struct bytes out;
	unsigned done = 0;

	kit->config.sessions = 16;
	kit_restart(kit);
	for (unsigned i = 0; i < 20; i++) {
		node[i] = node_new(kit, 1 + i);
		assert_true(node_poll(node[i]).len > 0);
		out = kit_handle(
		    kit, bytes_make(node[i]->sent, node[i]->sent_len), "x");
		device_receive(
		    &node[i]->device, kit->now.ms, kit->now.unix_s, out);
	}
	assert_int_equal(devices_half_open(kit->devices), 16);
	for (unsigned i = 0; i < 20; i++) {
		(void)node_talk(node[i]);
		done += node_info(node[i]).generation;
	}
	/* The first four start over: the others were not harmed. */
	assert_int_equal(done, 16);
	for (unsigned i = 0; i < 20; i++) {
		node_bootstrap(node[i], 1);
		node_free(node[i]);
	}
}

/* More sessions than short names: C_R of two bytes serves as well. */
static void
test_long_connection_identifiers(void **state)
{
	struct kit *kit = *state;
	struct node *node;

	for (unsigned i = 0; i < 60; i++)
		half_open(kit, 100 + i);
	node = node_new(kit, 1);
	node_bootstrap(node, 1);
	assert_true(node->bytes <= 524);
	node_free(node);
}

/* --- message_3 alone --- */

struct initiator {
	struct node *node;
	struct edhoc e;
	struct oscore_context context;
	struct oscore_request_ref ref;
	uint8_t request[BOOTSTRAP_REQUEST_MAX];
	size_t request_len;
};

static struct coap_message
post_edhoc(struct kit *kit, struct bytes payload)
{
	struct request r = {.type = COAP_CON,
	    .code = COAP_POST,
	    .path = ".well-known/edhoc",
	    .option = COAP_OPT_CONTENT_FORMAT,
	    .value = {(const uint8_t *)"\x41", 1},
	    .payload = payload};

	return ask(kit, &r);
}

static void
exchange_1(struct initiator *in, enum edhoc_suite suite)
{
	struct kit *kit = in->node->kit;
	const enum edhoc_suite suites[] = {suite};
	const struct edhoc_cid c_i = {.id = {0x0b}, .len = 1};
	struct edhoc_ephemeral own;
	struct edhoc_cred cred = {.is_der = false};
	uint8_t buf[256], ccs[EDHOC_CRED_MAX];
	struct bytes id_cred, kid;
	struct coap_message m;
	struct writer w;

	assert_int_equal(
	    edhoc_ephemeral_make(suite, &kit->random, &own), ERR_OK);
	edhoc_start(&in->e, EDHOC_DH_DH, suite, &c_i, &own);
	writer_init(&w, buf, sizeof(buf));
	writer_u8(&w, 0xf5);
	assert_int_equal(edhoc_message_1(&in->e, suites, 1, NULL, &w), ERR_OK);
	m = post_edhoc(kit, writer_bytes(&w));
	assert_int_equal(m.code, COAP_CHANGED);
	assert_int_equal(
	    edhoc_message_2_open(&in->e, m.payload, &id_cred), ERR_OK);
	assert_true(edhoc_kid_read(id_cred, &kid));
	assert_int_equal(
	    rot_credential(&in->node->rot, kid.ptr[0], &cred.public_key),
	    ERR_OK);
	writer_init(&w, ccs, sizeof(ccs));
	edhoc_ccs_write(&w, BYTES_LIT("holdfast"), kid, &cred.public_key);
	cred.cred = writer_bytes(&w);
	assert_int_equal(edhoc_message_2_verify(&in->e, &cred), ERR_OK);
}

static void
write_message_3(struct initiator *in, struct writer *out, bool by_value)
{
	struct rot *rot = &in->node->rot;
	char subject[HEX_SIZE(UID_LEN)];
	uint8_t ccs[EDHOC_CRED_MAX], id[EDHOC_ID_CRED_MAX], salt[SHA256_LEN],
	    prk[SHA256_LEN];
	struct edhoc_cred cred = {.is_der = false};
	struct writer w, id_cred;
	struct p256_point peer;

	assert_int_equal(rot_public_key(rot, &cred.public_key), ERR_OK);
	hex_encode(BYTES_OF(in->node->uid), subject);
	writer_init(&w, ccs, sizeof(ccs));
	edhoc_ccs_write(
	    &w, bytes_str(subject), BYTES_OF(in->node->uid), &cred.public_key);
	cred.cred = writer_bytes(&w);
	writer_init(&id_cred, id, sizeof(id));
	if (by_value) {
		writer_put(&id_cred, BYTES_LIT("\xa1\x0e"));
		writer_put(&id_cred, cred.cred);
	} else {
		edhoc_kid_write(&id_cred, BYTES_OF(in->node->uid));
	}
	assert_true(edhoc_need(&in->e, salt, &peer));
	assert_int_equal(rot_static_prk(rot, salt, &peer, prk), ERR_OK);
	assert_int_equal(edhoc_message_3(&in->e, writer_bytes(&id_cred), &cred,
			     prk, NULL, NULL, out),
	    ERR_OK);
	assert_int_equal(edhoc_oscore(&in->e, &in->context), ERR_OK);
}

static void
write_request_2(struct initiator *in)
{
	struct rot *rot = &in->node->rot;
	struct writer w;

	assert_int_equal(rot_instance_make(rot), ERR_OK);
	assert_int_equal(rot_next_key_make(rot), ERR_OK);
	writer_init(&w, in->request, sizeof(in->request));
	assert_int_equal(
	    rot_request_write(rot, BYTES_LIT("03.15"), BYTES_NONE, &w), ERR_OK);
	in->request_len = w.len;
}

/* Request 2 under the session, behind message_3 unless that is empty. */
static void
protect_2(struct initiator *in, struct bytes message_3, struct writer *out)
{
	const uint8_t piv = 0;
	const struct oscore_outer outer = {.type = COAP_CON, .id = 7};
	const struct oscore_inner request = {
	    COAP_POST, BYTES_NONE, bytes_make(in->request, in->request_len)};

	assert_int_equal(
	    oscore_protect_request(&in->context, &outer, bytes_make(&piv, 1),
		false, message_3, &request, out, &in->ref),
	    ERR_OK);
}

/* The inner code and payload of its answer; 0: there was none. */
static uint8_t
open_2(struct initiator *in, struct bytes answer, uint8_t *out,
    struct bytes *ret_payload)
{
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message m;
	struct bytes value;

	if (answer.len == 0)
		return 0;
	assert_int_equal(coap_decode(answer, &m), ERR_OK);
	if (!coap_option_find(m.options, COAP_OPT_OSCORE, &value))
		return m.code;
	assert_int_equal(oscore_option_decode(value, &option), ERR_OK);
	assert_int_equal(oscore_open_response(&in->context, &in->ref, &option,
			     m.payload, out, DATAGRAM_MAX, &inner),
	    ERR_OK);
	*ret_payload = inner.payload;
	return inner.code;
}

/* Sends request 2; says the inner code and payload. */
static uint8_t
exchange_2(struct initiator *in, struct bytes message_3, uint8_t *out,
    struct bytes *ret_payload)
{
	uint8_t buf[DATAGRAM_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	protect_2(in, message_3, &w);
	return open_2(in, kit_handle(in->node->kit, writer_bytes(&w), "x"), out,
	    ret_payload);
}

static void
long_way(struct kit *kit, unsigned i, enum edhoc_suite suite)
{
	struct initiator in = {.node = node_new(kit, i)};
	struct bootstrap_response response;
	uint8_t buf[256], out[DATAGRAM_MAX], exporter[32];
	struct bytes payload;
	struct coap_message m;
	struct writer w;

	assert_int_equal(
	    device_seal(&in.node->device, kit_profile, BYTES_LIT("S")), ERR_OK);
	exchange_1(&in, suite);
	writer_init(&w, buf, sizeof(buf));
	edhoc_cid_write(&w, &in.e.c_r);
	write_message_3(&in, &w, false);
	/* Twice: message_4 again. */
	for (int k = 0; k < 2; k++) {
		m = post_edhoc(kit, writer_bytes(&w));
		assert_int_equal(m.code, COAP_CHANGED);
	}
	assert_int_equal(edhoc_message_4_open(&in.e, m.payload), ERR_OK);
	assert_int_equal(devices_half_open(kit->devices), 0);
	write_request_2(&in);
	assert_int_equal(
	    exchange_2(&in, BYTES_NONE, out, &payload), COAP_CHANGED);
	assert_int_equal(bootstrap_response_read(payload, &response), ERR_OK);
	assert_int_equal(response.status, BOOTSTRAP_ASSIGNED);
	assert_int_equal(edhoc_exporter(&in.e, KEYS_EXPORTER_LABEL, BYTES_NONE,
			     exporter, sizeof(exporter)),
	    ERR_OK);
	assert_int_equal(rot_pend_make(&in.node->rot, exporter,
			     bytes_make(in.request, in.request_len), payload),
	    ERR_OK);
	node_boot(in.node);
	node_bootstrap(in.node, 1);
	node_agree(in.node);
	edhoc_done(&in.e);
	node_free(in.node);
}

static void
test_message_3_alone(void **state)
{
	long_way(*state, 1, EDHOC_SUITE_2);
	long_way(*state, 2, EDHOC_SUITE_3);
}

/* A forged message_3 ends nothing: the real one still comes through. */
static void
test_forged_message_3_is_ignored(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	uint8_t real[256], forged[256], out[DATAGRAM_MAX];
	struct bytes payload;
	struct writer w;

	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&w, real, sizeof(real));
	write_message_3(&in, &w, false);
	write_request_2(&in);
	/* Behind its head, which says how long it is. */
	for (size_t i = 2; i < w.len; i++) {
		memcpy(forged, real, w.len);
		forged[i] ^= 0x10;
		assert_int_equal(
		    exchange_2(&in, bytes_make(forged, w.len), out, &payload),
		    0);
	}
	assert_int_equal(devices_half_open(kit->devices), 1);
	assert_int_equal(
	    exchange_2(&in, writer_bytes(&w), out, &payload), COAP_CHANGED);
	edhoc_done(&in.e);
	node_free(in.node);
}

/* What EDHOC has verified says who it is, and nothing that is sent later. */
static void
test_malformed_request_2(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	struct bootstrap_response response;
	uint8_t message_3[256], out[DATAGRAM_MAX];
	struct bytes payload;
	struct writer w;

	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&w, message_3, sizeof(message_3));
	write_message_3(&in, &w, false);
	write_request_2(&in);
	in.request[0] ^= 1;
	assert_int_equal(
	    exchange_2(&in, writer_bytes(&w), out, &payload), COAP_BAD_REQUEST);
	assert_int_equal(bootstrap_response_read(payload, &response), ERR_OK);
	assert_int_equal(response.status, BOOTSTRAP_MALFORMED);
	edhoc_done(&in.e);
	node_free(in.node);
}

/* A credential by value that nobody knows leads to tickets: none here. */
static void
test_unknown_device_by_value(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	struct bootstrap_response response;
	uint8_t message_3[256], out[DATAGRAM_MAX];
	struct bytes payload;
	struct writer w;

	kit_sql(kit, "DELETE FROM devices");
	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&w, message_3, sizeof(message_3));
	write_message_3(&in, &w, true);
	write_request_2(&in);
	assert_int_equal(
	    exchange_2(&in, writer_bytes(&w), out, &payload), COAP_FORBIDDEN);
	assert_int_equal(bootstrap_response_read(payload, &response), ERR_OK);
	assert_int_equal(response.status, BOOTSTRAP_UNKNOWN);
	edhoc_done(&in.e);
	node_free(in.node);
}

/* What a batch proves makes room for what it opens: nobody has to show more. */
static void
test_proven_in_the_same_batch(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	struct node *other = node_new(kit, 2);
	uint8_t message_3[256], sent[DATAGRAM_MAX];
	struct devices_in datagram[2] = {
	    {.from = BYTES_LIT("x"), .address = "x"},
	    {.from = BYTES_LIT("y"), .address = "y"}};
	struct bytes out[2];
	struct writer m, w;

	kit->config.half_open = 1;
	kit_restart(kit);
	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&m, message_3, sizeof(message_3));
	write_message_3(&in, &m, false);
	write_request_2(&in);
	writer_init(&w, sent, sizeof(sent));
	protect_2(&in, writer_bytes(&m), &w);
	datagram[0].data = writer_bytes(&w);
	datagram[1].data = node_poll(other);
	devices_handle(kit->devices, &kit->now, datagram, 2, out);
	assert_true(out[0].len > 0 && out[1].len > 0);
	assert_int_equal(devices_counters(kit->devices)->challenged, 0);
	assert_int_equal(devices_half_open(kit->devices), 1);
	edhoc_done(&in.e);
	node_free(in.node);
	node_free(other);
}

/*
 * Two sessions of one device in one batch. Who comes by value has proved his
 * key before his device is looked for; he finds it held, and waits with what
 * he has proved.
 */
static void
test_two_sessions_in_one_batch(void **state)
{
	struct kit *kit = *state;
	struct initiator in[2] = {{.node = node_new(kit, 1)}};
	uint8_t message_3[2][256], sent[2][DATAGRAM_MAX], plain[DATAGRAM_MAX];
	struct bootstrap_response response;
	struct devices_in datagram[2];
	struct bytes out[2], payload;
	struct writer m, w;

	in[1].node = in[0].node;
	for (int i = 0; i < 2; i++) {
		exchange_1(&in[i], EDHOC_SUITE_2);
		writer_init(&m, message_3[i], sizeof(message_3[i]));
		write_message_3(&in[i], &m, i == 1);
		write_request_2(&in[i]);
		writer_init(&w, sent[i], sizeof(sent[i]));
		protect_2(&in[i], writer_bytes(&m), &w);
		datagram[i] = (struct devices_in){.data = writer_bytes(&w),
		    .from = BYTES_LIT("x"),
		    .address = "x"};
	}
	devices_handle(kit->devices, &kit->now, datagram, 2, out);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    open_2(&in[i], out[i], plain, &payload), COAP_CHANGED);
		assert_int_equal(
		    bootstrap_response_read(payload, &response), ERR_OK);
		assert_int_equal(response.generation, 1 + i);
		edhoc_done(&in[i].e);
	}
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 2);
	node_free(in[0].node);
}

/*
 * A stranger with a key of his own learns the same of every device: that
 * there is none, be it known, quarantined or not.
 */
static void
test_stranger_by_value(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	struct bootstrap_response response;
	uint8_t message_3[256], out[DATAGRAM_MAX];
	struct bytes payload;
	struct writer w;

	kit_sql(kit, "UPDATE devices SET factory_key = zeroblob(65),"
		     " quarantined = 1");
	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&w, message_3, sizeof(message_3));
	write_message_3(&in, &w, true);
	write_request_2(&in);
	assert_int_equal(
	    exchange_2(&in, writer_bytes(&w), out, &payload), COAP_FORBIDDEN);
	assert_int_equal(bootstrap_response_read(payload, &response), ERR_OK);
	assert_int_equal(response.status, BOOTSTRAP_UNKNOWN);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pendings"), 0);
	edhoc_done(&in.e);
	node_free(in.node);
}

/*
 * Who opens a session can make message_3 that decrypts and does not verify;
 * each costs an ECDH for every key of the device that it names. One is all.
 */
static void
test_wrong_message_3_ends_its_session(void **state)
{
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	uint8_t message_3[256], out[DATAGRAM_MAX];
	struct bytes payload;
	struct writer w;

	/* Another key: the generator of P-256. */
	kit_sql(kit, "UPDATE devices SET factory_key = x'04"
		     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945"
		     "d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ece"
		     "cbb6406837bf51f5'");
	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&w, message_3, sizeof(message_3));
	write_message_3(&in, &w, false);
	write_request_2(&in);
	assert_int_equal(devices_half_open(kit->devices), 1);
	assert_int_equal(exchange_2(&in, writer_bytes(&w), out, &payload), 0);
	assert_int_equal(devices_counters(kit->devices)->ignored, 1);
	assert_int_equal(devices_half_open(kit->devices), 0);
	edhoc_done(&in.e);
	node_free(in.node);
}

/*
 * So does one whose EAD leaves no room for the credential that it is verified
 * with: the sender has put a shorter one in its place.
 */
static void
test_endless_message_3_ends_its_session(void **state)
{
	static const uint8_t long_ead[400];
	struct kit *kit = *state;
	struct initiator in = {.node = node_new(kit, 1)};
	const struct edhoc_cred cred = {.cred = BYTES_LIT("\x01")};
	const struct edhoc_eads eads = {
	    .item = {{.label = 1,
		.has_value = true,
		.value = {long_ead, sizeof(long_ead)}}},
	    .count = 1};
	uint8_t message_3[EDHOC_MESSAGE_MAX], id[16], out[DATAGRAM_MAX];
	uint8_t salt[SHA256_LEN], prk[SHA256_LEN];
	struct p256_point peer;
	struct bytes payload;
	struct writer w, id_cred;

	exchange_1(&in, EDHOC_SUITE_2);
	writer_init(&id_cred, id, sizeof(id));
	edhoc_kid_write(&id_cred, BYTES_OF(in.node->uid));
	assert_true(edhoc_need(&in.e, salt, &peer));
	assert_int_equal(
	    rot_static_prk(&in.node->rot, salt, &peer, prk), ERR_OK);
	writer_init(&w, message_3, sizeof(message_3));
	assert_int_equal(edhoc_message_3(&in.e, writer_bytes(&id_cred), &cred,
			     prk, NULL, &eads, &w),
	    ERR_OK);
	assert_int_equal(edhoc_oscore(&in.e, &in.context), ERR_OK);
	write_request_2(&in);
	assert_int_equal(exchange_2(&in, writer_bytes(&w), out, &payload), 0);
	assert_int_equal(devices_counters(kit->devices)->ignored, 1);
	assert_int_equal(devices_counters(kit->devices)->failed, 0);
	assert_int_equal(devices_half_open(kit->devices), 0);
	edhoc_done(&in.e);
	node_free(in.node);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_discovery),
	    TEST(test_refusals),
	    TEST(test_edhoc_errors),
	    TEST(test_empty_and_broken_messages),
	    TEST(test_garbage),
	    TEST(test_counters_become_rows),
	    TEST(test_many_half_open_sessions_ask_for_echo),
	    TEST(test_full_table_drops_the_oldest),
	    TEST(test_long_connection_identifiers),
	    TEST(test_message_3_alone),
	    TEST(test_forged_message_3_is_ignored),
	    TEST(test_malformed_request_2),
	    TEST(test_unknown_device_by_value),
	    TEST(test_proven_in_the_same_batch),
	    TEST(test_two_sessions_in_one_batch),
	    TEST(test_stranger_by_value),
	    TEST(test_wrong_message_3_ends_its_session),
	    TEST(test_endless_message_3_ends_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
