/*
 * PSK identities and E2E messages: the golden vectors of PROTOCOL.md, every
 * limit, and one flipped bit anywhere in a message.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "golden.h"
#include "keys/envelope.h"

static const uint64_t counter48 = UINT64_C(0xeb0074451234);

/* Each of the four kinds of message, with the names of its vectors. */
static const struct {
	enum envelope_version version;
	enum envelope_direction direction;
	uint64_t counter;
	const char *header, *key, *message;
} kinds[] = {
    {ENVELOPE_V1, ENVELOPE_UP, counter48, "up-v1-header", "up-v1-key",
	"up-v1-message"},
    {ENVELOPE_V2, ENVELOPE_UP, 0x74451234, "up-v2-header", "up-v2-key",
	"up-v2-message"},
    {ENVELOPE_V1, ENVELOPE_DOWN, counter48, "down-v1-header", "down-v1-key",
	"down-v1-message"},
    {ENVELOPE_V2, ENVELOPE_DOWN, 0x74451234, "down-v2-header", "down-v2-key",
	"down-v2-message"},
};

static void
header_make(size_t kind, struct envelope_header *h)
{
	h->version = kinds[kind].version;
	h->direction = kinds[kind].direction;
	h->counter = kinds[kind].counter;
	memcpy(h->alias, golden("alias").ptr, ALIAS_LEN);
}

static void
test_identity(void **state)
{
	struct psk_identity id, back;
	uint8_t out[PSK_ID_LEN];

	(void)state;
	memcpy(id.alias, golden("alias").ptr, ALIAS_LEN);
	id.counter = counter48;
	assert_int_equal(psk_identity_encode(&id, out), ERR_OK);
	golden_equal("psk-identity", out, sizeof(out));
	assert_int_equal(psk_identity_decode(BYTES_OF(out), &back), ERR_OK);
	assert_int_equal(back.counter, counter48);
	assert_memory_equal(back.alias, id.alias, ALIAS_LEN);
	id.counter = COUNTER48_MAX;
	assert_int_equal(psk_identity_encode(&id, out), ERR_OK);
	assert_int_equal(psk_identity_decode(BYTES_OF(out), &back), ERR_OK);
	assert_int_equal(back.counter, COUNTER48_MAX);
	id.counter = COUNTER48_MAX + 1;
	assert_int_equal(psk_identity_encode(&id, out), ERR_INVALID);
}

static void
test_identity_refused(void **state)
{
	uint8_t in[PSK_ID_LEN + 1] = {0};
	struct psk_identity id;
	size_t len;

	(void)state;
	memcpy(in, golden("psk-identity").ptr, PSK_ID_LEN);
	for (len = 0; len <= sizeof(in); len++)
		assert_int_equal(psk_identity_decode(bytes_make(in, len), &id),
		    len == PSK_ID_LEN ? ERR_OK : ERR_FORMAT);
	in[0] = 0x12;
	assert_int_equal(
	    psk_identity_decode(bytes_make(in, PSK_ID_LEN), &id), ERR_FORMAT);
	in[0] = 0x11;
	in[1] = 0x02;
	assert_int_equal(
	    psk_identity_decode(bytes_make(in, PSK_ID_LEN), &id), ERR_FORMAT);
}

static void
test_headers(void **state)
{
	struct envelope_header h, back;
	uint8_t out[E2E_V1_HEADER_LEN];
	size_t kind, len;

	(void)state;
	for (kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		header_make(kind, &h);
		assert_int_equal(envelope_header_encode(&h, out, &len), ERR_OK);
		golden_equal(kinds[kind].header, out, len);
		assert_int_equal(
		    envelope_header_decode(bytes_make(out, len), &back),
		    ERR_OK);
		assert_int_equal(back.version, h.version);
		assert_int_equal(back.direction, h.direction);
		assert_int_equal(back.counter, h.counter);
		assert_memory_equal(back.alias, h.alias, ALIAS_LEN);
	}
}

static void
test_header_counters(void **state)
{
	struct envelope_header h;
	uint8_t out[E2E_V1_HEADER_LEN];
	size_t len;

	(void)state;
	header_make(0, &h);
	h.counter = COUNTER48_MAX;
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_OK);
	h.counter = COUNTER48_MAX + 1;
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_INVALID);
	header_make(1, &h);
	h.counter = UINT32_MAX;
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_OK);
	h.counter = (uint64_t)UINT32_MAX + 1;
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_INVALID);
	h.version = (enum envelope_version)3;
	assert_int_equal(envelope_header_encode(&h, out, &len), ERR_INVALID);
}

/* Whatever the first two bytes are, only the four kinds are headers. */
static void
test_header_first_bytes(void **state)
{
	uint8_t in[E2E_V1_HEADER_LEN] = {0};
	struct envelope_header h;
	unsigned first, second;
	bool ok;

	(void)state;
	for (first = 0; first < 256; first++) {
		in[0] = (uint8_t)first;
		ok = first == 0x21 || first == 0x22;
		assert_int_equal(envelope_header_decode(
				     bytes_make(in, E2E_V2_HEADER_LEN), &h),
		    ok ? ERR_OK : ERR_FORMAT);
		for (second = 0; second < 4; second++) {
			in[1] = (uint8_t)second;
			ok = (first == 0x11 || first == 0x12) && second == 1;
			assert_int_equal(
			    envelope_header_decode(BYTES_OF(in), &h),
			    ok ? ERR_OK : ERR_FORMAT);
		}
	}
}

static void
test_header_lengths(void **state)
{
	uint8_t in[20] = {0x11, 0x01};
	struct envelope_header h;
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(in); len++)
		assert_int_equal(
		    envelope_header_decode(bytes_make(in, len), &h),
		    len == E2E_V1_HEADER_LEN ? ERR_OK : ERR_FORMAT);
	in[15] = 1;
	assert_int_equal(
	    envelope_header_decode(bytes_make(in, 16), &h), ERR_FORMAT);
	in[15] = 0;
	in[14] = 1;
	assert_int_equal(
	    envelope_header_decode(bytes_make(in, 16), &h), ERR_FORMAT);
	in[14] = 0;
	in[0] = 0x21;
	for (len = 0; len <= sizeof(in); len++)
		assert_int_equal(
		    envelope_header_decode(bytes_make(in, len), &h),
		    len == E2E_V2_HEADER_LEN ? ERR_OK : ERR_FORMAT);
}

static void
test_header_len(void **state)
{
	uint8_t in[20] = {0};
	unsigned first;
	size_t want;

	(void)state;
	assert_int_equal(envelope_header_len(BYTES_NONE), 0);
	for (first = 0; first < 256; first++) {
		in[0] = (uint8_t)first;
		want = first >> 4 == 1 ? 16 : first >> 4 == 2 ? 11 : 0;
		assert_int_equal(envelope_header_len(BYTES_OF(in)), want);
	}
	in[0] = 0x11;
	assert_int_equal(envelope_header_len(bytes_make(in, 15)), 0);
	in[0] = 0x21;
	assert_int_equal(envelope_header_len(bytes_make(in, 10)), 0);
	assert_int_equal(envelope_header_len(bytes_make(in, 11)), 11);
}

static void
test_messages(void **state)
{
	struct bytes hello = golden("plaintext");
	struct envelope_header h;
	uint8_t out[64], back[64];
	size_t kind, len;

	(void)state;
	assert_int_equal(envelope_overhead(ENVELOPE_V1), 32);
	assert_int_equal(envelope_overhead(ENVELOPE_V2), 19);
	for (kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		header_make(kind, &h);
		len = hello.len + envelope_overhead(h.version);
		assert_int_equal(envelope_seal(golden(kinds[kind].header),
				     golden(kinds[kind].key).ptr, hello, out),
		    ERR_OK);
		golden_equal(kinds[kind].message, out, len);
		assert_int_equal(envelope_open(golden(kinds[kind].header),
				     golden(kinds[kind].key).ptr,
				     bytes_make(out, len), back),
		    ERR_OK);
		assert_memory_equal(back, hello.ptr, hello.len);
	}
}

static void
test_flipped_bits(void **state)
{
	struct bytes message;
	uint8_t in[64], back[64];
	size_t kind, bit;

	(void)state;
	for (kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		message = golden(kinds[kind].message);
		for (bit = 0; bit < 8 * message.len; bit++) {
			memcpy(in, message.ptr, message.len);
			in[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(
			    envelope_open(golden(kinds[kind].header),
				golden(kinds[kind].key).ptr,
				bytes_make(in, message.len), back),
			    ERR_AUTH);
		}
	}
}

static void
test_short_and_long(void **state)
{
	uint8_t key[E2E_KEY_LEN] = {0}, out[64];
	struct bytes head = golden("up-v1-header");
	struct bytes message = golden("up-v1-message");
	size_t len;

	(void)state;
	for (len = 0; len < 32; len++)
		assert_int_equal(
		    envelope_open(head, key, bytes_make(message.ptr, len), out),
		    ERR_TRUNCATED);
	/* Nothing of an over-long plaintext is read: there is none here. */
	assert_int_equal(
	    envelope_seal(
		head, key, bytes_make(out, (size_t)E2E_PLAINTEXT_MAX + 1), out),
	    ERR_SPACE);
	assert_int_equal(envelope_seal(head, key, BYTES_NONE, out), ERR_OK);
	assert_int_equal(
	    envelope_open(head, key, bytes_make(out, 32), out + 32), ERR_OK);
}

/* A header of another length, or of another version than its length says. */
static void
test_no_header(void **state)
{
	uint8_t key[E2E_KEY_LEN] = {0}, head[20], out[64];
	struct bytes message = golden("up-v1-message"), header;
	size_t kind, len;

	(void)state;
	for (kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		header = golden(kinds[kind].header);
		memset(head, 0, sizeof(head));
		memcpy(head, header.ptr, header.len);
		for (len = 0; len <= sizeof(head); len++) {
			if (len == header.len)
				continue;
			header = bytes_make(head, len);
			assert_int_equal(
			    envelope_seal(header, key, BYTES_LIT("DOWN"), out),
			    ERR_INVALID);
			assert_int_equal(
			    envelope_open(header, key, message, out),
			    ERR_INVALID);
			header = golden(kinds[kind].header);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_identity_refused),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_header_counters),
	    cmocka_unit_test(test_header_first_bytes),
	    cmocka_unit_test(test_header_lengths),
	    cmocka_unit_test(test_header_len),
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_flipped_bits),
	    cmocka_unit_test(test_short_and_long),
	    cmocka_unit_test(test_no_header),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
