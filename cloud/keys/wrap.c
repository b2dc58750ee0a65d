/*
 * Wrapping under a key for each kind and device, so that no key ever comes
 * near the limit of random nonces, and a blob opens as what it is only.
 */
#include "wrap.h"

#include "base/wipe.h"

#define BLOB_VERSION 1
#define BLOB_NONCE_LEN 12
#define IMPORT_KEK_ID 0 /* in place of a key-encryption key's */
#define AAD_MAX (1 + UID_LEN + 4 + PROFILE_UID_LEN + BLOB_MORE_MAX)

struct bytes
wrap_blob_bytes(const struct keysproto_blob *blob)
{
	return bytes_make(blob->b, blob->len <= BLOB_MAX ? blob->len : 0);
}

bool
profile_is_none(const uint8_t profile[PROFILE_UID_LEN])
{
	size_t i;

	for (i = 0; i < PROFILE_UID_LEN; i++)
		if (profile[i] != 0)
			return false;
	return true;
}

static enum err
key_make(const uint8_t kek[KEY_LEN], uint8_t id, const struct blob_name *name,
    struct wrapping_key *ret_key)
{
	uint8_t context[1 + UID_LEN];

	context[0] = (uint8_t)name->kind;
	memcpy(context + 1, name->uid, UID_LEN);
	ret_key->id = id;
	return keys_expand(bytes_make(kek, KEY_LEN), "wrap", BYTES_OF(context),
	    ret_key->k, sizeof(ret_key->k));
}

/* kind 1 | uid 8 | generation 4 | profile 16 | more */
static enum err
aad_make(
    const struct blob_name *name, uint8_t buf[AAD_MAX], struct bytes *ret_aad)
{
	static const uint8_t zeros[PROFILE_UID_LEN];
	struct writer w;

	writer_init(&w, buf, AAD_MAX);
	writer_u8(&w, (uint8_t)name->kind);
	writer_put(&w, bytes_make(name->uid, UID_LEN));
	writer_u32(&w, name->generation);
	writer_put(&w, bytes_make(name->profile == NULL ? zeros : name->profile,
			   sizeof(zeros)));
	writer_put(&w, name->more);
	return writer_end(&w, ret_aad);
}

/* Says whether bytes can be a blob under the key of an id. */
static bool
blob_fits(struct bytes blob, uint8_t kek_id)
{
	return blob.len == BLOB_MAX && blob.ptr[0] == BLOB_VERSION &&
	       blob.ptr[1] == kek_id;
}

enum err
wrap_seal_with(const struct random_source *random,
    const struct wrapping_key *key, const struct blob_name *name,
    const uint8_t secret[KEY_LEN], struct keysproto_blob *ret_blob)
{
	struct keysproto_blob blob = {{BLOB_VERSION, key->id}, BLOB_MAX};
	uint8_t *nonce = blob.b + 2;
	uint8_t buf[AAD_MAX];
	struct bytes aad;
	enum err err;

	err = aad_make(name, buf, &aad);
	if (err == ERR_OK)
		err = random_fill(random, nonce, BLOB_NONCE_LEN);
	if (err == ERR_OK)
		err = aead_seal(AEAD_GCM_256, BYTES_OF(key->k),
		    bytes_make(nonce, BLOB_NONCE_LEN), aad,
		    bytes_make(secret, KEY_LEN), nonce + BLOB_NONCE_LEN);
	if (err == ERR_OK)
		*ret_blob = blob;
	return err;
}

enum err
wrap_open_with(const struct wrapping_key *key, const struct blob_name *name,
    struct bytes blob, uint8_t ret_secret[KEY_LEN])
{
	const uint8_t *nonce = blob.ptr + 2;
	uint8_t buf[AAD_MAX];
	struct bytes aad;
	enum err err;

	if (!blob_fits(blob, key->id))
		return ERR_AUTH;
	err = aad_make(name, buf, &aad);
	if (err != ERR_OK)
		return err;
	return aead_open(AEAD_GCM_256, BYTES_OF(key->k),
	    bytes_make(nonce, BLOB_NONCE_LEN), aad,
	    bytes_make(nonce + BLOB_NONCE_LEN, BLOB_MAX - 2 - BLOB_NONCE_LEN),
	    ret_secret);
}

enum err
wrap_key(const struct keys_state *state, const struct blob_name *name,
    struct bytes blob, struct wrapping_key *ret_key)
{
	for (size_t i = 0; i < state->kek_count; i++)
		if (blob_fits(blob, state->kek[i].id))
			return key_make(
			    state->kek[i].kek, state->kek[i].id, name, ret_key);
	return ERR_AUTH;
}

bool
wrap_key_is_newest(
    const struct keys_state *state, const struct wrapping_key *key)
{
	return key->id == state->kek[state->kek_count - 1].id;
}

static enum err
seal(const struct random_source *random, const uint8_t kek[KEY_LEN],
    uint8_t kek_id, const struct blob_name *name, const uint8_t secret[KEY_LEN],
    struct keysproto_blob *ret_blob)
{
	struct wrapping_key key;
	enum err err = key_make(kek, kek_id, name, &key);

	if (err == ERR_OK)
		err = wrap_seal_with(random, &key, name, secret, ret_blob);
	wipe(&key, sizeof(key));
	return err;
}

enum err
wrap_seal(const struct keys_state *state, const struct blob_name *name,
    const uint8_t secret[KEY_LEN], struct keysproto_blob *ret_blob)
{
	const struct keys_kek *newest = &state->kek[state->kek_count - 1];

	return seal(
	    state->random, newest->kek, newest->id, name, secret, ret_blob);
}

enum err
wrap_seal_import(const struct keys_state *state,
    const uint8_t import_key[KEY_LEN], const struct blob_name *name,
    const uint8_t secret[KEY_LEN], struct keysproto_blob *ret_blob)
{
	return seal(
	    state->random, import_key, IMPORT_KEK_ID, name, secret, ret_blob);
}

enum err
wrap_open(const struct keys_state *state, const struct blob_name *name,
    struct bytes blob, uint8_t ret_secret[KEY_LEN])
{
	struct wrapping_key key;
	enum err err = wrap_key(state, name, blob, &key);

	if (err == ERR_OK)
		err = wrap_open_with(&key, name, blob, ret_secret);
	wipe(&key, sizeof(key));
	return err;
}

enum err
wrap_open_import(const uint8_t import_key[KEY_LEN],
    const struct blob_name *name, struct bytes blob,
    uint8_t ret_secret[KEY_LEN])
{
	struct wrapping_key key;
	enum err err = key_make(import_key, IMPORT_KEK_ID, name, &key);

	if (err == ERR_OK)
		err = wrap_open_with(&key, name, blob, ret_secret);
	wipe(&key, sizeof(key));
	return err;
}

enum err
wrap_open_import_key(const struct keys_state *state, uint64_t import_id,
    const struct keysproto_blob *blob, uint8_t ret_key[KEY_LEN])
{
	uint8_t number[UID_LEN];
	struct blob_name name = {.kind = BLOB_IMPORT, .uid = number};
	struct writer w;

	writer_init(&w, number, sizeof(number));
	writer_u64(&w, import_id);
	return wrap_open(state, &name, wrap_blob_bytes(blob), ret_key);
}
