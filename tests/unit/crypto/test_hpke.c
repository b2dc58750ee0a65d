/*
 * HPKE against the vectors of RFC 9180, and what must not open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/hpke.h"
#include "source.h"
#include "vectors.h"

#define CANARY 0xEE

static struct p256_secret recipient_secret;
static struct p256_point recipient;
static struct buffer ephemeral, enc;
static json_t *root;

static int
setup(void **state)
{
	struct buffer b;

	(void)state;
	if (crypto_init() != ERR_OK)
		return -1;
	root = vectors_load("hpke_rfc9180");
	vector_hex(root, "skRm", &b);
	memcpy(recipient_secret.d, b.at, P256_LEN);
	vector_hex(root, "pkRm", &b);
	vector_hex(root, "skEm", &ephemeral);
	vector_hex(root, "enc", &enc);
	return p256_point_decode(view(&b), &recipient);
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(root);
	return 0;
}

static enum err
seal(struct bytes info, struct bytes aad, struct bytes plaintext,
    uint8_t out_enc[HPKE_ENC_LEN], uint8_t *out)
{
	struct written_source written = {view(&ephemeral), 0};
	struct random_source source = source_of(&written);

	return hpke_seal(
	    &source, &recipient, info, aad, plaintext, out_enc, out);
}

static void
test_vectors(void **state)
{
	struct buffer info, aad, plaintext, ciphertext;
	uint8_t out_enc[HPKE_ENC_LEN], out[BUFFER_MAX];
	json_t *v;
	size_t i;

	(void)state;
	json_array_foreach(vector_cases(root, "cases"), i, v)
	{
		vector_hex(v, "info", &info);
		vector_hex(v, "aad", &aad);
		vector_hex(v, "plaintext", &plaintext);
		vector_hex(v, "ciphertext", &ciphertext);
		assert_int_equal(seal(view(&info), view(&aad), view(&plaintext),
				     out_enc, out),
		    ERR_OK);
		assert_memory_equal(out_enc, enc.at, HPKE_ENC_LEN);
		assert_memory_equal(out, ciphertext.at, ciphertext.len);
		memset(out, CANARY, sizeof(out));
		assert_int_equal(
		    hpke_open(&recipient_secret, &recipient, enc.at,
			view(&info), view(&aad), view(&ciphertext), out),
		    ERR_OK);
		if (plaintext.len > 0)
			assert_memory_equal(out, plaintext.at, plaintext.len);
		assert_int_equal(out[plaintext.len], CANARY);
	}
	assert_int_equal(i, 4);
}

/* Opens one sealed secret after the caller has changed something. */
static enum err
open_with(const struct p256_secret *secret, const struct p256_point *point,
    const char *info, const char *aad, const uint8_t sealed_enc[HPKE_ENC_LEN],
    struct bytes sealed)
{
	uint8_t out[BUFFER_MAX] = {CANARY};
	enum err err = hpke_open(secret, point, sealed_enc, bytes_str(info),
	    bytes_str(aad), sealed, out);

	if (err == ERR_AUTH && sealed.len > HPKE_TAG_LEN)
		assert_int_equal(out[0], 0);
	return err;
}

static void
test_refused(void **state)
{
	uint8_t e[HPKE_ENC_LEN], sealed[8 + HPKE_TAG_LEN];
	struct bytes whole = BYTES_OF(sealed);
	const struct p256_secret *d = &recipient_secret;
	struct p256_secret other = recipient_secret;
	struct p256_point other_point;
	size_t i;

	(void)state;
	assert_int_equal(seal(BYTES_LIT("info"), BYTES_LIT("aad"),
			     BYTES_LIT("plain---"), e, sealed),
	    ERR_OK);
	assert_int_equal(
	    open_with(d, &recipient, "info", "aad", e, whole), ERR_OK);
	assert_int_equal(
	    open_with(d, &recipient, "infO", "aad", e, whole), ERR_AUTH);
	assert_int_equal(
	    open_with(d, &recipient, "info", "aaD", e, whole), ERR_AUTH);
	assert_int_equal(
	    open_with(d, &recipient, "", "infoaad", e, whole), ERR_AUTH);
	for (i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 0x10;
		assert_int_equal(
		    open_with(d, &recipient, "info", "aad", e, whole),
		    ERR_AUTH);
		sealed[i] ^= 0x10;
	}
	for (whole.len = 0; whole.len < HPKE_TAG_LEN; whole.len++)
		assert_int_equal(
		    open_with(d, &recipient, "info", "aad", e, whole),
		    ERR_TRUNCATED);
	for (; whole.len < sizeof(sealed); whole.len++)
		assert_int_equal(
		    open_with(d, &recipient, "info", "aad", e, whole),
		    ERR_AUTH);
	/* Another recipient, and one who lies about the public key. */
	other.d[31] ^= 1;
	assert_int_equal(p256_public(&other, &other_point), ERR_OK);
	assert_int_equal(
	    open_with(&other, &other_point, "info", "aad", e, whole), ERR_AUTH);
	assert_int_equal(
	    open_with(d, &other_point, "info", "aad", e, whole), ERR_AUTH);
}

/* Any change of enc leaves the curve, or gives another shared secret. */
static void
test_encapsulated_key(void **state)
{
	uint8_t e[HPKE_ENC_LEN], sealed[8 + HPKE_TAG_LEN];
	struct p256_point point;
	struct bytes whole = BYTES_OF(sealed);
	size_t i;

	(void)state;
	assert_int_equal(
	    seal(BYTES_NONE, BYTES_NONE, BYTES_LIT("plain---"), e, sealed),
	    ERR_OK);
	for (i = 0; i < sizeof(e); i++) {
		e[i] ^= 1;
		assert_int_equal(
		    open_with(&recipient_secret, &recipient, "", "", e, whole),
		    ERR_INVALID);
		e[i] ^= 1;
	}
	p256_point_encode(&recipient, e);
	assert_int_equal(
	    open_with(&recipient_secret, &recipient, "", "", e, whole),
	    ERR_AUTH);
	/* -Y has the same x, but is another encapsulation. */
	e[0] = 2;
	memcpy(e + 1, enc.at + 1, P256_LEN);
	e[0] = (uint8_t)(2 | ((enc.at[HPKE_ENC_LEN - 1] & 1) ^ 1));
	assert_int_equal(
	    p256_point_decode(bytes_make(e, P256_COMPRESSED_LEN), &point),
	    ERR_OK);
	p256_point_encode(&point, e);
	assert_int_equal(
	    open_with(&recipient_secret, &recipient, "", "", e, whole),
	    ERR_AUTH);
}

static void
test_source_fails(void **state)
{
	struct written_source written = {BYTES_NONE, 0};
	struct random_source source = source_of(&written);
	uint8_t e[HPKE_ENC_LEN] = {CANARY}, out[HPKE_TAG_LEN] = {CANARY};

	(void)state;
	assert_int_equal(hpke_seal(&source, &recipient, BYTES_NONE, BYTES_NONE,
			     BYTES_NONE, e, out),
	    ERR_RANDOM);
	assert_int_equal(e[0], CANARY);
	assert_int_equal(out[0], CANARY);
}

static void
test_recipient_off_the_curve(void **state)
{
	struct p256_point off = recipient;
	uint8_t e[HPKE_ENC_LEN], out[HPKE_TAG_LEN];

	(void)state;
	off.y[31] ^= 1;
	assert_int_equal(hpke_seal(&crypto_random_source, &off, BYTES_NONE,
			     BYTES_NONE, BYTES_NONE, e, out),
	    ERR_INVALID);
}

/* Two seals of the same bytes have nothing in common. */
static void
test_fresh_every_time(void **state)
{
	uint8_t e[2][HPKE_ENC_LEN], out[2][HPKE_TAG_LEN + 1], back;
	struct bytes plaintext = BYTES_LIT("x");
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    hpke_seal(&crypto_random_source, &recipient, BYTES_NONE,
			BYTES_NONE, plaintext, e[i], out[i]),
		    ERR_OK);
		assert_int_equal(
		    hpke_open(&recipient_secret, &recipient, e[i], BYTES_NONE,
			BYTES_NONE, BYTES_OF(out[i]), &back),
		    ERR_OK);
		assert_int_equal(back, 'x');
	}
	assert_memory_not_equal(e[0], e[1], HPKE_ENC_LEN);
	assert_memory_not_equal(out[0], out[1], sizeof(out[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_encapsulated_key),
	    cmocka_unit_test(test_source_fails),
	    cmocka_unit_test(test_recipient_off_the_curve),
	    cmocka_unit_test(test_fresh_every_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
