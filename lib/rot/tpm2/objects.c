/*
 * Keys in the TPM: each is made or taken under the primary, and made
 * persistent at a place of its own before anything relies on it. None can be
 * duplicated or read; each works with the authorisation in DIR/tpm2 alone.
 */
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

#define OBJECT_FIRST 0x81484600u
#define ATTRIBUTES                                                             \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |                      \
	    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA)

static const TPM2B_PUBLIC key_template = {
    .publicArea = {.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes =
	    ATTRIBUTES | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_DECRYPT,
	.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
	    .scheme = {.scheme = TPM2_ALG_ECDH,
		.details.ecdh.hashAlg = TPM2_ALG_SHA256},
	    .curveID = TPM2_ECC_NIST_P256,
	    .kdf.scheme = TPM2_ALG_NULL}}};

/* An HMAC key; where it comes from is added. */
static const TPM2B_PUBLIC mac_template = {
    .publicArea = {.type = TPM2_ALG_KEYEDHASH,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = ATTRIBUTES | TPMA_OBJECT_SIGN_ENCRYPT,
	.parameters.keyedHashDetail.scheme = {
	    .scheme = TPM2_ALG_HMAC, .details.hmac.hashAlg = TPM2_ALG_SHA256}}};

enum err
objects_list(struct tpm2 *chip, unsigned *ret_there)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	unsigned there = 0;
	TPMI_YES_NO more;
	enum err err;
	UINT32 i, at;

	err = chip_err(chip, Esys_GetCapability(chip->esys, ESYS_TR_NONE,
				 ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
				 OBJECT_FIRST, TPM2_OBJECTS, &more, &data));
	for (i = 0; err == ERR_OK && i < data->data.handles.count; i++) {
		at = data->data.handles.handle[i] - OBJECT_FIRST;
		if (at < TPM2_OBJECTS)
			there |= 1u << at;
	}
	Esys_Free(data);
	if (err == ERR_OK)
		*ret_there = there;
	return err;
}

enum err
object_find(struct tpm2 *chip, unsigned i, ESYS_TR *ret_object)
{
	enum err err;

	err = chip_err(
	    chip, Esys_TR_FromTPMPublic(chip->esys, OBJECT_FIRST + i,
		      ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ret_object));
	if (err == ERR_OK)
		err = chip_err(chip,
		    Esys_TR_SetAuth(chip->esys, *ret_object, &chip->auth));
	return err;
}

/* Makes an object persistent at a place, or takes it away from there. */
static enum err
object_evict(struct tpm2 *chip, ESYS_TR object, unsigned i)
{
	ESYS_TR persistent = ESYS_TR_NONE;
	enum err err;

	err = chip_err(
	    chip, Esys_EvictControl(chip->esys, ESYS_TR_RH_OWNER, object,
		      chip_session(chip, CHIP_PLAIN), ESYS_TR_NONE,
		      ESYS_TR_NONE, OBJECT_FIRST + i, &persistent));
	if (err == ERR_OK && persistent != ESYS_TR_NONE)
		(void)Esys_TR_Close(chip->esys, &persistent);
	return err;
}

enum err
object_erase(struct tpm2 *chip, unsigned i)
{
	ESYS_TR object;
	enum err err = object_find(chip, i, &object);

	if (err != ERR_OK)
		return err;
	err = object_evict(chip, object, i);
	/* The library must forget it as well, before the place is reused. */
	(void)Esys_TR_Close(chip->esys, &object);
	return err;
}

static enum err
object_load(struct tpm2 *chip, const TPM2B_PRIVATE *private,
    const TPM2B_PUBLIC *public, unsigned i)
{
	ESYS_TR object;
	enum err err;

	err = chip_err(chip,
	    Esys_Load(chip->esys, chip->primary, chip_session(chip, CHIP_PLAIN),
		ESYS_TR_NONE, ESYS_TR_NONE, private, public, &object));
	if (err != ERR_OK)
		return err;
	err = object_evict(chip, object, i);
	if (!chip->gone && Esys_FlushContext(chip->esys, object) != 0 &&
	    err == ERR_OK)
		err = ERR_CRYPTO;
	return err;
}

/* Makes an object at a place that is free. secret: what it is, or none. */
static enum err
object_create(struct tpm2 *chip, unsigned i, const TPM2B_PUBLIC *template,
    struct bytes secret, TPM2B_PUBLIC *ret_public)
{
	const TPML_PCR_SELECTION no_pcr = {0};
	const TPM2B_DATA outside = {0};
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.userAuth = chip->auth};
	TPM2B_CREATION_DATA *creation = NULL;
	TPM2B_PRIVATE *private = NULL;
	TPMT_TK_CREATION *ticket = NULL;
	TPM2B_PUBLIC *public = NULL;
	TPM2B_DIGEST *hash = NULL;
	enum err err;

	sensitive.sensitive.data.size = (UINT16)secret.len;
	if (secret.len > 0)
		memcpy(sensitive.sensitive.data.buffer, secret.ptr, secret.len);
	err = chip_err(
	    chip, Esys_Create(chip->esys, chip->primary,
		      chip_session(chip, CHIP_IN | CHIP_OUT), ESYS_TR_NONE,
		      ESYS_TR_NONE, &sensitive, template, &outside, &no_pcr,
		      &private, &public, &creation, &hash, &ticket));
	wipe(&sensitive, sizeof(sensitive));
	if (err == ERR_OK)
		err = object_load(chip, private, public, i);
	if (err == ERR_OK && ret_public != NULL)
		*ret_public = *public;
	Esys_Free(private);
	Esys_Free(public);
	Esys_Free(creation);
	Esys_Free(hash);
	Esys_Free(ticket);
	return err;
}

/* --- keys for EDHOC --- */

/* A coordinate; a TPM may leave leading zeros out. */
static enum err
coordinate_take(const TPM2B_ECC_PARAMETER *in, uint8_t out[P256_LEN])
{
	if (in->size > P256_LEN)
		return ERR_FORMAT;
	memset(out, 0, P256_LEN);
	memcpy(out + P256_LEN - in->size, in->buffer, in->size);
	return ERR_OK;
}

enum err
key_create(struct tpm2 *chip, unsigned i, struct p256_point *ret_public)
{
	TPM2B_PUBLIC public;
	enum err err;

	err = object_create(chip, i, &key_template, BYTES_NONE, &public);
	if (err == ERR_OK)
		err = coordinate_take(
		    &public.publicArea.unique.ecc.x, ret_public->x);
	if (err == ERR_OK)
		err = coordinate_take(
		    &public.publicArea.unique.ecc.y, ret_public->y);
	return err == ERR_OK ? p256_point_check(ret_public) : err;
}

enum err
key_agree(struct tpm2 *chip, ESYS_TR key, const struct p256_point *peer,
    uint8_t ret_shared[P256_LEN])
{
	TPM2B_ECC_POINT in = {
	    .point = {.x.size = P256_LEN, .y.size = P256_LEN}};
	TPM2B_ECC_POINT *out = NULL;
	enum err err;

	memcpy(in.point.x.buffer, peer->x, P256_LEN);
	memcpy(in.point.y.buffer, peer->y, P256_LEN);
	err = chip_err(chip, Esys_ECDH_ZGen(chip->esys, key,
				 chip_session(chip, CHIP_IN | CHIP_OUT),
				 ESYS_TR_NONE, ESYS_TR_NONE, &in, &out));
	if (err == ERR_OK)
		err = coordinate_take(&out->point.x, ret_shared);
	chip_free(out, sizeof(*out));
	return err;
}

/* --- salts and the hardware key --- */

enum err
salt_create(struct tpm2 *chip, unsigned i, const struct keys_salt *salt)
{
	return object_create(chip, i, &mac_template, BYTES_OF(salt->k), NULL);
}

enum err
salt_mac(struct tpm2 *chip, ESYS_TR salt, struct bytes message,
    uint8_t ret_mac[SHA256_LEN])
{
	TPM2B_MAX_BUFFER in = {.size = (UINT16)message.len};
	TPM2B_DIGEST *out = NULL;
	enum err err;

	if (message.len > sizeof(in.buffer))
		return ERR_SPACE;
	memcpy(in.buffer, message.ptr, message.len);
	err = chip_err(chip,
	    Esys_HMAC(chip->esys, salt, chip_session(chip, CHIP_IN | CHIP_OUT),
		ESYS_TR_NONE, ESYS_TR_NONE, &in, TPM2_ALG_SHA256, &out));
	wipe(&in, sizeof(in));
	if (err == ERR_OK && out->size != SHA256_LEN)
		err = ERR_FORMAT;
	if (err == ERR_OK)
		memcpy(ret_mac, out->buffer, SHA256_LEN);
	chip_free(out, sizeof(*out));
	return err;
}

enum err
huk_make(struct tpm2 *chip, uint8_t ret_name[TPM2_NAME_LEN])
{
	TPM2B_PUBLIC template = mac_template;
	enum err err;

	template.publicArea.objectAttributes |= TPMA_OBJECT_SENSITIVEDATAORIGIN;
	err = object_create(chip, TPM2_HUK, &template, BYTES_NONE, NULL);
	if (err == ERR_OK)
		err = object_find(chip, TPM2_HUK, &chip->huk);
	return err == ERR_OK ? chip_name(chip, chip->huk, ret_name) : err;
}

enum err
huk_derive(struct tpm2 *chip, uint8_t ret_huk[32])
{
	return salt_mac(
	    chip, chip->huk, BYTES_LIT("holdfast hardware key v1"), ret_huk);
}
