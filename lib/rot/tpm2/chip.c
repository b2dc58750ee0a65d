/*
 * A TPM from its first command to its last: start-up, the primary key, the
 * session that everything goes through, and what its return codes mean.
 */
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

/* The library's own names for these shift a signed number too far. */
#define TRANSIENT_FIRST 0x80000000u
#define SESSION_FIRST 0x02000000u
/* Making a key takes a TPM seconds; longer than this it is gone. */
#define ANSWER_MS 20000

#define HANDLES_MAX 16 /* transient objects or sessions of any real TPM */

static enum err
rc_err(TSS2_RC rc)
{
	/* Format 1: which handle, parameter or session it was says nothing. */
	if ((rc & TPM2_RC_FMT1) != 0)
		rc &= 0xbf;
	switch (rc) {
	case TPM2_RC_CURVE:
	case TPM2_RC_ECC_POINT:
		return ERR_INVALID;
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return ERR_DENIED;
	case TPM2_RC_HANDLE:
		return ERR_NOT_FOUND;
	case TPM2_RC_NV_DEFINED:
		return ERR_EXISTS;
	case TPM2_RC_NV_SPACE:
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
		return ERR_SPACE;
	case TPM2_RC_LOCKOUT:
	case TPM2_RC_NV_RATE:
	case TPM2_RC_NV_UNAVAILABLE:
	case TPM2_RC_RETRY:
	case TPM2_RC_YIELDED:
	case TPM2_RC_TESTING:
		return ERR_BUSY;
	default:
		return ERR_CRYPTO;
	}
}

enum err
chip_err(struct tpm2 *chip, TSS2_RC rc)
{
	if (rc == TSS2_RC_SUCCESS)
		return ERR_OK;
	switch (rc & TSS2_RC_LAYER_MASK) {
	case TSS2_TPM_RC_LAYER:
	case TSS2_RESMGR_TPM_RC_LAYER:
		/* It was restarted, or has failed: only a new start helps. */
		if (rc == TPM2_RC_INITIALIZE || rc == TPM2_RC_FAILURE)
			chip->gone = true;
		return rc_err(rc & ~TSS2_RC_LAYER_MASK);
	case TSS2_TCTI_RC_LAYER:
		chip->gone = true;
		return ERR_IO;
	default:
		break;
	}
	if ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_IO_ERROR) {
		chip->gone = true;
		return ERR_IO;
	}
	if ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_RSP_AUTH_FAILED)
		return ERR_AUTH;
	return ERR_CRYPTO;
}

ESYS_TR
chip_session(struct tpm2 *chip, unsigned secret)
{
	TPMA_SESSION flags = TPMA_SESSION_CONTINUESESSION;

	if ((secret & CHIP_IN) != 0)
		flags |= TPMA_SESSION_DECRYPT;
	if ((secret & CHIP_OUT) != 0)
		flags |= TPMA_SESSION_ENCRYPT;
	/* Local, and true for as long as the session is there. */
	if (Esys_TRSess_SetAttributes(chip->esys, chip->session, flags, 0xff) !=
	    TSS2_RC_SUCCESS)
		return ESYS_TR_NONE;
	return chip->session;
}

void
chip_free(void *ptr, size_t len)
{
	if (ptr != NULL)
		wipe(ptr, len);
	Esys_Free(ptr);
}

enum err
chip_name(struct tpm2 *chip, ESYS_TR object, uint8_t ret_name[TPM2_NAME_LEN])
{
	TPM2B_NAME *name = NULL;
	enum err err;

	err = chip_err(chip, Esys_TR_GetName(chip->esys, object, &name));
	if (err == ERR_OK && name->size != 2 + TPM2_NAME_LEN)
		err = ERR_FORMAT;
	if (err == ERR_OK)
		memcpy(ret_name, name->name + 2, TPM2_NAME_LEN);
	Esys_Free(name);
	return err;
}

/* Flushes what processes that were killed left in the TPM. */
static enum err
leftovers_flush(struct tpm2 *chip, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	ESYS_TR object;
	enum err err;
	UINT32 i;

	err = chip_err(chip, Esys_GetCapability(chip->esys, ESYS_TR_NONE,
				 ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
				 first, HANDLES_MAX, &more, &data));
	for (i = 0; err == ERR_OK && i < data->data.handles.count; i++) {
		err = chip_err(
		    chip, Esys_TR_FromTPMPublic(chip->esys,
			      data->data.handles.handle[i], ESYS_TR_NONE,
			      ESYS_TR_NONE, ESYS_TR_NONE, &object));
		if (err == ERR_OK)
			err = chip_err(
			    chip, Esys_FlushContext(chip->esys, object));
	}
	Esys_Free(data);
	return err;
}

/* A storage key like any other: the same at every start of the same TPM. */
static enum err
primary_make(struct tpm2 *chip)
{
	const TPM2B_PUBLIC in = {
	    .publicArea = {.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes =
		    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
		    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
		    TPMA_OBJECT_DECRYPT,
		.parameters.eccDetail = {
		    .symmetric = {.algorithm = TPM2_ALG_AES,
			.keyBits.aes = 128,
			.mode.aes = TPM2_ALG_CFB},
		    .scheme.scheme = TPM2_ALG_NULL,
		    .curveID = TPM2_ECC_NIST_P256,
		    .kdf.scheme = TPM2_ALG_NULL}}};
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPML_PCR_SELECTION no_pcr = {0};
	const TPM2B_DATA outside = {0};
	TPM2B_CREATION_DATA *creation = NULL;
	TPMT_TK_CREATION *ticket = NULL;
	TPM2B_DIGEST *hash = NULL;
	TPM2B_PUBLIC *public = NULL;
	enum err err;

	err = chip_err(chip,
	    Esys_CreatePrimary(chip->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &in, &outside, &no_pcr,
		&chip->primary, &public, &creation, &hash, &ticket));
	Esys_Free(public);
	Esys_Free(creation);
	Esys_Free(hash);
	Esys_Free(ticket);
	return err == ERR_OK
		   ? chip_name(chip, chip->primary, chip->primary_name)
		   : err;
}

static enum err
session_start(struct tpm2 *chip)
{
	const TPMT_SYM_DEF symmetric = {.algorithm = TPM2_ALG_AES,
	    .keyBits.aes = 128,
	    .mode.aes = TPM2_ALG_CFB};

	return chip_err(chip,
	    Esys_StartAuthSession(chip->esys, chip->primary, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC,
		&symmetric, TPM2_ALG_SHA256, &chip->session));
}

/* Who starts a TPM that is started already hears so: all is well. */
static enum err
chip_startup(struct tpm2 *chip)
{
	TSS2_RC rc = Esys_Startup(chip->esys, TPM2_SU_CLEAR);

	return rc == TPM2_RC_INITIALIZE ? ERR_OK : chip_err(chip, rc);
}

enum err
chip_open(struct tpm2 *chip, int fd, const uint8_t auth[TPM2_AUTH_LEN])
{
	enum err err;

	memset(chip, 0, sizeof(*chip));
	chip->primary = chip->session = chip->huk = ESYS_TR_NONE;
	chip->auth.size = TPM2_AUTH_LEN;
	memcpy(chip->auth.buffer, auth, TPM2_AUTH_LEN);
	err = wire_new(fd, ANSWER_MS, &chip->wire);
	if (err == ERR_OK)
		err = chip_err(
		    chip, Esys_Initialize(&chip->esys, chip->wire, NULL));
	if (err == ERR_OK)
		err = chip_startup(chip);
	if (err == ERR_OK)
		err = leftovers_flush(chip, TRANSIENT_FIRST);
	if (err == ERR_OK)
		err = leftovers_flush(chip, SESSION_FIRST);
	if (err == ERR_OK)
		err = primary_make(chip);
	if (err == ERR_OK)
		err = session_start(chip);
	return err;
}

void
chip_close(struct tpm2 *chip)
{
	if (chip->esys != NULL && !chip->gone) {
		if (chip->session != ESYS_TR_NONE)
			(void)Esys_FlushContext(chip->esys, chip->session);
		if (chip->primary != ESYS_TR_NONE)
			(void)Esys_FlushContext(chip->esys, chip->primary);
	}
	if (chip->esys != NULL)
		Esys_Finalize(&chip->esys);
	wire_free(chip->wire);
	wipe(chip, sizeof(*chip));
}
