/*
 * A session is kept with the server that it came from. What cannot be kept
 * or does not open costs a full handshake, and nothing else.
 */
#include "tls_session.h"

#include "base/wipe.h"
#include "log.h"
#include "tls.h"
#include "vault.h"

static void
file_name(unsigned profile, char ret_name[VAULT_NAME_MAX + 1])
{
	(void)snprintf(ret_name, VAULT_NAME_MAX + 1, "tls-session-%u", profile);
}

/* The session of a kept content, if it is this server's. */
static SSL_SESSION *
session_decode(const struct tls_session *s, struct bytes in)
{
	const unsigned char *at;
	struct bytes host, rest;
	struct reader r;
	uint16_t port;

	reader_init(&r, in);
	port = reader_u16(&r);
	host = reader_take(&r, reader_u8(&r));
	rest = reader_rest(&r);
	if (reader_end(&r) != ERR_OK || port != s->port ||
	    !bytes_equal(host, bytes_str(s->host)) || rest.len == 0)
		return NULL;
	at = rest.ptr;
	return d2i_SSL_SESSION(NULL, &at, (long)rest.len);
}

enum err
tls_session_load(struct tls_session *s, const struct module *module,
    unsigned profile, const char *host, uint16_t port)
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
tls_session_done(struct tls_session *s)
{
	SSL_SESSION_free(s->old);
	s->old = NULL;
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

	writer_u16(w, s->port);
	writer_u8(w, (uint8_t)strlen(s->host));
	writer_put(w, bytes_str(s->host));
	at = len <= 0 ? NULL : writer_skip(w, (size_t)len);
	if (at == NULL)
		return ERR_SPACE;
	return i2d_SSL_SESSION(session, &at) == len ? ERR_OK : ERR_CRYPTO;
}

void
tls_session_keep(const struct tls_session *s, SSL_SESSION *session)
{
	char name[VAULT_NAME_MAX + 1];
	uint8_t *content;
	struct writer w;
	enum err err;

	if (s->module == NULL)
		return;
	content = malloc(VAULT_CONTENT_MAX);
	if (content == NULL)
		return;
	writer_init(&w, content, VAULT_CONTENT_MAX);
	err = session_encode(s, session, &w);
	file_name(s->profile, name);
	if (err == ERR_OK)
		err = vault_put(s->module, name, writer_bytes(&w));
	if (err != ERR_OK)
		log_event("tls session not kept error=%s", err_name(err));
	wipe(content, w.len);
	free(content);
}

enum err
tls_session_forget(const struct module *module, unsigned profile)
{
	char name[VAULT_NAME_MAX + 1];
	enum err err;

	file_name(profile, name);
	err = vault_remove(module, name);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
tls_sessions_forget(const struct module *module)
{
	enum err err = ERR_OK;
	unsigned i;

	for (i = 0; err == ERR_OK && i < PROFILES_MAX; i++)
		err = tls_session_forget(module, i);
	return err;
}
