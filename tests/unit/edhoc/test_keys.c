/*
 * Limits of the key schedule, and what happens when randomness or a signer
 * fails.
 */
#include "world.h"

#include "internal.h"

#define EXPORT_MAX (255 * SHA256_LEN)

static void
test_kdf_limits(void **state UNUSED)
{
	static const uint8_t prk[SHA256_LEN] = {1};
	static uint8_t context[EDHOC_MESSAGE_MAX + 1];
	static uint8_t out[EXPORT_MAX + 1];

	assert_ok(edhoc_kdf(prk, 0, BYTES_NONE, out, EXPORT_MAX));
	assert_int_equal(
	    edhoc_kdf(prk, 0, BYTES_NONE, out, EXPORT_MAX + 1), ERR_INVALID);
	assert_ok(edhoc_kdf(prk, UINT32_MAX,
	    bytes_make(context, EDHOC_MESSAGE_MAX), out, 65535 / 32));
	assert_int_equal(
	    edhoc_kdf(prk, 0, BYTES_OF(context), out, 32), ERR_SPACE);
}

static void
test_unknown_suite(void **state UNUSED)
{
	static const uint8_t salt[SHA256_LEN];
	enum edhoc_suite six = (enum edhoc_suite)6;
	struct edhoc_ephemeral own;
	uint8_t prk[SHA256_LEN];

	assert_int_equal(edhoc_ephemeral_make(six, &crypto_random_source, &own),
	    ERR_UNSUPPORTED);
	assert_ok(
	    edhoc_ephemeral_make(EDHOC_SUITE_2, &crypto_random_source, &own));
	assert_int_equal(
	    edhoc_static_prk(six, salt, &own.secret, &own.public_key, prk),
	    ERR_UNSUPPORTED);
}

static void
test_static_prk(void **state UNUSED)
{
	static const uint8_t salt[SHA256_LEN];
	struct edhoc_ephemeral a, b;
	uint8_t of_a[SHA256_LEN], of_b[SHA256_LEN];
	struct p256_point bad;

	assert_ok(
	    edhoc_ephemeral_make(EDHOC_SUITE_3, &crypto_random_source, &a));
	assert_ok(
	    edhoc_ephemeral_make(EDHOC_SUITE_3, &crypto_random_source, &b));
	assert_ok(edhoc_static_prk(
	    EDHOC_SUITE_3, salt, &a.secret, &b.public_key, of_a));
	assert_ok(edhoc_static_prk(
	    EDHOC_SUITE_3, salt, &b.secret, &a.public_key, of_b));
	assert_memory_equal(of_a, of_b, SHA256_LEN);
	bad = b.public_key;
	bad.y[P256_LEN - 1] ^= 1;
	assert_int_equal(
	    edhoc_static_prk(EDHOC_SUITE_3, salt, &a.secret, &bad, of_a),
	    ERR_INVALID);
	memset(&a.secret, 0, sizeof(a.secret));
	assert_int_equal(edhoc_static_prk(EDHOC_SUITE_3, salt, &a.secret,
			     &b.public_key, of_a),
	    ERR_INVALID);
	assert_memory_equal(of_a, of_b, SHA256_LEN); /* untouched */
}

static enum err
no_random(void *ctx UNUSED, uint8_t *out UNUSED, size_t len UNUSED)
{
	return ERR_RANDOM;
}

static void
test_no_random(void **state UNUSED)
{
	static const struct random_source source = {no_random, NULL};
	struct edhoc_ephemeral own;

	assert_int_equal(
	    edhoc_ephemeral_make(EDHOC_SUITE_0, &source, &own), ERR_RANDOM);
	assert_int_equal(
	    edhoc_ephemeral_make(EDHOC_SUITE_2, &source, &own), ERR_RANDOM);
}

static enum err
no_sign(
    void *ctx UNUSED, struct bytes message UNUSED, uint8_t ret_sig[64] UNUSED)
{
	return ERR_BUSY;
}

/* The signer's error comes through, and the call may be made again. */
static void
test_no_signature(void **state UNUSED)
{
	static const struct edhoc_signer signer = {no_sign, NULL};
	static struct world w;
	uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer out;
	struct prng prng;

	prng_init(&prng, 0x516);
	world_init(&w, &prng, EDHOC_SIGN_SIGN, EDHOC_SUITE_2);
	world_run(&w, STEP_RESPOND);
	writer_init(&out, buf, sizeof(buf));
	assert_int_equal(edhoc_message_2(&w.r, w.pr.id_cred, &w.pr.cred, NULL,
			     &signer, NULL, &out),
	    ERR_BUSY);
	world_message_2(&w);
	world_message_2_open(&w);
	world_message_2_verify(&w);
	assert_int_equal(edhoc_message_3(&w.i, w.pi.id_cred, &w.pi.cred, NULL,
			     &signer, NULL, &out),
	    ERR_BUSY);
	world_message_3(&w);
	world_message_3_open(&w);
	world_message_3_verify(&w);
	world_done(&w);
}

/* A proof of another length is no proof. */
static void
proof_lengths(struct world *w)
{
	uint8_t mac[EDHOC_MAC_MAX], bytes[EDHOC_PROOF_MAX + 1] = {0};
	struct edhoc_proof p;
	size_t len, right;

	world_run(w, STEP_MESSAGE_2_OPEN);
	p = (struct edhoc_proof){
	    .suite = w->suite,
	    .by_dh = w->pr.by_dh,
	    .label = EDHOC_MAC_2,
	    .c_r = &w->c_r,
	    .id_cred = w->pr.id_cred,
	    .th = w->i.th,
	    .cred = &w->pr.cred,
	    .prk = w->i.prk_2e,
	};
	assert_ok(edhoc_mac(&p, mac, &right));
	assert_int_equal(right, !p.by_dh                    ? SHA256_LEN
				: w->suite == EDHOC_SUITE_3 ? 16
							    : 8);
	memcpy(bytes, mac, right);
	for (len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(edhoc_proof_check(&p, bytes_make(bytes, len)),
		    p.by_dh && len == right ? ERR_OK : ERR_AUTH);
}

static void
test_proof_lengths(void **state UNUSED)
{
	world_each(proof_lengths, 0x9f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kdf_limits),
	    cmocka_unit_test(test_unknown_suite),
	    cmocka_unit_test(test_static_prk),
	    cmocka_unit_test(test_no_random),
	    cmocka_unit_test(test_no_signature),
	    cmocka_unit_test(test_proof_lengths),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
