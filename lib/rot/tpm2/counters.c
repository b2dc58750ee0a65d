/*
 * NV counters: they go up by one and never back, not even when somebody
 * deletes one and makes it anew, since a TPM starts a counter above all that
 * it has ever had.
 */
#include <string.h>
#include <time.h>

#include "internal.h"

#define COUNTER_FIRST 0x01484600u
#define RAISE_TRIES 20
#define RAISE_PAUSE_NS 100000000 /* 100 ms */
#define COUNTER_LEN 8

static enum err
counter_find(struct tpm2 *chip, unsigned which)
{
	enum err err;

	err = chip_err(
	    chip, Esys_TR_FromTPMPublic(chip->esys, COUNTER_FIRST + which,
		      ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		      &chip->counter[which]));
	if (err == ERR_OK)
		err = chip_err(chip, Esys_TR_SetAuth(chip->esys,
					 chip->counter[which], &chip->auth));
	return err;
}

enum err
counters_find(struct tpm2 *chip)
{
	enum err err = ERR_OK;
	unsigned i;

	for (i = 0; err == ERR_OK && i < TPM2_COUNTERS; i++)
		err = counter_find(chip, i);
	return err;
}

/* Makes a counter; one of an earlier device goes away. */
static enum err
counter_make(struct tpm2 *chip, unsigned which)
{
	const TPM2B_NV_PUBLIC public = {
	    .nvPublic = {.nvIndex = COUNTER_FIRST + which,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE |
			      TPMA_NV_NO_DA |
			      TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT,
		.dataSize = COUNTER_LEN}};
	ESYS_TR old;
	enum err err;

	err = counter_find(chip, which);
	old = chip->counter[which];
	if (err == ERR_OK)
		err = chip_err(
		    chip, Esys_NV_UndefineSpace(chip->esys, ESYS_TR_RH_OWNER,
			      old, chip_session(chip, CHIP_PLAIN), ESYS_TR_NONE,
			      ESYS_TR_NONE));
	else if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err == ERR_OK)
		err = chip_err(chip,
		    Esys_NV_DefineSpace(chip->esys, ESYS_TR_RH_OWNER,
			chip_session(chip, CHIP_IN), ESYS_TR_NONE, ESYS_TR_NONE,
			&chip->auth, &public, &chip->counter[which]));
	/* It can be read once it has counted. */
	return err == ERR_OK ? counter_add(chip, (enum tpm2_counter)which)
			     : err;
}

enum err
counters_make(struct tpm2 *chip)
{
	enum err err = ERR_OK;
	unsigned i;

	for (i = 0; err == ERR_OK && i < TPM2_COUNTERS; i++)
		err = counter_make(chip, i);
	return err;
}

static enum err
increment(struct tpm2 *chip, enum tpm2_counter which)
{
	return chip_err(
	    chip, Esys_NV_Increment(chip->esys, chip->counter[which],
		      chip->counter[which], chip_session(chip, CHIP_PLAIN),
		      ESYS_TR_NONE, ESYS_TR_NONE));
}

/*
 * A chip may ask for patience, to spare itself. After any other error nobody
 * knows whether it has counted: the next start will see.
 */
enum err
counter_add(struct tpm2 *chip, enum tpm2_counter which)
{
	const struct timespec pause = {.tv_nsec = RAISE_PAUSE_NS};
	enum err err = increment(chip, which);

	for (int i = 0; i < RAISE_TRIES && err == ERR_BUSY; i++) {
		(void)nanosleep(&pause, NULL);
		err = increment(chip, which);
	}
	if (err != ERR_OK)
		chip->gone = true;
	return err;
}

enum err
counter_read(struct tpm2 *chip, enum tpm2_counter which, uint64_t *ret_value)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	struct reader r;
	uint64_t value;
	enum err err;

	err = chip_err(
	    chip, Esys_NV_Read(chip->esys, chip->counter[which],
		      chip->counter[which], chip_session(chip, CHIP_OUT),
		      ESYS_TR_NONE, ESYS_TR_NONE, COUNTER_LEN, 0, &data));
	if (err == ERR_OK) {
		reader_init(&r, bytes_make(data->buffer, data->size));
		value = reader_u64(&r);
		err = reader_end(&r);
		if (err == ERR_OK)
			*ret_value = value;
	}
	Esys_Free(data);
	return err;
}
