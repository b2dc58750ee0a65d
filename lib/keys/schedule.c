/*
 * The key schedule: nothing but HKDF-Expand with a labelled, unambiguous
 * info, and one HMAC that ties a root to the secret before it. Holds no
 * state and keeps no key.
 */
#include "keys/schedule.h"

#include <string.h>

#include "base/wipe.h"
#include "cbor/cbor.h"

#define PURPOSE_MAX 32
#define BEFORE "holdfast "
#define AFTER " v1"
#define LABEL_MAX (sizeof(BEFORE) - 1 + PURPOSE_MAX + sizeof(AFTER) - 1)
/* Heads: array 1, text 2, byte string 3, length 5. */
#define INFO_MAX (LABEL_MAX + KEYS_CONTEXT_MAX + 11)

/* Writes "holdfast <purpose> v1" as a text string. */
static void
label_write(struct writer *w, const char *purpose)
{
	uint8_t text[LABEL_MAX], *at = text;
	size_t len = strlen(purpose);

	if (len > PURPOSE_MAX) {
		writer_fail(w, ERR_INVALID);
		return;
	}
	memcpy(at, BEFORE, sizeof(BEFORE) - 1);
	at += sizeof(BEFORE) - 1;
	memcpy(at, purpose, len);
	at += len;
	memcpy(at, AFTER, sizeof(AFTER) - 1);
	at += sizeof(AFTER) - 1;
	cbor_put_tstr(w, bytes_make(text, (size_t)(at - text)));
}

/* Writes the info of a derivation of len bytes. */
static enum err
info_make(const char *purpose, struct bytes context, size_t len,
    uint8_t buf[INFO_MAX], struct bytes *ret_info)
{
	struct writer w;

	if (context.len > KEYS_CONTEXT_MAX)
		return ERR_INVALID;
	writer_init(&w, buf, INFO_MAX);
	cbor_put_array(&w, 3);
	label_write(&w, purpose);
	cbor_put_bstr(&w, context);
	cbor_put_uint(&w, len);
	return writer_end(&w, ret_info);
}

enum err
keys_expand(struct bytes prk, const char *purpose, struct bytes context,
    uint8_t *ret_out, size_t len)
{
	uint8_t buf[INFO_MAX];
	struct bytes info;
	enum err err = info_make(purpose, context, len, buf, &info);

	return err == ERR_OK ? hkdf_expand(prk, info, ret_out, len) : err;
}

enum err
keys_root_input(const uint8_t exporter[32], const uint8_t uid[UID_LEN],
    struct bytes request, struct bytes response,
    uint8_t ret_input[KEYS_ROOT_INPUT_LEN])
{
	uint8_t transcript[SHA256_LEN];
	uint8_t request_len[2], response_len[2];
	struct bytes hashed[5];
	enum err err;

	if (request.len > UINT16_MAX || response.len > UINT16_MAX)
		return ERR_INVALID;
	request_len[0] = (uint8_t)(request.len >> 8);
	request_len[1] = (uint8_t)request.len;
	response_len[0] = (uint8_t)(response.len >> 8);
	response_len[1] = (uint8_t)response.len;
	hashed[0] = bytes_make(uid, UID_LEN);
	hashed[1] = BYTES_OF(request_len);
	hashed[2] = request;
	hashed[3] = BYTES_OF(response_len);
	hashed[4] = response;
	err = sha256(hashed, ARRAY_LEN(hashed), transcript);
	if (err != ERR_OK)
		return err;
	memcpy(ret_input, exporter, 32);
	memcpy(ret_input + 32, transcript, sizeof(transcript));
	return ERR_OK;
}

enum err
keys_root_make(const struct keys_salt *salt, const uint8_t exporter[32],
    const uint8_t uid[UID_LEN], struct bytes request, struct bytes response,
    struct keys_root *ret_root)
{
	uint8_t input[KEYS_ROOT_INPUT_LEN];
	struct bytes macced = BYTES_OF(input);
	enum err err;

	err = keys_root_input(exporter, uid, request, response, input);
	if (err == ERR_OK)
		err = hmac_sha256(BYTES_OF(salt->k), &macced, 1, ret_root->k);
	wipe(input, sizeof(input));
	return err;
}

/* A 32-byte child of a root. */
static enum err
child_make(const struct keys_root *root, const char *purpose, uint8_t *ret_out,
    size_t len)
{
	return keys_expand(
	    BYTES_OF(root->k), purpose, BYTES_NONE, ret_out, len);
}

enum err
keys_psk_prk(const struct keys_root *root, struct keys_psk *ret_psk)
{
	return child_make(root, "psk", ret_psk->k, KEY_LEN);
}

enum err
keys_up_prk(const struct keys_root *root, struct keys_up *ret_up)
{
	return child_make(root, "uplink", ret_up->k, KEY_LEN);
}

enum err
keys_down_prk(const struct keys_root *root, struct keys_down *ret_down)
{
	return child_make(root, "downlink", ret_down->k, KEY_LEN);
}

enum err
keys_next_salt(const struct keys_root *root, struct keys_salt *ret_next)
{
	return child_make(root, "next", ret_next->k, KEY_LEN);
}

enum err
keys_checkin_first(const struct keys_root *root, struct keys_checkin *ret_first)
{
	return child_make(root, "check-in", ret_first->k, KEY_LEN);
}

enum err
keys_resume(const struct keys_root *root, uint8_t ret_resume[RESUME_LEN])
{
	return child_make(root, "resume", ret_resume, RESUME_LEN);
}

/* All children, each step only after the one before it has worked. */
static enum err
children_fill(const struct keys_root *root, struct keys_children *c)
{
	enum err err;

	err = keys_psk_prk(root, &c->psk);
	if (err == ERR_OK)
		err = keys_up_prk(root, &c->up);
	if (err == ERR_OK)
		err = keys_down_prk(root, &c->down);
	if (err == ERR_OK)
		err = keys_checkin_first(root, &c->checkin);
	if (err == ERR_OK)
		err = keys_next_salt(root, &c->next);
	if (err == ERR_OK)
		err = keys_resume(root, c->resume);
	return err;
}

enum err
keys_children_make(
    const struct keys_root *root, struct keys_children *ret_children)
{
	struct keys_children children;
	enum err err;

	err = children_fill(root, &children);
	if (err == ERR_OK)
		*ret_children = children;
	wipe(&children, sizeof(children));
	return err;
}

enum err
keys_psk_make(const struct keys_psk *prk, const uint8_t id[PSK_ID_LEN],
    uint8_t *ret_psk, size_t len)
{
	if (len != 16 && len != 32)
		return ERR_INVALID;
	return keys_expand(BYTES_OF(prk->k), "psk key",
	    bytes_make(id, PSK_ID_LEN), ret_psk, len);
}

static bool
header_len_ok(struct bytes header)
{
	return header.len == E2E_V1_HEADER_LEN ||
	       header.len == E2E_V2_HEADER_LEN;
}

enum err
keys_sender_init(const struct keys_up *prk, struct keys_sender *ret_sender)
{
	return hmac_key_init(BYTES_OF(prk->k), &ret_sender->prk);
}

enum err
keys_sender_key(const struct keys_sender *sender, struct bytes header,
    uint8_t ret_key[E2E_KEY_LEN])
{
	uint8_t buf[INFO_MAX];
	struct bytes info;
	enum err err;

	if (!header_len_ok(header))
		return ERR_INVALID;
	err = info_make("uplink key", header, E2E_KEY_LEN, buf, &info);
	if (err != ERR_OK)
		return err;
	return hmac_key_expand(&sender->prk, info, ret_key, E2E_KEY_LEN);
}

enum err
keys_up_key(const struct keys_up *prk, struct bytes header,
    uint8_t ret_key[E2E_KEY_LEN])
{
	struct keys_sender sender;
	enum err err = keys_sender_init(prk, &sender);

	if (err == ERR_OK)
		err = keys_sender_key(&sender, header, ret_key);
	wipe(&sender, sizeof(sender));
	return err;
}

enum err
keys_down_key(const struct keys_down *prk, struct bytes header,
    uint8_t ret_key[E2E_KEY_LEN])
{
	if (!header_len_ok(header))
		return ERR_INVALID;
	return keys_expand(
	    BYTES_OF(prk->k), "downlink key", header, ret_key, E2E_KEY_LEN);
}

enum err
keys_checkin_next(const struct keys_checkin *ck,
    const uint8_t request_id[REQUEST_ID_LEN], struct bytes payload,
    struct keys_checkin *ret_next)
{
	uint8_t context[KEYS_CONTEXT_MAX];
	struct bytes whole;
	struct writer w;

	writer_init(&w, context, sizeof(context));
	writer_put(&w, bytes_make(request_id, REQUEST_ID_LEN));
	writer_put(&w, payload);
	if (writer_end(&w, &whole) != ERR_OK)
		return ERR_INVALID;
	return keys_expand(
	    BYTES_OF(ck->k), "check-in next", whole, ret_next->k, KEY_LEN);
}

enum err
keys_checkin_oscore(
    const struct keys_checkin *ck, uint8_t ret_master_secret[16])
{
	return keys_expand(
	    BYTES_OF(ck->k), "oscore", BYTES_NONE, ret_master_secret, 16);
}

enum err
keys_checkin_bulk(const struct keys_checkin *ck, uint8_t ret_master_secret[16])
{
	return keys_expand(
	    BYTES_OF(ck->k), "bulk", BYTES_NONE, ret_master_secret, 16);
}

enum err
keys_checkin_state(
    const struct keys_checkin *ck, uint8_t ret_tag[STATE_TAG_LEN])
{
	return keys_expand(
	    BYTES_OF(ck->k), "state", BYTES_NONE, ret_tag, STATE_TAG_LEN);
}
