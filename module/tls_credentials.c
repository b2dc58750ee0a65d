/*
 * Certificates and keys from the store onto an SSL_CTX. Keys are in memory
 * for the time of one connection.
 */
#include "tls_credentials.h"

#include "base/wipe.h"
#include "credentials.h"

static struct bytes
text_view(const struct profile *profile, enum profile_op op)
{
	const struct profile_text *t = profile_text_of(profile, op);

	return bytes_make(t->text, t->len);
}

/* --- whom the module trusts --- */

static enum err
store_add(X509_STORE *store, const struct credential *c)
{
	X509 *x = credential_certificate(c);
	enum err err = ERR_FORMAT;

	if (x != NULL)
		err = X509_STORE_add_cert(store, x) == 1 ? ERR_OK : ERR_CRYPTO;
	X509_free(x);
	return err;
}

static enum err
trust_one(void *ctx, const struct credential *c)
{
	return c->type == CREDENTIAL_CA ? store_add(ctx, c) : ERR_OK;
}

static enum err
trust_named(const struct module *module, struct bytes name, X509_STORE *store)
{
	struct credential *c = malloc(sizeof(*c));
	enum err err = ERR_NOMEM;

	if (c != NULL)
		err = credential_get(module, CREDENTIAL_CA, name, c);
	if (err == ERR_OK)
		err = store_add(store, c);
	free(c);
	return err;
}

static enum err
trust_fill(const struct module *module, const struct profile *profile,
    X509_STORE *store)
{
	struct bytes name = text_view(profile, PROFILE_CA);

	if (name.len > 0)
		return trust_named(module, name, store);
	return credential_each(module, trust_one, store);
}

enum err
tls_credentials_trust(const struct module *module,
    const struct profile *profile, SSL_CTX *context)
{
	X509_STORE *store = X509_STORE_new();
	enum err err;

	if (store == NULL)
		return ERR_NOMEM;
	err = trust_fill(module, profile, store);
	if (err == ERR_OK)
		SSL_CTX_set_cert_store(context, store); /* and owns it */
	else
		X509_STORE_free(store);
	return err;
}

/* --- what the module shows --- */

static enum err
certificate_use(
    const struct module *module, struct bytes name, SSL_CTX *context)
{
	struct credential *c = malloc(sizeof(*c));
	X509 *x = NULL;
	enum err err = ERR_NOMEM;

	if (c != NULL)
		err = credential_get(module, CREDENTIAL_CLIENT_CERT, name, c);
	if (err == ERR_OK)
		x = credential_certificate(c);
	if (err == ERR_OK)
		err = x != NULL && SSL_CTX_use_certificate(context, x) == 1
			  ? ERR_OK
			  : ERR_UNSUPPORTED;
	X509_free(x);
	free(c);
	return err;
}

static enum err
key_use(const struct module *module, const struct profile *profile,
    struct bytes name, SSL_CTX *context)
{
	struct credential *c = malloc(sizeof(*c));
	EVP_PKEY *key = NULL;
	enum err err = ERR_NOMEM;

	if (c == NULL)
		return err;
	err = credential_get(module, CREDENTIAL_CLIENT_KEY, name, c);
	if (err == ERR_OK)
		err = credential_key(
		    c, text_view(profile, PROFILE_PASSWORD), &key);
	if (err == ERR_OK && SSL_CTX_use_PrivateKey(context, key) != 1)
		err = ERR_AUTH; /* not the certificate's */
	EVP_PKEY_free(key);
	credential_wipe(c);
	free(c);
	return err;
}

/* --- those of zero-touch provisioning, from the root of trust --- */

static enum err
ztp_get(const struct module *module, enum tee_ztp which,
    struct tee_answer *ret_answer)
{
	struct tee_request request = {.op = TEE_ZTP_GET, .u.ztp = which};

	return tee_ask(&module->tee, &request, ret_answer);
}

static enum err
ztp_certificate(
    const struct module *module, enum tee_ztp which, X509 **ret_certificate)
{
	struct tee_answer answer;
	const unsigned char *at = answer.u.ztp.der;
	enum err err = ztp_get(module, which, &answer);

	if (err != ERR_OK)
		return err;
	*ret_certificate = d2i_X509(NULL, &at, (long)answer.u.ztp.len);
	return *ret_certificate == NULL ? ERR_FORMAT : ERR_OK;
}

/* The cloud may ask for the CA beside the certificate that it has made. */
static enum err
ztp_ca_use(const struct module *module, SSL_CTX *context)
{
	X509 *ca;
	enum err err = ztp_certificate(module, TEE_ZTP_CA, &ca);

	if (err != ERR_OK)
		return err;
	if (SSL_CTX_add0_chain_cert(context, ca) == 1)
		return ERR_OK;
	X509_free(ca);
	return ERR_CRYPTO;
}

static enum err
ztp_certificate_use(const struct module *module, SSL_CTX *context)
{
	X509 *x;
	enum err err = ztp_certificate(module, TEE_ZTP_CERTIFICATE, &x);

	if (err != ERR_OK)
		return err;
	if (SSL_CTX_use_certificate(context, x) != 1)
		err = ERR_CRYPTO;
	X509_free(x);
	return err;
}

static enum err
ztp_key_use(const struct module *module, SSL_CTX *context)
{
	struct tee_answer answer;
	const unsigned char *at = answer.u.ztp.der;
	EVP_PKEY *key = NULL;
	enum err err = ztp_get(module, TEE_ZTP_KEY, &answer);

	if (err == ERR_OK)
		key = d2i_AutoPrivateKey(NULL, &at, (long)answer.u.ztp.len);
	wipe(&answer, sizeof(answer));
	if (err == ERR_OK && SSL_CTX_use_PrivateKey(context, key) != 1)
		err = ERR_AUTH;
	EVP_PKEY_free(key);
	return err;
}

static enum err
ztp_use(const struct module *module, bool with_ca, SSL_CTX *context)
{
	enum err err = ztp_certificate_use(module, context);

	if (err == ERR_OK)
		err = ztp_key_use(module, context);
	if (err == ERR_OK && with_ca)
		err = ztp_ca_use(module, context);
	return err;
}

enum err
tls_credentials_own(const struct module *module, const struct profile *profile,
    SSL_CTX *context)
{
	struct bytes cert = text_view(profile, PROFILE_CERT);
	struct bytes key = text_view(profile, PROFILE_KEY);
	enum err err = ERR_OK;

	if (profile->ztp != ZTP_OFF)
		return ztp_use(module, profile->ztp == ZTP_WITH_CA, context);
	if (cert.len > 0)
		err = certificate_use(module, cert, context);
	if (err == ERR_OK && key.len > 0)
		err = key_use(module, profile, key, context);
	if (err == ERR_OK && (cert.len > 0) != (key.len > 0))
		err = ERR_NOT_FOUND; /* one without the other */
	ERR_clear_error();
	return err;
}
