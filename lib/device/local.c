/*
 * Local data protection: content that is bound to this module and to the
 * name of its file. The keys come from the hardware and never leave this
 * file; what is sealed survives every bootstrap. The module's own secrets
 * are sealed alike, under a key of their own and whatever its features are.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"
#include "crypto/crypto.h"

#define LOCAL_VERSION 1
#define LOCAL_SLOT 0 /* of the local data key: files of the host's */
#define VAULT_SLOT 1 /* secrets of the module's own */
#define NONCE_LEN 12
#define HEAD_LEN (1 + NONCE_LEN)
#define AAD_MAX (1 + UID_LEN + LOCAL_NAME_MAX)

STATIC_ASSERT(LOCAL_OVERHEAD == HEAD_LEN + 16, version_nonce_and_tag);

enum err
device_local_check(const struct device *d)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	if (s.generation > 0 || s.erased)
		return feature_check(d, FEATURE_LOCAL_DATA);
	if (s.security_off)
		return ERR_DISABLED;
	return rot_allowance_check(d->rot, ROT_LOCAL_DATA);
}

/* PROTOCOL.md: additional data = version | RoTPublicUID | name. */
static enum err
aad_write(const struct device *d, struct bytes name, struct writer *w)
{
	struct rot_state s;

	if (name.len < 1 || name.len > LOCAL_NAME_MAX)
		return ERR_INVALID;
	rot_state(d->rot, &s);
	writer_u8(w, LOCAL_VERSION);
	writer_put(w, bytes_make(s.uid, UID_LEN));
	writer_put(w, name);
	return w->err;
}

/* May it be done, and is it counted: before anything is given away. */
static enum err
local_use(struct device *d)
{
	enum err err = device_local_check(d);

	return err == ERR_OK ? rot_allowance_use(d->rot, ROT_LOCAL_DATA) : err;
}

/* Seals under the key of a slot, bound to aad. */
static enum err
slot_seal(struct device *d, uint8_t slot, struct bytes aad,
    struct bytes plaintext, uint8_t *ret_out)
{
	uint8_t key[KEY_LEN];
	enum err err = random_fill(&d->random, ret_out + 1, NONCE_LEN);

	if (err != ERR_OK)
		return err;
	ret_out[0] = LOCAL_VERSION;
	err = rot_local_data_key(d->rot, slot, key);
	if (err == ERR_OK)
		err = aead_seal(AEAD_GCM_256, BYTES_OF(key),
		    bytes_make(ret_out + 1, NONCE_LEN), aad, plaintext,
		    ret_out + HEAD_LEN);
	wipe(key, sizeof(key));
	return err;
}

static enum err
slot_open(struct device *d, uint8_t slot, struct bytes aad, struct bytes file,
    uint8_t *ret_out)
{
	uint8_t key[KEY_LEN];
	enum err err = rot_local_data_key(d->rot, slot, key);

	if (err == ERR_OK)
		err = aead_open(AEAD_GCM_256, BYTES_OF(key),
		    bytes_make(file.ptr + 1, NONCE_LEN), aad,
		    bytes_make(file.ptr + HEAD_LEN, file.len - HEAD_LEN),
		    ret_out);
	wipe(key, sizeof(key));
	return err;
}

static bool
format_ok(struct bytes file)
{
	return file.len >= LOCAL_OVERHEAD &&
	       file.len <= LOCAL_PLAINTEXT_MAX + LOCAL_OVERHEAD &&
	       file.ptr[0] == LOCAL_VERSION;
}

/* --- the host's files --- */

enum err
device_local_seal(struct device *d, struct bytes name, struct bytes plaintext,
    uint8_t *ret_out)
{
	uint8_t aad[AAD_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, aad, sizeof(aad));
	err = aad_write(d, name, &w);
	if (err == ERR_OK && plaintext.len > LOCAL_PLAINTEXT_MAX)
		err = ERR_SPACE;
	if (err == ERR_OK)
		err = local_use(d);
	if (err != ERR_OK)
		return err;
	return slot_seal(d, LOCAL_SLOT, writer_bytes(&w), plaintext, ret_out);
}

enum err
device_local_open(
    struct device *d, struct bytes name, struct bytes file, uint8_t *ret_out)
{
	uint8_t aad[AAD_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, aad, sizeof(aad));
	err = aad_write(d, name, &w);
	if (err == ERR_OK)
		err = device_local_check(d);
	if (err == ERR_OK && !format_ok(file))
		err = ERR_FORMAT;
	if (err == ERR_OK)
		err = local_use(d);
	if (err != ERR_OK)
		return err;
	return slot_open(d, LOCAL_SLOT, writer_bytes(&w), file, ret_out);
}

/* --- the module's own --- */

enum err
device_vault_seal(struct device *d, struct bytes name, struct bytes plaintext,
    uint8_t *ret_out)
{
	uint8_t aad[AAD_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, aad, sizeof(aad));
	err = aad_write(d, name, &w);
	if (err == ERR_OK && plaintext.len > LOCAL_PLAINTEXT_MAX)
		err = ERR_SPACE;
	if (err != ERR_OK)
		return err;
	return slot_seal(d, VAULT_SLOT, writer_bytes(&w), plaintext, ret_out);
}

enum err
device_vault_open(
    struct device *d, struct bytes name, struct bytes file, uint8_t *ret_out)
{
	uint8_t aad[AAD_MAX];
	struct writer w;
	enum err err;

	writer_init(&w, aad, sizeof(aad));
	err = aad_write(d, name, &w);
	if (err == ERR_OK && !format_ok(file))
		err = ERR_FORMAT;
	if (err != ERR_OK)
		return err;
	return slot_open(d, VAULT_SLOT, writer_bytes(&w), file, ret_out);
}
