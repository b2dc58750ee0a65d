/*
 * Certificates as OpenSSL's verifier sees them: a chain that holds, and each
 * thing that must break it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "pki/certificate.h"
#include "pki/pem.h"

#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

struct world {
	struct p256_secret ca_secret;
	struct pki_wish ca;
	struct pki_certificate ca_der;
	struct pki_wish device;
	struct pki_certificate device_der;
};

static struct pki_signer
signer_of(const struct world *w)
{
	return (struct pki_signer){&w->ca_secret, &w->ca.key, w->ca.name};
}

static int
setup(void **state)
{
	static struct world w;
	struct p256_secret secret;
	struct pki_signer signer;

	if (crypto_init() != ERR_OK)
		return -1;
	w.ca = (struct pki_wish){.kind = PKI_CA,
	    .name = BYTES_LIT("test-ca"),
	    .serial = {0xff, 1},
	    .not_before = NOW,
	    .not_after = NOW + 100 * DAY};
	w.device = (struct pki_wish){.kind = PKI_DEVICE,
	    .name = BYTES_LIT("0002000089282245"),
	    .serial = {0x7f, 2},
	    .not_before = NOW,
	    .not_after = NOW + 10 * DAY};
	if (p256_generate(&crypto_random_source, &w.ca_secret, &w.ca.key) !=
		ERR_OK ||
	    p256_generate(&crypto_random_source, &secret, &w.device.key) !=
		ERR_OK)
		return -1;
	signer = signer_of(&w);
	if (pki_certificate_make(&w.ca, &signer, &w.ca_der) != ERR_OK ||
	    pki_certificate_make(&w.device, &signer, &w.device_der) != ERR_OK)
		return -1;
	*state = &w;
	return 0;
}

static X509 *
parse(const struct pki_certificate *c)
{
	const uint8_t *at = c->der;
	X509 *x = d2i_X509(NULL, &at, (long)c->len);

	assert_non_null(x);
	assert_ptr_equal(at, c->der + c->len);
	return x;
}

/* Verifies leaf against ca for TLS clients, at a time; 0 or what is wrong. */
static int
verify(const struct pki_certificate *ca, const struct pki_certificate *leaf,
    int64_t at)
{
	X509 *root = parse(ca), *x = parse(leaf);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error;

	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	X509_STORE_CTX_set_time(ctx, 0, (time_t)at);
	assert_int_equal(
	    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT), 1);
	error = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(x);
	X509_free(root);
	return error;
}

static void
test_chain_holds_while_it_is_good(void **state)
{
	struct world *w = *state;

	assert_int_equal(verify(&w->ca_der, &w->device_der, NOW), 0);
	assert_int_equal(verify(&w->ca_der, &w->device_der, NOW - 1),
	    X509_V_ERR_CERT_NOT_YET_VALID);
	assert_int_equal(verify(&w->ca_der, &w->device_der, NOW + 11 * DAY),
	    X509_V_ERR_CERT_HAS_EXPIRED);
}

static void
test_another_key_does_not_hold(void **state)
{
	struct world *w = *state;
	struct p256_secret secret;
	struct p256_point key;
	struct pki_signer signer = {&secret, &key, w->ca.name};
	struct pki_certificate forged;

	assert_int_equal(
	    p256_generate(&crypto_random_source, &secret, &key), ERR_OK);
	assert_int_equal(
	    pki_certificate_make(&w->device, &signer, &forged), ERR_OK);
	assert_int_not_equal(verify(&w->ca_der, &forged, NOW), 0);
}

/* A proof and a device's certificate sign nothing further. */
static void
test_only_a_ca_signs(void **state)
{
	struct world *w = *state;
	struct pki_wish pop = w->device;
	struct pki_signer signer = signer_of(w);
	struct pki_certificate der;
	struct pki_issuer issuer;
	X509 *x;

	pop.kind = PKI_POP;
	assert_int_equal(pki_certificate_make(&pop, &signer, &der), ERR_OK);
	x = parse(&der);
	assert_int_equal(X509_check_ca(x), 0);
	X509_free(x);
	assert_int_equal(
	    pki_issuer_read(bytes_make(der.der, der.len), &issuer), ERR_FORMAT);
	assert_int_equal(
	    pki_issuer_read(
		bytes_make(w->device_der.der, w->device_der.len), &issuer),
	    ERR_FORMAT);
	x = parse(&w->device_der);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 1);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 0);
	X509_free(x);
}

static void
test_issuer_reads_as_it_was_made(void **state)
{
	struct world *w = *state;
	struct bytes der = bytes_make(w->ca_der.der, w->ca_der.len);
	struct pki_issuer issuer;

	assert_int_equal(pki_issuer_read(der, &issuer), ERR_OK);
	assert_string_equal(issuer.name, "test-ca");
	assert_memory_equal(&issuer.key, &w->ca.key, sizeof(issuer.key));
	assert_true(issuer.not_after == w->ca.not_after);
}

/* Cut anywhere, or one bit in its frame changed, it is none. */
static void
test_damaged_issuer_is_refused(void **state)
{
	struct world *w = *state;
	struct pki_certificate c = w->ca_der;
	struct pki_issuer issuer;

	for (size_t len = 0; len < c.len; len++)
		assert_int_equal(
		    pki_issuer_read(bytes_make(c.der, len), &issuer),
		    ERR_FORMAT);
	assert_int_equal(
	    pki_issuer_read(bytes_make(c.der, c.len + 1), &issuer), ERR_FORMAT);
	for (size_t i = 0; i < 4; i++) {
		c.der[i] ^= 0x10;
		assert_int_equal(
		    pki_issuer_read(bytes_make(c.der, c.len), &issuer),
		    ERR_FORMAT);
		c.der[i] ^= 0x10;
	}
}

static void
test_bad_wishes_are_refused(void **state)
{
	struct world *w = *state;
	struct pki_signer signer = signer_of(w);
	struct pki_certificate der;
	struct pki_wish bad;
	uint8_t name[PKI_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	bad = w->device;
	bad.name = BYTES_NONE;
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad.name = BYTES_OF(name);
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad.name = BYTES_LIT("a\nb");
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad.name = BYTES_LIT("\xff\xfe");
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad = w->device;
	bad.not_after = bad.not_before - 1;
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad.not_after = INT64_MAX;
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
	bad = w->device;
	bad.kind = (enum pki_kind)9;
	assert_int_equal(
	    pki_certificate_make(&bad, &signer, &der), ERR_INVALID);
}

/* The longest names still fit, and a serial is never negative or zero. */
static void
test_extremes_fit(void **state)
{
	struct world *w = *state;
	uint8_t name[PKI_NAME_MAX];
	struct pki_wish wish = w->ca;
	struct pki_signer signer = signer_of(w);
	struct pki_certificate der;
	X509 *x;

	memset(name, 'x', sizeof(name));
	memset(wish.serial, 0, sizeof(wish.serial));
	wish.name = BYTES_OF(name);
	signer.name = wish.name;
	assert_int_equal(pki_certificate_make(&wish, &signer, &der), ERR_OK);
	assert_true(der.len <= PKI_CERTIFICATE_MAX);
	x = parse(&der);
	assert_int_equal(ASN1_INTEGER_get(X509_get_serialNumber(x)) > 0, 1);
	X509_free(x);
	memset(wish.serial, 0xff, sizeof(wish.serial));
	assert_int_equal(pki_certificate_make(&wish, &signer, &der), ERR_OK);
	x = parse(&der);
	assert_int_equal(X509_get_serialNumber(x)->type, V_ASN1_INTEGER);
	X509_free(x);
}

static void
test_pem_is_openssls(void **state)
{
	struct world *w = *state;
	char pem[PKI_PEM_MAX];
	BIO *bio;
	X509 *x;

	assert_int_equal(pki_pem_write("CERTIFICATE",
			     bytes_make(w->ca_der.der, w->ca_der.len), pem),
	    ERR_OK);
	bio = BIO_new_mem_buf(pem, -1);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(x);
	X509_free(x);
	BIO_free(bio);
	assert_int_equal(pki_pem_write("CERTIFICATE",
			     bytes_make(pem, PKI_CERTIFICATE_MAX + 1), pem),
	    ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chain_holds_while_it_is_good),
	    cmocka_unit_test(test_another_key_does_not_hold),
	    cmocka_unit_test(test_only_a_ca_signs),
	    cmocka_unit_test(test_issuer_reads_as_it_was_made),
	    cmocka_unit_test(test_damaged_issuer_is_refused),
	    cmocka_unit_test(test_bad_wishes_are_refused),
	    cmocka_unit_test(test_extremes_fit),
	    cmocka_unit_test(test_pem_is_openssls),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
