/*
 * AES-CCM and AES-GCM with contexts that this thread keeps, one for each
 * algorithm, because the lengths of nonce and tag are set once in it. They
 * are the provider's own: see cipher.c.
 *
 * Spec: NIST SP 800-38C and SP 800-38D.
 */
#include "ossl.h"

#include <string.h>

#include "base/wipe.h"

/* Stands for empty text: OpenSSL takes NULL for "this is the aad". */
static const uint8_t nothing[1];

/* What all steps of one call need. */
struct run {
	struct ossl_thread *thread;
	const struct ossl_cipher *cipher;
	void *ctx;
	enum aead aead;
};

const struct ossl_cipher *
ossl_aead(enum aead aead)
{
	return aead == AEAD_GCM_256 ? &ossl.gcm : &ossl.ccm;
}

void *
ossl_aead_new(enum aead aead)
{
	const struct ossl_cipher *c = ossl_aead(aead);
	size_t nonce_len = aead_nonce_len(aead);
	OSSL_PARAM params[3];
	void *ctx = c->newctx(c->provider_ctx);

	params[0] = OSSL_PARAM_construct_size_t(
	    OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len);
	params[1] = OSSL_PARAM_construct_end();
	/* GCM makes every length of tag and takes none while it encrypts. */
	if (aead != AEAD_GCM_256)
		params[1] = OSSL_PARAM_construct_octet_string(
		    OSSL_CIPHER_PARAM_AEAD_TAG, NULL, aead_tag_len(aead));
	params[2] = OSSL_PARAM_construct_end();
	if (ctx != NULL && c->set_params(ctx, params) == 1)
		return ctx;
	if (ctx != NULL)
		c->freectx(ctx);
	return NULL;
}

static bool
run_start(enum aead aead, struct run *run)
{
	struct ossl_thread *t = ossl_thread();

	if (t == NULL)
		return false;
	run->thread = t;
	run->cipher = ossl_aead(aead);
	run->ctx = t->aead[aead];
	run->aead = aead;
	return true;
}

/* Puts a key of zeros in the place of the one that was used. */
static void
key_wipe(struct ossl_thread *t, enum aead aead)
{
	static const uint8_t zeros[32];

	if (ossl_aead(aead)->encrypt_init(
		t->aead[aead], zeros, aead_key_len(aead), NULL, 0, NULL) != 1)
		ERR_clear_error();
	t->aead_used[aead] = false;
}

static void
run_end(const struct run *run)
{
	if (run->thread->aead_batch)
		run->thread->aead_used[run->aead] = true;
	else
		key_wipe(run->thread, run->aead);
}

void
aead_batch(void)
{
	struct ossl_thread *t = ossl_thread();

	if (t != NULL)
		t->aead_batch = true;
}

void
aead_batch_end(void)
{
	struct ossl_thread *t = ossl_thread();

	if (t == NULL)
		return;
	t->aead_batch = false;
	for (size_t i = 0; i < AEAD_COUNT; i++)
		if (t->aead_used[i])
			key_wipe(t, (enum aead)i);
}

static bool
feed(const struct run *run, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t n;

	return run->cipher->update(run->ctx, out, &n, len, in, len) == 1;
}

/* Feeds the length (CCM wants it first), the additional data, and the text. */
static bool
feed_aad(const struct run *run, struct bytes aad, size_t text_len)
{
	if (run->aead != AEAD_GCM_256 && !feed(run, NULL, text_len, NULL))
		return false;
	return aad.len == 0 || feed(run, aad.ptr, aad.len, NULL);
}

static bool
feed_text(const struct run *run, struct bytes text, uint8_t *out)
{
	uint8_t unused[1];
	size_t n;

	return feed(run, text.len == 0 ? nothing : text.ptr, text.len,
		   text.len == 0 ? unused : out) &&
	       run->cipher->final(run->ctx, unused, &n, 0) == 1;
}

static bool
get_tag(const struct run *run, uint8_t *tag)
{
	OSSL_PARAM params[2];

	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TAG, tag, aead_tag_len(run->aead));
	params[1] = OSSL_PARAM_construct_end();
	return run->cipher->get_params(run->ctx, params) == 1;
}

enum err
aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out)
{
	struct run run;
	bool good;

	if (aead_check(aead, key, nonce, aad, plaintext.len) != ERR_OK)
		return ERR_INVALID;
	if (!run_start(aead, &run))
		return ERR_CRYPTO;
	good = run.cipher->encrypt_init(run.ctx, key.ptr, key.len, nonce.ptr,
		   nonce.len, NULL) == 1 &&
	       feed_aad(&run, aad, plaintext.len) &&
	       feed_text(&run, plaintext, ret_out) &&
	       get_tag(&run, ret_out + plaintext.len);
	run_end(&run);
	if (good)
		return ERR_OK;
	wipe(ret_out, plaintext.len + aead_tag_len(aead));
	return ossl_fail(ERR_CRYPTO);
}

/* Starts decryption; the tag has to be there before CCM sees its key. */
static bool
open_start(const struct run *run, struct bytes key, struct bytes nonce,
    const uint8_t *tag)
{
	const struct ossl_cipher *c = run->cipher;
	uint8_t copy[AEAD_TAG_MAX];
	OSSL_PARAM params[2];

	memcpy(copy, tag, aead_tag_len(run->aead));
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TAG, copy, aead_tag_len(run->aead));
	params[1] = OSSL_PARAM_construct_end();
	return c->decrypt_init(run->ctx, NULL, 0, NULL, 0, NULL) == 1 &&
	       c->set_params(run->ctx, params) == 1 &&
	       c->decrypt_init(
		   run->ctx, key.ptr, key.len, nonce.ptr, nonce.len, NULL) == 1;
}

enum err
aead_open(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes ciphertext, uint8_t *ret_out)
{
	size_t tag_len = aead_tag_len(aead);
	struct bytes text = ciphertext;
	enum err err = ERR_CRYPTO;
	struct run run;

	if (ciphertext.len < tag_len)
		return ERR_TRUNCATED;
	text.len -= tag_len;
	if (aead_check(aead, key, nonce, aad, text.len) != ERR_OK)
		return ERR_INVALID;
	if (!run_start(aead, &run))
		return ERR_CRYPTO;
	/* CCM finds a wrong tag while it is fed the text, GCM at the end. */
	if (open_start(&run, key, nonce, text.ptr + text.len) &&
	    feed_aad(&run, aad, text.len))
		err = feed_text(&run, text, ret_out) ? ERR_OK : ERR_AUTH;
	run_end(&run);
	if (err == ERR_OK)
		return ERR_OK;
	wipe(ret_out, text.len);
	return ossl_fail(err);
}
