/*
 * The registry's numbers are taken, also those that OpenSSL has no more: real
 * modules know them, and drivers list them. They are never offered.
 */
#include "tls_suites.h"

#include "tls.h"

/* First and last of each run of numbers that have been assigned. */
static const uint16_t registry[][2] = {
    {0x0001, 0x001b}, /* RFC 5246 and its forebears */
    {0x001e, 0x0046}, /* Kerberos, AES, NULL, Camellia */
    {0x0067, 0x006d}, {0x0084, 0x00c7}, /* PSK, SEED, GCM, Camellia, SM4 */
    {0x1301, 0x1307}, /* TLS 1.3 */
    {0xc001, 0xc0b5}, /* elliptic curves, SRP, ARIA, Camellia, CCM */
    {0xc100, 0xc106}, /* GOST */
    {0xcca8, 0xccae}, /* ChaCha20 */
    {0xd001, 0xd003}, {0xd005, 0xd005}, /* ECDHE_PSK with AEADs */
};

bool
tls_suite_known(uint16_t suite)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(registry); i++) {
		if (suite >= registry[i][0] && suite <= registry[i][1])
			return true;
	}
	return false;
}

const SSL_CIPHER *
tls_suite_find(SSL *ssl, uint16_t suite)
{
	const uint8_t number[2] = {(uint8_t)(suite >> 8), (uint8_t)suite};

	return SSL_CIPHER_find(ssl, number);
}

bool
tls_suite_is_open(const SSL_CIPHER *cipher)
{
	return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null ||
	       SSL_CIPHER_get_cipher_nid(cipher) == NID_undef;
}
