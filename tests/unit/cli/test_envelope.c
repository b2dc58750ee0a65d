/*
 * The program's own way to open a message, against the envelope that a
 * device seals with: any length, any damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/text.h"
#include "cli.h"
#include "keys/envelope.h"

static const uint8_t key[E2E_KEY_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};

/* The service's answer for a header. */
static json_t *
answer_of(struct bytes header, const char *key_text, int bits)
{
	uint8_t nonce[E2E_NONCE_LEN];
	char text[BASE64_SIZE(E2E_NONCE_LEN)];

	envelope_nonce(header, nonce);
	base64_encode(BYTES_OF(nonce), text);
	return json_pack("{s:s, s:s, s:i, s:s}", "CipherSuite", "AES_128_CCM",
	    "Key", key_text, "MACLength", bits, "Nonce", text);
}

/* Seals len bytes as a device does. */
static size_t
message_make(enum envelope_version version, size_t len, uint8_t *out)
{
	struct envelope_header h = {
	    .version = version, .direction = ENVELOPE_UP, .counter = len};
	static uint8_t plain[70000];
	uint8_t raw[E2E_V1_HEADER_LEN];
	size_t header_len;

	for (size_t i = 0; i < len; i++)
		plain[i] = (uint8_t)(i * 7);
	assert_int_equal(envelope_header_encode(&h, raw, &header_len), ERR_OK);
	assert_int_equal(envelope_seal(bytes_make(raw, header_len), key,
			     bytes_make(plain, len), out),
	    ERR_OK);
	return len + envelope_overhead(version);
}

static struct envelope_key
key_of(struct bytes message)
{
	char text[BASE64_SIZE(sizeof(key))];
	size_t header = envelope_header(message);
	struct envelope_key k;

	base64_encode(BYTES_OF(key), text);
	json_t *answer = answer_of(
	    bytes_make(message.ptr, header), text, header == 16 ? 128 : 64);

	assert_int_equal(envelope_key_read(answer, &k), ERR_OK);
	json_decref(answer);
	return k;
}

/* What goes to a device, opened as the device opens it. */
static void
test_what_is_encrypted_opens_on_a_device(void **state UNUSED)
{
	static const size_t lengths[] = {0, 1, 5, 16, 17, 255, 65536};
	static uint8_t message[65600], plain[65600], got[65600];
	uint8_t raw[E2E_V1_HEADER_LEN];
	size_t header_len, len;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 11);
	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++) {
		struct envelope_header h = {.version = (enum envelope_version)v,
		    .direction = ENVELOPE_DOWN,
		    .counter = 5};

		assert_int_equal(
		    envelope_header_encode(&h, raw, &header_len), ERR_OK);
		struct bytes header = bytes_make(raw, header_len);
		struct envelope_key k = key_of(header);

		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			assert_int_equal(
			    envelope_encrypt(&k, header,
				bytes_make(plain, lengths[i]), message, &len),
			    ERR_OK);
			assert_int_equal(
			    len, lengths[i] + envelope_overhead(h.version));
			assert_int_equal(envelope_open(header, key,
					     bytes_make(message, len), got),
			    ERR_OK);
			assert_memory_equal(got, plain, lengths[i]);
		}
	}
}

static void
test_what_a_device_seals_opens(void **state UNUSED)
{
	static const size_t lengths[] = {
	    0, 1, 5, 15, 16, 17, 255, 256, 65535, 65536, 70000};
	static uint8_t message[70064], plain[70064];

	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++) {
		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			size_t len = message_make(
			    (enum envelope_version)v, lengths[i], message);
			struct bytes m = bytes_make(message, len);
			struct envelope_key k = key_of(m);
			size_t got = 99;

			assert_int_equal(
			    envelope_decrypt(&k, m, plain, &got), ERR_OK);
			assert_int_equal(got, lengths[i]);
			for (size_t j = 0; j < got; j++)
				assert_int_equal(plain[j], (uint8_t)(j * 7));
		}
	}
}

/* The seed's HELLO: 37 bytes in V1, 24 in V2. */
static void
test_hello_has_its_lengths(void **state UNUSED)
{
	uint8_t message[64];

	assert_int_equal(message_make(ENVELOPE_V1, 5, message), 37);
	assert_int_equal(message_make(ENVELOPE_V2, 5, message), 24);
}

static void
test_any_bit_counts(void **state UNUSED)
{
	uint8_t message[64], plain[64];

	for (int v = ENVELOPE_V1; v <= ENVELOPE_V2; v++) {
		size_t len = message_make((enum envelope_version)v, 5, message);
		struct envelope_key k = key_of(bytes_make(message, len));
		size_t header = envelope_header(bytes_make(message, len));

		for (size_t bit = 8 * header; bit < 8 * len; bit++) {
			size_t got;

			message[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(
			    envelope_decrypt(
				&k, bytes_make(message, len), plain, &got),
			    ERR_AUTH);
			message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void
test_every_cut_is_refused(void **state UNUSED)
{
	uint8_t message[64], plain[64];
	size_t len = message_make(ENVELOPE_V1, 5, message), got;
	struct envelope_key k = key_of(bytes_make(message, len));

	for (size_t cut = 0; cut < len; cut++) {
		enum err err =
		    envelope_decrypt(&k, bytes_make(message, cut), plain, &got);

		assert_int_equal(err, cut < 32 ? ERR_TRUNCATED : ERR_AUTH);
	}
}

static void
test_headers(void **state UNUSED)
{
	uint8_t m[16] = {0x11};

	assert_int_equal(envelope_header(bytes_make(m, 16)), 16);
	assert_int_equal(envelope_header(bytes_make(m, 15)), 0);
	m[0] = 0x21;
	assert_int_equal(envelope_header(bytes_make(m, 16)), 11);
	assert_int_equal(envelope_header(bytes_make(m, 11)), 11);
	assert_int_equal(envelope_header(bytes_make(m, 10)), 0);
	m[0] = 0x31;
	assert_int_equal(envelope_header(bytes_make(m, 16)), 0);
	assert_int_equal(envelope_header(BYTES_NONE), 0);
}

static void
test_answers_that_make_no_sense(void **state UNUSED)
{
	static const struct {
		const char *key;
		int bits;
	} cases[] = {{"", 128}, {"AAAA", 128}, {"AAAAAAAAAAAAAAAAAAAAAA==", 96},
	    {"AAAAAAAAAAAAAAAAAAAAAA==", 0}, {"!", 64}};
	uint8_t header[16] = {0x11, 1};
	struct envelope_key k;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *answer =
		    answer_of(BYTES_OF(header), cases[i].key, cases[i].bits);

		assert_int_equal(envelope_key_read(answer, &k), ERR_FORMAT);
		json_decref(answer);
	}
	assert_int_equal(envelope_key_read(NULL, &k), ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_a_device_seals_opens),
	    cmocka_unit_test(test_what_is_encrypted_opens_on_a_device),
	    cmocka_unit_test(test_hello_has_its_lengths),
	    cmocka_unit_test(test_any_bit_counts),
	    cmocka_unit_test(test_every_cut_is_refused),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_answers_that_make_no_sense),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
