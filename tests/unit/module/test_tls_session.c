/*
 * Sessions at rest: what is written, how often, and to whom it is given
 * again.
 */
#include "host.h"

#include "loop.h"
#include "ossl.h"
#include "tls.h"
#include "tls_session.h"

#define SESSION_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static const uint8_t binding[TLS_BINDING_LEN] = {1};
static const uint8_t other[TLS_BINDING_LEN] = {2};

/* A session that has all that its encoding wants. */
static SSL_SESSION *
session_make(void)
{
	static const uint8_t suite[2] = {0xc0, 0x2b}, id[32] = {7};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	SSL_SESSION *session = SSL_SESSION_new();

	assert_non_null(ssl);
	assert_int_equal(
	    SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION), 1);
	assert_int_equal(
	    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)), 1);
	assert_int_equal(SSL_SESSION_set1_id(session, id, sizeof(id)), 1);
	assert_int_equal(SSL_SESSION_set1_master_key(session, id, 32), 1);
	SSL_free(ssl);
	SSL_CTX_free(context);
	return session;
}

static void
begin(struct host *h, struct tls_session *s, const uint8_t *bound)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(
	    tls_session_load(s, &h->module, 1, "example.com", 443, bound),
	    ERR_OK);
}

/* Whether one is offered to a connection like this. */
static bool
is_kept(struct host *h, const uint8_t *bound)
{
	struct tls_session s;
	bool kept;

	begin(h, &s, bound);
	kept = s.old != NULL;
	tls_session_done(&s);
	return kept;
}

static void
test_bound(void **state)
{
	struct host *h = *state;
	struct tls_session s;

	begin(h, &s, binding);
	tls_session_take(&s, session_make());
	tls_session_done(&s);
	assert_true(is_kept(h, binding));
	assert_false(is_kept(h, other));
	assert_int_equal(tls_session_forget(&h->module, 1), ERR_OK);
	assert_false(is_kept(h, binding));
}

/* The profile, or a certificate, changes while a connection is open. */
static void
test_changed(void **state)
{
	struct host *h = *state;
	struct tls_session s;

	begin(h, &s, binding);
	tls_session_take(&s, session_make());
	assert_int_equal(tls_session_forget(&h->module, 1), ERR_OK);
	tls_session_take(&s, session_make());
	tls_session_tick(&s, UINT64_MAX - 1);
	tls_session_done(&s);
	begin(h, &s, binding);
	assert_int_equal(tls_sessions_forget(&h->module), ERR_OK);
	tls_session_take(&s, session_make());
	tls_session_done(&s);
	/* That of another profile is none of its business. */
	begin(h, &s, binding);
	assert_int_equal(tls_session_forget(&h->module, 2), ERR_OK);
	assert_int_equal(h->tee.asked[TEE_VAULT_SEAL], 0);
	tls_session_take(&s, session_make());
	tls_session_done(&s);
	assert_true(is_kept(h, binding));
	assert_int_equal(tls_session_forget(&h->module, 1), ERR_OK);
}

static void
test_flood(void **state)
{
	struct host *h = *state;
	struct tls_session s;
	uint64_t now_ms;
	int i;

	begin(h, &s, binding);
	assert_true(s.due_ms == UINT64_MAX);
	for (i = 0; i < 100; i++)
		tls_session_take(&s, session_make());
	now_ms = loop_now_ms();
	assert_true(s.due_ms <= now_ms + TLS_SESSION_WAIT_MS);
	tls_session_tick(&s, s.due_ms - 1);
	assert_int_equal(h->tee.asked[TEE_VAULT_SEAL], 0);
	for (i = 0; i < 100; i++) {
		tls_session_tick(&s, now_ms + TLS_SESSION_WAIT_MS);
		tls_session_take(&s, session_make());
	}
	assert_int_equal(h->tee.asked[TEE_VAULT_SEAL], 1);
	tls_session_done(&s);
	assert_int_equal(h->tee.asked[TEE_VAULT_SEAL], 2);
	tls_session_done(&s);
	assert_int_equal(h->tee.asked[TEE_VAULT_SEAL], 2);
	assert_true(is_kept(h, binding));
	assert_int_equal(tls_session_forget(&h->module, 1), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SESSION_TEST(test_bound),
	    SESSION_TEST(test_changed),
	    SESSION_TEST(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
