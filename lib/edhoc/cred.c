/*
 * Credentials: the forms of ID_CRED_x that Holdfast uses, and the CWT Claims
 * Set with a P-256 key in exactly the shape that RFC 9529 has.
 */
#include "internal.h"

enum {
	HEADER_KID = 4, /* COSE header parameters */
	HEADER_KCCS = 14
};

enum {
	CLAIM_SUB = 2, /* CWT claims */
	CLAIM_CNF = 8,
	CNF_COSE_KEY = 1
};

enum {
	KEY_KTY = 1, /* COSE_Key: RFC 9052, section 7.1; RFC 9053, 7.1.1 */
	KEY_KID = 2,
	KEY_CRV = -1,
	KEY_X = -2,
	KEY_Y = -3,
	KTY_EC2 = 2,
	CRV_P256 = 1
};

void
edhoc_kid_write(struct writer *w, struct bytes kid)
{
	cbor_put_map(w, 1);
	cbor_put_uint(w, HEADER_KID);
	cbor_put_bstr(w, kid);
}

/* Starts to read a map of one pair and its key. */
static void
one_read(struct reader *r, uint64_t key)
{
	if (cbor_map(r) != 1 || cbor_uint(r) != key)
		reader_fail(r, ERR_FORMAT);
}

bool
edhoc_kid_read(struct bytes id_cred, struct bytes *ret_kid)
{
	struct bytes kid;
	struct reader r;

	reader_init(&r, id_cred);
	one_read(&r, HEADER_KID);
	kid = cbor_bstr(&r);
	if (reader_end(&r) != ERR_OK)
		return false;
	*ret_kid = kid;
	return true;
}

void
edhoc_kccs_write(struct writer *w, struct bytes ccs)
{
	cbor_put_map(w, 1);
	cbor_put_uint(w, HEADER_KCCS);
	writer_put(w, ccs);
}

bool
edhoc_kccs_read(struct bytes id_cred, struct bytes *ret_ccs)
{
	struct bytes ccs;
	struct reader r;

	reader_init(&r, id_cred);
	one_read(&r, HEADER_KCCS);
	if (cbor_peek(&r) != CBOR_MAP)
		return false;
	ccs = cbor_skip(&r);
	if (reader_end(&r) != ERR_OK)
		return false;
	*ret_ccs = ccs;
	return true;
}

static void
cose_key_write(
    struct writer *w, struct bytes kid, const struct p256_point *public_key)
{
	cbor_put_map(w, 5);
	cbor_put_int(w, KEY_KTY);
	cbor_put_int(w, KTY_EC2);
	cbor_put_int(w, KEY_KID);
	cbor_put_bstr(w, kid);
	cbor_put_int(w, KEY_CRV);
	cbor_put_int(w, CRV_P256);
	cbor_put_int(w, KEY_X);
	cbor_put_bstr(w, BYTES_OF(public_key->x));
	cbor_put_int(w, KEY_Y);
	cbor_put_bstr(w, BYTES_OF(public_key->y));
}

void
edhoc_ccs_write(struct writer *w, struct bytes subject, struct bytes kid,
    const struct p256_point *public_key)
{
	cbor_put_map(w, 2);
	cbor_put_uint(w, CLAIM_SUB);
	cbor_put_tstr(w, subject);
	cbor_put_uint(w, CLAIM_CNF);
	cbor_put_map(w, 1);
	cbor_put_uint(w, CNF_COSE_KEY);
	cose_key_write(w, kid, public_key);
}

/* Reads a number that must be this one. */
static void
int_read(struct reader *r, int64_t want)
{
	if (cbor_int(r) != want)
		reader_fail(r, ERR_FORMAT);
}

static void
cose_key_read(
    struct reader *r, struct bytes *ret_kid, struct p256_point *ret_key)
{
	if (cbor_map(r) != 5)
		reader_fail(r, ERR_FORMAT);
	int_read(r, KEY_KTY);
	int_read(r, KTY_EC2);
	int_read(r, KEY_KID);
	*ret_kid = cbor_bstr(r);
	int_read(r, KEY_CRV);
	int_read(r, CRV_P256);
	int_read(r, KEY_X);
	cbor_bstr_copy(r, ret_key->x, sizeof(ret_key->x));
	int_read(r, KEY_Y);
	cbor_bstr_copy(r, ret_key->y, sizeof(ret_key->y));
}

enum err
edhoc_ccs_read(struct bytes ccs, struct bytes *ret_subject,
    struct bytes *ret_kid, struct p256_point *ret_public_key)
{
	struct bytes subject, kid;
	struct p256_point key;
	struct reader r;
	enum err err;

	reader_init(&r, ccs);
	if (cbor_map(&r) != 2)
		reader_fail(&r, ERR_FORMAT);
	int_read(&r, CLAIM_SUB);
	subject = cbor_tstr(&r);
	int_read(&r, CLAIM_CNF);
	one_read(&r, CNF_COSE_KEY);
	cose_key_read(&r, &kid, &key);
	err = reader_end(&r);
	if (err == ERR_OK)
		err = p256_point_check(&key);
	if (err != ERR_OK)
		return err;
	*ret_subject = subject;
	*ret_kid = kid;
	*ret_public_key = key;
	return ERR_OK;
}
