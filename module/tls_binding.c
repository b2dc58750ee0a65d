/*
 * All of the profile counts, also what changes no check: a session that is
 * made anew costs a handshake, one that is resumed wrongly costs more.
 */
#include "tls_binding.h"

#include "base/wipe.h"
#include "crypto/crypto.h"

STATIC_ASSERT(TLS_BINDING_LEN == SHA256_LEN, a_binding_is_a_hash);

/* What stands there, and one more thing behind it. */
static enum err
digest_add(uint8_t *digest, struct bytes more)
{
	struct bytes parts[] = {bytes_make(digest, SHA256_LEN), more};
	uint8_t hash[SHA256_LEN];
	enum err err = sha256(parts, ARRAY_LEN(parts), hash);

	if (err == ERR_OK)
		memcpy(digest, hash, sizeof(hash));
	return err;
}

static enum err
profile_add(const struct profile *profile, uint8_t *digest)
{
	uint8_t content[PROFILE_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, content, sizeof(content));
	err = profile_encode(profile, &w);
	if (err == ERR_OK)
		err = digest_add(digest, writer_bytes(&w));
	wipe(content, sizeof(content));
	return err;
}

/* NULL is told from every certificate, and from none at all. */
static enum err
certificate_add(const X509 *x, uint8_t *digest)
{
	uint8_t hash[SHA256_LEN];
	unsigned len = 0;

	if (x == NULL)
		return digest_add(digest, BYTES_LIT("none"));
	if (X509_digest(x, EVP_sha256(), hash, &len) != 1 ||
	    len != sizeof(hash))
		return ERR_CRYPTO;
	return digest_add(digest, BYTES_OF(hash));
}

static enum err
store_add(X509_STORE *store, uint8_t *digest)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	enum err err = ERR_OK;
	int i;

	for (i = 0; err == ERR_OK && i < sk_X509_OBJECT_num(objects); i++)
		err = certificate_add(
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i)),
		    digest);
	return err;
}

enum err
tls_binding_make(const struct profile *profile, const SSL_CTX *context,
    bool trust, uint8_t *ret_binding)
{
	uint8_t digest[SHA256_LEN] = {0};
	enum err err = profile_add(profile, digest);

	if (err == ERR_OK)
		err =
		    certificate_add(SSL_CTX_get0_certificate(context), digest);
	if (err == ERR_OK && trust)
		err = store_add(SSL_CTX_get_cert_store(context), digest);
	if (err == ERR_OK)
		memcpy(ret_binding, digest, sizeof(digest));
	return err;
}
