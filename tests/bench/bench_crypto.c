/*
 * How many operations of lib/crypto one core does in a second. Not a test:
 * run it by hand, or by `make bench`.
 */
#include <inttypes.h>
#include <time.h>

#include "base/text.h"
#include "crypto/hpke.h"

#define SECONDS_EACH 0.4

/* What the operations work on, made once. */
static struct {
	struct p256_secret secret;
	struct p256_point peer;
	uint8_t key[32], text[64 + 16], out[128];
	uint8_t compressed[P256_COMPRESSED_LEN], encoded[P256_POINT_LEN];
	uint8_t signature[P256_SIGNATURE_LEN], sealed[5][64 + 16];
	uint8_t enc[HPKE_ENC_LEN];
} at;

static const struct bytes text = {at.text, 64};
static const struct bytes key16 = {at.key, 16};
static const struct bytes key32 = {at.key, 32};

static enum err
op_ecdh(void)
{
	return p256_ecdh(&at.secret, &at.peer, at.out);
}

static enum err
op_generate(void)
{
	struct p256_secret secret;
	struct p256_point point;

	return p256_generate(&crypto_random_source, &secret, &point);
}

#define MANY 64

/* As many calls as they count for: the first of them does it all. */
static enum err
op_ecdh_many(void)
{
	static struct p256_agreement list[MANY];
	static size_t left;

	if (left == 0) {
		left = MANY;
		for (size_t i = 0; i < MANY; i++)
			list[i] = (struct p256_agreement){
			    .secret = &at.secret, .peer = &at.peer};
		p256_ecdh_many(list, MANY);
	}
	return list[--left].err;
}

static enum err
op_generate_many(void)
{
	static struct p256_secret secret[MANY];
	static struct p256_point point[MANY];
	static size_t left;

	if (left-- > 0)
		return ERR_OK;
	left = MANY - 1;
	return p256_generate_many(&crypto_random_source, secret, point, MANY);
}

static enum err
op_decode_x(void)
{
	struct p256_point point;

	return p256_point_decode(
	    bytes_make(at.compressed + 1, P256_LEN), &point);
}

static enum err
op_decode_full(void)
{
	struct p256_point point;

	return p256_point_decode(BYTES_OF(at.encoded), &point);
}

static enum err
op_sign(void)
{
	return p256_sign(&at.secret, text, at.out);
}

static enum err
op_verify(void)
{
	return p256_verify(&at.peer, text, at.signature);
}

static enum err
op_ccm_seal(void)
{
	return aead_seal(AEAD_CCM_16_64_128, key16, bytes_make(at.key, 13),
	    bytes_make(at.key, 11), text, at.out);
}

static enum err
op_ccm_open(void)
{
	return aead_open(AEAD_CCM_16_64_128, key16, bytes_make(at.key, 13),
	    bytes_make(at.key, 11), bytes_make(at.sealed[0], 64 + 8), at.out);
}

static enum err
op_gcm_seal(void)
{
	return aead_seal(AEAD_GCM_256, key32, bytes_make(at.key, 12),
	    bytes_make(at.key, 11), text, at.out);
}

static enum err
op_gcm_open(void)
{
	return aead_open(AEAD_GCM_256, key32, bytes_make(at.key, 12),
	    bytes_make(at.key, 11), bytes_make(at.sealed[1], 64 + 16), at.out);
}

static enum err
op_sha256(void)
{
	return sha256(&text, 1, at.out);
}

static enum err
op_hmac(void)
{
	return hmac_sha256(key32, &text, 1, at.out);
}

static enum err
op_expand(void)
{
	return hkdf_expand(key32, bytes_make(at.key, 20), at.out, 32);
}

static enum err
op_random(void)
{
	return crypto_random(at.out, 16);
}

static enum err
op_hpke_open(void)
{
	return hpke_open(&at.secret, &at.peer, at.enc, BYTES_NONE, BYTES_NONE,
	    bytes_make(at.sealed[2], 32 + 16), at.out);
}

static const struct {
	const char *name;
	enum err (*run)(void);
} operations[] = {
    {"p256_ecdh", op_ecdh},
    {"p256_ecdh_many, 64", op_ecdh_many},
    {"p256_generate", op_generate},
    {"p256_generate_many, 64", op_generate_many},
    {"p256_point_decode, x only", op_decode_x},
    {"p256_point_decode, uncompressed", op_decode_full},
    {"p256_sign, 64 B", op_sign},
    {"p256_verify, 64 B", op_verify},
    {"aead_seal, CCM-16-64-128, 64 B", op_ccm_seal},
    {"aead_open, CCM-16-64-128, 64 B", op_ccm_open},
    {"aead_seal, GCM-256, 64 B", op_gcm_seal},
    {"aead_open, GCM-256, 64 B", op_gcm_open},
    {"sha256, 64 B", op_sha256},
    {"hmac_sha256, 64 B", op_hmac},
    {"hkdf_expand, 32 B", op_expand},
    {"crypto_random, 16 B", op_random},
    {"hpke_open, 32 B", op_hpke_open},
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum err
measure(size_t i)
{
	uint64_t count = 0, n;
	double start = now_s(), spent;
	enum err err;

	do {
		for (n = 0; n < 64; n++) {
			err = operations[i].run();
			if (err != ERR_OK)
				return err;
		}
		count += n;
		spent = now_s() - start;
	} while (spent < SECONDS_EACH);
	printf("%-34s %12.0f/s %10.3f us\n", operations[i].name,
	    (double)count / spent, spent * 1e6 / (double)count);
	return ERR_OK;
}

static enum err
prepare(void)
{
	enum err err =
	    p256_generate(&crypto_random_source, &at.secret, &at.peer);

	if (err != ERR_OK)
		return err;
	p256_point_compress(&at.peer, at.compressed);
	p256_point_encode(&at.peer, at.encoded);
	err = p256_sign(&at.secret, text, at.signature);
	if (err == ERR_OK)
		err = op_ccm_seal();
	memcpy(at.sealed[0], at.out, 64 + 8);
	if (err == ERR_OK)
		err = op_gcm_seal();
	memcpy(at.sealed[1], at.out, 64 + 16);
	if (err == ERR_OK)
		err = hpke_seal(&crypto_random_source, &at.peer, BYTES_NONE,
		    BYTES_NONE, key32, at.enc, at.sealed[2]);
	return err;
}

int
main(void)
{
	enum err err = crypto_init();
	size_t i;

	if (err == ERR_OK)
		err = prepare();
	for (i = 0; i < ARRAY_LEN(operations) && err == ERR_OK; i++)
		err = measure(i);
	if (err != ERR_OK)
		fprintf(stderr, "bench_crypto: %s\n", err_name(err));
	return err == ERR_OK ? 0 : 1;
}
