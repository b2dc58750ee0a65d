/*
 * PSKs and E2E messages of the present generation: every identity and every
 * header is used once. Of the 48 counter bits of an identity and of a V1
 * header the upper 32 count and the lower 16 are random, so that a memory
 * image that was put back, or copied, repeats none but by bad luck.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

static bool
has_keys(const struct rot *rot)
{
	return rot->provisioned && rot->rec.cur.number > 0;
}

/* The next counter of 48 bits. */
static enum err
counter48_next(struct rot *rot, enum rot_counter kind, uint64_t *ret_value)
{
	uint8_t low[2];
	uint32_t high;
	enum err err;

	err = rot_random(rot, low, sizeof(low));
	if (err == ERR_OK)
		err = counter_next(rot, kind, &high);
	if (err == ERR_OK)
		*ret_value = (uint64_t)high << 16 |
			     (uint64_t)((uint32_t)low[0] << 8 | low[1]);
	return err;
}

enum err
rot_psk(
    struct rot *rot, size_t len, uint8_t ret_id[PSK_ID_LEN], uint8_t *ret_psk)
{
	struct psk_identity id;
	uint8_t encoded[PSK_ID_LEN];
	enum err err;

	if (!has_keys(rot))
		return ERR_STATE;
	if (len != 16 && len != 32)
		return ERR_INVALID;
	memcpy(id.alias, rot->rec.cur.alias, ALIAS_LEN);
	err = counter48_next(rot, ROT_PSK, &id.counter);
	if (err == ERR_OK)
		err = psk_identity_encode(&id, encoded);
	if (err == ERR_OK)
		err = keys_psk_make(&rot->rec.cur.psk, encoded, ret_psk, len);
	if (err == ERR_OK)
		memcpy(ret_id, encoded, PSK_ID_LEN);
	return err;
}

/* Makes the header of the next uplink message, as bytes. */
static enum err
uplink_header(struct rot *rot, enum envelope_version version,
    uint8_t ret_header[E2E_V1_HEADER_LEN], size_t *ret_len)
{
	struct envelope_header header = {
	    .version = version, .direction = ENVELOPE_UP};
	uint32_t counter;
	enum err err;

	memcpy(header.alias, rot->rec.cur.alias, ALIAS_LEN);
	if (version == ENVELOPE_V1) {
		err = counter48_next(rot, ROT_E2E_V1, &header.counter);
	} else {
		err = counter_next(rot, ROT_E2E_V2, &counter);
		if (err == ERR_OK)
			header.counter = counter;
	}
	return err == ERR_OK
		   ? envelope_header_encode(&header, ret_header, ret_len)
		   : err;
}

/* The key of an uplink message, of a PRK that is prepared once. */
static enum err
uplink_key(struct rot *rot, struct bytes header, uint8_t ret_key[E2E_KEY_LEN])
{
	enum err err = ERR_OK;

	if (!rot->has_sender)
		err = keys_sender_init(&rot->rec.cur.up, &rot->sender);
	if (err != ERR_OK)
		return err;
	rot->has_sender = true;
	return keys_sender_key(&rot->sender, header, ret_key);
}

enum err
rot_e2e_seal(struct rot *rot, enum envelope_version version,
    struct bytes plaintext, uint8_t *ret_out, size_t *ret_len)
{
	uint8_t encoded[E2E_V1_HEADER_LEN], key[E2E_KEY_LEN];
	struct bytes header;
	size_t len;
	enum err err;

	if (!has_keys(rot))
		return ERR_STATE;
	if (version != ENVELOPE_V1 && version != ENVELOPE_V2)
		return ERR_INVALID;
	if (plaintext.len > E2E_PLAINTEXT_MAX)
		return ERR_SPACE;
	err = uplink_header(rot, version, encoded, &len);
	if (err != ERR_OK)
		return err;
	header = bytes_make(encoded, len);
	err = uplink_key(rot, header, key);
	if (err == ERR_OK)
		err = envelope_seal(header, key, plaintext, ret_out);
	wipe(key, sizeof(key));
	if (err == ERR_OK)
		*ret_len = plaintext.len + envelope_overhead(version);
	return err;
}

/* --- downlink --- */

/* ERR_REPLAY for a counter that was accepted before or is too old. */
static enum err
window_check(const struct rot_window *window, uint64_t counter)
{
	size_t i;

	if (window->count == ROT_WINDOW && counter <= window->floor)
		return ERR_REPLAY;
	for (i = 0; i < window->count; i++)
		if (window->seen[i] == counter)
			return ERR_REPLAY;
	return ERR_OK;
}

/* Remembers a counter; a full window forgets its lowest and bars all below. */
static void
window_mark(struct rot_window *window, uint64_t counter)
{
	size_t i, lowest = 0;

	if (window->count < ROT_WINDOW) {
		window->seen[window->count++] = counter;
	} else {
		for (i = 1; i < ROT_WINDOW; i++)
			if (window->seen[i] < window->seen[lowest])
				lowest = i;
		window->seen[lowest] = counter;
	}
	window->floor = window->seen[0];
	for (i = 1; i < window->count; i++)
		if (window->seen[i] < window->floor)
			window->floor = window->seen[i];
}

static struct rot_window *
window_of(struct rot_record *rec, enum envelope_version version)
{
	return version == ENVELOPE_V1 ? &rec->window_v1 : &rec->window_v2;
}

/* Reads the header of a message to this device. */
static enum err
downlink_read(
    const struct rot *rot, struct bytes message, struct envelope_header *header)
{
	size_t len = envelope_header_len(message);
	enum err err;

	if (len == 0)
		return ERR_FORMAT;
	err = envelope_header_decode(bytes_make(message.ptr, len), header);
	if (err != ERR_OK)
		return err;
	if (header->direction != ENVELOPE_DOWN)
		return ERR_FORMAT;
	if (memcmp(header->alias, rot->rec.cur.alias, ALIAS_LEN) != 0)
		return ERR_NOT_FOUND;
	return message.len < envelope_overhead(header->version) ? ERR_TRUNCATED
								: ERR_OK;
}

enum err
rot_e2e_open(
    struct rot *rot, struct bytes message, uint8_t *ret_out, size_t *ret_len)
{
	struct envelope_header header;
	uint8_t key[E2E_KEY_LEN];
	struct bytes encoded;
	size_t len;
	enum err err;

	if (!has_keys(rot))
		return ERR_STATE;
	err = downlink_read(rot, message, &header);
	if (err == ERR_OK)
		err = window_check(
		    window_of(&rot->rec, header.version), header.counter);
	if (err != ERR_OK)
		return err;
	encoded = bytes_make(message.ptr, envelope_header_len(message));
	len = message.len - envelope_overhead(header.version);
	err = keys_down_key(&rot->rec.cur.down, encoded, key);
	if (err == ERR_OK)
		err = envelope_open(encoded, key, message, ret_out);
	wipe(key, sizeof(key));
	if (err != ERR_OK)
		return err;
	window_mark(
	    window_of(change_begin(rot), header.version), header.counter);
	err = change_commit(rot);
	if (err == ERR_OK)
		*ret_len = len;
	else
		wipe(ret_out, len);
	return err;
}
