/*
 * What the OpenSSL files share: everything that is fetched once, and what
 * each thread keeps so that no call has to allocate it again. Fetching an
 * algorithm per call costs more than the algorithm.
 */
#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

/* OpenSSL has a type of this name, which it uses nowhere in its own API. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#undef ERR_STATE

#include "internal.h"

#define RANDOM_POOL_LEN 4096

/* A cipher's functions in its provider, of which each call takes a context. */
struct ossl_cipher {
	EVP_CIPHER *evp;
	void *provider_ctx; /* for newctx alone */
	OSSL_FUNC_cipher_newctx_fn *newctx;
	OSSL_FUNC_cipher_freectx_fn *freectx;
	OSSL_FUNC_cipher_encrypt_init_fn *encrypt_init;
	OSSL_FUNC_cipher_decrypt_init_fn *decrypt_init;
	OSSL_FUNC_cipher_update_fn *update;
	OSSL_FUNC_cipher_final_fn *final;
	OSSL_FUNC_cipher_get_ctx_params_fn *get_params;
	OSSL_FUNC_cipher_set_ctx_params_fn *set_params;
};

/* Fetched by crypto_init, read by everyone afterwards. */
struct ossl {
	EVP_MD *sha256;
	struct ossl_cipher ccm;
	struct ossl_cipher gcm;
	EVP_CIPHER *cbc;
	EC_GROUP *p256;
};

extern struct ossl ossl;

/* What one thread keeps; wiped and freed when the thread ends. */
struct ossl_thread {
	void *aead[AEAD_COUNT]; /* contexts of ossl_aead's cipher */
	bool aead_batch; /* a used key stands until the next one */
	bool aead_used[AEAD_COUNT]; /* and in which contexts one does */
	EVP_CIPHER_CTX *cbc;
	BN_CTX *bn;
	BIGNUM *k; /* a private scalar, while it is used */
	EC_POINT *q, *r; /* a public point, and what becomes of it */
	size_t random_left;
	uint8_t random[RANDOM_POOL_LEN];
};

/* Finds a cipher; false when it or one of its functions is missing. */
bool ossl_cipher_find(const char *name, struct ossl_cipher *ret_cipher);

/* The cipher of an AEAD, and a context of it; NULL without memory. */
const struct ossl_cipher *ossl_aead(enum aead aead);
void *ossl_aead_new(enum aead aead);

/*
 * This thread's contexts, made at its first call; NULL without memory, or
 * before crypto_init.
 */
struct ossl_thread *ossl_thread(void);

/*
 * Empties OpenSSL's list of errors after a failure, which would else show up
 * in the next TLS call of this thread, and returns err.
 */
enum err ossl_fail(enum err err);

/*
 * t->r = secret * peer; of a peer NULL: the secret's public point. Errors: as
 * p256_ecdh. p256_clear wipes what it leaves.
 */
MUST_CHECK enum err p256_multiply(struct ossl_thread *t,
    const struct p256_secret *secret, const struct p256_point *peer);
void p256_clear(struct ossl_thread *t);

/*
 * The y with the parity y_bit that belongs to an x below p; false: no point
 * has that x.
 */
bool p256_root(const uint8_t x[P256_LEN], int y_bit, uint8_t ret_y[P256_LEN]);

#endif
