/*
 * The vault in the TPM. A handle is the place of a persistent object and
 * most of the digest in its name, so that no other object is ever taken for
 * it.
 */
#include <string.h>

#include "base/wipe.h"
#include "internal.h"
#include "rot/port_tpm2.h"

#define HANDLE_PLACE 4 /* bytes */

static struct tpm2 *
chip_of(void *ctx)
{
	return ((struct port_tpm2 *)ctx)->chip;
}

/* The place that a handle names, 0 for none. */
static unsigned
handle_place(const struct rot_handle *handle)
{
	struct reader r;
	uint32_t place;

	reader_init(&r, bytes_make(handle->h, HANDLE_PLACE));
	place = reader_u32(&r);
	return place < TPM2_OBJECTS ? place : 0;
}

static enum err
handle_fill(struct tpm2 *chip, unsigned place, struct rot_handle *ret_handle)
{
	uint8_t name[TPM2_NAME_LEN];
	struct writer w;
	ESYS_TR object;
	enum err err = object_find(chip, place, &object);

	if (err != ERR_OK)
		return err;
	err = chip_name(chip, object, name);
	(void)Esys_TR_Close(chip->esys, &object);
	if (err != ERR_OK)
		return err;
	writer_init(&w, ret_handle->h, sizeof(ret_handle->h));
	writer_u32(&w, place);
	writer_put(&w, bytes_make(name, ROT_HANDLE_LEN - HANDLE_PLACE));
	return w.err;
}

/* Finds the object of a handle. ERR_AUTH: it is not here. */
static enum err
handle_find(
    struct tpm2 *chip, const struct rot_handle *handle, ESYS_TR *ret_object)
{
	uint8_t name[TPM2_NAME_LEN];
	unsigned place = handle_place(handle);
	enum err err;

	if (place == 0)
		return ERR_AUTH;
	err = object_find(chip, place, ret_object);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_AUTH : err;
	err = chip_name(chip, *ret_object, name);
	if (err == ERR_OK && memcmp(name, handle->h + HANDLE_PLACE,
				 ROT_HANDLE_LEN - HANDLE_PLACE) != 0)
		err = ERR_AUTH;
	if (err != ERR_OK)
		(void)Esys_TR_Close(chip->esys, ret_object);
	return err;
}

static enum err
place_find(struct tpm2 *chip, unsigned *ret_place)
{
	unsigned there, i;
	enum err err = objects_list(chip, &there);

	if (err != ERR_OK)
		return err;
	for (i = TPM2_HUK + 1; i < TPM2_OBJECTS; i++)
		if ((there & 1u << i) == 0) {
			*ret_place = i;
			return ERR_OK;
		}
	return ERR_SPACE;
}

/* --- the vault --- */

static enum err
vault_key_import(void *ctx, const struct p256_secret *key,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	(void)ctx;
	(void)key;
	(void)ret_handle;
	(void)ret_public;
	return ERR_UNSUPPORTED;
}

static enum err
vault_key_ecdh(void *ctx, const struct rot_handle *handle,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN])
{
	struct tpm2 *chip = chip_of(ctx);
	ESYS_TR key;
	enum err err = p256_point_check(peer);

	if (err == ERR_OK)
		err = handle_find(chip, handle, &key);
	if (err != ERR_OK)
		return err;
	err = key_agree(chip, key, peer, ret_shared);
	(void)Esys_TR_Close(chip->esys, &key);
	return err;
}

/* A key that was made wrong would lock the device out: it agrees first. */
static enum err
key_test(void *ctx, const struct random_source *random,
    const struct rot_handle *handle, const struct p256_point *public)
{
	uint8_t inside[P256_LEN], outside[P256_LEN];
	struct p256_secret secret;
	struct p256_point peer;
	enum err err;

	err = p256_generate(random, &secret, &peer);
	if (err == ERR_OK)
		err = p256_ecdh(&secret, public, outside);
	if (err == ERR_OK)
		err = vault_key_ecdh(ctx, handle, &peer, inside);
	if (err == ERR_OK && !ct_equal(inside, outside, sizeof(inside)))
		err = ERR_CRYPTO;
	wipe(&secret, sizeof(secret));
	wipe(inside, sizeof(inside));
	wipe(outside, sizeof(outside));
	return err;
}

static enum err
vault_key_make(void *ctx, const struct random_source *random,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	struct tpm2 *chip = chip_of(ctx);
	struct rot_handle handle;
	struct p256_point public;
	unsigned place;
	enum err err = place_find(chip, &place);

	if (err == ERR_OK)
		err = key_create(chip, place, &public);
	if (err == ERR_OK)
		err = handle_fill(chip, place, &handle);
	if (err == ERR_OK)
		err = key_test(ctx, random, &handle, &public);
	if (err != ERR_OK)
		return err;
	*ret_handle = handle;
	*ret_public = public;
	return ERR_OK;
}

static enum err
vault_salt_keep(
    void *ctx, const struct keys_salt *salt, struct rot_handle *ret_handle)
{
	struct tpm2 *chip = chip_of(ctx);
	unsigned place;
	enum err err = place_find(chip, &place);

	if (err == ERR_OK)
		err = salt_create(chip, place, salt);
	return err == ERR_OK ? handle_fill(chip, place, ret_handle) : err;
}

static enum err
vault_salt_hmac(void *ctx, const struct rot_handle *handle,
    struct bytes message, uint8_t ret_mac[SHA256_LEN])
{
	struct tpm2 *chip = chip_of(ctx);
	ESYS_TR salt;
	enum err err = handle_find(chip, handle, &salt);

	if (err != ERR_OK)
		return err;
	err = salt_mac(chip, salt, message, ret_mac);
	(void)Esys_TR_Close(chip->esys, &salt);
	return err;
}

static enum err
vault_keep_only(void *ctx, const struct rot_handle *handles, size_t count)
{
	struct tpm2 *chip = chip_of(ctx);
	unsigned there = 0, keep = 1u << TPM2_HUK, i;
	enum err err = objects_list(chip, &there);
	size_t n;

	for (n = 0; n < count; n++)
		keep |= 1u << handle_place(&handles[n]);
	if (err == ERR_OK && (keep & ~there) != 0)
		return ERR_AUTH; /* the record names what is not here */
	for (i = 0; err == ERR_OK && i < TPM2_OBJECTS; i++)
		if ((there & ~keep & 1u << i) != 0)
			err = object_erase(chip, i);
	return err;
}

const struct rot_vault vault_tpm2 = {
    .key_import = vault_key_import,
    .key_make = vault_key_make,
    .key_ecdh = vault_key_ecdh,
    .salt_keep = vault_salt_keep,
    .salt_hmac = vault_salt_hmac,
    .keep_only = vault_keep_only,
};
