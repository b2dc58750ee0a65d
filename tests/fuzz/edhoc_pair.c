/*
 * Both roles of RFC 9529, section 3, up to each message that is fuzzed.
 */
#include "edhoc_pair.h"

#include "base/text.h"
#include "fuzz.h"
#include "internal.h"

/* X, Y, SK_I and SK_R. */
#define SECRET_X                                                               \
	"368ec1f69aeb659ba37d5a8d45b21bdc0299dceaa8ef235f3ca42ce3530f9525"
#define SECRET_Y                                                               \
	"e2f4126777205e853b437d6eaca1e1f753cdcc3e2c69fa884b0a1a640977e418"
#define SECRET_I                                                               \
	"fb13adeb6518cee5f88417660841142e830a81fe334380a953406a1305e8706b"
#define SECRET_R                                                               \
	"72cc4761dbd4c78f758931aa589d348d1ef874a7e303ede2f140dcf3e6aa4aac"

/* A long-term key and its credential. */
struct party {
	struct p256_secret key;
	uint8_t ccs[EDHOC_CRED_MAX];
	struct edhoc_cred cred;
	uint8_t id[8];
	struct bytes id_cred;
};

static void
secret_read(const char *hex, struct p256_secret *ret_secret)
{
	size_t len;

	fuzz_check(hex_decode(bytes_str(hex), ret_secret->d, P256_LEN, &len) ==
		   ERR_OK);
	fuzz_check(len == P256_LEN);
}

static void
party_make(struct party *p, const char *secret, const char *subject,
    const uint8_t kid[1])
{
	struct bytes kid_view = bytes_make(kid, 1);
	struct writer w;

	secret_read(secret, &p->key);
	fuzz_check(p256_public(&p->key, &p->cred.public_key) == ERR_OK);
	writer_init(&w, p->ccs, sizeof(p->ccs));
	edhoc_ccs_write(&w, bytes_str(subject), kid_view, &p->cred.public_key);
	fuzz_check(writer_end(&w, &p->cred.cred) == ERR_OK);
	writer_init(&w, p->id, sizeof(p->id));
	edhoc_kid_write(&w, kid_view);
	fuzz_check(writer_end(&w, &p->id_cred) == ERR_OK);
}

static struct edhoc_ephemeral
ephemeral_make(const char *secret)
{
	struct edhoc_ephemeral own;

	secret_read(secret, &own.secret);
	fuzz_check(p256_public(&own.secret, &own.public_key) == ERR_OK);
	return own;
}

static void
prk_make(const struct edhoc *e, const struct party *p, uint8_t *ret_prk)
{
	struct p256_point peer;
	uint8_t salt[SHA256_LEN];

	fuzz_check(edhoc_need(e, salt, &peer));
	fuzz_check(edhoc_static_prk(
		       EDHOC_SUITE_2, salt, &p->key, &peer, ret_prk) == ERR_OK);
}

static void
message_1_exchange(struct edhoc *i, struct edhoc *r)
{
	static const enum edhoc_suite suites[] = {
	    (enum edhoc_suite)6, EDHOC_SUITE_2};
	const struct edhoc_cid c_i = {{0x37}, 1}, c_r = {{0x27}, 1};
	struct edhoc_ephemeral x = ephemeral_make(SECRET_X);
	struct edhoc_ephemeral y = ephemeral_make(SECRET_Y);
	uint8_t message[64];
	struct writer w;

	edhoc_start(i, EDHOC_DH_DH, EDHOC_SUITE_2, &c_i, &x);
	writer_init(&w, message, sizeof(message));
	fuzz_check(edhoc_message_1(i, suites, 2, NULL, &w) == ERR_OK);
	fuzz_check(
	    edhoc_message_1_open(r, suites + 1, 1, writer_bytes(&w)) == ERR_OK);
	fuzz_check(edhoc_respond(r, &c_r, &y, NULL) == ERR_OK);
}

static void
pair_make(struct edhoc_pair *pair)
{
	static struct party pi, pr;
	static uint8_t message_2[EDHOC_MESSAGE_MAX];
	static uint8_t message_3[EDHOC_MESSAGE_MAX];
	static struct edhoc i, r;
	uint8_t prk[SHA256_LEN];
	struct bytes id_cred;
	struct writer w;

	party_make(
	    &pi, SECRET_I, "42-50-31-FF-EF-37-32-39", (const uint8_t[]){0x2b});
	party_make(&pr, SECRET_R, "example.edu", (const uint8_t[]){0x32});
	message_1_exchange(&i, &r);
	pair->sent_1 = i;
	prk_make(&r, &pr, prk);
	writer_init(&w, message_2, sizeof(message_2));
	fuzz_check(edhoc_message_2(&r, pr.id_cred, &pr.cred, prk, NULL, NULL,
		       &w) == ERR_OK);
	pair->message_2 = writer_bytes(&w);
	pair->sent_2 = r;
	fuzz_check(
	    edhoc_message_2_open(&i, pair->message_2, &id_cred) == ERR_OK);
	fuzz_check(edhoc_message_2_verify(&i, &pr.cred) == ERR_OK);
	prk_make(&i, &pi, prk);
	writer_init(&w, message_3, sizeof(message_3));
	fuzz_check(edhoc_message_3(&i, pi.id_cred, &pi.cred, prk, NULL, NULL,
		       &w) == ERR_OK);
	pair->message_3 = writer_bytes(&w);
	pair->completed = i;
	fuzz_check(
	    edhoc_message_3_open(&r, pair->message_3, &id_cred) == ERR_OK);
	pair->plaintext_3 = edhoc_plaintext(&r);
	pair->cred_i = pi.cred;
	pair->cred_r = pr.cred;
}

const struct edhoc_pair *
edhoc_pair(void)
{
	static struct edhoc_pair pair;
	static bool made;

	if (!made) {
		fuzz_check(crypto_init() == ERR_OK);
		pair_make(&pair);
		made = true;
	}
	return &pair;
}
