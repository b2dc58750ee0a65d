/*
 * AEAD against published vectors, in place and not, and everything that must
 * be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "vectors.h"

#define CANARY 0xEE
#define CCM_13_MAX 0xFFFF
#define CCM_AAD_MAX 0xFEFF

static const struct {
	enum aead aead;
	const char *name;
	size_t key_len, nonce_len, tag_len;
} algorithms[] = {
    {AEAD_CCM_16_64_128, "AES-CCM-16-64-128", 16, 13, 8},
    {AEAD_CCM_16_128_128, "AES-CCM-16-128-128", 16, 13, 16},
    {AEAD_CCM_12_64_128, "AES-CCM-12-64-128", 16, 12, 8},
    {AEAD_CCM_12_128_128, "AES-CCM-12-128-128", 16, 12, 16},
    {AEAD_GCM_256, "AES-256-GCM", 32, 12, 16},
};

/* One case as it was read. */
struct sealed {
	enum aead aead;
	struct buffer key, nonce, aad, plaintext, sealed;
	bool refused;
};

static void
read_case(const json_t *v, enum aead aead, struct sealed *ret)
{
	ret->aead = aead;
	vector_hex(v, "key", &ret->key);
	vector_hex(v, "nonce", &ret->nonce);
	vector_hex(v, "aad", &ret->aad);
	vector_hex(v, "plaintext", &ret->plaintext);
	vector_hex(v, "sealed", &ret->sealed);
	ret->refused = json_is_null(json_object_get(v, "plaintext"));
}

static enum err
open_case(const struct sealed *c, uint8_t *out)
{
	return aead_open(c->aead, view(&c->key), view(&c->nonce), view(&c->aad),
	    view(&c->sealed), out);
}

static void
check_sealed(const struct sealed *c)
{
	uint8_t out[BUFFER_MAX];

	memset(out, CANARY, sizeof(out));
	assert_int_equal(aead_seal(c->aead, view(&c->key), view(&c->nonce),
			     view(&c->aad), view(&c->plaintext), out),
	    ERR_OK);
	assert_memory_equal(out, c->sealed.at, c->sealed.len);
	assert_int_equal(out[c->sealed.len], CANARY);
	/* In place. */
	memcpy(out, c->plaintext.at, c->plaintext.len);
	assert_int_equal(
	    aead_seal(c->aead, view(&c->key), view(&c->nonce), view(&c->aad),
		bytes_make(out, c->plaintext.len), out),
	    ERR_OK);
	assert_memory_equal(out, c->sealed.at, c->sealed.len);
}

static void
check_opened(const struct sealed *c)
{
	uint8_t out[BUFFER_MAX];

	memset(out, CANARY, sizeof(out));
	assert_int_equal(open_case(c, out), ERR_OK);
	if (c->plaintext.len > 0)
		assert_memory_equal(out, c->plaintext.at, c->plaintext.len);
	assert_int_equal(out[c->plaintext.len], CANARY);
	/* In place. */
	memcpy(out, c->sealed.at, c->sealed.len);
	assert_int_equal(
	    aead_open(c->aead, view(&c->key), view(&c->nonce), view(&c->aad),
		bytes_make(out, c->sealed.len), out),
	    ERR_OK);
	if (c->plaintext.len > 0)
		assert_memory_equal(out, c->plaintext.at, c->plaintext.len);
}

/* Opening fails, and leaves zeros where the plaintext would have been. */
static void
check_refused(const struct sealed *c)
{
	uint8_t out[BUFFER_MAX];
	size_t i, len = c->sealed.len - aead_tag_len(c->aead);

	memset(out, CANARY, sizeof(out));
	assert_int_equal(open_case(c, out), ERR_AUTH);
	for (i = 0; i < len; i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(out[len], CANARY);
}

static void
test_vectors(void **state)
{
	json_t *root = vectors_load("aead"), *v;
	static struct sealed c;
	size_t i, j, refused = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		json_t *cases = vector_cases(root, algorithms[i].name);

		json_array_foreach(cases, j, v)
		{
			read_case(v, algorithms[i].aead, &c);
			if (c.refused) {
				check_refused(&c);
				refused++;
				continue;
			}
			check_sealed(&c);
			check_opened(&c);
		}
		assert_true(j >= 10);
	}
	assert_true(refused >= 20);
	json_decref(root);
}

/* A sealed text of len bytes with 5 bytes of aad. */
static void
make_case(size_t algorithm, size_t len, struct sealed *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->aead = algorithms[algorithm].aead;
	ret->key.len = algorithms[algorithm].key_len;
	ret->nonce.len = algorithms[algorithm].nonce_len;
	ret->aad.len = 5;
	ret->plaintext.len = len;
	ret->sealed.len = len + algorithms[algorithm].tag_len;
	memset(ret->key.at, 1, ret->key.len);
	memset(ret->nonce.at, 2, ret->nonce.len);
	memset(ret->aad.at, 3, ret->aad.len);
	memset(ret->plaintext.at, 4, len);
	assert_int_equal(
	    aead_seal(ret->aead, view(&ret->key), view(&ret->nonce),
		view(&ret->aad), view(&ret->plaintext), ret->sealed.at),
	    ERR_OK);
}

static void
flip_each(struct sealed *c, struct buffer *where)
{
	size_t i;

	for (i = 0; i < where->len; i++) {
		where->at[i] ^= (uint8_t)(1u << (i % 8));
		check_refused(c);
		where->at[i] ^= (uint8_t)(1u << (i % 8));
	}
}

static void
test_one_bit_flipped(void **state)
{
	static const size_t lens[] = {0, 1, 16, 40};
	static struct sealed c;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		for (j = 0; j < ARRAY_LEN(lens); j++) {
			make_case(i, lens[j], &c);
			flip_each(&c, &c.sealed);
			flip_each(&c, &c.aad);
			flip_each(&c, &c.nonce);
			flip_each(&c, &c.key);
			/* The thread's contexts survived all that. */
			check_opened(&c);
		}
	}
}

static void
test_cut_and_grown(void **state)
{
	static struct sealed c;
	size_t i, tag_len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		tag_len = algorithms[i].tag_len;
		make_case(i, 20, &c);
		c.sealed.len++;
		check_refused(&c);
		c.sealed.len--;
		c.aad.len--;
		check_refused(&c);
		c.aad.len++;
		while (c.sealed.len-- > tag_len)
			check_refused(&c);
	}
}

static void
test_shorter_than_a_tag(void **state)
{
	static struct sealed c;
	uint8_t out[BUFFER_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		make_case(i, 20, &c);
		for (c.sealed.len = 0; c.sealed.len < algorithms[i].tag_len;
		     c.sealed.len++)
			assert_int_equal(open_case(&c, out), ERR_TRUNCATED);
		assert_int_equal(open_case(&c, out), ERR_AUTH);
	}
}

static void
test_wrong_lengths(void **state)
{
	static struct sealed c;
	uint8_t out[BUFFER_MAX];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		make_case(i, 20, &c);
		for (len = 0; len < 40; len++) {
			struct bytes b = bytes_make(c.key.at, len);

			if (len != algorithms[i].key_len) {
				assert_int_equal(
				    aead_seal(c.aead, b, view(&c.nonce),
					BYTES_NONE, BYTES_NONE, out),
				    ERR_INVALID);
				assert_int_equal(
				    aead_open(c.aead, b, view(&c.nonce),
					BYTES_NONE, view(&c.sealed), out),
				    ERR_INVALID);
			}
			if (len != algorithms[i].nonce_len) {
				assert_int_equal(
				    aead_seal(c.aead, view(&c.key), b,
					BYTES_NONE, BYTES_NONE, out),
				    ERR_INVALID);
				assert_int_equal(
				    aead_open(c.aead, view(&c.key), b,
					BYTES_NONE, view(&c.sealed), out),
				    ERR_INVALID);
			}
		}
	}
}

/* A nonce of 13 leaves CCM two bytes to count in. */
static void
test_longest_text(void **state)
{
	static uint8_t text[CCM_13_MAX + 1 + 16];
	static struct sealed c;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make_case(i, 0, &c);
		memset(text, 7, sizeof(text));
		assert_int_equal(
		    aead_seal(c.aead, view(&c.key), view(&c.nonce), BYTES_NONE,
			bytes_make(text, CCM_13_MAX), text),
		    ERR_OK);
		assert_int_equal(
		    aead_open(c.aead, view(&c.key), view(&c.nonce), BYTES_NONE,
			bytes_make(text, CCM_13_MAX + algorithms[i].tag_len),
			text),
		    ERR_OK);
		assert_int_equal(text[0], 7);
		assert_int_equal(text[CCM_13_MAX - 1], 7);
		assert_int_equal(
		    aead_seal(c.aead, view(&c.key), view(&c.nonce), BYTES_NONE,
			bytes_make(text, CCM_13_MAX + 1), text),
		    ERR_INVALID);
		assert_int_equal(
		    aead_open(c.aead, view(&c.key), view(&c.nonce), BYTES_NONE,
			bytes_make(
			    text, CCM_13_MAX + 1 + algorithms[i].tag_len),
			text),
		    ERR_INVALID);
	}
}

/* Longer aad would need another form of its length, which mbedTLS lacks. */
static void
test_longest_aad(void **state)
{
	static uint8_t aad[CCM_AAD_MAX + 1];
	static struct sealed c;
	uint8_t out[16 + 20];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		bool gcm = algorithms[i].aead == AEAD_GCM_256;

		make_case(i, 20, &c);
		assert_int_equal(
		    aead_seal(c.aead, view(&c.key), view(&c.nonce),
			bytes_make(aad, CCM_AAD_MAX), view(&c.plaintext), out),
		    ERR_OK);
		assert_int_equal(aead_open(c.aead, view(&c.key), view(&c.nonce),
				     bytes_make(aad, CCM_AAD_MAX),
				     bytes_make(out, c.sealed.len), out),
		    ERR_OK);
		assert_int_equal(aead_seal(c.aead, view(&c.key), view(&c.nonce),
				     BYTES_OF(aad), view(&c.plaintext), out),
		    gcm ? ERR_OK : ERR_INVALID);
		assert_int_equal(aead_open(c.aead, view(&c.key), view(&c.nonce),
				     BYTES_OF(aad), view(&c.sealed), out),
		    gcm ? ERR_AUTH : ERR_INVALID);
	}
}

static void
test_shapes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(algorithms); i++) {
		enum aead aead = algorithms[i].aead;

		assert_int_equal(aead_key_len(aead), algorithms[i].key_len);
		assert_int_equal(aead_nonce_len(aead), algorithms[i].nonce_len);
		assert_int_equal(aead_tag_len(aead), algorithms[i].tag_len);
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

static int
batch_setup(void **state)
{
	aead_batch();
	return setup(state);
}

static int
batch_teardown(void **state UNUSED)
{
	aead_batch_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_one_bit_flipped),
	    cmocka_unit_test(test_cut_and_grown),
	    cmocka_unit_test(test_shorter_than_a_tag),
	    cmocka_unit_test(test_wrong_lengths),
	    cmocka_unit_test(test_longest_text),
	    cmocka_unit_test(test_longest_aad),
	};

	if (cmocka_run_group_tests(tests, setup, NULL) != 0)
		return 1;
	/* The same while keys of the calls before stand in the contexts. */
	return cmocka_run_group_tests(tests, batch_setup, batch_teardown);
}
