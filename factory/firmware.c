/*
 * The vendor's side of secure boot. The private key is read for one
 * signature and wiped; in earnest it would lie in an HSM, and the manifest
 * is a plain COSE_Sign1 that anything can make.
 */
#include "firmware.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* OpenSSL has a type of this name, which it uses nowhere in its own API. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#undef ERR_STATE

#include "base/wipe.h"
#include "file/file.h"
#include "rot/boot_file.h"

static enum err
fail(struct factory_error *e, enum err err, const char *what, const char *why)
{
	(void)snprintf(e->text, sizeof(e->text), "%.160s: %.80s", what, why);
	return err;
}

/* --- keys --- */

static EVP_PKEY *
pem_read(const char *path, bool private)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key;

	if (f == NULL)
		return NULL;
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (key == NULL && !private) {
		rewind(f);
		key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	}
	(void)fclose(f);
	return key;
}

static bool
point_get(const EVP_PKEY *key, struct p256_point *ret_point)
{
	uint8_t pub[P256_POINT_LEN];
	char group[32];
	size_t len = 0;

	return EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0 &&
	       EVP_PKEY_get_octet_string_param(
		   key, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub), &len) == 1 &&
	       p256_point_decode(bytes_make(pub, len), ret_point) == ERR_OK;
}

static bool
secret_get(const EVP_PKEY *key, struct p256_secret *ret_secret)
{
	BIGNUM *d = NULL;
	bool good =
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
	    BN_bn2binpad(d, ret_secret->d, P256_LEN) == P256_LEN;

	BN_clear_free(d);
	return good;
}

enum err
firmware_key_read(const char *path, struct p256_point *ret_key,
    struct factory_error *ret_error)
{
	EVP_PKEY *key;
	bool good;

	if (access(path, R_OK) != 0)
		return fail(ret_error, ERR_IO, path, strerror(errno));
	key = pem_read(path, false);
	good = key != NULL && point_get(key, ret_key);
	EVP_PKEY_free(key);
	return good
		   ? ERR_OK
		   : fail(ret_error, ERR_FORMAT, path, "no PEM of a P-256 key");
}

static enum err
secret_read(const char *path, struct p256_secret *ret_secret,
    struct factory_error *ret_error)
{
	struct p256_point point;
	EVP_PKEY *key;
	bool good;

	if (access(path, R_OK) != 0)
		return fail(ret_error, ERR_IO, path, strerror(errno));
	key = pem_read(path, true);
	good = key != NULL && point_get(key, &point) &&
	       secret_get(key, ret_secret);
	EVP_PKEY_free(key);
	return good ? ERR_OK
		    : fail(ret_error, ERR_FORMAT, path,
			  "no PEM of a private P-256 key without password");
}

/* --- images --- */

static enum err
image_read(const char *path, struct boot_image *ret_image,
    struct factory_error *ret_error)
{
	enum err err;

	if (access(path, R_OK) != 0)
		return fail(ret_error, ERR_IO, path, strerror(errno));
	err = boot_file_measure(path, ret_image);
	return err == ERR_OK
		   ? ERR_OK
		   : fail(ret_error, err, path, "cannot be read as an image");
}

static enum err
manifest_make(const struct firmware_wish *wish, struct writer *w,
    struct factory_error *ret_error)
{
	struct boot_manifest m = {
	    .version = (uint32_t)wish->version, .name = bytes_str(wish->name)};
	struct p256_secret key;
	enum err err = image_read(wish->image, &m.image, ret_error);

	if (err != ERR_OK)
		return err;
	err = secret_read(wish->key, &key, ret_error);
	if (err != ERR_OK) {
		wipe(&key, sizeof(key));
		return err;
	}
	err = boot_manifest_write(&m, &key, w);
	wipe(&key, sizeof(key));
	return err == ERR_OK ? ERR_OK
			     : fail(ret_error, err, "--name",
				   "1 to 8 printable characters, please");
}

enum err
firmware_sign(const struct firmware_wish *wish, struct factory_error *ret_error)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	char path[PATH_MAX];
	struct writer w;
	enum err err;
	int len;

	len = wish->out != NULL
		  ? snprintf(path, sizeof(path), "%s", wish->out)
		  : snprintf(path, sizeof(path), "%s.manifest", wish->image);
	if (len < 0 || (size_t)len >= sizeof(path))
		return fail(ret_error, ERR_SPACE, wish->image, "too long");
	writer_init(&w, buf, sizeof(buf));
	err = manifest_make(wish, &w, ret_error);
	if (err == ERR_OK &&
	    file_replace(path, writer_bytes(&w), 0644) != ERR_OK)
		err = fail(ret_error, ERR_IO, path, strerror(errno));
	return err;
}

/* --- the command --- */

static const char usage[] =
    "Usage: holdfast-factory sign --key PEM --version N --name TEXT IMAGE\n"
    "\n"
    "Signs a firmware image, and writes IMAGE.manifest: with it IMAGE starts\n"
    "on devices that were made with --boot-key.\n"
    "\n"
    "  --key PEM     the vendor's private key, P-256\n"
    "  --version N   counts up from 1: a device never starts a lower one\n"
    "  --name TEXT   what the device calls its firmware, 1 to 8 characters\n"
    "  --out FILE    the manifest, when it shall not stand beside IMAGE\n"
    "  --help        prints this\n";

static const struct option table[] = {
    {"key", required_argument, NULL, 'k'},
    {"version", required_argument, NULL, 'v'},
    {"name", required_argument, NULL, 'n'},
    {"out", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

unsigned long
firmware_version_read(const char *text)
{
	unsigned long version;
	char *end;

	errno = 0;
	version = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    version > UINT32_MAX)
		return 0;
	return version;
}

static int
complain(const char *text)
{
	(void)fprintf(stderr, "holdfast-factory: %s\n", text);
	return 2;
}

int
firmware_sign_main(int argc, char **argv)
{
	struct firmware_wish wish = {.version = 0};
	struct factory_error error;
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == 'k')
			wish.key = optarg;
		else if (option == 'v')
			wish.version = firmware_version_read(optarg);
		else if (option == 'n')
			wish.name = optarg;
		else if (option == 'o')
			wish.out = optarg;
		else
			return option == 'h' && fputs(usage, stdout) >= 0 ? 0
									  : 2;
	}
	if (optind + 1 != argc || wish.key == NULL || wish.name == NULL)
		return complain("--key, --version, --name and IMAGE are needed "
				"(see --help)");
	if (wish.version == 0)
		return complain("--version: a number from 1 to 4294967295");
	wish.image = argv[optind];
	if (crypto_init() != ERR_OK)
		return complain("the crypto library does not start");
	if (firmware_sign(&wish, &error) != ERR_OK) {
		(void)complain(error.text);
		return 1;
	}
	return 0;
}
