/*
 * The crypto library fails at its n-th call, for every n: each step reports
 * it, and when it is made again without the fault the exchange goes on to
 * keys that both sides have. The linker puts the functions here before the
 * real ones.
 */
#include "world.h"

/* Calls until one fails; 0: none does. */
static unsigned fault_at;
static bool fault_hit;

static bool
faulty(void)
{
	if (fault_at == 0 || --fault_at > 0)
		return false;
	fault_hit = true;
	return true;
}

/* Defines the function that stands before name. */
#define WRAP(name, params, args)                                               \
	enum err __real_##name params;                                         \
	enum err __wrap_##name params;                                         \
	enum err __wrap_##name params                                          \
	{                                                                      \
		return faulty() ? ERR_CRYPTO : __real_##name args;             \
	}

WRAP(sha256, (const struct bytes *parts, size_t count, uint8_t *hash),
    (parts, count, hash))
WRAP(hkdf_extract, (struct bytes salt, struct bytes ikm, uint8_t *prk),
    (salt, ikm, prk))
WRAP(hkdf_expand,
    (struct bytes prk, struct bytes info, uint8_t *out, size_t len),
    (prk, info, out, len))
WRAP(aead_seal,
    (enum aead aead, struct bytes key, struct bytes nonce, struct bytes aad,
	struct bytes plaintext, uint8_t *out),
    (aead, key, nonce, aad, plaintext, out))
WRAP(aead_open,
    (enum aead aead, struct bytes key, struct bytes nonce, struct bytes aad,
	struct bytes ciphertext, uint8_t *out),
    (aead, key, nonce, aad, ciphertext, out))
WRAP(p256_ecdh,
    (const struct p256_secret *secret, const struct p256_point *peer,
	uint8_t *shared),
    (secret, peer, shared))
WRAP(
    p256_point_decode, (struct bytes in, struct p256_point *point), (in, point))
WRAP(p256_point_check, (const struct p256_point *point), (point))
WRAP(p256_verify,
    (const struct p256_point *signer, struct bytes message,
	const uint8_t *signature),
    (signer, message, signature))
WRAP(x25519_ecdh, (const uint8_t *secret, const uint8_t *peer, uint8_t *shared),
    (secret, peer, shared))
WRAP(ed25519_verify,
    (const uint8_t *signer, struct bytes message, const uint8_t *signature),
    (signer, message, signature))

/* What a step needs that is made without a fault. */
static struct edhoc_ephemeral own;
static uint8_t prk_buf[SHA256_LEN];
static const uint8_t *prk;

static enum err
do_message_1(struct world *w, struct writer *out)
{
	return edhoc_message_1(&w->i, &w->suite, 1, NULL, out);
}

static enum err
do_message_1_open(struct world *w, struct writer *out UNUSED)
{
	return edhoc_message_1_open(&w->r, &w->suite, 1, message_view(&w->m1));
}

static enum err
do_respond(struct world *w, struct writer *out UNUSED)
{
	return edhoc_respond(&w->r, &w->c_r, &own, NULL);
}

static enum err
do_message_2(struct world *w, struct writer *out)
{
	const struct party *p = &w->pr;

	return edhoc_message_2(&w->r, p->id_cred, &p->cred, prk,
	    p->by_dh ? NULL : &p->signer, NULL, out);
}

static enum err
do_message_2_open(struct world *w, struct writer *out UNUSED)
{
	struct bytes id_cred;

	return edhoc_message_2_open(&w->i, message_view(&w->m2), &id_cred);
}

static enum err
do_message_2_verify(struct world *w, struct writer *out UNUSED)
{
	return edhoc_message_2_verify(&w->i, &w->pr.cred);
}

static enum err
do_message_3(struct world *w, struct writer *out)
{
	const struct party *p = &w->pi;

	return edhoc_message_3(&w->i, p->id_cred, &p->cred, prk,
	    p->by_dh ? NULL : &p->signer, NULL, out);
}

static enum err
do_message_3_open(struct world *w, struct writer *out UNUSED)
{
	struct bytes id_cred;

	return edhoc_message_3_open(&w->r, message_view(&w->m3), &id_cred);
}

static enum err
do_message_3_verify(struct world *w, struct writer *out UNUSED)
{
	return edhoc_message_3_verify(&w->r, &w->pi.cred, NULL);
}

static enum err
do_message_4(struct world *w, struct writer *out)
{
	return edhoc_message_4(&w->r, out);
}

static enum err
do_message_4_open(struct world *w, struct writer *out UNUSED)
{
	return edhoc_message_4_open(&w->i, message_view(&w->m4));
}

static enum err
do_key_update_i(struct world *w, struct writer *out UNUSED)
{
	return edhoc_key_update(&w->i, BYTES_LIT("context"));
}

static enum err
do_key_update_r(struct world *w, struct writer *out UNUSED)
{
	return edhoc_key_update(&w->r, BYTES_LIT("context"));
}

static enum err
do_oscore(struct world *w, struct writer *out UNUSED)
{
	struct oscore_context context;

	return edhoc_oscore(&w->r, &context);
}

static unsigned faults;

/*
 * Runs a step with each of its crypto calls failing, and then with none;
 * what it writes goes to m, which may be NULL.
 */
static void
each_fault(struct world *w, enum err (*step)(struct world *, struct writer *),
    struct message *m)
{
	static uint8_t buf[EDHOC_MESSAGE_MAX];
	struct writer out;
	unsigned n = 0;
	enum err err;

	do {
		writer_init(&out, buf, sizeof(buf));
		fault_at = ++n;
		fault_hit = false;
		err = step(w, &out);
		fault_at = 0;
		assert_int_equal(err, fault_hit ? ERR_CRYPTO : ERR_OK);
		faults += fault_hit;
	} while (err != ERR_OK);
	assert_true(n > 1); /* there was a call to fail */
	if (m != NULL) {
		memcpy(m->data, buf, out.len);
		m->len = out.len;
	}
}

static void
check_keys(struct world *w)
{
	uint8_t of_i[32], of_r[32];

	assert_ok(edhoc_exporter(&w->i, 7, BYTES_NONE, of_i, 32));
	assert_ok(edhoc_exporter(&w->r, 7, BYTES_NONE, of_r, 32));
	assert_memory_equal(of_i, of_r, 32);
}

static void
every_fault(struct world *w)
{
	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	edhoc_start(&w->i, w->method, w->suite, &w->c_i, &own);
	each_fault(w, do_message_1, &w->m1);
	each_fault(w, do_message_1_open, NULL);
	assert_ok(edhoc_ephemeral_make(w->suite, &w->source, &own));
	each_fault(w, do_respond, NULL);
	prk = world_need(&w->pr, &w->r, prk_buf);
	each_fault(w, do_message_2, &w->m2);
	each_fault(w, do_message_2_open, NULL);
	each_fault(w, do_message_2_verify, NULL);
	prk = world_need(&w->pi, &w->i, prk_buf);
	each_fault(w, do_message_3, &w->m3);
	each_fault(w, do_message_3_open, NULL);
	each_fault(w, do_message_3_verify, NULL);
	each_fault(w, do_message_4, &w->m4);
	each_fault(w, do_message_4_open, NULL);
	check_keys(w);
	each_fault(w, do_oscore, NULL);
	each_fault(w, do_key_update_i, NULL);
	each_fault(w, do_key_update_r, NULL);
	check_keys(w);
}

static void
test_every_fault(void **state UNUSED)
{
	world_each(every_fault, 0xfa017);
	print_message("%u faults\n", faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_fault),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
