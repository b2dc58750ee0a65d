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

/* Fetched by crypto_init, read by everyone afterwards. */
struct ossl {
	EVP_MD *sha256;
	EVP_CIPHER *ccm;
	EVP_CIPHER *gcm;
	EVP_CIPHER *cbc;
	EC_GROUP *p256;
};

extern struct ossl ossl;

/* What one thread keeps; wiped and freed when the thread ends. */
struct ossl_thread {
	EVP_CIPHER_CTX *aead[AEAD_COUNT];
	EVP_CIPHER_CTX *cbc;
	BN_CTX *bn;
	size_t random_left;
	uint8_t random[RANDOM_POOL_LEN];
};

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
 * The y with the parity y_bit that belongs to an x below p; false: no point
 * has that x.
 */
bool p256_root(const uint8_t x[P256_LEN], int y_bit, uint8_t ret_y[P256_LEN]);

#endif
