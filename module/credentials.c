/*
 * What hosts give is read by OpenSSL and has to be one thing of its kind,
 * whole: nothing before it, nothing after it.
 */
#include "credentials.h"

#include "base/text.h"
#include "base/wipe.h"
#include "crypto/crypto.h"
#include "key_cost.h"
#include "vault.h"

#define ENCODING 1
#define HEAD_MAX (4 + CREDENTIAL_MD5_LEN + CREDENTIAL_NAME_MAX)
#define PREFIX "credential-"
#define FILE_HASH_LEN 12 /* of the name, in the file's name */

STATIC_ASSERT(
    HEAD_MAX + CREDENTIAL_SIZE_MAX <= VAULT_CONTENT_MAX, fits_the_vault);

void
credential_wipe(struct credential *c)
{
	wipe(c, sizeof(*c));
}

bool
credential_name_ok(struct bytes name)
{
	size_t i;

	for (i = 0; i < name.len; i++) {
		if (name.ptr[i] < 0x20 || name.ptr[i] >= 0x7f ||
		    name.ptr[i] == '"')
			return false;
	}
	return name.len > 0 && name.len <= CREDENTIAL_NAME_MAX;
}

/* --- reading what a host gives --- */

static bool
is_certificate(enum credential_type type)
{
	return type != CREDENTIAL_CLIENT_KEY && type != CREDENTIAL_VERIFY_KEY;
}

/* Whether a PEM block of this label may be of the type. */
static bool
label_ok(enum credential_type type, const char *label)
{
	if (is_certificate(type))
		return strcmp(label, PEM_STRING_X509) == 0;
	if (type == CREDENTIAL_VERIFY_KEY)
		return strcmp(label, PEM_STRING_PUBLIC) == 0;
	return strcmp(label, PEM_STRING_PKCS8) == 0 ||
	       strcmp(label, PEM_STRING_PKCS8INF) == 0 ||
	       strcmp(label, PEM_STRING_RSA) == 0 ||
	       strcmp(label, PEM_STRING_ECPRIVATEKEY) == 0;
}

/* A block as PEM_read_bio gives it. */
struct pem_block {
	char *label;
	char *header;
	unsigned char *data;
	long len;
};

static void
pem_free(struct pem_block *b)
{
	OPENSSL_free(b->label);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->data, b->len > 0 ? (size_t)b->len : 0);
	memset(b, 0, sizeof(*b));
}

static bool
pem_next(BIO *bio, struct pem_block *b)
{
	return PEM_read_bio(bio, &b->label, &b->header, &b->data, &b->len) == 1;
}

static enum err
der_copy(struct credential *c, const unsigned char *ptr, size_t len)
{
	if (len > sizeof(c->der))
		return ERR_SPACE;
	memcpy(c->der, ptr, len);
	c->der_len = len;
	return ERR_OK;
}

static enum err
block_take(struct credential *c, const struct pem_block *b)
{
	if (b->header[0] != '\0' || b->len <= 0 || !label_ok(c->type, b->label))
		return ERR_FORMAT;
	return der_copy(c, b->data, (size_t)b->len);
}

/* One block, but for the parameters that openssl writes before a key. */
static enum err
pem_read(struct credential *c, struct bytes content)
{
	BIO *bio = BIO_new_mem_buf(content.ptr, (int)content.len);
	struct pem_block b = {NULL, NULL, NULL, 0};
	enum err err = ERR_FORMAT;
	bool found;

	if (bio == NULL)
		return ERR_NOMEM;
	found = pem_next(bio, &b);
	if (found && c->type == CREDENTIAL_CLIENT_KEY &&
	    strcmp(b.label, PEM_STRING_ECPARAMETERS) == 0) {
		pem_free(&b);
		found = pem_next(bio, &b);
	}
	if (found)
		err = block_take(c, &b);
	pem_free(&b);
	if (err == ERR_OK && pem_next(bio, &b)) {
		pem_free(&b);
		err = ERR_FORMAT; /* more than one */
	}
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

static bool
is_pem(struct bytes content)
{
	static const char begin[] = "-----BEGIN ";

	return memmem(content.ptr, content.len, begin, strlen(begin)) != NULL;
}

X509 *
credential_certificate(const struct credential *c)
{
	const unsigned char *at = c->der;
	X509 *x = d2i_X509(NULL, &at, (long)c->der_len);

	if (x != NULL && at != c->der + c->der_len) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

static EVP_PKEY *
plain_key(const struct credential *c)
{
	const unsigned char *at = c->der;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)c->der_len);

	if (key != NULL && at != c->der + c->der_len) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}

static X509_SIG *
encrypted_key(const struct credential *c)
{
	const unsigned char *at = c->der;
	X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)c->der_len);

	if (sig != NULL && at != c->der + c->der_len) {
		X509_SIG_free(sig);
		sig = NULL;
	}
	ERR_clear_error();
	return sig;
}

/* Opens an encrypted PKCS#8 key; NULL when the password is not its. */
static EVP_PKEY *
key_decrypt(const X509_SIG *sig, struct bytes password)
{
	PKCS8_PRIV_KEY_INFO *info =
	    PKCS8_decrypt(sig, (const char *)password.ptr, (int)password.len);
	EVP_PKEY *key = info == NULL ? NULL : EVP_PKCS82PKEY(info);

	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return key;
}

enum err
credential_key(
    const struct credential *c, struct bytes password, EVP_PKEY **ret_key)
{
	EVP_PKEY *key = NULL;
	X509_SIG *sig;

	if (!c->encrypted) {
		key = plain_key(c);
		if (key == NULL)
			return ERR_FORMAT;
		*ret_key = key;
		return ERR_OK;
	}
	sig = encrypted_key(c);
	if (sig == NULL)
		return ERR_FORMAT;
	if (!key_cost_ok(sig)) {
		X509_SIG_free(sig);
		return ERR_UNSUPPORTED;
	}
	if (password.len > 0)
		key = key_decrypt(sig, password);
	X509_SIG_free(sig);
	if (key == NULL)
		return ERR_AUTH;
	*ret_key = key;
	return ERR_OK;
}

/* Puts the open key in the place of the encrypted one. */
static enum err
key_open(struct credential *c, struct bytes password)
{
	unsigned char *der = NULL;
	EVP_PKEY *key;
	enum err err = credential_key(c, password, &key);
	int len;

	if (err != ERR_OK)
		return err;
	len = i2d_PrivateKey(key, &der);
	EVP_PKEY_free(key);
	if (len <= 0)
		return ERR_CRYPTO;
	c->encrypted = false;
	wipe(c->der, sizeof(c->der));
	err = der_copy(c, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	return err;
}

static enum err
key_check(struct credential *c, struct bytes password)
{
	EVP_PKEY *key = plain_key(c);
	X509_SIG *sig;
	bool good;

	if (key != NULL) {
		EVP_PKEY_free(key);
		return password.len == 0 ? ERR_OK : ERR_INVALID;
	}
	sig = encrypted_key(c);
	if (sig == NULL)
		return ERR_FORMAT;
	good = key_cost_ok(sig);
	X509_SIG_free(sig);
	if (!good)
		return ERR_UNSUPPORTED;
	c->encrypted = true;
	return password.len == 0 ? ERR_OK : key_open(c, password);
}

static enum err
public_key_check(const struct credential *c)
{
	const unsigned char *at = c->der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)c->der_len);
	bool good = key != NULL && at == c->der + c->der_len;

	EVP_PKEY_free(key);
	ERR_clear_error();
	return good ? ERR_OK : ERR_FORMAT;
}

static enum err
certificate_check(const struct credential *c)
{
	X509 *x = credential_certificate(c);

	if (x == NULL)
		return ERR_FORMAT;
	X509_free(x);
	return ERR_OK;
}

static enum err
content_check(struct credential *c, struct bytes password)
{
	size_t len = 0;

	if (EVP_Q_digest(NULL, "MD5", NULL, c->der, c->der_len, c->md5, &len) !=
		1 ||
	    len != CREDENTIAL_MD5_LEN)
		return ERR_CRYPTO;
	if (c->type == CREDENTIAL_CLIENT_KEY)
		return key_check(c, password);
	if (password.len > 0)
		return ERR_INVALID;
	return is_certificate(c->type) ? certificate_check(c)
				       : public_key_check(c);
}

enum err
credential_read(enum credential_type type, struct bytes name,
    struct bytes content, struct bytes password,
    struct credential *ret_credential)
{
	struct credential *c = ret_credential;
	enum err err;

	credential_wipe(c);
	if (!credential_name_ok(name))
		return ERR_INVALID;
	if (content.len > CREDENTIAL_SIZE_MAX)
		return ERR_SPACE;
	c->type = type;
	memcpy(c->name, name.ptr, name.len);
	if (content.len == 0)
		return ERR_FORMAT;
	if (is_pem(content))
		err = pem_read(c, content);
	else
		err = der_copy(c, content.ptr, content.len);
	if (err == ERR_OK)
		err = content_check(c, password);
	if (err != ERR_OK)
		credential_wipe(c);
	return err;
}

/* --- at rest --- */

enum err
credential_encode(const struct credential *c, struct writer *out)
{
	struct bytes name = bytes_str(c->name);

	writer_u8(out, ENCODING);
	writer_u8(out, (uint8_t)c->type);
	writer_u8(out, c->encrypted ? 1 : 0);
	writer_put(out, BYTES_OF(c->md5));
	writer_u8(out, (uint8_t)name.len);
	writer_put(out, name);
	writer_put(out, bytes_make(c->der, c->der_len));
	return out->err;
}

enum err
credential_decode(struct bytes in, struct credential *ret_credential)
{
	struct credential *c = ret_credential;
	struct bytes name, der;
	struct reader r;
	uint8_t encoding, type, encrypted;

	credential_wipe(c);
	reader_init(&r, in);
	encoding = reader_u8(&r);
	type = reader_u8(&r);
	encrypted = reader_u8(&r);
	reader_copy(&r, c->md5, sizeof(c->md5));
	name = reader_take(&r, reader_u8(&r));
	der = reader_rest(&r);
	if (encoding != ENCODING || type >= CREDENTIAL_TYPES || encrypted > 1 ||
	    !credential_name_ok(name) || der.len == 0 ||
	    der.len > CREDENTIAL_SIZE_MAX)
		reader_fail(&r, ERR_FORMAT);
	if (reader_end(&r) != ERR_OK) {
		credential_wipe(c);
		return ERR_FORMAT;
	}
	c->type = (enum credential_type)type;
	c->encrypted = encrypted == 1;
	memcpy(c->name, name.ptr, name.len);
	return der_copy(c, der.ptr, der.len);
}

/* Files are named by type and a hash of the name, which may be any text. */
static enum err
file_name(enum credential_type type, struct bytes name,
    char ret_file[VAULT_NAME_MAX + 1])
{
	uint8_t hash[SHA256_LEN];
	char hex[HEX_SIZE(FILE_HASH_LEN)];
	enum err err;

	if (!credential_name_ok(name))
		return ERR_INVALID;
	err = sha256(&name, 1, hash);
	if (err != ERR_OK)
		return err;
	hex_encode_lower(bytes_make(hash, FILE_HASH_LEN), hex);
	(void)snprintf(
	    ret_file, VAULT_NAME_MAX + 1, PREFIX "%d-%s", (int)type, hex);
	return ERR_OK;
}

static bool
listed(const struct vault_names *names, const char *file)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (strcmp(names->names[i], file) == 0)
			return true;
	}
	return false;
}

/* Whether one more, or one in place of another, has room. */
static enum err
room_check(const struct module *module, const char *file)
{
	struct vault_names *names = malloc(sizeof(*names));
	enum err err = ERR_NOMEM;

	if (names != NULL)
		err = vault_list(module, PREFIX, names);
	if (err == ERR_OK && names->count >= CREDENTIALS_MAX &&
	    !listed(names, file))
		err = ERR_EXHAUSTED;
	free(names);
	return err;
}

enum err
credential_put(const struct module *module, const struct credential *credential)
{
	uint8_t content[HEAD_MAX + CREDENTIAL_SIZE_MAX];
	char file[VAULT_NAME_MAX + 1];
	struct writer w;
	enum err err =
	    file_name(credential->type, bytes_str(credential->name), file);

	writer_init(&w, content, sizeof(content));
	if (err == ERR_OK)
		err = credential_encode(credential, &w);
	if (err == ERR_OK)
		err = room_check(module, file);
	if (err == ERR_OK)
		err = vault_put(module, file, writer_bytes(&w));
	wipe(content, sizeof(content));
	return err;
}

static enum err
file_get(const struct module *module, const char *file,
    struct credential *ret_credential)
{
	uint8_t content[HEAD_MAX + CREDENTIAL_SIZE_MAX];
	size_t len;
	enum err err = vault_get(module, file, content, sizeof(content), &len);

	if (err == ERR_OK)
		err =
		    credential_decode(bytes_make(content, len), ret_credential);
	wipe(content, sizeof(content));
	return err;
}

enum err
credential_get(const struct module *module, enum credential_type type,
    struct bytes name, struct credential *ret_credential)
{
	char file[VAULT_NAME_MAX + 1];
	enum err err = file_name(type, name, file);

	if (err == ERR_OK)
		err = file_get(module, file, ret_credential);
	if (err == ERR_OK &&
	    (ret_credential->type != type ||
		!bytes_equal(name, bytes_str(ret_credential->name)))) {
		credential_wipe(ret_credential);
		err = ERR_NOT_FOUND; /* another name of the same hash */
	}
	return err;
}

enum err
credential_remove(
    const struct module *module, enum credential_type type, struct bytes name)
{
	char file[VAULT_NAME_MAX + 1];
	enum err err = file_name(type, name, file);

	return err == ERR_OK ? vault_remove(module, file) : err;
}

enum err
credential_each(const struct module *module,
    enum err (*see)(void *ctx, const struct credential *credential), void *ctx)
{
	struct vault_names *names = malloc(sizeof(*names));
	struct credential *c = malloc(sizeof(*c));
	enum err err = ERR_NOMEM;
	size_t i;

	if (names != NULL && c != NULL)
		err = vault_list(module, PREFIX, names);
	for (i = 0; err == ERR_OK && i < names->count; i++) {
		if (file_get(module, names->names[i], c) != ERR_OK)
			continue;
		err = see(ctx, c);
		credential_wipe(c);
	}
	free(c);
	free(names);
	return err;
}
