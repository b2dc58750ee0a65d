/*
 * Finds the functions of a cipher in its provider. EVP would stand between:
 * at each new key it asks the provider for the lengths of key and nonce, by
 * name, which takes longer than a short message. The interface is the one
 * that EVP itself uses, so the AES is the same, constant in time with and
 * without AES instructions.
 *
 * Spec: provider(7), provider-cipher(7) of OpenSSL 3.
 */
#include "ossl.h"

#include <openssl/provider.h>
#include <string.h>
#include <strings.h>

/* Looks for a name among some that have colons between them. */
static bool
has_name(const char *names, const char *name)
{
	size_t len = strlen(name);

	while (names != NULL) {
		if (strncasecmp(names, name, len) == 0 &&
		    (names[len] == ':' || names[len] == '\0'))
			return true;
		names = strchr(names, ':');
		if (names != NULL)
			names++;
	}
	return false;
}

static void
take_function(const OSSL_DISPATCH *d, struct ossl_cipher *c)
{
	switch (d->function_id) {
	case OSSL_FUNC_CIPHER_NEWCTX:
		c->newctx = OSSL_FUNC_cipher_newctx(d);
		break;
	case OSSL_FUNC_CIPHER_FREECTX:
		c->freectx = OSSL_FUNC_cipher_freectx(d);
		break;
	case OSSL_FUNC_CIPHER_ENCRYPT_INIT:
		c->encrypt_init = OSSL_FUNC_cipher_encrypt_init(d);
		break;
	case OSSL_FUNC_CIPHER_DECRYPT_INIT:
		c->decrypt_init = OSSL_FUNC_cipher_decrypt_init(d);
		break;
	case OSSL_FUNC_CIPHER_UPDATE:
		c->update = OSSL_FUNC_cipher_update(d);
		break;
	case OSSL_FUNC_CIPHER_FINAL:
		c->final = OSSL_FUNC_cipher_final(d);
		break;
	case OSSL_FUNC_CIPHER_GET_CTX_PARAMS:
		c->get_params = OSSL_FUNC_cipher_get_ctx_params(d);
		break;
	case OSSL_FUNC_CIPHER_SET_CTX_PARAMS:
		c->set_params = OSSL_FUNC_cipher_set_ctx_params(d);
		break;
	default:
		break;
	}
}

static bool
is_whole(const struct ossl_cipher *c)
{
	return c->newctx != NULL && c->freectx != NULL &&
	       c->encrypt_init != NULL && c->decrypt_init != NULL &&
	       c->update != NULL && c->final != NULL && c->get_params != NULL &&
	       c->set_params != NULL;
}

bool
ossl_cipher_find(const char *name, struct ossl_cipher *ret_cipher)
{
	const OSSL_PROVIDER *provider;
	const OSSL_ALGORITHM *all, *a;
	struct ossl_cipher c = {0};
	int no_cache;

	/* Never freed: it keeps the provider where it is. */
	c.evp = EVP_CIPHER_fetch(NULL, name, NULL);
	if (c.evp == NULL)
		return false;
	provider = EVP_CIPHER_get0_provider(c.evp);
	c.provider_ctx = OSSL_PROVIDER_get0_provider_ctx(provider);
	all =
	    OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &no_cache);
	for (a = all; a != NULL && a->algorithm_names != NULL; a++)
		if (has_name(a->algorithm_names, name))
			break;
	if (a != NULL && a->algorithm_names != NULL)
		for (const OSSL_DISPATCH *d = a->implementation;
		     d->function_id != 0; d++)
			take_function(d, &c);
	OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_CIPHER, all);
	*ret_cipher = c;
	return is_whole(&c);
}
