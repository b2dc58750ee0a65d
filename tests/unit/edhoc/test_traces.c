/*
 * Both traces of RFC 9529, value by value: what the traces give as secrets
 * goes in, and every other value is asserted, the messages through the
 * public functions and the steps between them through internal.h. An entry
 * that nothing looked at fails the test.
 */
#include "trace.h"

#include "base/text.h"
#include "cbor/cbor.h"
#include "internal.h"

#define TRACE_SIGN "section2_method0_suite0_x5t"
#define TRACE_DH "section3_method3_suite2_ccs_kid"

#define KDF_SECTION "PRK_out and PRK_exporter"

/* One run of a trace: both roles, and what a step needs of the one before. */
struct run {
	struct trace t;
	enum edhoc_method method;
	enum edhoc_suite suite;
	const char *first; /* the section of message_1 */
	struct edhoc i, r;
	struct p256_secret key_i, key_r;
	struct edhoc_cred cred_i, cred_r;
	struct bytes id_cred_i, id_cred_r;
	uint8_t prk_3e2m[SHA256_LEN], prk_4e3m[SHA256_LEN];
	uint8_t th_2[SHA256_LEN], th_3[SHA256_LEN];
	uint8_t message_1[64], message_2[256], message_3[256];
	size_t message_2_len, message_3_len;
};

static bool
signs(const struct run *run)
{
	return run->method == EDHOC_SIGN_SIGN;
}

static struct bytes
share(const struct p256_point *point)
{
	return bytes_make(point->x, EDHOC_SHARE_LEN);
}

static void
copy_in(uint8_t *out, size_t len, struct bytes in)
{
	assert_int_equal(in.len, len);
	memcpy(out, in.ptr, len);
}

static struct bytes
written(const struct writer *w)
{
	struct bytes out;

	assert_ok(writer_end(w, &out));
	return out;
}

/* The connection identifier of a trace, checked in both forms. */
static struct edhoc_cid
cid_of(struct trace *t, const char *section, const char *raw, const char *item)
{
	struct bytes id = trace_input(t, section, raw);
	struct edhoc_cid cid = {{0}, id.len};
	struct edhoc_cid back = {{0}, 0};
	uint8_t buf[8];
	struct writer w;
	struct reader r;

	copy_in(cid.id, id.len, id);
	writer_init(&w, buf, sizeof(buf));
	edhoc_cid_write(&w, &cid);
	trace_check(t, section, item, written(&w));
	reader_init(&r, writer_bytes(&w));
	edhoc_cid_read(&r, &back);
	assert_ok(reader_end(&r));
	assert_true(edhoc_cid_equal(&cid, &back));
	return cid;
}

/*
 * An ephemeral or static key pair. The traces give x and, for P-256, one y:
 * either, so the other one is accepted where it is an ephemeral key's.
 */
static void
point_check(struct run *run, const char *section, const char *x_name,
    const char *y_name, const struct p256_point *point)
{
	struct p256_point given;

	trace_check(&run->t, section, x_name, share(point));
	if (y_name == NULL)
		return;
	given = *point;
	copy_in(given.y, P256_LEN, trace_input(&run->t, section, y_name));
	assert_ok(p256_point_check(&given));
	if (memcmp(given.y, point->y, P256_LEN) != 0)
		print_message("%s: the other y\n", section);
}

static struct edhoc_ephemeral
ephemeral_of(
    struct run *run, enum edhoc_suite suite, const char *section, char which)
{
	struct edhoc_ephemeral own;
	char name[64];

	memset(&own, 0, sizeof(own));
	snprintf(name, sizeof(name), "%s ephemeral private key %c",
	    which == 'X' ? "Initiator's" : "Responder's", which);
	copy_in(own.secret.d, P256_LEN, trace_input(&run->t, section, name));
	if (suite == EDHOC_SUITE_0)
		assert_ok(x25519_public(own.secret.d, own.public_key.x));
	else
		assert_ok(p256_public(&own.secret, &own.public_key));
	return own;
}

static void
ephemeral_check(struct run *run, const char *section, char which,
    const struct edhoc_ephemeral *own, bool has_y)
{
	const char *who = which == 'X' ? "Initiator's" : "Responder's";
	const char *form = signs(run) ? "" : ", 'x'-coordinate";
	char x[96], y[96], item[96];

	snprintf(x, sizeof(x), "%s ephemeral public key%s G_%c (Raw Value)",
	    who, form, which);
	snprintf(
	    y, sizeof(y), "%s ephemeral public key, one 'y'-coordinate", who);
	snprintf(item, sizeof(item),
	    "%s ephemeral public key%s G_%c (CBOR Data Item)", who, form,
	    which);
	point_check(run, section, x, has_y ? y : NULL, &own->public_key);
	trace_check_bstr(&run->t, section, item, share(&own->public_key));
}

/* --- message_1 --- */

static void
method_and_suites_check(struct run *run, const char *section,
    const enum edhoc_suite *suites, size_t count)
{
	uint8_t buf[16];
	struct writer w;
	size_t i;

	writer_init(&w, buf, sizeof(buf));
	cbor_put_int(&w, run->method);
	trace_check(&run->t, section, "METHOD", written(&w));
	writer_init(&w, buf, sizeof(buf));
	if (count > 1)
		cbor_put_array(&w, count);
	for (i = 0; i < count; i++)
		cbor_put_int(&w, suites[i]);
	trace_check(&run->t, section, "SUITES_I", written(&w));
}

static void
message_1_step(struct run *run, const enum edhoc_suite *suites, size_t count)
{
	static const enum edhoc_suite supported[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3, EDHOC_SUITE_0};
	const char *section = run->first;
	struct edhoc_ephemeral own =
	    ephemeral_of(run, run->suite, section, 'X');
	struct edhoc_cid c_i = cid_of(&run->t, section,
	    "Connection identifier chosen by Initiator C_I (Raw Value)",
	    "Connection identifier chosen by Initiator C_I (CBOR Data Item)");
	struct writer w;

	method_and_suites_check(run, section, suites, count);
	ephemeral_check(run, section, 'X', &own, !signs(run));
	edhoc_start(&run->i, run->method, run->suite, &c_i, &own);
	writer_init(&w, run->message_1, sizeof(run->message_1));
	assert_ok(edhoc_message_1(&run->i, suites, count, NULL, &w));
	trace_check(&run->t, section, "message_1", written(&w));
	assert_ok(edhoc_message_1_open(
	    &run->r, supported, ARRAY_LEN(supported), writer_bytes(&w)));
	assert_int_equal(run->r.method, run->method);
	assert_int_equal(run->r.suite, run->suite);
	assert_true(edhoc_cid_equal(&run->r.c_i, &c_i));
}

/* --- message_2 --- */

static void
hash_check(struct trace *t, const char *section, const char *name,
    const uint8_t want[SHA256_LEN])
{
	struct bytes in = trace_input(t, section, name);
	uint8_t hash[SHA256_LEN];

	assert_ok(sha256(&in, 1, hash));
	assert_memory_equal(hash, want, SHA256_LEN);
}

static void
info_check(struct trace *t, const char *section, const char *name,
    enum edhoc_label label, struct bytes context, size_t len)
{
	uint8_t buf[TRACE_VALUE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	edhoc_info_write(&w, label, context, len);
	trace_check(t, section, name, written(&w));
}

static void
shared_check(struct run *run, const char *section, const char *name,
    const struct p256_secret *secret, const struct p256_point *peer)
{
	uint8_t shared[P256_LEN];

	assert_ok(edhoc_ecdh(run->suite, secret, peer, shared));
	trace_check(&run->t, section, name, BYTES_OF(shared));
}

/* On P-256 as one who computes many together; else the room does it itself. */
static const struct p256_agreement *
agreed(const struct run *run, struct p256_agreement *a)
{
	if (run->suite == EDHOC_SUITE_0)
		return NULL;
	p256_ecdh_many(a, 1);
	return a;
}

static void
th_2_step(struct run *run)
{
	struct p256_agreement a;
	struct trace *t = &run->t;
	struct edhoc_ephemeral own =
	    ephemeral_of(run, run->suite, "message_2", 'Y');
	struct edhoc_cid c_r = cid_of(t, "message_2",
	    signs(run)
		? "Connection identifier chosen by Responder C_R (Raw Value)"
		: "Connection identifier chosen by Responder C_R (raw value)",
	    "Connection identifier chosen by Responder C_R (CBOR Data Item)");

	ephemeral_check(run, "message_2", 'Y', &own, !signs(run));
	a = edhoc_agreement_2(&run->r, &own);
	assert_ok(edhoc_respond(&run->r, &c_r, &own, agreed(run, &a)));
	trace_check_both(
	    t, "message_2", "H(message_1)", BYTES_OF(run->r.h_message_1));
	memcpy(run->th_2, run->r.th, SHA256_LEN);
	trace_check_both(t, "message_2", "TH_2", BYTES_OF(run->th_2));
	hash_check(t, "message_2", "Input to calculate TH_2", run->th_2);
	shared_check(run, "message_2", "G_XY", &own.secret, &run->r.peer);
	trace_check(t, "message_2", "salt", BYTES_OF(run->th_2));
	trace_check(t, "message_2", "PRK_2e", BYTES_OF(run->r.prk_2e));
}

/* PRK_3e2m and PRK_4e3m by static DH; x is 2 or 4, like the names. */
static void
static_dh_check(struct run *run, const char *section, const char *salt_name,
    const char *shared_name, const struct edhoc *e,
    const struct p256_secret *key, enum edhoc_label label,
    uint8_t ret_prk[SHA256_LEN])
{
	struct p256_point peer;
	uint8_t salt[SHA256_LEN];
	char info[64];

	assert_true(edhoc_need(e, salt, &peer));
	snprintf(info, sizeof(info), "info for %s", salt_name);
	info_check(&run->t, section, info, label, BYTES_OF(e->th), SHA256_LEN);
	trace_check(&run->t, section, salt_name, BYTES_OF(salt));
	shared_check(run, section, shared_name, key, &peer);
	assert_ok(edhoc_static_prk(run->suite, salt, key, &peer, ret_prk));
}

static enum err
trace_sign(void *ctx, struct bytes message, uint8_t ret_sig[64])
{
	const struct p256_secret *key = ctx;

	return ed25519_sign(key->d, message, ret_sig);
}

/* context_x, MAC_x, Signature_or_MAC_x and PLAINTEXT_x. */
static void
proof_check(struct run *run, const struct edhoc_proof *p, const char *section,
    char which, struct p256_secret *key)
{
	const struct edhoc_signer signer = {trace_sign, key};
	struct trace *t = &run->t;
	uint8_t context[TRACE_VALUE_MAX], plaintext[TRACE_VALUE_MAX];
	uint8_t mac[EDHOC_MAC_MAX], proof[EDHOC_PROOF_MAX];
	char name[64];
	struct writer w;
	size_t len;

	writer_init(&w, context, sizeof(context));
	edhoc_context_write(&w, p);
	snprintf(name, sizeof(name), "context_%c (CBOR Sequence)", which);
	trace_check(t, section, name, written(&w));
	snprintf(name, sizeof(name), "context_%c (CBOR byte string)", which);
	trace_check_bstr(t, section, name, written(&w));
	assert_ok(edhoc_mac(p, mac, &len));
	snprintf(name, sizeof(name), "info for MAC_%c", which);
	info_check(t, section, name, p->label, written(&w), len);
	snprintf(name, sizeof(name), "MAC_%c", which);
	trace_check_both(t, section, name, bytes_make(mac, len));
	if (!p->by_dh) {
		writer_init(&w, plaintext, sizeof(plaintext));
		edhoc_signed_write(&w, p, bytes_make(mac, len));
		snprintf(name, sizeof(name), "Message to be signed %c", which);
		trace_check(t, section, name, written(&w));
	}
	assert_ok(edhoc_proof_make(p, p->by_dh ? NULL : &signer, proof, &len));
	snprintf(name, sizeof(name), "Signature_or_MAC_%c", which);
	trace_check_both(t, section, name, bytes_make(proof, len));
	assert_ok(edhoc_proof_check(p, bytes_make(proof, len)));
	writer_init(&w, plaintext, sizeof(plaintext));
	assert_ok(edhoc_plaintext_write(&w, p, p->by_dh ? NULL : &signer));
	snprintf(name, sizeof(name), "PLAINTEXT_%c", which);
	trace_check(t, section, name, written(&w));
}

static void
keystream_check(struct run *run)
{
	struct trace *t = &run->t;
	struct bytes plaintext = trace_input(t, "message_2", "PLAINTEXT_2");
	struct bytes th = BYTES_OF(run->th_2);
	uint8_t stream[TRACE_VALUE_MAX];
	size_t i;

	info_check(t, "message_2", "info for KEYSTREAM_2", EDHOC_KEYSTREAM_2,
	    th, plaintext.len);
	assert_ok(edhoc_kdf(
	    run->r.prk_2e, EDHOC_KEYSTREAM_2, th, stream, plaintext.len));
	trace_check(
	    t, "message_2", "KEYSTREAM_2", bytes_make(stream, plaintext.len));
	for (i = 0; i < plaintext.len; i++)
		stream[i] ^= plaintext.ptr[i];
	trace_check(
	    t, "message_2", "CIPHERTEXT_2", bytes_make(stream, plaintext.len));
}

static void
message_2_step(struct run *run)
{
	const struct edhoc_signer signer = {trace_sign, &run->key_r};
	struct edhoc_proof p = {
	    .suite = run->suite,
	    .by_dh = !signs(run),
	    .label = EDHOC_MAC_2,
	    .c_r = &run->r.c_r,
	    .id_cred = run->id_cred_r,
	    .th = run->th_2,
	    .cred = &run->cred_r,
	    .prk = run->prk_3e2m,
	};
	struct writer w;

	if (signs(run))
		memcpy(run->prk_3e2m, run->r.prk_3e2m, SHA256_LEN);
	else
		static_dh_check(run, "message_2", "SALT_3e2m", "G_RX", &run->r,
		    &run->key_r, EDHOC_SALT_3E2M, run->prk_3e2m);
	trace_check(&run->t, "message_2", "PRK_3e2m", BYTES_OF(run->prk_3e2m));
	proof_check(run, &p, "message_2", '2', &run->key_r);
	keystream_check(run);
	writer_init(&w, run->message_2, sizeof(run->message_2));
	assert_ok(edhoc_message_2(&run->r, run->id_cred_r, &run->cred_r,
	    signs(run) ? NULL : run->prk_3e2m, signs(run) ? &signer : NULL,
	    NULL, &w));
	trace_check(&run->t, "message_2", "message_2", written(&w));
	run->message_2_len = w.len;
}

static void
message_2_open_step(struct run *run)
{
	struct bytes id_cred;

	assert_ok(edhoc_message_2_open(
	    &run->i, bytes_make(run->message_2, run->message_2_len), &id_cred));
	assert_view(id_cred, run->id_cred_r);
	assert_true(edhoc_cid_equal(&run->i.c_r, &run->r.c_r));
	assert_memory_equal(run->i.th, run->th_2, SHA256_LEN);
	assert_ok(edhoc_message_2_verify(&run->i, &run->cred_r));
	assert_memory_equal(run->i.prk_3e2m, run->prk_3e2m, SHA256_LEN);
	assert_memory_equal(run->i.th, run->r.th, SHA256_LEN);
	memcpy(run->th_3, run->i.th, SHA256_LEN);
}

/* --- message_3 and message_4 --- */

static void
aead_check(struct run *run, const char *section, char which,
    const struct edhoc_aead *aead, const uint8_t th[SHA256_LEN])
{
	enum edhoc_label label = which == '3' ? EDHOC_K_3 : EDHOC_K_4;
	struct bytes context = bytes_make(th, SHA256_LEN);
	char name[64];

	snprintf(name, sizeof(name), "A_%c (CBOR", which);
	trace_check(
	    &run->t, section, name, bytes_make(aead->aad, aead->aad_len));
	snprintf(name, sizeof(name), "info for K_%c", which);
	info_check(&run->t, section, name, label, context, sizeof(aead->key));
	snprintf(name, sizeof(name), "K_%c (Raw", which);
	trace_check(&run->t, section, name, BYTES_OF(aead->key));
	snprintf(name, sizeof(name), "info for IV_%c", which);
	info_check(
	    &run->t, section, name, label + 1u, context, sizeof(aead->iv));
	snprintf(name, sizeof(name), "IV_%c (Raw", which);
	trace_check(&run->t, section, name, BYTES_OF(aead->iv));
}

static void
message_3_step(struct run *run)
{
	const struct edhoc_signer signer = {trace_sign, &run->key_i};
	struct edhoc_proof p = {
	    .suite = run->suite,
	    .by_dh = !signs(run),
	    .label = EDHOC_MAC_3,
	    .id_cred = run->id_cred_i,
	    .th = run->th_3,
	    .cred = &run->cred_i,
	    .prk = run->prk_4e3m,
	};
	struct edhoc_aead aead;
	struct bytes ciphertext;
	struct reader r;
	struct writer w;

	trace_check_both(&run->t, "message_3", "TH_3", BYTES_OF(run->th_3));
	hash_check(&run->t, "message_3", "Input to calculate TH_3", run->th_3);
	if (signs(run))
		memcpy(run->prk_4e3m, run->i.prk_3e2m, SHA256_LEN);
	else
		static_dh_check(run, "message_3", "SALT_4e3m", "G_IY", &run->i,
		    &run->key_i, EDHOC_SALT_4E3M, run->prk_4e3m);
	trace_check(&run->t, "message_3", "PRK_4e3m", BYTES_OF(run->prk_4e3m));
	proof_check(run, &p, "message_3", '3', &run->key_i);
	assert_ok(edhoc_aead_make(&run->i, run->prk_3e2m, EDHOC_K_3, &aead));
	aead_check(run, "message_3", '3', &aead, run->th_3);
	writer_init(&w, run->message_3, sizeof(run->message_3));
	assert_ok(edhoc_message_3(&run->i, run->id_cred_i, &run->cred_i,
	    signs(run) ? NULL : run->prk_4e3m, signs(run) ? &signer : NULL,
	    NULL, &w));
	trace_check(&run->t, "message_3", "message_3", written(&w));
	run->message_3_len = w.len;
	reader_init(&r, writer_bytes(&w));
	ciphertext = cbor_bstr(&r);
	trace_check(&run->t, "message_3", "CIPHERTEXT_3", ciphertext);
}

static void
message_3_open_step(struct run *run)
{
	struct p256_agreement a;
	struct bytes id_cred;

	assert_ok(edhoc_message_3_open(
	    &run->r, bytes_make(run->message_3, run->message_3_len), &id_cred));
	assert_view(id_cred, run->id_cred_i);
	a = edhoc_agreement_3(&run->r, &run->cred_i.public_key);
	assert_ok(
	    edhoc_message_3_verify(&run->r, &run->cred_i, agreed(run, &a)));
	assert_memory_equal(run->r.prk_4e3m, run->prk_4e3m, SHA256_LEN);
	assert_memory_equal(run->r.th, run->i.th, SHA256_LEN);
	trace_check_both(&run->t, "message_3", "TH_4", BYTES_OF(run->r.th));
	hash_check(&run->t, "message_3", "Input to calculate TH_4", run->r.th);
}

static void
message_4_step(struct run *run)
{
	struct edhoc_aead aead;
	uint8_t buf[32];
	struct reader r;
	struct writer w;

	assert_ok(edhoc_aead_make(&run->r, run->prk_4e3m, EDHOC_K_4, &aead));
	aead_check(run, "message_4", '4', &aead, run->r.th);
	writer_init(&w, buf, sizeof(buf));
	assert_ok(edhoc_message_4(&run->r, &w));
	trace_check(&run->t, "message_4", "message_4", written(&w));
	reader_init(&r, writer_bytes(&w));
	trace_check(&run->t, "message_4", "CIPHERTEXT_4", cbor_bstr(&r));
	assert_ok(edhoc_message_4_open(&run->i, writer_bytes(&w)));
	assert_int_equal(run->i.state, EDHOC_CONFIRMED);
}

/* --- what comes out --- */

static void
exporter_check(struct run *run, const char *section, const char *name,
    uint32_t label, size_t len)
{
	uint8_t of_i[SHA256_LEN], of_r[SHA256_LEN];

	assert_ok(edhoc_exporter(&run->i, label, BYTES_NONE, of_i, len));
	assert_ok(edhoc_exporter(&run->r, label, BYTES_NONE, of_r, len));
	trace_check(&run->t, section, name, bytes_make(of_i, len));
	assert_memory_equal(of_i, of_r, len);
}

static void
prk_out_step(struct run *run)
{
	struct trace *t = &run->t;

	info_check(t, KDF_SECTION, "info for PRK_out", EDHOC_PRK_OUT,
	    BYTES_OF(run->i.th), SHA256_LEN);
	trace_check(t, KDF_SECTION, "PRK_out", BYTES_OF(run->i.prk_out));
	assert_memory_equal(run->i.prk_out, run->r.prk_out, SHA256_LEN);
	info_check(t, KDF_SECTION, "info for PRK_exporter", EDHOC_PRK_EXPORTER,
	    BYTES_NONE, SHA256_LEN);
	trace_check(
	    t, KDF_SECTION, "PRK_exporter", BYTES_OF(run->i.prk_exporter));
	assert_memory_equal(
	    run->i.prk_exporter, run->r.prk_exporter, SHA256_LEN);
}

/* COSE's 10 is AES-CCM-16-64-128 (RFC 9053, 4.2), OSCORE's one here. */
static void
application_aead_check(struct trace *t)
{
	struct trace_entry *entry =
	    trace_find(t, "OSCORE Parameters", "Application AEAD Algorithm");

	assert_string_equal(entry->text, "10");
	assert_int_equal(aead_key_len(AEAD_CCM_16_64_128), OSCORE_KEY_LEN);
	assert_int_equal(aead_nonce_len(AEAD_CCM_16_64_128), OSCORE_IV_LEN);
	assert_int_equal(aead_tag_len(AEAD_CCM_16_64_128), OSCORE_TAG_LEN);
}

static void
oscore_step(struct run *run)
{
	const char *section = "OSCORE Parameters";
	struct trace *t = &run->t;
	struct oscore_context of_i, of_r, want;

	application_aead_check(t);
	assert_ok(edhoc_oscore(&run->i, &of_i));
	assert_ok(edhoc_oscore(&run->r, &of_r));
	trace_check(t, section, "Client's OSCORE Sender ID",
	    bytes_make(of_i.sender.id, of_i.sender.len));
	trace_check(t, section, "Server's OSCORE Sender ID",
	    bytes_make(of_r.sender.id, of_r.sender.len));
	info_check(t, section, "info for OSCORE Master Secret", 0, BYTES_NONE,
	    OSCORE_KEY_LEN);
	exporter_check(run, section, "OSCORE Master Secret", 0, OSCORE_KEY_LEN);
	info_check(t, section, "info for OSCORE Master Salt", 1, BYTES_NONE, 8);
	exporter_check(run, section, "OSCORE Master Salt", 1, 8);
	assert_ok(oscore_derive(&want,
	    trace_input(t, section, "OSCORE Master Secret"),
	    trace_input(t, section, "OSCORE Master Salt"), NULL,
	    trace_input(t, section, "Client's OSCORE Sender ID"),
	    trace_input(t, section, "Server's OSCORE Sender ID")));
	assert_memory_equal(of_i.sender_key, want.sender_key, OSCORE_KEY_LEN);
	assert_memory_equal(
	    of_r.sender_key, want.recipient_key, OSCORE_KEY_LEN);
	assert_memory_equal(
	    of_r.recipient_key, want.sender_key, OSCORE_KEY_LEN);
	assert_memory_equal(of_r.common_iv, want.common_iv, OSCORE_IV_LEN);
	oscore_done(&of_i);
	oscore_done(&of_r);
	oscore_done(&want);
}

static void
key_update_step(struct run *run)
{
	const char *section = "Key Update";
	struct trace *t = &run->t;
	struct bytes context =
	    trace_input(t, section, "context for KeyUpdate (Raw Value)");

	trace_check_bstr(
	    t, section, "context for KeyUpdate (CBOR Data Item)", context);
	assert_ok(edhoc_key_update(&run->i, context));
	assert_ok(edhoc_key_update(&run->r, context));
	trace_check(
	    t, section, "PRK_out after KeyUpdate", BYTES_OF(run->i.prk_out));
	trace_check(t, section, "PRK_exporter after KeyUpdate",
	    BYTES_OF(run->i.prk_exporter));
	exporter_check(run, section, "OSCORE Master Secret after KeyUpdate", 0,
	    OSCORE_KEY_LEN);
	exporter_check(
	    run, section, "OSCORE Master Salt after KeyUpdate", 1, 8);
}

static void
run_all(struct run *run, const enum edhoc_suite *suites, size_t count)
{
	message_1_step(run, suites, count);
	th_2_step(run);
	message_2_step(run);
	message_2_open_step(run);
	message_3_step(run);
	message_3_open_step(run);
	message_4_step(run);
	prk_out_step(run);
	oscore_step(run);
	key_update_step(run);
	trace_check_all_used(&run->t);
	edhoc_done(&run->i);
	edhoc_done(&run->r);
	trace_free(&run->t);
}

/* --- section 2: signatures and X.509 --- */

/* Where x5t is the first 8 bytes of SHA-256: COSE algorithm -15. */
static struct bytes
x5t_check(struct trace *t, const char *section, const char *name,
    struct bytes certificate)
{
	uint8_t hash[SHA256_LEN], buf[32];
	struct writer w;

	assert_ok(sha256(&certificate, 1, hash));
	writer_init(&w, buf, sizeof(buf));
	cbor_put_map(&w, 1);
	cbor_put_int(&w, 34);
	cbor_put_array(&w, 2);
	cbor_put_int(&w, -15);
	cbor_put_bstr(&w, bytes_make(hash, 8));
	trace_check(t, section, name, written(&w));
	return trace_input(t, section, name);
}

static struct edhoc_cred
x509_check(struct trace *t, const char *section, const char *raw,
    const char *item, const struct p256_point *key)
{
	struct edhoc_cred cred = {trace_input(t, section, raw), true, *key};
	uint8_t buf[TRACE_VALUE_MAX];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	edhoc_cred_write(&w, &cred);
	trace_check(t, section, item, written(&w));
	return cred;
}

/*
 * An Ed25519 key pair. Nothing here derives a public key from a secret one,
 * but only that key's signatures verify.
 */
static void
ed25519_pair(struct trace *t, const char *section, const char *secret_name,
    const char *public_name, struct p256_secret *ret_secret,
    struct p256_point *ret_public)
{
	uint8_t signature[ED25519_SIGNATURE_LEN];

	memset(ret_public, 0, sizeof(*ret_public));
	copy_in(ret_secret->d, 32, trace_input(t, section, secret_name));
	copy_in(ret_public->x, 32, trace_input(t, section, public_name));
	assert_ok(
	    ed25519_sign(ret_secret->d, BYTES_LIT("pairwise"), signature));
	assert_ok(
	    ed25519_verify(ret_public->x, BYTES_LIT("pairwise"), signature));
}

/* The key after "pub: " in the printed form of a certificate. */
static void
printed_key(const struct trace_entry *entry, uint8_t ret_key[32])
{
	const char *at = strstr(entry->name, "pub: ");
	size_t i, len;

	assert_non_null(at);
	for (i = 0; i < 32; i++)
		assert_ok(hex_decode(
		    bytes_make(at + 5 + 3 * i, 2), ret_key + i, 1, &len));
}

/*
 * A certificate ends in its signature, over the TBSCertificate at byte 3,
 * whose own head is 3 bytes long.
 */
static void
certificate_check(struct run *run, const char *printed,
    const struct edhoc_cred *cred, const uint8_t root[32])
{
	struct trace_entry *entry =
	    trace_find(&run->t, "Certificates", printed);
	struct bytes tbs = {cred->cred.ptr + 3, 3u + cred->cred.ptr[5]};
	struct bytes signature = {cred->cred.ptr + cred->cred.len - 64, 64};
	uint8_t key[32];

	assert_int_equal(cred->cred.ptr[4], 0x81);
	assert_view(signature, bytes_make(entry->value, entry->len));
	assert_ok(ed25519_verify(root, tbs, signature.ptr));
	printed_key(entry, key);
	assert_memory_equal(key, cred->public_key.x, sizeof(key));
}

#define PRINTED "Version: 3 (0x2) Serial Number: "

static void
certificates_step(struct run *run)
{
	uint8_t root[32];

	/*
	 * Of the root's own certificate RFC 9529 has no DER, so that its
	 * signature of itself can't be asserted; its key is.
	 */
	printed_key(trace_find(&run->t, "Certificates",
			PRINTED "1647418996 (0x62319e74)"),
	    root);
	certificate_check(
	    run, PRINTED "1647419076 (0x62319ec4)", &run->cred_r, root);
	certificate_check(
	    run, PRINTED "1647419040 (0x62319ea0)", &run->cred_i, root);
}

static void
test_method_0_suite_0(void **state UNUSED)
{
	static const enum edhoc_suite suites[] = {EDHOC_SUITE_0};
	static struct run run;
	struct p256_point key;
	struct trace *t = &run.t;

	if (!crypto_has_ed25519()) {
		print_message("skipped: no Ed25519 in this crypto library\n");
		skip();
	}
	trace_load(t, TRACE_SIGN);
	run.method = EDHOC_SIGN_SIGN;
	run.suite = EDHOC_SUITE_0;
	run.first = "message_1";
	ed25519_pair(t, "message_2",
	    "Responder's private authentication key SK_R",
	    "Responder's public authentication key PK_R", &run.key_r, &key);
	run.cred_r = x509_check(t, "message_2", "CRED_R (Raw Value)",
	    "CRED_R (CBOR Data Item)", &key);
	run.id_cred_r = x5t_check(t, "message_2", "ID_CRED_R", run.cred_r.cred);
	ed25519_pair(t, "message_3",
	    "Initiator's private authentication key SK_I",
	    "Initiator's public authentication key PK_I", &run.key_i, &key);
	run.cred_i = x509_check(t, "message_3", "CRED_I (Raw Value)",
	    "CRED_I (CBOR Data Item)", &key);
	run.id_cred_i = x5t_check(t, "message_3", "ID_CRED_I", run.cred_i.cred);
	certificates_step(&run);
	run_all(&run, suites, ARRAY_LEN(suites));
}

/* --- section 3: static DH, CCS by kid --- */

/* A static key and its CCS, written and read. */
static struct edhoc_cred
ccs_check(struct run *run, const char *section, const char *who,
    const char *which, const char *subject, uint8_t kid,
    struct p256_secret *ret_key)
{
	struct bytes kid_view = bytes_make(&kid, 1);
	struct edhoc_cred cred = {BYTES_NONE, false, {{0}, {0}}};
	struct p256_point back;
	uint8_t buf[EDHOC_CRED_MAX];
	struct bytes sub, id;
	char name[96], x[96], y[96];
	struct writer w;

	snprintf(name, sizeof(name), "%s private authentication key", who);
	copy_in(ret_key->d, P256_LEN, trace_input(&run->t, section, name));
	assert_ok(p256_public(ret_key, &cred.public_key));
	snprintf(x, sizeof(x), "%s public authentication key, 'x'", who);
	snprintf(y, sizeof(y), "%s public authentication key, 'y'", who);
	trace_check(&run->t, section, x, BYTES_OF(cred.public_key.x));
	trace_check(&run->t, section, y, BYTES_OF(cred.public_key.y));
	writer_init(&w, buf, sizeof(buf));
	edhoc_ccs_write(&w, bytes_str(subject), kid_view, &cred.public_key);
	snprintf(name, sizeof(name), "CRED_%s", which);
	trace_check(&run->t, section, name, written(&w));
	cred.cred = trace_input(&run->t, section, name);
	assert_ok(edhoc_ccs_read(cred.cred, &sub, &id, &back));
	assert_view(sub, bytes_str(subject));
	assert_view(id, kid_view);
	assert_memory_equal(&back, &cred.public_key, sizeof(back));
	return cred;
}

static struct bytes
kid_check(struct trace *t, const char *section, const char *name, uint8_t kid)
{
	struct bytes kid_view = bytes_make(&kid, 1);
	struct bytes back;
	uint8_t buf[16];
	struct writer w;

	writer_init(&w, buf, sizeof(buf));
	edhoc_kid_write(&w, kid_view);
	trace_check(t, section, name, written(&w));
	assert_true(edhoc_kid_read(written(&w), &back));
	assert_view(back, kid_view);
	return trace_input(t, section, name);
}

/*
 * The first message_1 selects suite 6, which nobody here has: the responder
 * refuses, and says what it has.
 */
static void
negotiation_step(struct run *run)
{
	static const enum edhoc_suite suites[] = {(enum edhoc_suite)6};
	static const enum edhoc_suite supported[] = {EDHOC_SUITE_2};
	const char *section = "message_1 (first time)";
	struct trace *t = &run->t;
	struct edhoc_ephemeral own =
	    ephemeral_of(run, EDHOC_SUITE_2, section, 'X');
	struct edhoc_cid c_i = cid_of(t, section,
	    "Connection identifier chosen by Initiator C_I (Raw Value)",
	    "Connection identifier chosen by Initiator C_I (CBOR Data Item)");
	struct edhoc_error error;
	uint8_t buf[64];
	struct writer w;
	struct edhoc e;

	method_and_suites_check(run, section, suites, 1);
	/* Suite 6 is of X25519, but the trace has a key of P-256. */
	ephemeral_check(run, section, 'X', &own, false);
	edhoc_start(&e, run->method, suites[0], &c_i, &own);
	writer_init(&w, buf, sizeof(buf));
	edhoc_message_1_write(&w, &e, suites, 1, NULL);
	trace_check(t, section, "message_1", written(&w));
	assert_int_equal(edhoc_message_1_open(&e, supported, 1, written(&w)),
	    ERR_UNSUPPORTED);
	writer_init(&w, buf, sizeof(buf));
	edhoc_error_suites(&w, supported, 1);
	trace_check(t, "error", "error (CBOR Sequence)", written(&w));
	assert_ok(edhoc_error_read(written(&w), &error));
	assert_int_equal(error.code, 2);
	assert_int_equal(error.suite_count, 1);
	writer_init(&w, buf, sizeof(buf));
	cbor_put_int(&w, error.suites[0]);
	trace_check(t, "error", "SUITES_R", written(&w));
}

static void
test_method_3_suite_2(void **state UNUSED)
{
	static const enum edhoc_suite suites[] = {
	    (enum edhoc_suite)6, EDHOC_SUITE_2};
	static struct run run;
	struct trace *t = &run.t;

	trace_load(t, TRACE_DH);
	run.method = EDHOC_DH_DH;
	run.suite = EDHOC_SUITE_2;
	run.first = "message_1 (second time)";
	negotiation_step(&run);
	run.cred_r = ccs_check(&run, "message_2", "Responder's", "R",
	    "example.edu", 0x32, &run.key_r);
	run.id_cred_r = kid_check(t, "message_2", "ID_CRED_R", 0x32);
	run.cred_i = ccs_check(&run, "message_3", "Initiator's", "I",
	    "42-50-31-FF-EF-37-32-39", 0x2b, &run.key_i);
	run.id_cred_i = kid_check(t, "message_3", "ID_CRED_I", 0x2b);
	run_all(&run, suites, ARRAY_LEN(suites));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_method_0_suite_0),
	    cmocka_unit_test(test_method_3_suite_2),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
