/*
 * PLAINTEXT_2 and PLAINTEXT_3: writer and reader. A session keeps what it has
 * read by offsets into its own copy.
 */
#include "internal.h"

#include "base/wipe.h"

/* Section 3.5.3.2: {4: kid} alone is sent as the kid. */
static enum err
id_cred_write(struct writer *w, struct bytes id_cred)
{
	struct bytes kid;
	struct reader r;
	enum err err;

	if (id_cred.len > EDHOC_ID_CRED_MAX)
		return ERR_SPACE;
	if (edhoc_kid_read(id_cred, &kid)) {
		edhoc_identifier_write(w, kid);
		return ERR_OK;
	}
	reader_init(&r, id_cred);
	if (cbor_peek(&r) != CBOR_MAP)
		return ERR_INVALID;
	(void)cbor_skip(&r);
	err = reader_end(&r);
	if (err != ERR_OK)
		return ERR_INVALID;
	writer_put(w, id_cred);
	return ERR_OK;
}

enum err
edhoc_plaintext_write(struct writer *w, const struct edhoc_proof *p,
    const struct edhoc_signer *signer)
{
	uint8_t proof[EDHOC_PROOF_MAX];
	size_t len = 0;
	enum err err;

	if (p->c_r != NULL)
		edhoc_cid_write(w, p->c_r);
	err = id_cred_write(w, p->id_cred);
	if (err == ERR_OK)
		err = edhoc_proof_make(p, signer, proof, &len);
	if (err != ERR_OK)
		return err;
	cbor_put_bstr(w, bytes_make(proof, len));
	if (p->eads != NULL)
		edhoc_eads_write(w, p->eads);
	wipe(proof, sizeof(proof));
	return w->err;
}

/* Where the parts of a plaintext are. */
struct parts {
	struct edhoc_cid c_r;
	uint8_t id_cred[EDHOC_ID_CRED_MAX];
	size_t id_cred_len;
	size_t proof_at, proof_len;
	size_t ead_at;
};

/* Reads ID_CRED_x in any of its forms and keeps it as a map. */
static void
id_cred_read(struct reader *r, struct parts *parts)
{
	struct bytes kid, map = BYTES_NONE;
	struct writer w;

	writer_init(&w, parts->id_cred, sizeof(parts->id_cred));
	if (cbor_peek(r) != CBOR_MAP) {
		edhoc_kid_write(&w, edhoc_identifier_read(r));
	} else {
		map = cbor_skip(r);
		writer_put(&w, map);
	}
	if (edhoc_kid_read(map, &kid)) /* has to be sent as the kid alone */
		reader_fail(r, ERR_FORMAT);
	reader_fail(r, w.err);
	parts->id_cred_len = w.len;
}

static enum err
parts_read(struct bytes plaintext, bool with_c_r, struct parts *parts)
{
	struct bytes proof;
	struct reader r;

	reader_init(&r, plaintext);
	if (with_c_r)
		edhoc_cid_read(&r, &parts->c_r);
	id_cred_read(&r, parts);
	proof = cbor_bstr(&r);
	if (r.err != ERR_OK)
		return r.err;
	parts->proof_len = proof.len;
	parts->proof_at = r.pos - proof.len;
	parts->ead_at = r.pos;
	return edhoc_eads_check(reader_rest(&r));
}

enum err
edhoc_plaintext_read(struct edhoc *e, struct bytes plaintext, bool with_c_r)
{
	struct parts parts;
	enum err err;

	if (plaintext.len > sizeof(e->plaintext))
		return ERR_SPACE;
	err = parts_read(plaintext, with_c_r, &parts);
	if (err != ERR_OK)
		return err;
	/* Appendix A.1: OSCORE needs two different identifiers. */
	if (with_c_r && edhoc_cid_equal(&parts.c_r, &e->c_i))
		return ERR_INVALID;
	if (with_c_r)
		e->c_r = parts.c_r;
	memcpy(e->plaintext, plaintext.ptr, plaintext.len);
	e->plaintext_len = plaintext.len;
	memcpy(e->id_cred, parts.id_cred, parts.id_cred_len);
	e->id_cred_len = parts.id_cred_len;
	e->proof_at = parts.proof_at;
	e->proof_len = parts.proof_len;
	e->ead_at = parts.ead_at;
	return ERR_OK;
}

struct bytes
edhoc_plaintext(const struct edhoc *e)
{
	return bytes_make(e->plaintext, e->plaintext_len);
}

struct bytes
edhoc_plaintext_proof(const struct edhoc *e)
{
	return bytes_make(e->plaintext + e->proof_at, e->proof_len);
}

struct bytes
edhoc_plaintext_ead(const struct edhoc *e)
{
	return bytes_make(
	    e->plaintext + e->ead_at, e->plaintext_len - e->ead_at);
}

struct bytes
edhoc_plaintext_id_cred(const struct edhoc *e)
{
	return bytes_make(e->id_cred, e->id_cred_len);
}
