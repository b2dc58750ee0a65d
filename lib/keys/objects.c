/*
 * Objects of the bulk channel. The first item of a request says its kind.
 */
#include "keys/objects.h"

#include <string.h>

#include "cbor/cbor.h"

#define KIND_ZTP 1

void
ztp_request_write(struct writer *w, const struct ztp_request *m)
{
	cbor_put_array(w, 3);
	cbor_put_uint(w, KIND_ZTP);
	cbor_put_bstr(w, BYTES_OF(m->key));
	cbor_put_bstr(w, BYTES_OF(m->tag));
}

static void
array_of(struct reader *r, uint64_t count)
{
	if (cbor_array(r) != count)
		reader_fail(r, ERR_FORMAT);
}

/* A byte string of min to max bytes. */
static struct bytes
item_read(struct reader *r, size_t min, size_t max)
{
	struct bytes item = cbor_bstr(r);

	if (r->err == ERR_OK && (item.len < min || item.len > max))
		reader_fail(r, ERR_INVALID);
	return item;
}

enum err
ztp_request_read(struct bytes in, struct ztp_request *ret_m)
{
	struct bytes key, tag;
	struct reader r;
	enum err err;

	reader_init(&r, in);
	array_of(&r, 3);
	if (cbor_uint(&r) != KIND_ZTP)
		reader_fail(&r, ERR_FORMAT);
	key = item_read(&r, sizeof(ret_m->key), sizeof(ret_m->key));
	tag = item_read(&r, sizeof(ret_m->tag), sizeof(ret_m->tag));
	err = reader_end(&r);
	if (err != ERR_OK)
		return err;
	memcpy(ret_m->key, key.ptr, sizeof(ret_m->key));
	memcpy(ret_m->tag, tag.ptr, sizeof(ret_m->tag));
	return ERR_OK;
}

static bool
der_len_ok(struct bytes der)
{
	return der.len >= 1 && der.len <= PKI_CERTIFICATE_MAX;
}

void
ztp_response_write(struct writer *w, const struct ztp_response *m)
{
	if (!der_len_ok(m->ca) || !der_len_ok(m->certificate))
		writer_fail(w, ERR_INVALID);
	cbor_put_array(w, 2);
	cbor_put_bstr(w, m->ca);
	cbor_put_bstr(w, m->certificate);
}

enum err
ztp_response_read(struct bytes in, struct ztp_response *ret_m)
{
	struct ztp_response m;
	struct reader r;
	enum err err;

	reader_init(&r, in);
	array_of(&r, 2);
	m.ca = item_read(&r, 1, PKI_CERTIFICATE_MAX);
	m.certificate = item_read(&r, 1, PKI_CERTIFICATE_MAX);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}

enum err
keys_ztp_tag(const struct keys_up *up, const uint8_t key[P256_COMPRESSED_LEN],
    uint8_t ret_tag[ZTP_TAG_LEN])
{
	return keys_expand(BYTES_OF(up->k), "ztp request",
	    bytes_make(key, P256_COMPRESSED_LEN), ret_tag, ZTP_TAG_LEN);
}
