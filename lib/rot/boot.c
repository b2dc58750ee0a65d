/*
 * The manifest and the decision. How an image is read is the platform's; what
 * may start is decided here, beside the key that it is decided by.
 */
#include "rot/boot.h"

#include <string.h>

#include "cbor/cbor.h"
#include "internal.h"

/* Algorithm ES256, as protected header: {1: -7}. */
static const uint8_t protected_header[] = {0xa1, 0x01, 0x26};

enum { KEY_VERSION = 1, KEY_SIZE = 2, KEY_HASH = 3, KEY_NAME = 4 };

static bool
name_ok(struct bytes name)
{
	size_t i;

	if (name.len < 1 || name.len > BOOT_NAME_MAX)
		return false;
	for (i = 0; i < name.len; i++)
		if (name.ptr[i] < 0x21 || name.ptr[i] > 0x7e)
			return false;
	return true;
}

/* {1: version, 2: size, 3: SHA-256, 4: name} */
static void
payload_write(struct writer *w, const struct boot_manifest *m)
{
	cbor_put_map(w, 4);
	cbor_put_uint(w, KEY_VERSION);
	cbor_put_uint(w, m->version);
	cbor_put_uint(w, KEY_SIZE);
	cbor_put_uint(w, m->image.size);
	cbor_put_uint(w, KEY_HASH);
	cbor_put_bstr(w, BYTES_OF(m->image.hash));
	cbor_put_uint(w, KEY_NAME);
	cbor_put_tstr(w, m->name);
}

static void
key_expect(struct reader *r, uint64_t key)
{
	if (cbor_uint(r) != key)
		reader_fail(r, ERR_FORMAT);
}

static enum err
payload_read(struct bytes in, struct boot_manifest *ret_m)
{
	struct boot_manifest m;
	struct reader r;
	enum err err;

	reader_init(&r, in);
	if (cbor_map(&r) != 4)
		reader_fail(&r, ERR_FORMAT);
	key_expect(&r, KEY_VERSION);
	m.version = (uint32_t)cbor_uint_max(&r, UINT32_MAX);
	key_expect(&r, KEY_SIZE);
	m.image.size = cbor_uint(&r);
	key_expect(&r, KEY_HASH);
	cbor_bstr_copy(&r, m.image.hash, sizeof(m.image.hash));
	key_expect(&r, KEY_NAME);
	m.name = cbor_tstr(&r);
	err = reader_end(&r);
	if (err == ERR_OK && (m.version == 0 || !name_ok(m.name)))
		err = ERR_INVALID;
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}

/* Sig_structure: ["Signature1", protected, no external data, payload]. */
static enum err
signed_write(struct bytes payload, struct writer *w)
{
	cbor_put_array(w, 4);
	cbor_put_str(w, "Signature1");
	cbor_put_bstr(w, BYTES_OF(protected_header));
	cbor_put_bstr(w, BYTES_NONE);
	cbor_put_bstr(w, payload);
	return w->err;
}

enum err
boot_manifest_write(const struct boot_manifest *m,
    const struct p256_secret *key, struct writer *w)
{
	uint8_t payload[BOOT_MANIFEST_MAX], message[2 * BOOT_MANIFEST_MAX];
	uint8_t signature[P256_SIGNATURE_LEN];
	struct writer p, s;
	enum err err;

	if (m->version == 0 || !name_ok(m->name))
		return ERR_INVALID;
	writer_init(&p, payload, sizeof(payload));
	writer_init(&s, message, sizeof(message));
	payload_write(&p, m);
	err = p.err;
	if (err == ERR_OK)
		err = signed_write(writer_bytes(&p), &s);
	if (err == ERR_OK)
		err = p256_sign(key, writer_bytes(&s), signature);
	if (err != ERR_OK)
		return err;
	cbor_put_array(w, 4);
	cbor_put_bstr(w, BYTES_OF(protected_header));
	cbor_put_map(w, 0);
	cbor_put_bstr(w, writer_bytes(&p));
	cbor_put_bstr(w, BYTES_OF(signature));
	return w->err;
}

static enum err
verify(struct bytes payload, const uint8_t signature[P256_SIGNATURE_LEN],
    const struct p256_point *signer)
{
	uint8_t message[2 * BOOT_MANIFEST_MAX];
	struct writer s;
	enum err err;

	writer_init(&s, message, sizeof(message));
	err = signed_write(payload, &s);
	return err == ERR_OK ? p256_verify(signer, writer_bytes(&s), signature)
			     : err;
}

enum err
boot_manifest_read(struct bytes in, const struct p256_point *signer,
    struct boot_manifest *ret_m)
{
	uint8_t signature[P256_SIGNATURE_LEN];
	struct bytes payload, header;
	struct reader r;
	enum err err;

	if (in.len > BOOT_MANIFEST_MAX)
		return ERR_FORMAT;
	reader_init(&r, in);
	if (cbor_array(&r) != 4)
		reader_fail(&r, ERR_FORMAT);
	header = cbor_bstr(&r);
	if (cbor_map(&r) != 0)
		reader_fail(&r, ERR_FORMAT);
	payload = cbor_bstr(&r);
	cbor_bstr_copy(&r, signature, sizeof(signature));
	err = reader_end(&r);
	if (err == ERR_OK && !bytes_equal(header, BYTES_OF(protected_header)))
		err = ERR_FORMAT;
	if (err == ERR_OK)
		err = verify(payload, signature, signer);
	return err == ERR_OK ? payload_read(payload, ret_m) : err;
}

static bool
image_is(const struct boot_image *a, const struct boot_image *b)
{
	return a->size == b->size &&
	       memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

enum err
rot_boot(struct rot *rot, struct bytes manifest, const struct boot_image *image,
    struct boot_manifest *ret_m)
{
	struct boot_manifest m;
	enum err err;

	if (!rot->provisioned)
		return ERR_STATE;
	if (!rot->rec.has_boot_key)
		return ERR_UNSUPPORTED;
	err = boot_manifest_read(manifest, &rot->rec.boot_key, &m);
	if (err != ERR_OK)
		return err;
	if (!image_is(&m.image, image))
		return ERR_CONFLICT;
	if (m.version < rot->rec.boot_version)
		return ERR_REPLAY;
	if (m.version > rot->rec.boot_version) {
		change_begin(rot)->boot_version = m.version;
		/* In both slots: one that is lost brings no older version back. */
		err = change_commit_both(rot);
	}
	if (err == ERR_OK)
		*ret_m = m;
	return err;
}
