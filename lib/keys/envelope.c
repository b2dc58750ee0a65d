/*
 * PSK identities and E2E headers as bytes, and the seal under the key that
 * each header names. Never chooses a counter and never derives a key.
 */
#include "keys/envelope.h"

#include <string.h>

/* First bytes: the nibble that gives the length, version and direction. */
#define V1_UP 0x1101
#define V1_DOWN 0x1201
#define V2_UP 0x21
#define V2_DOWN 0x22

/* Writes the low 48 bits of v. */
static void
write_u48(struct writer *w, uint64_t v)
{
	writer_u16(w, (uint16_t)(v >> 32));
	writer_u32(w, (uint32_t)v);
}

static uint64_t
read_u48(struct reader *r)
{
	uint64_t high = reader_u16(r);

	return high << 32 | reader_u32(r);
}

enum err
psk_identity_encode(const struct psk_identity *id, uint8_t ret_out[PSK_ID_LEN])
{
	struct bytes done;
	struct writer w;

	if (id->counter > COUNTER48_MAX)
		return ERR_INVALID;
	writer_init(&w, ret_out, PSK_ID_LEN);
	writer_u16(&w, V1_UP);
	writer_put(&w, BYTES_OF(id->alias));
	write_u48(&w, id->counter);
	return writer_end(&w, &done);
}

enum err
psk_identity_decode(struct bytes in, struct psk_identity *ret_id)
{
	struct psk_identity id = {{0}, 0};
	struct reader r;

	reader_init(&r, in);
	if (reader_u16(&r) != V1_UP)
		return ERR_FORMAT;
	reader_copy(&r, id.alias, ALIAS_LEN);
	id.counter = read_u48(&r);
	if (reader_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*ret_id = id;
	return ERR_OK;
}

enum err
envelope_header_encode(const struct envelope_header *h,
    uint8_t ret_out[E2E_V1_HEADER_LEN], size_t *ret_len)
{
	bool up = h->direction == ENVELOPE_UP;
	struct bytes done = BYTES_NONE;
	struct writer w;
	enum err err;

	writer_init(&w, ret_out, E2E_V1_HEADER_LEN);
	if (h->version == ENVELOPE_V1 && h->counter <= COUNTER48_MAX) {
		writer_u16(&w, up ? V1_UP : V1_DOWN);
		writer_put(&w, BYTES_OF(h->alias));
		write_u48(&w, h->counter);
		writer_u16(&w, 0);
	} else if (h->version == ENVELOPE_V2 && h->counter <= UINT32_MAX) {
		writer_u8(&w, up ? V2_UP : V2_DOWN);
		writer_put(&w, BYTES_OF(h->alias));
		writer_u32(&w, (uint32_t)h->counter);
	} else {
		return ERR_INVALID;
	}
	err = writer_end(&w, &done);
	if (err == ERR_OK)
		*ret_len = done.len;
	return err;
}

/* Reads all of a V1 header; the last two bytes are kept for later use. */
static void
header_v1_read(struct reader *r, struct envelope_header *h)
{
	uint16_t first = reader_u16(r);

	if (first != V1_UP && first != V1_DOWN)
		reader_fail(r, ERR_FORMAT);
	h->version = ENVELOPE_V1;
	h->direction = first == V1_UP ? ENVELOPE_UP : ENVELOPE_DOWN;
	reader_copy(r, h->alias, ALIAS_LEN);
	h->counter = read_u48(r);
	if (reader_u16(r) != 0)
		reader_fail(r, ERR_FORMAT);
}

static void
header_v2_read(struct reader *r, struct envelope_header *h)
{
	uint8_t first = reader_u8(r);

	if (first != V2_UP && first != V2_DOWN)
		reader_fail(r, ERR_FORMAT);
	h->version = ENVELOPE_V2;
	h->direction = first == V2_UP ? ENVELOPE_UP : ENVELOPE_DOWN;
	reader_copy(r, h->alias, ALIAS_LEN);
	h->counter = reader_u32(r);
}

enum err
envelope_header_decode(struct bytes in, struct envelope_header *ret_header)
{
	struct envelope_header h;
	struct reader r;

	memset(&h, 0, sizeof(h));
	reader_init(&r, in);
	if (in.len == E2E_V1_HEADER_LEN)
		header_v1_read(&r, &h);
	else
		header_v2_read(&r, &h);
	if (reader_end(&r) != ERR_OK)
		return ERR_FORMAT;
	*ret_header = h;
	return ERR_OK;
}

size_t
envelope_header_len(struct bytes message)
{
	size_t len = 0;

	if (message.len == 0)
		return 0;
	if (message.ptr[0] >> 4 == 1)
		len = E2E_V1_HEADER_LEN;
	else if (message.ptr[0] >> 4 == 2)
		len = E2E_V2_HEADER_LEN;
	return message.len < len ? 0 : len;
}

size_t
envelope_tag_len(enum envelope_version version)
{
	return version == ENVELOPE_V1 ? E2E_V1_TAG_LEN : E2E_V2_TAG_LEN;
}

static size_t
header_len(enum envelope_version version)
{
	return version == ENVELOPE_V1 ? E2E_V1_HEADER_LEN : E2E_V2_HEADER_LEN;
}

size_t
envelope_overhead(enum envelope_version version)
{
	return header_len(version) + envelope_tag_len(version);
}

/* A V1 header loses its first 4 bytes, a V2 header is 1 byte too short. */
void
envelope_nonce(struct bytes header, uint8_t ret_nonce[E2E_NONCE_LEN])
{
	memset(ret_nonce, 0, E2E_NONCE_LEN);
	if (header.len == E2E_V1_HEADER_LEN)
		memcpy(ret_nonce,
		    header.ptr + E2E_V1_HEADER_LEN - E2E_NONCE_LEN,
		    E2E_NONCE_LEN);
	else if (header.len == E2E_V2_HEADER_LEN)
		memcpy(ret_nonce + 1, header.ptr, E2E_V2_HEADER_LEN);
}

static enum aead
header_aead(struct bytes header)
{
	return header.len == E2E_V1_HEADER_LEN ? AEAD_CCM_12_128_128
					       : AEAD_CCM_12_64_128;
}

/* Says whether a view is a header of one of the two lengths and no more. */
static bool
is_header(struct bytes header)
{
	return header.len > 0 && envelope_header_len(header) == header.len;
}

enum err
envelope_seal(struct bytes header, const uint8_t key[E2E_KEY_LEN],
    struct bytes plaintext, uint8_t *ret_out)
{
	uint8_t nonce[E2E_NONCE_LEN];
	enum err err;

	if (!is_header(header))
		return ERR_INVALID;
	if (plaintext.len > E2E_PLAINTEXT_MAX)
		return ERR_SPACE;
	envelope_nonce(header, nonce);
	err = aead_seal(header_aead(header), bytes_make(key, E2E_KEY_LEN),
	    BYTES_OF(nonce), BYTES_NONE, plaintext, ret_out + header.len);
	if (err == ERR_OK)
		memcpy(ret_out, header.ptr, header.len);
	return err;
}

enum err
envelope_open(struct bytes header, const uint8_t key[E2E_KEY_LEN],
    struct bytes message, uint8_t *ret_out)
{
	enum aead aead = header_aead(header);
	uint8_t nonce[E2E_NONCE_LEN];

	if (!is_header(header))
		return ERR_INVALID;
	if (message.len < header.len + aead_tag_len(aead))
		return ERR_TRUNCATED;
	/* The key hangs on the header: another header is another message. */
	if (memcmp(message.ptr, header.ptr, header.len) != 0)
		return ERR_AUTH;
	envelope_nonce(header, nonce);
	return aead_open(aead, bytes_make(key, E2E_KEY_LEN), BYTES_OF(nonce),
	    BYTES_NONE,
	    bytes_make(message.ptr + header.len, message.len - header.len),
	    ret_out);
}
