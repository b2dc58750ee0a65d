/*
 * One SSL_CTX a connection: what belongs to the connection alone (its key,
 * its server name, its old session) is put onto it too, and reaches the SSL
 * through callbacks. With a pre-shared key nothing else authenticates the
 * peer: one that shows a certificate instead is refused, whatever the profile
 * says of certificates.
 *
 * No key is logged, and none is left in memory when the SSL_CTX goes.
 */
#include "tls.h"

#include <arpa/inet.h>
#include <pthread.h>

#include "base/text.h"
#include "base/wipe.h"
#include "log.h"
#include "tls_binding.h"
#include "tls_credentials.h"
#include "tls_session.h"
#include "tls_suites.h"

#define SECURITY_LEVEL 2 /* of OpenSSL: 112 bits */
#define READS_MAX 64 /* of a socket, before others get their turn */
#define ROT_PSK_LEN 16
#define TLS13_SUITE 0x13
#define TLS13_AES128_GCM 0x1301 /* a PSK's hash is SHA-256: RFC 8446, 4.2.11 */
#define SUITES_TEXT_MAX 4096

/*
 * With a PSK, in TLS 1.2: few, because a ClientHello costs money on the air,
 * and without Diffie-Hellman first, because each connection has a key of its
 * own. A host that wants others lists them.
 */
#define PSK_SUITES                                                             \
	"PSK-AES128-GCM-SHA256:PSK-AES128-CCM:PSK-AES128-CCM8:"                \
	"PSK-AES256-GCM-SHA384:ECDHE-PSK-AES128-CBC-SHA256:"                   \
	"PSK-AES128-CBC-SHA256:PSK-AES128-CBC-SHA"
#define CERTIFICATE_SUITES                                                     \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"           \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"           \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"           \
	"ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES128-SHA256:"                    \
	"ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:"      \
	"AES256-GCM-SHA384:AES128-SHA256:AES128-SHA"

/* What one connection brings with it. */
struct tls {
	struct tls_session session;
	unsigned reads; /* since the socket was empty, or said to be */
	const struct profile *profile; /* while it is configured only */
	char sni[PROFILE_TEXT_MAX + 1]; /* empty: none */
	size_t suite_count; /* that the host has chosen and it may offer */
	uint16_t suites[PROFILE_SUITES_MAX];
	int (*security)(const SSL *s, const SSL_CTX *ctx, int op, int bits,
	    int nid, void *other, void *ex);
	uint8_t id[PROFILE_TEXT_MAX + 1];
	size_t id_len;
	uint8_t psk[PROFILE_TEXT_MAX];
	size_t psk_len; /* 0: none */
};

/* --- what hangs on an SSL_CTX --- */

static int tls_index = -1;

static void
tls_free(UNUSED void *parent, void *ptr, UNUSED CRYPTO_EX_DATA *ad,
    UNUSED int index, UNUSED long argl, UNUSED void *argp)
{
	struct tls *t = ptr;

	if (t == NULL)
		return;
	tls_session_done(&t->session);
	wipe(t, sizeof(*t));
	free(t);
}

static void
tls_index_make(void)
{
	tls_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, tls_free);
}

/* Puts a fresh one onto an SSL_CTX, which owns it from then on. */
static struct tls *
tls_attach(SSL_CTX *context)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tls *t;

	if (pthread_once(&once, tls_index_make) != 0 || tls_index < 0)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t != NULL && SSL_CTX_set_ex_data(context, tls_index, t) != 1) {
		free(t);
		return NULL;
	}
	return t;
}

static struct tls *
tls_of(const SSL_CTX *context)
{
	return SSL_CTX_get_ex_data(context, tls_index);
}

static struct tls *
tls_of_ssl(const SSL *ssl)
{
	return tls_of(SSL_get_SSL_CTX(ssl));
}

/* --- versions and suites --- */

static enum err
versions_set(const struct tls_wish *wish, const struct tls *t, SSL_CTX *context)
{
	bool least_1_3 = t->profile->version == VERSION_1_3;
	int least, most;

	if (wish->datagram) {
		if (least_1_3)
			return ERR_UNSUPPORTED;
		least = most = DTLS1_2_VERSION;
	} else {
		least = least_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
		most = wish->module->model->tls_1_3 ? TLS1_3_VERSION
						    : TLS1_2_VERSION;
	}
	if (least > most && !wish->datagram)
		return ERR_UNSUPPORTED;
	if (SSL_CTX_set_min_proto_version(context, least) != 1 ||
	    SSL_CTX_set_max_proto_version(context, most) != 1)
		return ERR_CRYPTO;
	return ERR_OK;
}

/* Suites of TLS 1.3 and those before have lists of their own. */
static void
suite_list(const SSL_CIPHER *cipher, struct writer *old, struct writer *new)
{
	uint16_t number = SSL_CIPHER_get_protocol_id(cipher);
	struct writer *w = number >> 8 == TLS13_SUITE ? new : old;

	if (w->len > 0)
		writer_u8(w, ':');
	writer_put(w, bytes_str(SSL_CIPHER_get_name(cipher)));
}

/* One of the two may be empty: then that version is out. */
static enum err
suites_apply(SSL_CTX *context, struct writer *old, struct writer *new)
{
	bool no_old = old->len == 0, no_new = new->len == 0;

	writer_u8(old, 0);
	writer_u8(new, 0);
	if (old->err != ERR_OK || new->err != ERR_OK)
		return ERR_SPACE;
	if ((no_old && no_new) ||
	    SSL_CTX_set_ciphersuites(context, (const char *)new->ptr) != 1)
		return ERR_UNSUPPORTED;
	if (no_old)
		return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ==
				   1 &&
			       SSL_CTX_get_max_proto_version(context) ==
				   TLS1_3_VERSION
			   ? ERR_OK
			   : ERR_UNSUPPORTED;
	if (SSL_CTX_set_cipher_list(context, (const char *)old->ptr) != 1)
		return ERR_UNSUPPORTED;
	if (!no_new || SSL_CTX_get_max_proto_version(context) != TLS1_3_VERSION)
		return ERR_OK;
	if (SSL_CTX_get_min_proto_version(context) == TLS1_3_VERSION)
		return ERR_UNSUPPORTED;
	return SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1
		   ? ERR_OK
		   : ERR_CRYPTO;
}

/* Whether this connection may have such a suite. */
static bool
suite_fits(const struct tls *t, const SSL_CIPHER *cipher)
{
	bool checks =
	    t->psk_len > 0 || t->profile->validation != VALIDATE_NOTHING;

	return cipher != NULL && !(checks && tls_suite_is_open(cipher));
}

/* Those of the profile's that this connection may offer. */
static enum err
suites_chosen(struct tls *t, SSL_CTX *context)
{
	char old_text[SUITES_TEXT_MAX], new_text[SUITES_TEXT_MAX];
	const struct profile *p = t->profile;
	SSL *ssl = SSL_new(context);
	const SSL_CIPHER *cipher;
	struct writer old, new;
	size_t i;

	if (ssl == NULL)
		return ERR_NOMEM;
	writer_init(&old, (uint8_t *)old_text, sizeof(old_text));
	writer_init(&new, (uint8_t *)new_text, sizeof(new_text));
	for (i = 0; i < p->suite_count; i++) {
		cipher = tls_suite_find(ssl, p->suites[i]);
		if (suite_fits(t, cipher)) {
			suite_list(cipher, &old, &new);
			t->suites[t->suite_count++] = p->suites[i];
		} else {
			log_event("tls suite=%04X not offered", p->suites[i]);
		}
	}
	SSL_free(ssl);
	return suites_apply(context, &old, &new);
}

/*
 * What was chosen by its number is wanted, also with the tag of 8 bytes that
 * the level does not allow; keys and signatures keep to the level.
 */
static bool
suite_wanted(const struct tls *t, const SSL_CIPHER *cipher)
{
	uint16_t number = SSL_CIPHER_get_protocol_id(cipher);
	size_t i;

	if (t->suite_count == 0)
		return number == 0xc0a8; /* TLS_PSK_WITH_AES_128_CCM_8 */
	for (i = 0; i < t->suite_count; i++) {
		if (t->suites[i] == number)
			return true;
	}
	return false;
}

static int
on_security(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
    void *other, void *ex)
{
	const struct tls *t =
	    ssl != NULL ? tls_of_ssl(ssl) : tls_of((const SSL_CTX *)context);
	bool is_suite = op == SSL_SECOP_CIPHER_SUPPORTED ||
			op == SSL_SECOP_CIPHER_SHARED ||
			op == SSL_SECOP_CIPHER_CHECK;

	if (is_suite && other != NULL && suite_wanted(t, other))
		return 1;
	return t->security(ssl, context, op, bits, nid, other, ex);
}

static enum err
suites_set(struct tls *t, SSL_CTX *context)
{
	const char *suites = t->psk_len > 0 ? PSK_SUITES : CERTIFICATE_SUITES;

	SSL_CTX_set_security_level(context, SECURITY_LEVEL);
	t->security = SSL_CTX_get_security_callback(context);
	SSL_CTX_set_security_callback(context, on_security);
	if (t->profile->suite_count > 0)
		return suites_chosen(t, context);
	if (t->profile->suites_form != SUITES_DEFAULT)
		return ERR_UNSUPPORTED; /* the last was removed */
	return SSL_CTX_set_cipher_list(context, suites) == 1 ? ERR_OK
							     : ERR_CRYPTO;
}

/* --- pre-shared keys --- */

/* A key of the root of trust's that no connection had before. */
static enum err
psk_from_rot(const struct tls_wish *wish, struct tls *t)
{
	struct tee_request request = {.op = TEE_PSK};
	struct tee_answer answer;
	enum err err;

	request.u.psk_len = ROT_PSK_LEN;
	err = tee_ask(&wish->module->tee, &request, &answer);
	if (err == ERR_OK) {
		hex_encode(BYTES_OF(answer.u.psk.id), (char *)t->id);
		t->id_len = strlen((char *)t->id);
		t->psk_len = answer.u.psk.key_len;
		memcpy(t->psk, answer.u.psk.key, t->psk_len);
	}
	wipe(&answer, sizeof(answer));
	return err;
}

static enum err
psk_get(const struct tls_wish *wish, struct tls *t)
{
	const struct profile *p = t->profile;

	if (p->rot_psk)
		return psk_from_rot(wish, t);
	profile_text_bytes(
	    profile_text_of(p, PROFILE_PSK), t->psk, &t->psk_len);
	profile_text_bytes(
	    profile_text_of(p, PROFILE_PSK_ID), t->id, &t->id_len);
	return ERR_OK;
}

/* TLS 1.2: the identity is a string of C. */
static unsigned
on_psk(SSL *ssl, UNUSED const char *hint, char *identity,
    unsigned max_identity_len, unsigned char *psk, unsigned max_psk_len)
{
	const struct tls *t = tls_of_ssl(ssl);

	if (t->psk_len > max_psk_len || t->id_len > max_identity_len ||
	    memchr(t->id, 0, t->id_len) != NULL)
		return 0;
	memcpy(identity, t->id, t->id_len);
	identity[t->id_len] = '\0';
	memcpy(psk, t->psk, t->psk_len);
	return (unsigned)t->psk_len;
}

/* TLS 1.3: a session that is nothing but the key. */
static SSL_SESSION *
psk_session(SSL *ssl, const struct tls *t)
{
	SSL_SESSION *session = SSL_SESSION_new();
	const SSL_CIPHER *suite = tls_suite_find(ssl, TLS13_AES128_GCM);

	if (session == NULL || suite == NULL ||
	    SSL_SESSION_set1_master_key(session, t->psk, t->psk_len) != 1 ||
	    SSL_SESSION_set_cipher(session, suite) != 1 ||
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1) {
		SSL_SESSION_free(session);
		return NULL;
	}
	return session;
}

static int
on_psk_session(SSL *ssl, const EVP_MD *md, const unsigned char **id,
    size_t *id_len, SSL_SESSION **ret_session)
{
	const struct tls *t = tls_of_ssl(ssl);

	*ret_session = NULL;
	*id = NULL;
	*id_len = 0;
	if (md != NULL && !EVP_MD_is_a(md, "SHA256"))
		return 1; /* the server's suite has no use for it */
	*ret_session = psk_session(ssl, t);
	if (*ret_session == NULL)
		return 0;
	*id = t->id;
	*id_len = t->id_len;
	return 1;
}

static int
on_certificate_refuse(X509_STORE_CTX *store, UNUSED void *arg)
{
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static enum err
psk_set(const struct tls_wish *wish, struct tls *t, SSL_CTX *context)
{
	bool only_1_2 = wish->datagram || !wish->module->model->tls_1_3;

	if (t->psk_len == 0)
		return ERR_OK;
	if (t->id_len == 0 || (only_1_2 && memchr(t->id, 0, t->id_len) != NULL))
		return ERR_UNSUPPORTED;
	SSL_CTX_set_psk_client_callback(context, on_psk);
	SSL_CTX_set_psk_use_session_callback(context, on_psk_session);
	return ERR_OK;
}

/* --- the peer --- */

static bool
is_address(const char *host)
{
	uint8_t address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 ||
	       inet_pton(AF_INET6, host, address) == 1;
}

/* The name that the server's certificate has to have. */
static enum err
name_expect(const struct tls *t, const char *host, X509_VERIFY_PARAM *param)
{
	const struct profile_text *text =
	    profile_text_of(t->profile, PROFILE_HOST);
	const char *name = text->len > 0 ? text->text : host;
	int done;

	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(name))
		done = X509_VERIFY_PARAM_set1_ip_asc(param, name);
	else
		done = X509_VERIFY_PARAM_set1_host(param, name, 0);
	return done == 1 && name[0] != '\0' ? ERR_OK : ERR_UNSUPPORTED;
}

static enum err
peer_check(const struct tls_wish *wish, const struct tls *t, SSL_CTX *context)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
	unsigned level = t->profile->validation;
	enum err err;

	SSL_CTX_set_cert_verify_callback(context, NULL, NULL);
	if (t->psk_len > 0) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(
		    context, on_certificate_refuse, NULL);
		return ERR_OK;
	}
	if (level == VALIDATE_NOTHING) {
		SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
		return ERR_OK;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	err = tls_credentials_trust(wish->module, t->profile, context);
	if (err != ERR_OK)
		return err;
	/* What the host trusts is trusted, also where it is no root. */
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	if (level < VALIDATE_DATE)
		(void)X509_VERIFY_PARAM_set_flags(
		    param, X509_V_FLAG_NO_CHECK_TIME);
	if (level >= VALIDATE_HOST)
		return name_expect(t, wish->host, param);
	return ERR_OK;
}

/* --- the beginning of a handshake --- */

/*
 * OpenSSL reads on by itself while what comes means nothing to the caller:
 * requests in a handshake to begin one, tickets, new keys. A peer that sends
 * them without end would keep it; now and then it is told to wait for the
 * socket, which is ready again at once.
 */
static long
on_read(BIO *bio, int what, UNUSED const char *data, UNUSED size_t len,
    UNUSED int argi, UNUSED long argl, int result, UNUSED size_t *processed)
{
	struct tls *t = (void *)BIO_get_callback_arg(bio);

	if (what == (BIO_CB_READ | BIO_CB_RETURN) && result <= 0)
		t->reads = 0;
	if (what != BIO_CB_READ || t->reads++ < READS_MAX)
		return result;
	t->reads = 0;
	BIO_set_retry_read(bio);
	return -1;
}

static void
on_info(const SSL *ssl, int where, UNUSED int value)
{
	struct tls *t = tls_of_ssl(ssl);
	SSL *own = (SSL *)(uintptr_t)ssl; /* the callback's type is older */

	if ((where & SSL_CB_HANDSHAKE_START) == 0 || SSL_is_server(own) ||
	    SSL_is_init_finished(own))
		return;
	BIO_set_callback_ex(SSL_get_rbio(own), on_read);
	BIO_set_callback_arg(SSL_get_rbio(own), (char *)t);
	if (t->sni[0] != '\0' && SSL_set_tlsext_host_name(own, t->sni) != 1)
		log_event("tls no server name");
	tls_session_offer(&t->session, own);
}

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	tls_session_take(&tls_of_ssl(ssl)->session, session);
	return 1; /* with its reference */
}

void
tls_tick(const SSL *ssl, uint64_t now_ms)
{
	tls_session_tick(&tls_of_ssl(ssl)->session, now_ms);
}

uint64_t
tls_due_ms(const SSL *ssl)
{
	const struct tls_session *s = &tls_of_ssl(ssl)->session;

	return s->fresh == NULL ? UINT64_MAX : s->due_ms;
}

static void
sni_set(const struct tls_wish *wish, struct tls *t)
{
	const struct profile_text *text =
	    profile_text_of(t->profile, PROFILE_SNI);
	const char *name = text->len > 0 ? text->text : wish->host;

	if (strlen(name) < sizeof(t->sni) && !is_address(name))
		memcpy(t->sni, name, strlen(name) + 1);
}

static enum err
session_set(const struct tls_wish *wish, struct tls *t, SSL_CTX *context)
{
	bool trust =
	    t->psk_len == 0 && t->profile->validation != VALIDATE_NOTHING;
	uint8_t binding[TLS_BINDING_LEN];
	enum err err;

	SSL_CTX_set_info_callback(context, on_info);
	if (!t->profile->resume) {
		(void)SSL_CTX_set_session_cache_mode(
		    context, SSL_SESS_CACHE_OFF);
		return ERR_OK;
	}
	(void)SSL_CTX_set_session_cache_mode(
	    context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, on_session);
	err = tls_binding_make(t->profile, context, trust, binding);
	return err != ERR_OK
		   ? err
		   : tls_session_load(&t->session, wish->module, wish->profile,
			 wish->host, wish->port, binding);
}

/* --- all of it --- */

static enum err
configure(const struct tls_wish *wish, struct tls *t, SSL_CTX *context)
{
	enum err err = versions_set(wish, t, context);

	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (err == ERR_OK)
		err = psk_get(wish, t);
	if (err == ERR_OK)
		err = psk_set(wish, t, context);
	if (err == ERR_OK)
		err = suites_set(t, context);
	if (err == ERR_OK)
		err = peer_check(wish, t, context);
	if (err == ERR_OK)
		err = tls_credentials_own(wish->module, t->profile, context);
	if (err != ERR_OK)
		return err;
	sni_set(wish, t);
	return session_set(wish, t, context);
}

enum err
tls_context_configure(const struct tls_wish *wish, SSL_CTX *context)
{
	struct tls *t = tls_attach(context);
	enum err err;

	if (t == NULL)
		return ERR_NOMEM;
	t->profile = &wish->module->profiles[wish->profile];
	err = configure(wish, t, context);
	t->profile = NULL;
	ERR_clear_error();
	if (err != ERR_OK)
		log_event(
		    "tls profile=%u error=%s", wish->profile, err_name(err));
	return err;
}

enum err
tls_context_new(const struct tls_wish *wish, SSL_CTX **ret_context)
{
	SSL_CTX *context = SSL_CTX_new(
	    wish->datagram ? DTLS_client_method() : TLS_client_method());
	enum err err;

	if (context == NULL)
		return ERR_NOMEM;
	err = tls_context_configure(wish, context);
	if (err == ERR_OK)
		*ret_context = context;
	else
		SSL_CTX_free(context);
	return err;
}

static const char *
failure_text(const SSL *ssl, unsigned long code)
{
	long verify = SSL_get_verify_result(ssl);

	if (verify != X509_V_OK)
		return X509_verify_cert_error_string(verify);
	return code == 0 ? "end" : ERR_reason_error_string(code);
}

enum err
tls_failure(const SSL *ssl, int result)
{
	int what = SSL_get_error(ssl, result);
	unsigned long code = ERR_peek_error();
	const char *text = failure_text(ssl, code);

	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return ERR_BUSY;
	ERR_clear_error();
	if (what == SSL_ERROR_ZERO_RETURN)
		return ERR_OK;
	log_event("tls failed reason=%s", text == NULL ? "unknown" : text);
	if (what == SSL_ERROR_SSL &&
	    ERR_GET_REASON(code) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return ERR_AUTH;
	return ERR_IO;
}
