/*
 * Firmware images: the vendor's key, and signing with it.
 */
#ifndef FACTORY_FIRMWARE_H
#define FACTORY_FIRMWARE_H

#include "crypto/crypto.h"
#include "factory.h"

/*
 * Reads a public key of P-256 from PEM, or the public half of a private one.
 * Errors, each with a sentence: ERR_IO, ERR_FORMAT (no such key).
 */
MUST_CHECK enum err firmware_key_read(const char *path,
    struct p256_point *ret_key, struct factory_error *ret_error);

/* What "holdfast-factory sign" is told. */
struct firmware_wish {
	const char *key; /* PEM of the private key */
	const char *image; /* the manifest is made beside it, as .manifest */
	const char *out; /* or here; NULL: beside it */
	unsigned long version;
	const char *name;
};

/*
 * Signs an image and writes its manifest. Errors, each with a sentence:
 * ERR_IO, ERR_FORMAT (key), ERR_INVALID (version, name), ERR_CRYPTO.
 */
MUST_CHECK enum err firmware_sign(
    const struct firmware_wish *wish, struct factory_error *ret_error);

/* Reads a version, 1 to 2^32 - 1; 0: the text is none. */
unsigned long firmware_version_read(const char *text);

/* holdfast-factory sign ...: exit status. */
int firmware_sign_main(int argc, char **argv);

#endif
