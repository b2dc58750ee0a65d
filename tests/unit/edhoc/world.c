/*
 * Keys, credentials and steps. Ed25519 pairs are those of RFC 9529, because
 * crypto.h derives no public key from a secret one; the rest is drawn.
 */
#include "world.h"

#include "base/text.h"
#include "base/wipe.h"
#include "cbor/cbor.h"

static enum err
source_fill(void *ctx, uint8_t *out, size_t len)
{
	prng_fill(ctx, out, len);
	return ERR_OK;
}

bool
world_supported(enum edhoc_method method, enum edhoc_suite suite)
{
	return suite != EDHOC_SUITE_0 || method == EDHOC_DH_DH ||
	       crypto_has_ed25519();
}

/* --- parties --- */

/* RFC 9529, section 2: SK_I, PK_I, SK_R, PK_R. */
static const char *const ED25519_PAIRS[2][2] = {
    {"4c5b25878f507c6b9dae68fbd4fd3ff997533db0af00b25d324ea28e6c213bc8",
	"ed06a8ae61a829ba5fa54525c9d07f48dd44a302f43e0f23d8cc20b73085141e"},
    {"ef140ff900b0ab03f0c08d879cbbd4b31ea71e6e7ee7ffcb7e7955777a332799",
	"a1db47b95184854ad12a0c1a354e418aace33aa0f2c662c00b3ac55de92f9359"},
};

static void
hex_32(const char *hex, uint8_t out[32])
{
	size_t len;

	assert_ok(hex_decode(bytes_str(hex), out, 32, &len));
	assert_int_equal(len, 32);
}

static void
key_draw(struct party *p, struct world *w, char who)
{
	struct edhoc_ephemeral pair;
	const char *const *given = ED25519_PAIRS[who == 'R'];

	if (p->suite == EDHOC_SUITE_0 && !p->by_dh) {
		hex_32(given[0], p->key.d);
		hex_32(given[1], p->cred.public_key.x);
		return;
	}
	assert_ok(edhoc_ephemeral_make(p->suite, &w->source, &pair));
	p->key = pair.secret;
	p->cred.public_key = pair.public_key;
}

static enum err
party_sign(void *ctx, struct bytes message, uint8_t ret_sig[64])
{
	const struct party *p = ctx;

	if (p->suite == EDHOC_SUITE_0)
		return ed25519_sign(p->key.d, message, ret_sig);
	return p256_sign(&p->key, message, ret_sig);
}

/* A CCS with an OKP key: RFC 9053, section 7.2. */
static void
okp_ccs_write(struct writer *w, struct bytes kid, const struct party *p)
{
	cbor_put_map(w, 1);
	cbor_put_uint(w, 8);
	cbor_put_map(w, 1);
	cbor_put_uint(w, 1);
	cbor_put_map(w, 4);
	cbor_put_int(w, 1);
	cbor_put_int(w, 1);
	cbor_put_int(w, 2);
	cbor_put_bstr(w, kid);
	cbor_put_int(w, -1);
	cbor_put_int(w, p->by_dh ? 4 : 6);
	cbor_put_int(w, -2);
	cbor_put_bstr(w, BYTES_OF(p->cred.public_key.x));
}

void
party_init(
    struct party *p, struct world *w, bool by_dh, char who, struct bytes kid)
{
	struct writer out;

	memset(p, 0, sizeof(*p));
	p->suite = w->suite;
	p->by_dh = by_dh;
	key_draw(p, w, who);
	writer_init(&out, p->cred_buf, sizeof(p->cred_buf));
	if (p->suite == EDHOC_SUITE_0)
		okp_ccs_write(&out, kid, p);
	else
		edhoc_ccs_write(
		    &out, BYTES_LIT("subject"), kid, &p->cred.public_key);
	assert_ok(writer_end(&out, &p->cred.cred));
	writer_init(&out, p->id_buf, sizeof(p->id_buf));
	edhoc_kid_write(&out, kid);
	assert_ok(writer_end(&out, &p->id_cred));
	p->signer.sign = party_sign;
	p->signer.ctx = p;
}

static void
cid_draw(struct prng *p, struct edhoc_cid *cid)
{
	memset(cid, 0, sizeof(*cid));
	cid->len = prng_below(p, EDHOC_CID_MAX + 1);
	prng_fill(p, cid->id, cid->len);
}

static bool
cid_same(const struct edhoc_cid *a, const struct edhoc_cid *b)
{
	return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

void
world_init(struct world *w, const struct prng *prng, enum edhoc_method method,
    enum edhoc_suite suite)
{
	uint8_t uid[8];

	memset(w, 0, sizeof(*w));
	w->prng = *prng;
	w->source.fill = source_fill;
	w->source.ctx = &w->prng;
	w->method = method;
	w->suite = suite;
	prng_fill(&w->prng, uid, sizeof(uid));
	party_init(&w->pi, w, method == EDHOC_DH_DH || method == EDHOC_DH_SIGN,
	    'I', BYTES_OF(uid));
	party_init(&w->pr, w, method == EDHOC_DH_DH || method == EDHOC_SIGN_DH,
	    'R', B(0x32));
	cid_draw(&w->prng, &w->c_i);
	do
		cid_draw(&w->prng, &w->c_r);
	while (cid_same(&w->c_i, &w->c_r));
}

void
world_done(struct world *w)
{
	edhoc_done(&w->i);
	edhoc_done(&w->r);
	wipe(w, sizeof(*w));
}

/* --- steps --- */

struct bytes
message_view(const struct message *m)
{
	return bytes_make(m->data, m->len);
}

static void
message_begin(struct message *m, struct writer *out)
{
	writer_init(out, m->data, sizeof(m->data));
}

static void
message_end(struct message *m, const struct writer *out)
{
	assert_ok(out->err);
	m->len = out->len;
}

void
world_message_1(struct world *w)
{
	struct edhoc_ephemeral own;
	struct writer out;

	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	edhoc_start(&w->i, w->method, w->suite, &w->c_i, &own);
	message_begin(&w->m1, &out);
	assert_ok(edhoc_message_1(&w->i, &w->suite, 1, w->ead_1, &out));
	message_end(&w->m1, &out);
}

void
world_message_1_open(struct world *w)
{
	static const enum edhoc_suite supported[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3, EDHOC_SUITE_0};

	assert_ok(edhoc_message_1_open(
	    &w->r, supported, ARRAY_LEN(supported), message_view(&w->m1)));
}

void
world_respond(struct world *w)
{
	struct edhoc_ephemeral own;

	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	assert_ok(edhoc_respond(&w->r, &w->c_r, &own, NULL));
}

const uint8_t *
world_need(
    const struct party *p, const struct edhoc *e, uint8_t prk[SHA256_LEN])
{
	struct p256_point peer;
	uint8_t salt[SHA256_LEN];

	assert_int_equal(edhoc_need(e, salt, &peer), p->by_dh);
	if (!p->by_dh)
		return NULL;
	assert_ok(edhoc_static_prk(p->suite, salt, &p->key, &peer, prk));
	return prk;
}

enum err
world_call_2(struct world *w, struct writer *out)
{
	struct party *p = &w->pr;
	uint8_t prk[SHA256_LEN];

	return edhoc_message_2(&w->r, p->id_cred, &p->cred,
	    world_need(p, &w->r, prk), p->by_dh ? NULL : &p->signer, w->ead_2,
	    out);
}

void
world_message_2(struct world *w)
{
	struct writer out;

	message_begin(&w->m2, &out);
	assert_ok(world_call_2(w, &out));
	message_end(&w->m2, &out);
}

void
world_message_2_open(struct world *w)
{
	struct bytes id_cred;

	assert_ok(edhoc_message_2_open(&w->i, message_view(&w->m2), &id_cred));
	assert_view(id_cred, w->pr.id_cred);
}

void
world_message_2_verify(struct world *w)
{
	assert_ok(edhoc_message_2_verify(&w->i, &w->pr.cred));
}

enum err
world_call_3(struct world *w, struct writer *out)
{
	struct party *p = &w->pi;
	uint8_t prk[SHA256_LEN];

	return edhoc_message_3(&w->i, p->id_cred, &p->cred,
	    world_need(p, &w->i, prk), p->by_dh ? NULL : &p->signer, w->ead_3,
	    out);
}

void
world_message_3(struct world *w)
{
	struct writer out;

	message_begin(&w->m3, &out);
	assert_ok(world_call_3(w, &out));
	message_end(&w->m3, &out);
}

void
world_message_3_open(struct world *w)
{
	struct bytes id_cred;

	assert_ok(edhoc_message_3_open(&w->r, message_view(&w->m3), &id_cred));
	assert_view(id_cred, w->pi.id_cred);
}

void
world_message_3_verify(struct world *w)
{
	assert_ok(edhoc_message_3_verify(&w->r, &w->pi.cred, NULL));
}

void
world_message_4(struct world *w)
{
	struct writer out;

	message_begin(&w->m4, &out);
	assert_ok(edhoc_message_4(&w->r, &out));
	message_end(&w->m4, &out);
}

void
world_message_4_open(struct world *w)
{
	assert_ok(edhoc_message_4_open(&w->i, message_view(&w->m4)));
}

void
world_run(struct world *w, enum step last)
{
	static void (*const steps[])(struct world *) = {
	    world_message_1,
	    world_message_1_open,
	    world_respond,
	    world_message_2,
	    world_message_2_open,
	    world_message_2_verify,
	    world_message_3,
	    world_message_3_open,
	    world_message_3_verify,
	    world_message_4,
	    world_message_4_open,
	};
	unsigned i;

	for (i = 0; i <= (unsigned)last; i++)
		steps[i](w);
}

void
world_each(void (*test)(struct world *w), uint64_t seed)
{
	static const enum edhoc_suite suites[] = {
	    EDHOC_SUITE_0, EDHOC_SUITE_2, EDHOC_SUITE_3};
	static struct world w;
	struct prng prng;
	unsigned method;
	size_t s;

	prng_init(&prng, seed);
	for (method = 0; method < 4; method++) {
		for (s = 0; s < ARRAY_LEN(suites); s++) {
			if (!world_supported(method, suites[s])) {
				print_message("skipped: method %u suite %d, "
					      "no Ed25519 here\n",
				    method, (int)suites[s]);
				continue;
			}
			world_init(&w, &prng, method, suites[s]);
			test(&w);
			prng = w.prng;
			world_done(&w);
		}
	}
}
