/*
 * A session is kept with the server that it came from and a digest of all
 * that was checked when it was made. What cannot be kept or does not open
 * costs a full handshake, and nothing else.
 */
#include "tls_session.h"

#include "base/wipe.h"
#include "log.h"
#include "loop.h"
#include "tls.h"
#include "vault.h"

static void
file_name(unsigned profile, char ret_name[VAULT_NAME_MAX + 1])
{
	(void)snprintf(ret_name, VAULT_NAME_MAX + 1, "tls-session-%u", profile);
}

/* The session of a kept content, if it is this server's and bound alike. */
static SSL_SESSION *
session_decode(const struct tls_session *s, struct bytes in)
{
	const unsigned char *at;
	struct bytes binding, host, rest;
	struct reader r;
	uint16_t port;

	reader_init(&r, in);
	binding = reader_take(&r, TLS_BINDING_LEN);
	port = reader_u16(&r);
	host = reader_take(&r, reader_u8(&r));
	rest = reader_rest(&r);
	if (reader_end(&r) != ERR_OK || port != s->port ||
	    !bytes_equal(binding, BYTES_OF(s->binding)) ||
	    !bytes_equal(host, bytes_str(s->host)) || rest.len == 0)
		return NULL;
	at = rest.ptr;
	return d2i_SSL_SESSION(NULL, &at, (long)rest.len);
}

enum err
tls_session_load(struct tls_session *s, const struct module *module,
    unsigned profile, const char *host, uint16_t port, const uint8_t *binding)
{
	char name[VAULT_NAME_MAX + 1];
	uint8_t *content;
	size_t len;

	if (strlen(host) > CONN_HOST_MAX)
		return ERR_SPACE;
	content = malloc(VAULT_CONTENT_MAX);
	if (content == NULL)
		return ERR_NOMEM;
	s->module = module;
	s->profile = profile;
	s->epoch = module->epochs[profile];
	s->due_ms = UINT64_MAX;
	memcpy(s->binding, binding, sizeof(s->binding));
	memcpy(s->host, host, strlen(host) + 1);
	s->port = port;
	file_name(profile, name);
	if (vault_get(module, name, content, VAULT_CONTENT_MAX, &len) ==
	    ERR_OK) {
		s->old = session_decode(s, bytes_make(content, len));
		wipe(content, len);
	}
	free(content);
	ERR_clear_error();
	return ERR_OK;
}

void
tls_session_offer(struct tls_session *s, SSL *ssl)
{
	if (s->old == NULL)
		return;
	if (SSL_set_session(ssl, s->old) != 1)
		ERR_clear_error();
}

static enum err
session_encode(
    const struct tls_session *s, SSL_SESSION *session, struct writer *w)
{
	int len = i2d_SSL_SESSION(session, NULL);
	unsigned char *at;

	writer_put(w, BYTES_OF(s->binding));
	writer_u16(w, s->port);
	writer_u8(w, (uint8_t)strlen(s->host));
	writer_put(w, bytes_str(s->host));
	at = len <= 0 ? NULL : writer_skip(w, (size_t)len);
	if (at == NULL)
		return ERR_SPACE;
	return i2d_SSL_SESSION(session, &at) == len ? ERR_OK : ERR_CRYPTO;
}

static enum err
session_write(const struct tls_session *s)
{
	char name[VAULT_NAME_MAX + 1];
	uint8_t *content = malloc(VAULT_CONTENT_MAX);
	struct writer w;
	enum err err;

	if (content == NULL)
		return ERR_NOMEM;
	writer_init(&w, content, VAULT_CONTENT_MAX);
	err = session_encode(s, s->fresh, &w);
	file_name(s->profile, name);
	if (err == ERR_OK)
		err = vault_put(s->module, name, writer_bytes(&w));
	wipe(content, w.len);
	free(content);
	return err;
}

/* Nothing has changed since the connection began. */
static bool
is_current(const struct tls_session *s)
{
	return s->epoch == s->module->epochs[s->profile];
}

static void
fresh_drop(struct tls_session *s)
{
	SSL_SESSION_free(s->fresh);
	s->fresh = NULL;
	s->due_ms = UINT64_MAX;
}

/* Writes the last one, if what it was checked against still holds. */
static void
fresh_keep(struct tls_session *s)
{
	enum err err = ERR_STATE;

	if (s->fresh == NULL)
		return;
	if (is_current(s) && SSL_SESSION_is_resumable(s->fresh) == 1)
		err = session_write(s);
	if (err != ERR_OK)
		log_event("tls session not kept error=%s", err_name(err));
	fresh_drop(s);
}

void
tls_session_take(struct tls_session *s, SSL_SESSION *session)
{
	if (s->module == NULL || !is_current(s)) {
		SSL_SESSION_free(session);
		return;
	}
	if (s->fresh == NULL && !s->written)
		s->due_ms = loop_now_ms() + TLS_SESSION_WAIT_MS;
	SSL_SESSION_free(s->fresh);
	s->fresh = session;
}

void
tls_session_tick(struct tls_session *s, uint64_t now_ms)
{
	if (s->module == NULL || now_ms < s->due_ms)
		return;
	fresh_keep(s);
	s->written = true;
}

void
tls_session_done(struct tls_session *s)
{
	fresh_keep(s);
	SSL_SESSION_free(s->old);
	s->old = NULL;
}

enum err
tls_session_forget(struct module *module, unsigned profile)
{
	char name[VAULT_NAME_MAX + 1];
	enum err err;

	module->epochs[profile]++;
	file_name(profile, name);
	err = vault_remove(module, name);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
tls_sessions_forget(struct module *module)
{
	enum err err = ERR_OK, one;
	unsigned i;

	for (i = 0; i < PROFILES_MAX; i++) {
		one = tls_session_forget(module, i);
		if (one != ERR_OK)
			err = one;
	}
	return err;
}
