/*
 * A directory and a TPM as one platform. DIR/tpm2 says which TPM it is: the
 * names of its primary and of its hardware key, and the authorisation of
 * the objects. The three are of no use without that very TPM.
 */
#include "rot/port_tpm2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/wipe.h"
#include "file/file.h"
#include "internal.h"

#define MAGIC "HFT1"
#define MAGIC_LEN 4
#define FILE_NAME "tpm2"
#define FILE_LEN (MAGIC_LEN + TPM2_AUTH_LEN + 2 * TPM2_NAME_LEN)

/* What DIR/tpm2 says. */
struct identity {
	uint8_t auth[TPM2_AUTH_LEN];
	uint8_t primary[TPM2_NAME_LEN];
	uint8_t huk[TPM2_NAME_LEN];
};

static enum err
identity_read(const struct port_file *file, struct identity *ret_identity)
{
	uint8_t raw[FILE_LEN];
	struct bytes magic;
	struct reader r;
	size_t len;
	enum err err;

	err = file_read_at(file->dir_fd, FILE_NAME, raw, sizeof(raw), &len);
	if (err != ERR_OK)
		return err == ERR_SPACE ? ERR_FORMAT : err;
	reader_init(&r, bytes_make(raw, len));
	magic = reader_take(&r, MAGIC_LEN);
	reader_copy(&r, ret_identity->auth, sizeof(ret_identity->auth));
	reader_copy(&r, ret_identity->primary, sizeof(ret_identity->primary));
	reader_copy(&r, ret_identity->huk, sizeof(ret_identity->huk));
	err = reader_end(&r);
	if (err != ERR_OK || !bytes_equal(magic, BYTES_LIT(MAGIC)))
		err = ERR_FORMAT;
	wipe(raw, sizeof(raw));
	return err;
}

static enum err
identity_write(const struct port_file *file, const struct identity *identity)
{
	uint8_t raw[FILE_LEN];
	struct writer w;
	enum err err;

	writer_init(&w, raw, sizeof(raw));
	writer_put(&w, BYTES_LIT(MAGIC));
	writer_put(&w, BYTES_OF(identity->auth));
	writer_put(&w, BYTES_OF(identity->primary));
	writer_put(&w, BYTES_OF(identity->huk));
	err = w.err;
	if (err == ERR_OK)
		err =
		    file_replace_at(file->dir_fd, FILE_NAME, writer_bytes(&w));
	wipe(raw, sizeof(raw));
	return err;
}

/* --- the port --- */

static enum err
port_slot_read(
    void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct port_tpm2 *tpm2 = ctx;

	return tpm2->file.port.slot_read(&tpm2->file, slot, out, cap, ret_len);
}

static enum err
port_slot_write(void *ctx, unsigned slot, struct bytes record)
{
	struct port_tpm2 *tpm2 = ctx;

	return tpm2->file.port.slot_write(&tpm2->file, slot, record);
}

static enum err
port_counter_raise(void *ctx, uint64_t *ret_value)
{
	struct port_tpm2 *tpm2 = ctx;
	enum err err = counter_add(tpm2->chip, TPM2_STRIDE);

	return err == ERR_OK ? counter_read(tpm2->chip, TPM2_STRIDE, ret_value)
			     : err;
}

static enum err
port_guard_read(void *ctx, uint64_t *ret_value)
{
	struct port_tpm2 *tpm2 = ctx;

	return counter_read(tpm2->chip, TPM2_GUARD, ret_value);
}

static enum err
port_guard_raise(void *ctx)
{
	struct port_tpm2 *tpm2 = ctx;

	return counter_add(tpm2->chip, TPM2_GUARD);
}

static enum err
port_huk(void *ctx, uint8_t ret_huk[32])
{
	const struct port_tpm2 *tpm2 = ctx;

	memcpy(ret_huk, tpm2->huk, sizeof(tpm2->huk));
	return ERR_OK;
}

static void
port_fill(struct port_tpm2 *tpm2)
{
	tpm2->port.ctx = tpm2;
	tpm2->port.slot_read = port_slot_read;
	tpm2->port.slot_write = port_slot_write;
	tpm2->port.counter_raise = port_counter_raise;
	tpm2->port.guard_read = port_guard_read;
	tpm2->port.guard_raise = port_guard_raise;
	tpm2->port.huk = port_huk;
	tpm2->port.vault = &vault_tpm2;
	tpm2->port.random = tpm2->file.port.random;
}

/* Opens the directory, and has room for the TPM. */
static enum err
port_begin(struct port_tpm2 *tpm2, const char *dir)
{
	enum err err;

	memset(tpm2, 0, sizeof(*tpm2));
	err = port_file_open_slots(&tpm2->file, dir);
	if (err != ERR_OK)
		return err;
	tpm2->chip = calloc(1, sizeof(*tpm2->chip));
	return tpm2->chip != NULL ? ERR_OK : ERR_NOMEM;
}

/* Says whether the TPM is the one that DIR/tpm2 names. */
static enum err
chip_identify(struct tpm2 *chip, const struct identity *identity)
{
	uint8_t name[TPM2_NAME_LEN];
	enum err err;

	if (memcmp(chip->primary_name, identity->primary, TPM2_NAME_LEN) != 0)
		return ERR_AUTH;
	err = object_find(chip, TPM2_HUK, &chip->huk);
	if (err == ERR_OK)
		err = chip_name(chip, chip->huk, name);
	if (err == ERR_OK && memcmp(name, identity->huk, TPM2_NAME_LEN) != 0)
		return ERR_AUTH;
	if (err == ERR_OK)
		err = counters_find(chip);
	return err == ERR_NOT_FOUND ? ERR_AUTH : err;
}

enum err
port_tpm2_open(struct port_tpm2 *tpm2, const char *dir, int tpm_fd)
{
	struct identity identity;
	enum err err;

	err = port_begin(tpm2, dir);
	if (err == ERR_OK)
		err = identity_read(&tpm2->file, &identity);
	if (err == ERR_OK)
		err = chip_open(tpm2->chip, tpm_fd, identity.auth);
	if (err == ERR_OK)
		err = chip_identify(tpm2->chip, &identity);
	if (err == ERR_OK) {
		err = huk_derive(tpm2->chip, tpm2->huk);
		/* The authorisation in the file is not that of its key. */
		if (err == ERR_DENIED)
			err = ERR_AUTH;
	}
	if (err == ERR_OK)
		port_fill(tpm2);
	else
		port_tpm2_close(tpm2);
	wipe(&identity, sizeof(identity));
	return err;
}

/* --- production --- */

/* Sees to it that the TPM holds no device. */
static enum err
chip_empty(struct tpm2 *chip, bool replace)
{
	unsigned there, i;
	enum err err = objects_list(chip, &there);

	if (err == ERR_OK && there != 0 && !replace)
		return ERR_CONFLICT;
	for (i = 0; err == ERR_OK && i < TPM2_OBJECTS; i++)
		if ((there & 1u << i) != 0)
			err = object_erase(chip, i);
	return err;
}

/* Makes what is there from production on; the file says so at the end. */
static enum err
identity_make(struct port_tpm2 *tpm2, int tpm_fd, bool replace)
{
	struct identity identity;
	enum err err;

	err = random_fill(
	    &tpm2->file.port.random, identity.auth, sizeof(identity.auth));
	if (err == ERR_OK)
		err = chip_open(tpm2->chip, tpm_fd, identity.auth);
	if (err == ERR_OK)
		err = chip_empty(tpm2->chip, replace);
	if (err == ERR_OK)
		err = counters_make(tpm2->chip);
	if (err == ERR_OK)
		err = huk_make(tpm2->chip, identity.huk);
	if (err == ERR_OK) {
		memcpy(identity.primary, tpm2->chip->primary_name,
		    sizeof(identity.primary));
		err = identity_write(&tpm2->file, &identity);
	}
	wipe(&identity, sizeof(identity));
	return err;
}

enum err
port_tpm2_create(
    struct port_tpm2 *tpm2, const char *dir, int tpm_fd, bool replace)
{
	enum err err;

	if (mkdir(dir, 0700) != 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	err = port_begin(tpm2, dir);
	if (err == ERR_OK)
		err = identity_make(tpm2, tpm_fd, replace);
	port_tpm2_close(tpm2);
	return err == ERR_OK ? port_tpm2_open(tpm2, dir, tpm_fd) : err;
}

bool
port_tpm2_gone(const struct port_tpm2 *tpm2)
{
	return tpm2->chip != NULL && tpm2->chip->gone;
}

void
port_tpm2_close(struct port_tpm2 *tpm2)
{
	if (tpm2->chip != NULL)
		chip_close(tpm2->chip);
	free(tpm2->chip);
	port_file_close(&tpm2->file);
	wipe(tpm2, sizeof(*tpm2));
	tpm2->file.dir_fd = tpm2->file.lock_fd = -1;
}
