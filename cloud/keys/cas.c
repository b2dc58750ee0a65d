/*
 * Certificate authorities of customers. A CA's key is made here, leaves only
 * wrapped, and signs nothing but what this file puts together: a caller says
 * names and times, never what is signed. The blob is bound to the tenant and
 * to the public key that stands in the CA's certificate.
 */
#include "answers.h"

#include "base/text.h"
#include "base/wipe.h"
#include "keys/objects.h"
#include "pki/certificate.h"
#include "wrap.h"

/* What a CA's blob is bound to. */
struct ca_binding {
	struct blob_name name;
	uint8_t number[UID_LEN];
	uint8_t more[BLOB_CA_MORE]; /* tenant 8 | public key 33 */
};

static void
binding_make(uint64_t ca_id, uint64_t tenant, const struct p256_point *key,
    struct ca_binding *b)
{
	struct writer w;

	writer_init(&w, b->number, sizeof(b->number));
	writer_u64(&w, ca_id);
	writer_init(&w, b->more, sizeof(b->more));
	writer_u64(&w, tenant);
	p256_point_compress(key, b->more + w.len);
	b->name = (struct blob_name){
	    .kind = BLOB_CA, .uid = b->number, .more = BYTES_OF(b->more)};
}

/* A CA that is there: what its certificate says, and the key to it. */
struct ca {
	struct pki_issuer issuer;
	struct p256_secret secret;
	struct pki_signer signer;
};

static enum err
ca_open(const struct keys_state *state, uint64_t ca_id, uint64_t tenant,
    struct bytes issuer, const struct keysproto_blob *key, struct ca *ret_ca)
{
	struct ca_binding binding;
	enum err err = pki_issuer_read(issuer, &ret_ca->issuer);

	if (err != ERR_OK)
		return err;
	binding_make(ca_id, tenant, &ret_ca->issuer.key, &binding);
	ret_ca->signer = (struct pki_signer){&ret_ca->secret,
	    &ret_ca->issuer.key, bytes_str(ret_ca->issuer.name)};
	return wrap_open(
	    state, &binding.name, wrap_blob_bytes(key), ret_ca->secret.d);
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
	struct ca_binding binding;
	struct p256_secret secret;
	struct pki_signer signer = {&secret, &wish.key, wish.name};
	enum err err;

	err = p256_generate(state->random, &secret, &wish.key);
	if (err != ERR_OK)
		return err;
	binding_make(q->u.certificate.ca_id, q->u.certificate.tenant, &wish.key,
	    &binding);
	err = wrap_seal(state, &binding.name, secret.d, &a->u.certificate.key);
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
	struct p256_secret own;
	struct ca ca;
	enum err err;

	err = ca_open(state, q->u.certificate.ca_id, q->u.certificate.tenant,
	    q->u.certificate.issuer, &q->u.certificate.key, &ca);
	if (err == ERR_OK)
		err = p256_generate(state->random, &own, &wish.key);
	wipe(&own, sizeof(own));
	if (err == ERR_OK)
		err = certificate_make(&wish, &ca.signer, a);
	wipe(&ca, sizeof(ca));
	return err;
}

/*
 * The key that a device asks a certificate for comes with a tag under the
 * device's root: whoever asks in its name has the device.
 */
static enum err
ztp_key_check(const struct keys_state *state, const struct keysproto_request *q,
    struct p256_point *ret_key)
{
	uint8_t tag[ZTP_TAG_LEN];
	struct keys_root root;
	struct keys_up up;
	enum err err = owner_root_open(state, &q->u.ztp.owner, q->u.ztp.uid,
	    q->u.ztp.generation, &q->u.ztp.root, &root);

	if (err == ERR_OK)
		err = keys_up_prk(&root, &up);
	wipe(&root, sizeof(root));
	if (err == ERR_OK)
		err = keys_ztp_tag(&up, q->u.ztp.key, tag);
	wipe(&up, sizeof(up));
	if (err != ERR_OK)
		return err;
	if (!ct_equal(tag, q->u.ztp.tag, sizeof(tag)))
		return ERR_AUTH;
	return p256_point_decode(BYTES_OF(q->u.ztp.key), ret_key);
}

enum err
answer_ztp(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	char uid[HEX_SIZE(UID_LEN)];
	struct pki_wish wish = {.kind = PKI_DEVICE,
	    .not_before = (int64_t)q->u.ztp.not_before,
	    .not_after = (int64_t)q->u.ztp.not_after};
	struct ca ca;
	enum err err = ztp_key_check(state, q, &wish.key);

	if (err != ERR_OK)
		return err;
	hex_encode(BYTES_OF(q->u.ztp.uid), uid);
	wish.name = bytes_str(uid);
	memcpy(wish.serial, q->u.ztp.serial, sizeof(wish.serial));
	err = ca_open(state, q->u.ztp.ca_id, q->u.ztp.owner.tenant,
	    q->u.ztp.issuer, &q->u.ztp.ca_key, &ca);
	if (err == ERR_OK)
		err = certificate_make(&wish, &ca.signer, a);
	wipe(&ca, sizeof(ca));
	return err;
}
