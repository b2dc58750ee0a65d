/*
 * The service of these tests: see responder.h. S1 to S7 are the rules of the
 * design's state tables.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "cbor/cbor.h"
#include "coap/echo.h"
#include "responder.h"

#define must(call) assert_int_equal(call, ERR_OK)

void
responder_init(struct responder *r, const struct rot_birth *birth,
    struct random_source random)
{
	memset(r, 0, sizeof(*r));
	must(p256_public(&birth->key, &r->factory_key));
	r->factory = birth->factory;
	r->kid = 1;
	memset(r->secret.d, 0x21, P256_LEN);
	r->time = 1700000000;
	r->random = random;
	r->seen = calloc(SEEN_MAX, sizeof(*r->seen));
	assert_non_null(r->seen);
}

void
responder_done(struct responder *r)
{
	free(r->seen);
}

void
responder_crash(struct responder *r)
{
	memset(r->session, 0, sizeof(r->session));
	r->has_echo = false;
}

/* --- framing --- */

static struct bytes
frame(uint8_t out[DATAGRAM_MAX], uint16_t id, uint8_t code, uint32_t option,
    struct bytes value, struct bytes payload)
{
	struct coap_writer w;
	struct bytes done;

	coap_write_head(&w, out, DATAGRAM_MAX, COAP_ACK, code, id, BYTES_NONE);
	if (option != 0)
		coap_write_option(&w, option, value);
	coap_write_payload(&w, payload);
	must(coap_write_end(&w, &done));
	return done;
}

static struct bytes
unprotected(uint8_t out[DATAGRAM_MAX], uint16_t id, uint8_t code)
{
	return frame(out, id, code, 0, BYTES_NONE, BYTES_NONE);
}

/* Gives a datagram to another message id, as a cached answer needs. */
static struct bytes
again(const uint8_t *answer, size_t len, uint16_t id, uint8_t *out)
{
	memcpy(out, answer, len);
	out[2] = (uint8_t)(id >> 8);
	out[3] = (uint8_t)id;
	return bytes_make(out, len);
}

/* --- key and nonce --- */

static void
context_of(const struct keys_checkin *ck, struct bytes alias,
    struct oscore_context *ret)
{
	uint8_t secret[16];

	must(keys_checkin_oscore(ck, secret));
	must(oscore_derive(
	    ret, BYTES_OF(secret), BYTES_NONE, NULL, BYTES_NONE, alias));
}

/* Opens a check-in under one generation's key; false when it is another's. */
static bool
opens(const struct peer_generation *g, const struct oscore_option *option,
    struct bytes ciphertext, uint8_t *buf, struct oscore_context *ret_context,
    struct oscore_inner *ret_inner, struct oscore_request_ref *ret_ref)
{
	if (!g->there || !bytes_equal(option->kid, BYTES_OF(g->alias)))
		return false;
	context_of(&g->ck, BYTES_OF(g->alias), ret_context);
	return oscore_open_request(ret_context, option, ciphertext, buf,
		   DATAGRAM_MAX, ret_inner, ret_ref) == ERR_OK;
}

/* The generation whose key opens a check-in, in the order of the rules. */
static struct peer_generation *
finds(struct responder *r, const struct oscore_option *option,
    struct bytes ciphertext, uint8_t *buf, struct oscore_context *context,
    struct oscore_inner *inner, struct oscore_request_ref *ref)
{
	size_t i;

	if (opens(&r->cur, option, ciphertext, buf, context, inner, ref))
		return &r->cur;
	if (opens(&r->last, option, ciphertext, buf, context, inner, ref))
		return &r->last;
	for (i = 0; i < PENDING_MAX; i++)
		if (opens(&r->pends[i], option, ciphertext, buf, context, inner,
			ref))
			return &r->pends[i];
	for (i = 0; i < LEFT_MAX; i++)
		if (opens(&r->left[i], option, ciphertext, buf, context, inner,
			ref))
			return &r->left[i];
	return NULL;
}

static void
see(struct responder *r, const uint8_t key[OSCORE_KEY_LEN], struct bytes piv,
    struct bytes ciphertext)
{
	uint8_t hash[SHA256_LEN];
	size_t i;

	must(sha256(&ciphertext, 1, hash));
	for (i = 0; i < r->seen_count; i++) {
		if (memcmp(r->seen[i].key, key, OSCORE_KEY_LEN) != 0 ||
		    !bytes_equal(
			bytes_make(r->seen[i].piv, r->seen[i].piv_len), piv))
			continue;
		if (memcmp(r->seen[i].hash, hash, SHA256_LEN) != 0)
			fail_msg("a key and nonce were used twice");
		return;
	}
	assert_true(r->seen_count < SEEN_MAX);
	memcpy(r->seen[i].key, key, OSCORE_KEY_LEN);
	memcpy(r->seen[i].piv, piv.ptr, piv.len);
	r->seen[i].piv_len = piv.len;
	memcpy(r->seen[i].hash, hash, SHA256_LEN);
	r->seen_count++;
}

void
responder_watch(struct responder *r, struct bytes datagram)
{
	uint8_t buf[DATAGRAM_MAX], key[OSCORE_KEY_LEN] = {0};
	struct oscore_request_ref ref;
	struct oscore_context context;
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message m;
	struct bytes value;
	size_t i;

	must(coap_decode(datagram, &m));
	assert_int_equal(m.type, COAP_CON);
	assert_int_equal(m.code, COAP_POST);
	assert_int_equal(m.token_len, 0);
	if (!coap_option_find(m.options, COAP_OPT_OSCORE, &value))
		return;
	must(oscore_option_decode(value, &option));
	if (coap_option_find(m.options, COAP_OPT_EDHOC, &value)) {
		/* The session's key, named by its message_3. */
		assert_true(option.piv.len == 1 && option.piv.ptr[0] == 0);
		for (i = 0; i < sizeof(key); i++)
			key[i] = m.payload.ptr[2 + i];
		see(r, key, option.piv, m.payload);
		return;
	}
	if (finds(r, &option, m.payload, buf, &context, &inner, &ref) == NULL)
		fail_msg("a check-in under a key that nobody knows");
	see(r, context.recipient_key, option.piv, m.payload);
}

/* --- exchange 1 --- */

static void
cred_r(const struct responder *r, uint8_t ccs[EDHOC_CRED_MAX],
    struct edhoc_cred *ret)
{
	struct writer w;

	must(p256_public(&r->secret, &ret->public_key));
	writer_init(&w, ccs, EDHOC_CRED_MAX);
	edhoc_ccs_write(&w, BYTES_LIT("holdfast"), bytes_make(&r->kid, 1),
	    &ret->public_key);
	must(writer_end(&w, &ret->cred));
	ret->is_der = false;
}

static void
session_answer(struct responder *r, struct peer_session *s)
{
	static const enum edhoc_suite suites[] = {EDHOC_SUITE_2, EDHOC_SUITE_3};
	uint8_t ccs[EDHOC_CRED_MAX], id[16], salt[SHA256_LEN], prk[SHA256_LEN];
	struct edhoc_cid c_r = {.len = 1};
	struct edhoc_ephemeral own;
	struct p256_point peer;
	struct edhoc_cred cred;
	struct writer w, id_cred;

	must(edhoc_message_1_open(&s->edhoc, suites, 2,
	    bytes_make(s->message_1 + 1, s->message_1_len - 1)));
	must(edhoc_ephemeral_make(s->edhoc.suite, &r->random, &own));
	c_r.id[0] = (uint8_t)(s - r->session);
	if (c_r.id[0] == s->edhoc.c_i.id[0])
		c_r.id[0] = SESSIONS;
	must(edhoc_respond(&s->edhoc, &c_r, &own, NULL));
	assert_true(edhoc_need(&s->edhoc, salt, &peer));
	must(edhoc_static_prk(s->edhoc.suite, salt, &r->secret, &peer, prk));
	cred_r(r, ccs, &cred);
	writer_init(&id_cred, id, sizeof(id));
	edhoc_kid_write(&id_cred, bytes_make(&r->kid, 1));
	writer_init(&w, s->message_2, sizeof(s->message_2));
	must(edhoc_message_2(
	    &s->edhoc, writer_bytes(&id_cred), &cred, prk, NULL, NULL, &w));
	s->message_2_len = w.len;
}

static struct bytes
take_message_1(struct responder *r, const struct coap_message *m, uint8_t *out)
{
	struct peer_session *s;
	struct bytes echo;
	size_t i;

	if (r->echo_message_1.len > 0 &&
	    !(coap_echo_find(m->options, &echo) &&
		bytes_equal(echo, r->echo_message_1)))
		return frame(out, m->id, COAP_UNAUTHORIZED, COAP_OPT_ECHO,
		    r->echo_message_1, BYTES_NONE);
	for (i = 0; i < SESSIONS; i++) {
		s = &r->session[i];
		if (s->there &&
		    bytes_equal(
			bytes_make(s->message_1, s->message_1_len), m->payload))
			return frame(out, m->id, COAP_CHANGED, 0, BYTES_NONE,
			    bytes_make(s->message_2, s->message_2_len));
	}
	s = &r->session[r->next_session++ % SESSIONS];
	memset(s, 0, sizeof(*s));
	s->there = true;
	assert_true(m->payload.len <= sizeof(s->message_1));
	memcpy(s->message_1, m->payload.ptr, m->payload.len);
	s->message_1_len = m->payload.len;
	s->cur = r->cur;
	s->last = r->last;
	memcpy(s->last_id, r->last_id, REQUEST_ID_LEN);
	session_answer(r, s);
	return frame(out, m->id, COAP_CHANGED, 0, BYTES_NONE,
	    bytes_make(s->message_2, s->message_2_len));
}

/* --- exchange 2 --- */

static bool
same_alias(const struct peer_generation *g, const uint8_t *alias)
{
	return g->there && memcmp(g->alias, alias, ALIAS_LEN) == 0;
}

static bool
resumes(const struct peer_generation *g, const struct bootstrap_resume *resume)
{
	struct keys_children c;

	if (!same_alias(g, resume->alias))
		return false;
	must(keys_children_make(&g->root, &c));
	return memcmp(c.resume, resume->tag, RESUME_LEN) == 0;
}

static unsigned
evidence(struct responder *r)
{
	r->evidence++;
	return BOOTSTRAP_CLONE;
}

static bool
claims(const struct peer_generation *cur, const struct peer_generation *last,
    const uint8_t *last_id, const struct bootstrap_claim *claim)
{
	uint8_t tag[STATE_TAG_LEN];

	if (!same_alias(cur, claim->alias))
		return false;
	if (claim->n > cur->n)
		return true;
	must(keys_checkin_state(&cur->ck, tag));
	if (claim->n == cur->n && memcmp(tag, claim->tag, sizeof(tag)) == 0)
		return true;
	if (!last->there || claim->n + 1 != cur->n || !claim->has_request_id)
		return false;
	must(keys_checkin_state(&last->ck, tag));
	return memcmp(tag, claim->tag, sizeof(tag)) == 0 &&
	       memcmp(claim->request_id, last_id, REQUEST_ID_LEN) == 0;
}

/* S5 and S6: the status that a request gets. */
static unsigned
judge(struct responder *r, const struct peer_session *s, bool factory,
    const struct bootstrap_request *q)
{
	size_t i;

	if (q->has_resume) {
		for (i = 0; i < PENDING_MAX; i++)
			if (resumes(&r->pends[i], &q->resume))
				return BOOTSTRAP_AGAIN;
		if (resumes(&r->cur, &q->resume)) {
			if (r->cur.n == 1 && r->last.there &&
			    q->resume.has_request_id &&
			    memcmp(r->last_id, q->resume.request_id,
				REQUEST_ID_LEN) == 0)
				return BOOTSTRAP_AGAIN;
			if (!same_alias(&s->cur, r->cur.alias) || s->cur.n <= 1)
				return BOOTSTRAP_STALE;
			return evidence(r);
		}
	}
	if (factory) {
		if (!r->cur.there)
			return r->status;
		return s->cur.there ? evidence(r) : BOOTSTRAP_STALE;
	}
	if (!q->has_claim)
		return BOOTSTRAP_MALFORMED;
	if (claims(&r->cur, &r->last, r->last_id, &q->claim))
		return r->status;
	if (claims(&s->cur, &s->last, s->last_id, &q->claim))
		return BOOTSTRAP_STALE;
	return evidence(r);
}

/* Makes the pending generation of a good exchange 2. */
static void
pend_add(struct responder *r, struct peer_session *s, struct bytes request,
    const struct bootstrap_request *q, const struct bootstrap_response *a,
    struct bytes response)
{
	static const uint8_t uid[UID_LEN] = {
	    0x00, 0x02, 0x00, 0x00, 0x89, 0x28, 0x22, 0x45};
	struct peer_generation *g = &r->pends[r->bootstraps++ % PENDING_MAX];
	struct keys_children c;
	struct keys_salt salt = r->factory;
	uint8_t exporter[32];

	memset(g, 0, sizeof(*g));
	g->there = true;
	g->number = a->generation;
	memcpy(g->alias, a->alias, ALIAS_LEN);
	must(p256_point_decode(BYTES_OF(q->key), &g->key));
	if (r->cur.there)
		must(keys_next_salt(&r->cur.root, &salt));
	must(edhoc_exporter(&s->edhoc, KEYS_EXPORTER_LABEL, BYTES_NONE,
	    exporter, sizeof(exporter)));
	must(keys_root_make(&salt, exporter, uid, request, response, &g->root));
	must(keys_children_make(&g->root, &c));
	g->ck = c.checkin;
}

static uint8_t
status_code(unsigned status)
{
	if (status <= BOOTSTRAP_AGAIN)
		return COAP_CHANGED;
	if (status == BOOTSTRAP_STALE)
		return COAP_CONFLICT;
	if (status == BOOTSTRAP_MALFORMED)
		return COAP_BAD_REQUEST;
	return status == BOOTSTRAP_BUSY ? COAP_UNAVAILABLE : COAP_FORBIDDEN;
}

/* Request 2 is good: judges it and answers, under the session's key. */
static void
answer_2(struct responder *r, struct peer_session *s, bool factory,
    const struct oscore_context *context, const struct oscore_request_ref *ref,
    struct bytes request)
{
	struct oscore_outer outer = {.type = COAP_ACK};
	struct bootstrap_response a;
	struct oscore_inner inner;
	uint8_t buf[BOOTSTRAP_RESPONSE_MAX];
	struct writer w, out;

	assert_true(request.len <= sizeof(r->request_bytes));
	memcpy(r->request_bytes, request.ptr, request.len);
	must(bootstrap_request_read(
	    bytes_make(r->request_bytes, request.len), &r->request));
	memset(&a, 0, sizeof(a));
	a.status = judge(r, s, factory, &r->request);
	if (bootstrap_status_is_new(a.status)) {
		a.generation = ++r->highest;
		a.features = SERVICE_PSK | SERVICE_E2E;
		must(random_fill(&r->random, a.alias, ALIAS_LEN));
	}
	writer_init(&w, buf, sizeof(buf));
	bootstrap_response_write(&w, &a);
	if (bootstrap_status_is_new(a.status))
		pend_add(r, s, request, &r->request, &a, writer_bytes(&w));
	inner.code = status_code(a.status);
	inner.options = BYTES_NONE;
	inner.payload = writer_bytes(&w);
	writer_init(&out, s->answer, sizeof(s->answer));
	must(oscore_protect_response(
	    context, &outer, ref, BYTES_NONE, &inner, &out));
	s->answer_len = out.len;
}

/* Tries the keys that this device may authenticate with. */
static bool
verifies(const struct responder *r, struct peer_session *s, bool *ret_factory)
{
	struct p256_point candidates[2] = {r->factory_key, r->cur.key};
	static const uint8_t uid[UID_LEN] = {
	    0x00, 0x02, 0x00, 0x00, 0x89, 0x28, 0x22, 0x45};
	uint8_t ccs[EDHOC_CRED_MAX];
	struct edhoc_cred cred;
	struct writer w;
	size_t i;

	for (i = 0; i < (r->cur.there ? 2u : 1u); i++) {
		writer_init(&w, ccs, sizeof(ccs));
		edhoc_ccs_write(&w, BYTES_LIT("0002000089282245"),
		    BYTES_OF(uid), &candidates[i]);
		cred.cred = writer_bytes(&w);
		cred.is_der = false;
		cred.public_key = candidates[i];
		if (edhoc_message_3_verify(&s->edhoc, &cred, NULL) != ERR_OK)
			continue;
		*ret_factory = i == 0;
		return true;
	}
	return false;
}

static struct bytes
take_combined(struct responder *r, const struct coap_message *m,
    const struct oscore_option *option, uint8_t *out)
{
	uint8_t buf[DATAGRAM_MAX];
	struct oscore_request_ref ref;
	struct oscore_context context;
	struct oscore_inner inner;
	struct peer_session *s = NULL;
	struct bytes message_3, id_cred, kid;
	struct reader in;
	bool factory;
	size_t i;

	for (i = 0; i < SESSIONS; i++)
		if (r->session[i].there && option->kid.len == 1 &&
		    r->session[i].edhoc.c_r.id[0] == option->kid.ptr[0])
			s = &r->session[i];
	reader_init(&in, m->payload);
	message_3.ptr = m->payload.ptr;
	(void)cbor_bstr(&in);
	message_3.len = in.pos;
	if (s == NULL || in.err != ERR_OK)
		return unprotected(out, m->id, COAP_BAD_REQUEST);
	if (s->done)
		return bytes_equal(message_3,
			   bytes_make(s->message_3, s->message_3_len))
			   ? again(s->answer, s->answer_len, m->id, out)
			   : BYTES_NONE;
	if (edhoc_message_3_open(&s->edhoc, message_3, &id_cred) != ERR_OK ||
	    !edhoc_kid_read(id_cred, &kid) || !verifies(r, s, &factory))
		return BYTES_NONE;
	must(edhoc_oscore(&s->edhoc, &context));
	if (oscore_open_request(&context, option, reader_rest(&in), buf,
		sizeof(buf), &inner, &ref) != ERR_OK)
		return BYTES_NONE;
	assert_int_equal(inner.code, COAP_POST);
	answer_2(r, s, factory, &context, &ref, inner.payload);
	memcpy(s->message_3, message_3.ptr, message_3.len);
	s->message_3_len = message_3.len;
	s->done = true;
	return again(s->answer, s->answer_len, m->id, out);
}

/* --- check-ins --- */

static struct bytes
answer_checkin(struct responder *r, const struct coap_message *m,
    const struct oscore_context *context, const struct oscore_request_ref *ref,
    const struct oscore_inner *inner, uint8_t *out)
{
	struct oscore_outer outer = {.type = COAP_ACK, .id = m->id};
	uint8_t piv[OSCORE_PIV_MAX];
	struct writer w;

	do {
		must(random_fill(&r->random, piv, sizeof(piv)));
	} while (piv[0] == 0);
	writer_init(&w, out, DATAGRAM_MAX);
	must(oscore_protect_response(
	    context, &outer, ref, BYTES_OF(piv), inner, &w));
	return writer_bytes(&w);
}

/* 4.01 with a protected Echo. */
static struct bytes
challenge(struct responder *r, const struct coap_message *m,
    const struct oscore_context *context, const struct oscore_request_ref *ref,
    uint8_t *out)
{
	struct oscore_inner inner = {.code = COAP_UNAUTHORIZED};
	uint8_t options[16];
	struct coap_writer w;

	must(random_fill(&r->random, r->echo, sizeof(r->echo)));
	r->has_echo = true;
	memcpy(r->echo_id, ref->piv, REQUEST_ID_LEN);
	coap_write_body(&w, options, sizeof(options));
	coap_write_echo(&w, BYTES_OF(r->echo));
	must(coap_write_end(&w, &inner.options));
	return answer_checkin(r, m, context, ref, &inner, out);
}

static bool
echoed(const struct responder *r, const struct oscore_inner *inner)
{
	struct bytes echo;

	return r->has_echo && coap_echo_find(inner->options, &echo) &&
	       bytes_equal(echo, BYTES_OF(r->echo));
}

static void
leave(struct responder *r, const struct peer_generation *g)
{
	if (!g->there)
		return;
	memmove(&r->left[1], &r->left[0], (LEFT_MAX - 1) * sizeof(r->left[0]));
	r->left[0] = *g;
}

/* S1 and S3: the chain goes on by the request. */
static void
advance(
    struct responder *r, const uint8_t id[REQUEST_ID_LEN], struct bytes payload)
{
	r->last = r->cur;
	memcpy(r->last_id, id, REQUEST_ID_LEN);
	must(keys_checkin_next(&r->cur.ck, r->last_id, payload, &r->cur.ck));
	r->cur.n++;
	r->checkins++;
}

static void
commit(struct responder *r, struct peer_generation *pend)
{
	struct peer_generation taken = *pend;
	size_t i;

	leave(r, &r->cur);
	pend->there = false;
	for (i = 0; i < PENDING_MAX; i++)
		leave(r, &r->pends[i]);
	memset(r->pends, 0, sizeof(r->pends));
	memset(&r->factory, 0, sizeof(r->factory));
	r->cur = taken;
	r->commits++;
}

static struct bytes
accepted(struct responder *r, const struct coap_message *m,
    const struct oscore_context *context, const struct oscore_request_ref *ref,
    uint8_t *out)
{
	struct oscore_inner inner = {.code = COAP_CHANGED};
	uint8_t buf[CHECKIN_RESPONSE_MAX];
	struct writer w;

	r->answer.time = r->time;
	writer_init(&w, buf, sizeof(buf));
	checkin_response_write(&w, &r->answer);
	must(writer_end(&w, &inner.payload));
	return answer_checkin(r, m, context, ref, &inner, out);
}

/*
 * The request id: the Partial IV, or what the Echo names. Every one that the
 * device draws has 5 bytes and does not start with 0.
 */
static const uint8_t *
request_id(const struct responder *r, const struct oscore_inner *inner,
    const struct oscore_request_ref *ref)
{
	assert_int_equal(ref->piv_len, REQUEST_ID_LEN);
	assert_int_not_equal(ref->piv[0], 0);
	return echoed(r, inner) ? r->echo_id : ref->piv;
}

/* S7 */
static struct bytes
suspect(struct responder *r, const struct coap_message *m,
    const struct oscore_context *context, const struct oscore_request_ref *ref,
    const struct oscore_inner *inner, uint8_t *out)
{
	struct oscore_inner no = {.code = COAP_FORBIDDEN};

	if (!echoed(r, inner))
		return challenge(r, m, context, ref, out);
	r->evidence++;
	r->has_echo = false;
	return answer_checkin(r, m, context, ref, &no, out);
}

/* Says whether a request is no repetition of what is over. */
static bool
suspicious(const struct responder *r, const struct peer_generation *g,
    const uint8_t *id)
{
	if (g == &r->last)
		return memcmp(id, r->last_id, REQUEST_ID_LEN) != 0;
	return g >= r->left && g < r->left + LEFT_MAX;
}

/* S1, and S3 for a pending generation. */
static void
accept_new(struct responder *r, struct peer_generation *g, const uint8_t *id,
    struct bytes payload)
{
	if (payload.len > 0)
		memcpy(r->checkin_bytes, payload.ptr, payload.len);
	must(checkin_request_read(
	    bytes_make(r->checkin_bytes, payload.len), &r->checkin));
	if (g != &r->cur)
		commit(r, g);
	advance(r, id, payload);
}

static struct bytes
take_checkin(struct responder *r, const struct coap_message *m,
    const struct oscore_option *option, uint8_t *out)
{
	struct oscore_inner inner, no = {.code = COAP_FORBIDDEN};
	struct oscore_request_ref ref;
	struct oscore_context context;
	struct peer_generation *g;
	uint8_t buf[DATAGRAM_MAX];
	const uint8_t *id;

	g = finds(r, option, m->payload, buf, &context, &inner, &ref);
	if (g == NULL)
		return unprotected(out, m->id, COAP_UNAUTHORIZED);
	assert_int_equal(inner.code, COAP_POST);
	id = request_id(r, &inner, &ref);
	if (r->forbid)
		return answer_checkin(r, m, &context, &ref, &no, out);
	if (suspicious(r, g, id))
		return suspect(r, m, &context, &ref, &inner, out);
	if (r->demand_echo && g != &r->last && !echoed(r, &inner))
		return challenge(r, m, &context, &ref, out);
	r->got_echo = echoed(r, &inner);
	if (g != &r->last)
		accept_new(r, g, id, inner.payload);
	return accepted(r, m, &context, &ref, out);
}

struct bytes
responder_take(
    struct responder *r, struct bytes datagram, uint8_t out[DATAGRAM_MAX])
{
	struct oscore_option option;
	struct coap_message m;
	struct bytes value;

	if (r->mute)
		return BYTES_NONE;
	must(coap_decode(datagram, &m));
	if (r->refuse_unprotected)
		return unprotected(out, m.id, COAP_UNAUTHORIZED);
	if (!coap_option_find(m.options, COAP_OPT_OSCORE, &value)) {
		assert_true(coap_path_is(m.options, "e") ||
			    coap_path_is(m.options, ".well-known/edhoc"));
		return take_message_1(r, &m, out);
	}
	must(oscore_option_decode(value, &option));
	if (coap_option_find(m.options, COAP_OPT_EDHOC, &value))
		return take_combined(r, &m, &option, out);
	return take_checkin(r, &m, &option, out);
}
