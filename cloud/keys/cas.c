/*
 * Certificate authorities of customers. A CA's key is made here, leaves only
 * wrapped, and signs nothing but what this file puts together: a caller says
 * names and times, never what is signed. The blob is bound to the tenant and
 * to the public key that stands in the CA's certificate.
 */
#include "answers.h"

#include "base/wipe.h"
#include "pki/certificate.h"
#include "wrap.h"

/* tenant 8 | public key 33 */
static struct bytes
binding_make(
    uint64_t tenant, const struct p256_point *key, uint8_t buf[BLOB_CA_MORE])
{
	struct writer w;

	writer_init(&w, buf, BLOB_CA_MORE);
	writer_u64(&w, tenant);
	p256_point_compress(key, buf + w.len);
	return bytes_make(buf, BLOB_CA_MORE);
}

/* What a CA's blob is bound to; buf and number hold it. */
static struct blob_name
ca_name(const struct keysproto_request *q, const struct p256_point *key,
    uint8_t number[UID_LEN], uint8_t buf[BLOB_CA_MORE])
{
	struct blob_name name = {.kind = BLOB_CA, .uid = number};
	struct writer w;

	writer_init(&w, number, UID_LEN);
	writer_u64(&w, q->u.certificate.ca_id);
	name.more = binding_make(q->u.certificate.tenant, key, buf);
	return name;
}

static struct pki_wish
wish_of(const struct keysproto_request *q, enum pki_kind kind)
{
	struct pki_wish wish = {.kind = kind,
	    .name = q->u.certificate.name,
	    .not_before = (int64_t)q->u.certificate.not_before,
	    .not_after = (int64_t)q->u.certificate.not_after};

	memcpy(wish.serial, q->u.certificate.serial, sizeof(wish.serial));
	return wish;
}

static enum err
certificate_make(const struct pki_wish *wish, const struct pki_signer *signer,
    struct keysproto_answer *a)
{
	struct pki_certificate certificate;
	enum err err = pki_certificate_make(wish, signer, &certificate);

	if (err != ERR_OK)
		return err;
	memcpy(a->u.certificate.der, certificate.der, certificate.len);
	a->u.certificate.len = certificate.len;
	return ERR_OK;
}

enum err
answer_ca(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct pki_wish wish = wish_of(q, PKI_CA);
	uint8_t number[UID_LEN], buf[BLOB_CA_MORE];
	struct p256_secret secret;
	struct pki_signer signer = {&secret, &wish.key, wish.name};
	struct blob_name name;
	enum err err;

	err = p256_generate(state->random, &secret, &wish.key);
	if (err != ERR_OK)
		return err;
	name = ca_name(q, &wish.key, number, buf);
	err = wrap_seal(state, &name, secret.d, &a->u.certificate.key);
	if (err == ERR_OK)
		err = certificate_make(&wish, &signer, a);
	wipe(&secret, sizeof(secret));
	return err;
}

/*
 * The proof's own key pair signs nothing and is forgotten: what the proof
 * shows is the CA's signature over the code.
 */
enum err
answer_pop(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	struct pki_wish wish = wish_of(q, PKI_POP);
	uint8_t number[UID_LEN], buf[BLOB_CA_MORE];
	struct p256_secret secret, own;
	struct pki_issuer issuer;
	struct blob_name name;
	enum err err;

	err = pki_issuer_read(q->u.certificate.issuer, &issuer);
	if (err != ERR_OK)
		return err;
	name = ca_name(q, &issuer.key, number, buf);
	err = wrap_open(
	    state, &name, wrap_blob_bytes(&q->u.certificate.key), secret.d);
	if (err == ERR_OK)
		err = p256_generate(state->random, &own, &wish.key);
	wipe(&own, sizeof(own));
	if (err == ERR_OK)
		err = certificate_make(&wish,
		    &(struct pki_signer){
			&secret, &issuer.key, bytes_str(issuer.name)},
		    a);
	wipe(&secret, sizeof(secret));
	return err;
}
