/*
 * Protection V1 to V3: the vectors of PROTOCOL.md byte for byte, every
 * length, every flipped bit, every truncation, and what each version notices
 * of frames that are lost, repeated and sent back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "c2c/frame.h"
#include "crypto/crypto.h"
#include "fixture.h"

static const enum hf_c2c_version versions[] = {HF_C2C_V1, HF_C2C_V2, HF_C2C_V3};

#define AT BYTES_LIT("AT\r")
#define OK BYTES_LIT("\r\nOK\r\n")

/* A frame of up to the longest, and its body. */
struct framed {
	uint8_t at[HF_C2C_MODULE_FRAME_MAX];
	size_t len;
};

static void
seal(struct hf_c2c_session *s, struct bytes text, struct framed *ret)
{
	memset(ret->at, 0xEE, sizeof(ret->at));
	assert_int_equal(
	    c2c_seal(s, text, ret->at, sizeof(ret->at), &ret->len), ERR_OK);
	assert_int_equal(ret->len, c2c_sealed_len(s, text.len));
}

/* Opens a copy, so that the frame can be opened again. */
static enum err
open_copy(struct hf_c2c_session *s, const struct framed *f, struct bytes *ret)
{
	static uint8_t copy[HF_C2C_MODULE_FRAME_MAX];
	size_t len = f->len - C2C_FRAME_OVERHEAD;

	memcpy(copy, f->at + C2C_BODY_AT, len);
	*ret = BYTES_NONE;
	return c2c_open(s, copy, len, ret);
}

static void
check_opens(struct hf_c2c_session *s, const struct framed *f, struct bytes want)
{
	struct bytes text;

	assert_int_equal(open_copy(s, f, &text), ERR_OK);
	assert_int_equal(text.len, want.len);
	if (want.len > 0)
		assert_memory_equal(text.ptr, want.ptr, want.len);
}

static void
check_vector(struct hf_c2c_session *from, struct hf_c2c_session *to,
    struct bytes text, const char *name)
{
	struct framed f;

	seal(from, text, &f);
	golden_equal(name, f.at, f.len);
	check_opens(to, &f, text);
}

static void
test_vectors_v1_v2(void **state)
{
	struct two_sides t;

	(void)state;
	two_sides_init(&t, port_counting(), HF_C2C_V1);
	check_vector(&t.host, &t.module, AT, "c2c-v1-at");
	two_sides_init(&t, port_counting(), HF_C2C_V2);
	check_vector(&t.host, &t.module, AT, "c2c-v2-at");
	check_vector(&t.module, &t.host, OK, "c2c-v2-ok");
	check_vector(
	    &t.host, &t.module, BYTES_LIT("Hello world!"), "c2c-v2-hello");
}

static void
test_vectors_v3(void **state)
{
	struct framed f;
	struct two_sides t;
	int i;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V3);
	golden_equal("c2c-h2m", t.host.seal_key, HF_C2C_KEY_LEN);
	golden_equal("c2c-h2m", t.module.open_key, HF_C2C_KEY_LEN);
	golden_equal("c2c-m2h", t.module.seal_key, HF_C2C_KEY_LEN);
	golden_equal("c2c-m2h", t.host.open_key, HF_C2C_KEY_LEN);
	check_vector(&t.host, &t.module, AT, "c2c-v3-at");
	check_vector(&t.module, &t.host, OK, "c2c-v3-ok");
	for (i = 1; i < 300; i++) {
		seal(&t.host, OK, &f);
		check_opens(&t.module, &f, OK);
	}
	check_vector(&t.host, &t.module, AT, "c2c-v3-at-300");
}

/* A pair opens sessions of its own version only. */
static void
test_versions_are_pinned(void **state)
{
	const uint8_t nonce[HF_C2C_NONCE_LEN] = {0};
	struct hf_c2c_session s;
	struct hf_c2c_pair pair;
	unsigned version;
	enum err err;

	(void)state;
	for (version = 0; version < 256; version++) {
		pair = pair_golden(HF_C2C_V2);
		pair.version = (uint8_t)version;
		err = c2c_session_init(&s, port_real(), C2C_HOST, &pair);
		assert_int_equal(
		    err, version == 1 || version == 2 ? ERR_OK : ERR_INVALID);
		err = c2c_session_init_v3(
		    &s, port_real(), C2C_HOST, &pair, nonce, nonce);
		assert_int_equal(err, version == 3 ? ERR_OK : ERR_INVALID);
	}
}

/* Every length that a frame may have, and one more, in both directions. */
static void
check_lengths(struct hf_c2c_session *from, struct hf_c2c_session *to)
{
	static uint8_t text[HF_C2C_MODULE_MAX + 1];
	struct framed f;
	size_t len, max = c2c_seal_max(from);

	for (len = 0; len < sizeof(text); len++)
		text[len] = (uint8_t)(len * 31 + len / 7);
	for (len = 0; len <= max; len++) {
		seal(from, bytes_make(text, len), &f);
		check_opens(to, &f, bytes_make(text, len));
		assert_int_equal(c2c_seal(from, bytes_make(text, len), f.at,
				     c2c_sealed_len(from, len) - 1, &f.len),
		    ERR_SPACE);
	}
	assert_int_equal(c2c_seal(from, bytes_make(text, max + 1), f.at,
			     sizeof(f.at), &f.len),
	    ERR_INVALID);
}

static void
test_lengths(void **state)
{
	struct two_sides t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		two_sides_init(&t, port_real(), versions[i]);
		assert_int_equal(c2c_seal_max(&t.host), 255);
		assert_int_equal(c2c_seal_max(&t.module), 1040);
		check_lengths(&t.host, &t.module);
		check_lengths(&t.module, &t.host);
	}
}

static void
test_longest_frames(void **state)
{
	struct two_sides t;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V1);
	assert_int_equal(c2c_sealed_len(&t.host, 255), HF_C2C_HOST_FRAME_MAX);
	assert_int_equal(
	    c2c_sealed_len(&t.module, 1040), HF_C2C_MODULE_FRAME_MAX);
	two_sides_init(&t, port_real(), HF_C2C_V3);
	assert_int_equal(c2c_sealed_len(&t.host, 255), 255 + 15);
	assert_int_equal(c2c_sealed_len(&t.host, 0), 15);
}

/* Nothing that was changed opens, nor leaves plaintext behind. */
static void
check_refused(struct hf_c2c_session *to, uint8_t *body, size_t len)
{
	static const uint8_t zeros[HF_C2C_MODULE_FRAME_MAX];
	struct bytes text = BYTES_NONE;

	assert_int_not_equal(c2c_open(to, body, len, &text), ERR_OK);
	assert_null(text.ptr);
	assert_memory_equal(body, zeros, len);
}

static void
check_flips(struct hf_c2c_session *from, struct hf_c2c_session *to)
{
	struct bytes text = BYTES_LIT("AT+USECPSK=32\r and somewhat longer");
	uint8_t body[HF_C2C_MODULE_FRAME_MAX];
	struct framed f;
	size_t bit, len;

	seal(from, text, &f);
	len = f.len - C2C_FRAME_OVERHEAD;
	for (bit = 0; bit < 8 * len; bit++) {
		memcpy(body, f.at + C2C_BODY_AT, len);
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_refused(to, body, len);
	}
	check_opens(to, &f, text);
}

static void
test_flipped_bits(void **state)
{
	struct two_sides t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		two_sides_init(&t, port_real(), versions[i]);
		check_flips(&t.host, &t.module);
		check_flips(&t.module, &t.host);
	}
}

/* Cut at either end, and longer by up to two blocks. */
static void
check_cuts(struct hf_c2c_session *from, struct hf_c2c_session *to)
{
	struct bytes text = BYTES_LIT("AT+USECPSK=32\r and somewhat longer");
	uint8_t body[HF_C2C_MODULE_FRAME_MAX];
	struct framed f;
	size_t cut, len;

	seal(from, text, &f);
	len = f.len - C2C_FRAME_OVERHEAD;
	for (cut = 0; cut < len; cut++) {
		memcpy(body, f.at + C2C_BODY_AT, cut);
		check_refused(to, body, cut);
		memcpy(body, f.at + C2C_BODY_AT + len - cut, cut);
		check_refused(to, body, cut);
	}
	for (cut = len + 1; cut <= len + 32; cut++) {
		memset(body, 0x10, cut);
		memcpy(body, f.at + C2C_BODY_AT, len);
		check_refused(to, body, cut);
	}
	check_opens(to, &f, text);
}

static void
test_cuts(void **state)
{
	struct two_sides t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		two_sides_init(&t, port_real(), versions[i]);
		check_cuts(&t.host, &t.module);
		check_cuts(&t.module, &t.host);
	}
}

/* A module takes no frame that is longer than a host may send. */
static void
test_module_takes_no_long_frame(void **state)
{
	static const uint8_t text[256];
	struct two_sides t;
	struct bytes opened;
	struct framed f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		two_sides_init(&t, port_real(), versions[i]);
		t.host.side = C2C_MODULE; /* lifts its limit */
		seal(&t.host, bytes_make(text, 256), &f);
		assert_int_equal(open_copy(&t.module, &f, &opened), ERR_FORMAT);
		assert_null(opened.ptr);
	}
}

/* The host takes the padding of 1,040 bytes, but not 1,041 bytes in it. */
static void
test_host_takes_no_long_frame(void **state)
{
	static uint8_t body[HF_C2C_MODULE_FRAME_MAX];
	static uint8_t text[1056];
	struct hf_c2c_pair pair = pair_golden(HF_C2C_V2);
	struct two_sides t;
	struct bytes opened = BYTES_NONE, parts[2];
	uint8_t mac[SHA256_LEN];
	size_t len = 16 + sizeof(text) + 16;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V2);
	memset(text + 1041, 15, 15);
	memset(body, 0, 16);
	assert_int_equal(
	    aes128_cbc_encrypt(pair.key, body, BYTES_OF(text), body + 16),
	    ERR_OK);
	parts[0] = bytes_make(body, len - 16);
	parts[1] = BYTES_OF(pair.te_secret);
	assert_int_equal(
	    hmac_sha256(BYTES_OF(pair.hmac_key), parts, 2, mac), ERR_OK);
	memcpy(body + len - 16, mac, 16);
	assert_int_equal(c2c_open(&t.host, body, len, &opened), ERR_FORMAT);
	assert_null(opened.ptr);
}

/* Authentic bodies whose padding is none. */
static void
check_bad_padding(const uint8_t block[16], enum err want)
{
	struct hf_c2c_pair pair = pair_golden(HF_C2C_V2);
	struct bytes opened = BYTES_NONE, parts[2];
	uint8_t body[48] = {0}, mac[SHA256_LEN];
	struct two_sides t;

	two_sides_init(&t, port_real(), HF_C2C_V2);
	assert_int_equal(aes128_cbc_encrypt(
			     pair.key, body, bytes_make(block, 16), body + 16),
	    ERR_OK);
	parts[0] = bytes_make(body, 32);
	parts[1] = BYTES_OF(pair.te_secret);
	assert_int_equal(
	    hmac_sha256(BYTES_OF(pair.hmac_key), parts, 2, mac), ERR_OK);
	memcpy(body + 32, mac, 16);
	assert_int_equal(c2c_open(&t.module, body, 48, &opened), want);
}

static void
test_padding(void **state)
{
	uint8_t block[16] = {0};
	unsigned last;

	(void)state;
	for (last = 0; last < 256; last++) {
		memset(block, 0, sizeof(block));
		if (last > 0 && last <= 16)
			memset(block + 16 - last, (int)last, last);
		block[15] = (uint8_t)last;
		check_bad_padding(
		    block, last > 0 && last <= 16 ? ERR_OK : ERR_AUTH);
		if (last < 2 || last > 16)
			continue;
		block[16 - last] ^= 1;
		check_bad_padding(block, ERR_AUTH);
	}
}

/* Another key, MAC key or TE_SECRET opens nothing. */
static void
check_other_pair(enum hf_c2c_version version, struct hf_c2c_pair other)
{
	const uint8_t *nonce = golden("c2c-nonce-host").ptr;
	const uint8_t *nonce2 = golden("c2c-nonce-module").ptr;
	struct hf_c2c_session s;
	struct two_sides t;
	struct bytes opened;
	struct framed f;
	enum err err;

	two_sides_init(&t, port_real(), version);
	seal(&t.host, AT, &f);
	err = version == HF_C2C_V3
		  ? c2c_session_init_v3(
			&s, port_real(), C2C_MODULE, &other, nonce, nonce2)
		  : c2c_session_init(&s, port_real(), C2C_MODULE, &other);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(open_copy(&s, &f, &opened), ERR_AUTH);
}

static void
test_other_pairs(void **state)
{
	struct hf_c2c_pair pair;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		pair = pair_golden(versions[i]);
		pair.key[15] ^= 1;
		check_other_pair(versions[i], pair);
		if (versions[i] == HF_C2C_V1)
			continue;
		pair = pair_golden(versions[i]);
		pair.hmac_key[0] ^= 0x80;
		check_other_pair(versions[i], pair);
		pair = pair_golden(versions[i]);
		pair.te_secret[7] ^= 0x10;
		check_other_pair(versions[i], pair);
	}
}

/* V3: another nonce of either side gives other keys, both of them. */
static void
test_nonces(void **state)
{
	struct hf_c2c_pair pair = pair_golden(HF_C2C_V3);
	uint8_t nonce[2][HF_C2C_NONCE_LEN];
	struct hf_c2c_session s;
	struct two_sides t;
	size_t i;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V3);
	for (i = 0; i < 2; i++) {
		memcpy(nonce[0], golden("c2c-nonce-host").ptr, 16);
		memcpy(nonce[1], golden("c2c-nonce-module").ptr, 16);
		nonce[i][15] ^= 1;
		assert_int_equal(c2c_session_init_v3(&s, port_real(), C2C_HOST,
				     &pair, nonce[0], nonce[1]),
		    ERR_OK);
		assert_memory_not_equal(s.seal_key, t.host.seal_key, 16);
		assert_memory_not_equal(s.open_key, t.host.open_key, 16);
		assert_memory_not_equal(s.open_key, t.host.seal_key, 16);
	}
}

/* V1 and V2 notice neither a repeated frame nor one that is sent back. */
static void
test_v2_has_no_replay_protection(void **state)
{
	struct two_sides t;
	struct framed f;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V2);
	seal(&t.host, AT, &f);
	check_opens(&t.module, &f, AT);
	check_opens(&t.module, &f, AT);
	check_opens(&t.host, &f, AT);
}

static void
test_v3_replay(void **state)
{
	struct two_sides t;
	struct framed first, second;
	struct bytes opened;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V3);
	seal(&t.host, AT, &first);
	seal(&t.host, OK, &second);
	check_opens(&t.module, &first, AT);
	assert_int_equal(open_copy(&t.module, &first, &opened), ERR_REPLAY);
	assert_int_equal(open_copy(&t.host, &first, &opened), ERR_AUTH);
	check_opens(&t.module, &second, OK);
	assert_int_equal(open_copy(&t.module, &first, &opened), ERR_REPLAY);
	assert_int_equal(open_copy(&t.module, &second, &opened), ERR_REPLAY);
}

/* lost frames in a row, after start frames that came. */
static void
check_v3_lost(unsigned start, unsigned lost, enum err want)
{
	struct two_sides t;
	struct framed f;
	struct bytes opened;
	unsigned i;

	two_sides_init(&t, port_real(), HF_C2C_V3);
	for (i = 0; i < start; i++) {
		seal(&t.host, AT, &f);
		check_opens(&t.module, &f, AT);
	}
	for (i = 0; i < lost; i++)
		seal(&t.host, AT, &f);
	seal(&t.host, OK, &f);
	assert_int_equal(open_copy(&t.module, &f, &opened), want);
}

static void
test_v3_window(void **state)
{
	static const unsigned starts[] = {0, 1, 100, 127, 128, 200, 255, 256};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(starts); i++) {
		check_v3_lost(starts[i], 1, ERR_OK);
		check_v3_lost(starts[i], 127, ERR_OK);
		check_v3_lost(starts[i], 128, ERR_REPLAY);
		check_v3_lost(starts[i], 255, ERR_REPLAY);
		/* The byte fits again, the counter does not. */
		check_v3_lost(starts[i], 256, ERR_AUTH);
	}
}

/* A forged frame must not move the window. */
static void
test_v3_forgery_moves_nothing(void **state)
{
	struct two_sides t;
	struct framed f;
	struct bytes opened;
	unsigned byte;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V3);
	seal(&t.host, AT, &f);
	for (byte = 1; byte < 256; byte++) {
		f.at[C2C_BODY_AT] = (uint8_t)byte;
		assert_int_equal(open_copy(&t.module, &f, &opened),
		    byte < 128 ? ERR_AUTH : ERR_REPLAY);
	}
	f.at[C2C_BODY_AT] = 0;
	check_opens(&t.module, &f, AT);
}

/* At its very end the counter stops: no nonce comes twice. */
static void
test_v3_end(void **state)
{
	struct two_sides t;
	struct framed f;
	struct bytes opened;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V3);
	t.host.seal_counter = t.module.open_counter = UINT64_MAX - 1;
	seal(&t.host, AT, &f);
	check_opens(&t.module, &f, AT);
	assert_int_equal(
	    c2c_seal(&t.host, AT, f.at, sizeof(f.at), &f.len), ERR_EXHAUSTED);
	f.at[C2C_BODY_AT] = 0xFF;
	assert_int_equal(open_copy(&t.module, &f, &opened), ERR_REPLAY);
	f.at[C2C_BODY_AT] = 0x00;
	assert_int_equal(open_copy(&t.module, &f, &opened), ERR_REPLAY);
}

/* Every call of the port fails once. */
static void
check_port_fails(enum hf_c2c_version version)
{
	static const uint8_t zeros[HF_C2C_MODULE_FRAME_MAX];
	struct two_sides t;
	struct framed f, good;
	struct bytes opened;
	unsigned n, failures = 0;

	two_sides_init(&t, port_failing(0), version);
	for (n = 1; n < 16; n++) {
		(void)port_failing(n);
		if (c2c_seal(&t.host, AT, f.at, sizeof(f.at), &f.len) == ERR_OK)
			break;
		assert_memory_equal(f.at + C2C_BODY_AT, zeros, 3 + 9);
		failures++;
	}
	(void)port_failing(0);
	seal(&t.host, AT, &good);
	for (n = 1; n < 16; n++) {
		(void)port_failing(n);
		if (open_copy(&t.module, &good, &opened) == ERR_OK)
			break;
		assert_null(opened.ptr);
		failures++;
	}
	assert_int_equal(failures, version == HF_C2C_V3 ? 2 : 5);
}

static void
test_port_fails(void **state)
{
	const uint8_t nonce[HF_C2C_NONCE_LEN] = {0};
	struct hf_c2c_pair pair = pair_golden(HF_C2C_V3);
	struct hf_c2c_session s;
	unsigned n;

	(void)state;
	check_port_fails(HF_C2C_V1);
	check_port_fails(HF_C2C_V2);
	check_port_fails(HF_C2C_V3);
	for (n = 1; n <= 3; n++)
		assert_int_equal(c2c_session_init_v3(&s, port_failing(n),
				     C2C_HOST, &pair, nonce, nonce),
		    ERR_CRYPTO);
	assert_int_equal(c2c_session_init_v3(&s, port_failing(4), C2C_HOST,
			     &pair, nonce, nonce),
	    ERR_OK);
}

static void
test_done_wipes(void **state)
{
	static const struct hf_c2c_session zeros;
	struct two_sides t;

	(void)state;
	two_sides_init(&t, port_real(), HF_C2C_V2);
	c2c_session_done(&t.host);
	assert_memory_equal(&t.host, &zeros, sizeof(zeros));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors_v1_v2),
	    cmocka_unit_test(test_vectors_v3),
	    cmocka_unit_test(test_versions_are_pinned),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_longest_frames),
	    cmocka_unit_test(test_flipped_bits),
	    cmocka_unit_test(test_cuts),
	    cmocka_unit_test(test_module_takes_no_long_frame),
	    cmocka_unit_test(test_host_takes_no_long_frame),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_other_pairs),
	    cmocka_unit_test(test_nonces),
	    cmocka_unit_test(test_v2_has_no_replay_protection),
	    cmocka_unit_test(test_v3_replay),
	    cmocka_unit_test(test_v3_window),
	    cmocka_unit_test(test_v3_forgery_moves_nothing),
	    cmocka_unit_test(test_v3_end),
	    cmocka_unit_test(test_port_fails),
	    cmocka_unit_test(test_done_wipes),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
