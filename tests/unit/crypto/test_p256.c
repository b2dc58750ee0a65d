/*
 * P-256: key agreement against the traces of RFC 9529, and points and
 * scalars that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "vectors.h"

struct agreement {
	const char *secret_section;
	const char *secret;
	const char *peer_section;
	const char *peer;
	const char *shared_section;
	const char *shared;
};

#define TRACE "section3_method3_suite2_ccs_kid"
#define MESSAGE_1 "message_1 (second time)"

static const struct agreement agreements[] = {
    {MESSAGE_1, "Initiator's ephemeral private key X", "message_2",
	"Responder's ephemeral public key, 'x'-coordinate G_Y", "message_2",
	"G_XY"},
    {"message_2", "Responder's ephemeral private key Y", MESSAGE_1,
	"Initiator's ephemeral public key, 'x'-coordinate G_X", "message_2",
	"G_XY"},
    {"message_2", "Responder's private authentication key SK_R", MESSAGE_1,
	"Initiator's ephemeral public key, 'x'-coordinate G_X", "message_2",
	"G_RX"},
    {"message_3", "Initiator's private authentication key SK_I", "message_2",
	"Responder's ephemeral public key, 'x'-coordinate G_Y", "message_3",
	"G_IY"},
};

static void
test_ecdh_rfc9529(void **state)
{
	struct buffer secret, peer, shared;
	struct p256_secret d;
	struct p256_point q;
	uint8_t out[P256_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(agreements); i++) {
		const struct agreement *a = &agreements[i];

		trace_read(TRACE, a->secret_section, a->secret, &secret);
		trace_read(TRACE, a->peer_section, a->peer, &peer);
		trace_read(TRACE, a->shared_section, a->shared, &shared);
		assert_int_equal(secret.len, P256_LEN);
		memcpy(d.d, secret.at, P256_LEN);
		assert_int_equal(p256_point_decode(view(&peer), &q), ERR_OK);
		assert_int_equal(p256_ecdh(&d, &q, out), ERR_OK);
		assert_memory_equal(out, shared.at, P256_LEN);
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ecdh_rfc9529),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
