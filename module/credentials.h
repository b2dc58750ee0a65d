/*
 * Certificates and keys that the host has stored with +USECMNG. Each is kept
 * as DER in a file sealed by the root of trust, and survives power-off.
 *
 * A name has 1 to CREDENTIAL_NAME_MAX printable ASCII characters without a
 * quote, and is one of its type: a CA and a key may have the same.
 */
#ifndef MODULE_CREDENTIALS_H
#define MODULE_CREDENTIALS_H

#include "module.h"
#include "ossl.h"

enum credential_type {
	CREDENTIAL_CA = 0,
	CREDENTIAL_CLIENT_CERT = 1,
	CREDENTIAL_CLIENT_KEY = 2,
	CREDENTIAL_SERVER_CERT = 3,
	CREDENTIAL_VERIFY_CERT = 4,
	CREDENTIAL_VERIFY_KEY = 5,
	CREDENTIAL_TYPES = 6
};

#define CREDENTIAL_MD5_LEN 16

/*
 * What opening an encrypted key may cost, so that a key cannot stop the
 * module: rounds of PBKDF2 and of the older ways, and N * r * p of scrypt.
 */
#define CREDENTIAL_ROUNDS_MAX 1000000
#define CREDENTIAL_SCRYPT_MAX 1048576

struct credential {
	enum credential_type type;
	bool encrypted; /* a key as its host gave it: op 7 opens it */
	char name[CREDENTIAL_NAME_MAX + 1];
	uint8_t md5[CREDENTIAL_MD5_LEN]; /* of the DER that came */
	size_t der_len;
	uint8_t der[CREDENTIAL_SIZE_MAX];
};

/* Whether it may be a name. */
bool credential_name_ok(struct bytes name);

/* Wipes what may be a key. */
void credential_wipe(struct credential *c);

/*
 * Reads what a host gives as one certificate or key, PEM or DER. password
 * (empty: none) opens an encrypted PKCS#8 key; without it the key stays as it
 * is.
 *
 * Errors: ERR_INVALID (name; a password for what is not encrypted),
 * ERR_SPACE (over CREDENTIAL_SIZE_MAX), ERR_FORMAT (not of this type, or more
 * than one), ERR_UNSUPPORTED (encrypted in a way that is not known, or costs
 * more than CREDENTIAL_ROUNDS_MAX or CREDENTIAL_SCRYPT_MAX), ERR_AUTH (wrong
 * password), ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err credential_read(enum credential_type type,
    struct bytes name, struct bytes content, struct bytes password,
    struct credential *ret_credential);

/*
 * Keeps it in place of an older one of its name. Errors: ERR_EXHAUSTED
 * (there are CREDENTIALS_MAX already), those of vault_put.
 */
MUST_CHECK enum err credential_put(
    const struct module *module, const struct credential *credential);

/* Errors: ERR_INVALID (name), those of vault_get, ERR_FORMAT. */
MUST_CHECK enum err credential_get(const struct module *module,
    enum credential_type type, struct bytes name,
    struct credential *ret_credential);

/* Errors: ERR_INVALID (name), ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err credential_remove(
    const struct module *module, enum credential_type type, struct bytes name);

/*
 * Shows all of them to see, by type and then in no order that means
 * anything; what does not open is left out. Errors: ERR_IO, ERR_NOMEM, and
 * what see returns, which ends it.
 */
MUST_CHECK enum err credential_each(const struct module *module,
    enum err (*see)(void *ctx, const struct credential *credential), void *ctx);

/* Encodes one for the vault, and decodes it. Errors: ERR_SPACE; ERR_FORMAT. */
MUST_CHECK enum err credential_encode(
    const struct credential *credential, struct writer *out);
MUST_CHECK enum err credential_decode(
    struct bytes in, struct credential *ret_credential);

/* The certificate in it, or NULL; the caller frees it. */
X509 *credential_certificate(const struct credential *credential);

/*
 * The private key in it; the caller frees it. Errors: ERR_AUTH (password
 * missing or wrong), ERR_UNSUPPORTED as credential_read, ERR_FORMAT.
 */
MUST_CHECK enum err credential_key(const struct credential *credential,
    struct bytes password, EVP_PKEY **ret_key);

#endif
