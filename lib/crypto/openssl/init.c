/*
 * Start of the OpenSSL side: fetches once, and keeps a set of contexts for
 * every thread. Nothing here is undone before the process ends.
 */
#include "ossl.h"

#include <pthread.h>

#include "base/wipe.h"

struct ossl ossl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool ready;
static __thread struct ossl_thread *this_thread;

enum err
ossl_fail(enum err err)
{
	ERR_clear_error();
	return err;
}

static void
thread_free(void *ptr)
{
	struct ossl_thread *t = ptr;
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < AEAD_COUNT; i++)
		if (t->aead[i] != NULL)
			ossl_aead((enum aead)i)->freectx(t->aead[i]);
	EVP_CIPHER_CTX_free(t->cbc);
	BN_CTX_free(t->bn);
	BN_clear_free(t->k);
	EC_POINT_free(t->q);
	EC_POINT_clear_free(t->r);
	OPENSSL_clear_free(t, sizeof(*t));
}

/* A context with the cipher set for good, without padding. */
static EVP_CIPHER_CTX *
cbc_new(void)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, ossl.cbc, NULL, NULL, 1, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static struct ossl_thread *
thread_new(void)
{
	struct ossl_thread *t = OPENSSL_zalloc(sizeof(*t));
	bool good;
	size_t i;

	if (t == NULL)
		return NULL;
	t->bn = BN_CTX_secure_new();
	t->k = BN_secure_new();
	t->q = EC_POINT_new(ossl.p256);
	t->r = EC_POINT_new(ossl.p256);
	t->cbc = cbc_new();
	good = t->bn != NULL && t->k != NULL && t->q != NULL && t->r != NULL &&
	       t->cbc != NULL;
	if (t->k != NULL)
		BN_set_flags(t->k, BN_FLG_CONSTTIME);
	/* So that p256_clear never has to make room. */
	good = good &&
	       EC_POINT_copy(t->r, EC_GROUP_get0_generator(ossl.p256)) == 1;
	for (i = 0; i < AEAD_COUNT && good; i++) {
		t->aead[i] = ossl_aead_new((enum aead)i);
		good = t->aead[i] != NULL;
	}
	if (!good || pthread_setspecific(thread_key, t) != 0) {
		thread_free(t);
		return NULL;
	}
	return t;
}

struct ossl_thread *
ossl_thread(void)
{
	if (this_thread == NULL && ready)
		this_thread = thread_new();
	return this_thread;
}

/* A child must not draw the numbers that its parent draws. */
static void
forget_random(void)
{
	if (this_thread == NULL)
		return;
	wipe(this_thread->random, sizeof(this_thread->random));
	this_thread->random_left = 0;
}

static void
fetch_all(void)
{
	ossl.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	ossl.cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	ossl.p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ready = ossl_cipher_find("AES-128-CCM", &ossl.ccm) &&
		ossl_cipher_find("AES-256-GCM", &ossl.gcm) &&
		ossl.sha256 != NULL && ossl.cbc != NULL && ossl.p256 != NULL &&
		pthread_key_create(&thread_key, thread_free) == 0 &&
		pthread_atfork(NULL, NULL, forget_random) == 0;
}

/*
 * Signs once: EVP loads its parts at their first use, which would be behind
 * the door of a sandbox. A signature also needs seeded random numbers.
 */
static enum err
warm_up(void)
{
	struct bytes message = BYTES_LIT("holdfast");
	uint8_t signature[P256_SIGNATURE_LEN];
	struct p256_secret secret;
	struct p256_point point;
	enum err err = p256_generate(&crypto_random_source, &secret, &point);

	if (err == ERR_OK)
		err = p256_sign(&secret, message, signature);
	if (err == ERR_OK)
		err = p256_verify(&point, message, signature);
	wipe(&secret, sizeof(secret));
	return err;
}

enum err
crypto_init(void)
{
	if (pthread_once(&once, fetch_all) != 0 || ossl_thread() == NULL)
		return ossl_fail(ERR_CRYPTO);
	return warm_up() == ERR_OK ? ERR_OK : ossl_fail(ERR_CRYPTO);
}
