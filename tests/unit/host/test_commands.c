/*
 * Each command of the library: the exact bytes that it sends, the answer as
 * the documents print it, and answers that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/text.h"
#include "script.h"

#define OK "\r\nOK\r\n"
#define MD5 "0123456789ABCDEF0123456789abcdef"

/* One command and its answer. */
static void
script_one(
    struct script *s, struct hf_host *h, const char *expect, const char *answer)
{
	script_init(s, h);
	script_text(s, expect, answer);
	s->piece = 7;
}

static void
test_rot_uid(void **state)
{
	static const uint8_t want[8] = {
	    0x00, 0x02, 0x00, 0x00, 0x89, 0x28, 0x22, 0x45};
	static const char *const bad[] = {
	    "\r\n+USECROTUID: \"000200008928224\"\r\n" OK,
	    "\r\n+USECROTUID: \"00020000892822455\"\r\n" OK,
	    "\r\n+USECROTUID: \"000200008928224x\"\r\n" OK,
	    "\r\n+USECROTUID: 0002000089282245\r\n" OK,
	    "\r\n+USECROTUID: \"0002000089282245\r\n" OK,
	    "\r\n+USECROTUID: \"0002000089282245\",1\r\n" OK,
	    "\r\n+USECROTUID:\r\n" OK,
	    OK,
	};
	struct script s;
	struct hf_host h;
	uint8_t uid[8] = {0};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		script_one(&s, &h, "AT+USECROTUID\r", bad[i]);
		assert_int_equal(hf_rot_uid(&h, uid), HF_ERR_FORMAT);
		assert_int_equal(uid[1], 0);
		script_done(&s);
	}
	script_one(&s, &h, "AT+USECROTUID\r",
	    "\r\n+USECROTUID: \"0002000089282245\"\r\n" OK);
	assert_int_equal(hf_rot_uid(&h, uid), HF_OK);
	assert_memory_equal(uid, want, sizeof(want));
	script_done(&s);
}

static void
test_seal(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_one(&s, &h,
	    "AT+USECDEVINFO=\"lQCHNrX5TUOk0pVdwlHKBA\",\"SN-0001\"\r", OK);
	assert_int_equal(
	    hf_device_seal(&h, "lQCHNrX5TUOk0pVdwlHKBA", "SN-0001"), HF_OK);
	script_done(&s);
}

/* Nothing that a caller hands in ends a string or a command early. */
static void
test_injection(void **state)
{
	static const char *const bad[] = {
	    "a\"b", "a\rAT", "a\nb", "\x01", "\x7F"};
	struct script s;
	struct hf_host h;
	char serial[HF_COMMAND_MAX + 1];
	size_t i;

	(void)state;
	script_init(&s, &h);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    hf_device_seal(&h, "x", bad[i]), HF_ERR_INVALID);
	memset(serial, 'x', sizeof(serial) - 1);
	serial[sizeof(serial) - 1] = '\0';
	assert_int_equal(hf_device_seal(&h, "x", serial), HF_ERR_INVALID);
	script_done(&s);
}

static void
test_device_info(void **state)
{
	struct hf_device_info info;
	struct script s;
	struct hf_host h;

	(void)state;
	script_one(
	    &s, &h, "AT+USECDEVINFO?\r", "\r\n+USECDEVINFO: 1,0,1\r\n" OK);
	assert_int_equal(hf_device_info(&h, &info), HF_OK);
	assert_true(info.module_registered);
	assert_false(info.device_registered);
	assert_true(info.device_activated);
	script_one(
	    &s, &h, "AT+USECDEVINFO?\r", "\r\n+USECDEVINFO: 1,2,1\r\n" OK);
	assert_int_equal(hf_device_info(&h, &info), HF_ERR_FORMAT);
	script_one(&s, &h, "AT+USECDEVINFO?\r", "\r\n+USECDEVINFO: 1,1\r\n" OK);
	assert_int_equal(hf_device_info(&h, &info), HF_ERR_FORMAT);
	script_one(
	    &s, &h, "AT+USECDEVINFO?\r", "\r\n+USECDEVINFO: 1,1,1,1\r\n" OK);
	assert_int_equal(hf_device_info(&h, &info), HF_ERR_FORMAT);
	script_one(&s, &h, "AT+USECDEVINFO?\r", "");
	assert_int_equal(hf_device_info(&h, &info), HF_ERR_TIMEOUT);
	assert_int_equal(s.waited_ms, 180000);
}

static void
test_plain_commands(void **state)
{
	struct script s;
	struct hf_host h;

	(void)state;
	script_one(&s, &h, "AT+USECCONN\r", OK);
	assert_int_equal(hf_heartbeat(&h), HF_OK);
	script_one(&s, &h, "AT+USECCONN\r", "\r\nERROR\r\n");
	assert_int_equal(hf_heartbeat(&h), HF_ERR_MODULE);
	script_one(&s, &h, "AT+USECMODE=1\r", OK);
	assert_int_equal(hf_security_mode(&h, true), HF_OK);
	script_one(&s, &h, "AT+USECMODE=0\r", OK);
	assert_int_equal(hf_security_mode(&h, false), HF_OK);
	script_done(&s);
}

#define IDENTITY "110189291E26EC1AEB0074451234"
#define KEY16 "81C632197E2BD8221F2190B9621598F6"

static void
test_psk(void **state)
{
	struct script s;
	struct hf_host h;
	struct hf_psk psk;

	(void)state;
	script_one(&s, &h, "AT+USECPSK=16\r",
	    "\r\n+USECPSK: \"" IDENTITY "\",\"" KEY16 "\"\r\n" OK);
	assert_int_equal(hf_psk(&h, 16, &psk), HF_OK);
	assert_string_equal(psk.identity, IDENTITY);
	assert_int_equal(psk.key_len, 16);
	assert_int_equal(psk.key[0], 0x81);
	assert_int_equal(psk.key[15], 0xF6);
	script_one(&s, &h, "AT+USECPSK=32\r",
	    "\r\n+USECPSK: \"" IDENTITY "\",\"" KEY16 KEY16 "\"\r\n" OK);
	assert_int_equal(hf_psk(&h, 32, &psk), HF_OK);
	assert_int_equal(psk.key_len, 32);
	assert_int_equal(psk.key[31], 0xF6);
}

static void
test_psk_refused(void **state)
{
	static const char *const bad[] = {
	    "\r\n+USECPSK: \"" IDENTITY "\",\"" KEY16 KEY16 "\"\r\n" OK,
	    "\r\n+USECPSK: \"" IDENTITY "\",\"" KEY16 "\",\"\"\r\n" OK,
	    "\r\n+USECPSK: \"" IDENTITY "\"\r\n" OK,
	    "\r\n+USECPSK: \"" IDENTITY "0\",\"" KEY16 "\"\r\n" OK,
	    "\r\n+USECPSK: \"\",\"" KEY16 "\"\r\n" OK,
	    OK,
	};
	struct script s;
	struct hf_host h;
	struct hf_psk psk;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		script_one(&s, &h, "AT+USECPSK=16\r", bad[i]);
		assert_int_equal(hf_psk(&h, 16, &psk), HF_ERR_FORMAT);
		script_done(&s);
	}
	script_init(&s, &h);
	assert_int_equal(hf_psk(&h, 0, &psk), HF_ERR_INVALID);
	assert_int_equal(hf_psk(&h, 24, &psk), HF_ERR_INVALID);
}

static void
test_e2e_version(void **state)
{
	struct script s;
	struct hf_host h;
	unsigned version = 0;

	(void)state;
	script_one(&s, &h, "AT+USECOPCMD=\"e2e_enc\",1\r", OK);
	assert_int_equal(hf_e2e_version_set(&h, 2), HF_OK);
	script_one(&s, &h, "AT+USECOPCMD=\"e2e_enc\",0\r", OK);
	assert_int_equal(hf_e2e_version_set(&h, 1), HF_OK);
	assert_int_equal(hf_e2e_version_set(&h, 0), HF_ERR_INVALID);
	assert_int_equal(hf_e2e_version_set(&h, 3), HF_ERR_INVALID);
	script_one(&s, &h, "AT+USECOPCMD=\"e2e_enc\"\r",
	    "\r\n+USECOPCMD: \"e2e_enc\",1\r\n" OK);
	assert_int_equal(hf_e2e_version(&h, &version), HF_OK);
	assert_int_equal(version, 2);
	script_one(&s, &h, "AT+USECOPCMD=\"e2e_enc\"\r",
	    "\r\n+USECOPCMD: \"e2e_enc\",2\r\n" OK);
	assert_int_equal(hf_e2e_version(&h, &version), HF_ERR_FORMAT);
	script_one(&s, &h, "AT+USECOPCMD=\"e2e_enc\"\r",
	    "\r\n+USECOPCMD: \"other\",1\r\n" OK);
	assert_int_equal(hf_e2e_version(&h, &version), HF_ERR_FORMAT);
}

static void
test_e2e(void **state)
{
	static const uint8_t message[] =
	    "\r\n+USECE2EDATAENC: 24,\"\x21\x89\x29\x1E\x26\xEC\x1A\x74\x45"
	    "\x12\x34\xF3\x7F\xAF\x0E\xDC\xB0\x00\x59\x2C\x9E\xAF\x03\xE4\"\r"
	    "\n" OK;
	struct script s;
	struct hf_host h;
	uint8_t out[37];
	size_t len = 0;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+USECE2EDATAENC=5\r", ">");
	script_add(
	    &s, BYTES_LIT("HELLO"), bytes_make(message, sizeof(message) - 1));
	assert_int_equal(hf_e2e_encrypt(&h, (const uint8_t *)"HELLO", 5, out,
			     sizeof(out), &len),
	    HF_OK);
	assert_int_equal(len, 24);
	assert_int_equal(out[0], 0x21);
	assert_int_equal(out[23], 0xE4);
	script_done(&s);
	script_one(&s, &h, "AT+USECE2EFILEENC=\"log.txt\"\r",
	    "\r\n+USECE2EFILEENC: 3,\"a\rb\"\r\n" OK);
	assert_int_equal(
	    hf_e2e_encrypt_file(&h, "log.txt", out, sizeof(out), &len), HF_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(out, "a\rb", 3);
}

static void
test_e2e_decrypt(void **state)
{
	struct script s;
	struct hf_host h;
	uint8_t out[37];
	size_t len = 0;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+USECE2EDATADEC=4\r", "\r\n>");
	script_text(&s, "\"\rok", "\r\n+USECE2EDATADEC: 5,\"HELLO\"\r\n" OK);
	assert_int_equal(hf_e2e_decrypt(&h, (const uint8_t *)"\"\rok", 4, out,
			     sizeof(out), &len),
	    HF_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(out, "HELLO", 5);
	script_done(&s);
}

/* The example of the original's section 5.2.1. */
static void
test_local(void **state)
{
	struct script s;
	struct hf_host h;
	uint8_t out[13];
	size_t len = 0;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+USECDATAENC=13,\"ciphertextfile\"\r", ">");
	script_text(&s, "datatoencrypt", OK);
	script_text(&s, "AT+USECFILEDEC=\"ciphertextfile\"\r",
	    "\r\n+USECFILEDEC: 13,\"datatoencrypt\"\r\n" OK);
	assert_int_equal(hf_local_encrypt(&h, (const uint8_t *)"datatoencrypt",
			     13, "ciphertextfile"),
	    HF_OK);
	assert_int_equal(
	    hf_local_decrypt(&h, "ciphertextfile", out, sizeof(out), &len),
	    HF_OK);
	assert_int_equal(len, 13);
	assert_memory_equal(out, "datatoencrypt", 13);
	script_done(&s);
}

static void
test_certificates(void **state)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\r\nMIIB\r\n"
				  "-----END CERTIFICATE-----\r\n";
	struct script s;
	struct hf_host h;
	bool present[3];
	char answer[256], out[sizeof(pem)];
	size_t len = 0;

	(void)state;
	script_one(
	    &s, &h, "AT+USECDEVCERT?\r", "\r\n+USECDEVCERT: 0,0,1\r\n" OK);
	assert_int_equal(hf_certificates(&h, present), HF_OK);
	assert_true(present[0] && present[1] && !present[2]);
	snprintf(
	    answer, sizeof(answer), "\r\n+USECDEVCERT: 1,\"%s\"\r\n" OK, pem);
	script_one(&s, &h, "AT+USECDEVCERT=1\r", answer);
	assert_int_equal(hf_certificate_read(
			     &h, HF_CERTIFICATE_DEVICE, out, sizeof(out), &len),
	    HF_OK);
	assert_int_equal(len, sizeof(pem) - 1);
	assert_memory_equal(out, pem, len);
	script_one(
	    &s, &h, "AT+USECDEVCERT=0\r", "\r\n+USECDEVCERT: 0,\"\"\r\n" OK);
	assert_int_equal(
	    hf_certificate_read(&h, HF_CERTIFICATE_KEY, out, sizeof(out), &len),
	    HF_ERR_FORMAT);
}

static void
test_credentials(void **state)
{
	const uint8_t *der = (const uint8_t *)"0\x03\x02\x01\x05";
	struct script s;
	struct hf_host h;
	char md5[33] = "", list[64];
	size_t len = 0;

	(void)state;
	script_init(&s, &h);
	script_text(&s, "AT+USECMNG=0,0,\"ca\",5\r", ">");
	script_text(&s, "0\x03\x02\x01\x05",
	    "\r\n+USECMNG: 0,0,\"ca\",\"" MD5 "\"\r\n" OK);
	script_text(&s, "AT+USECMNG=0,2,\"key\",5,\"pass word\"\r", ">");
	script_text(&s, "0\x03\x02\x01\x05",
	    "\r\n+USECMNG: 0,2,\"key\",\"" MD5 "\"\r\n" OK);
	script_text(&s, "AT+USECMNG=1,1,\"cert\",\"cert.der\"\r",
	    "\r\n+USECMNG: 1,1,\"cert\",\"" MD5 "\"\r\n" OK);
	script_text(&s, "AT+USECMNG=4,1,\"cert\"\r",
	    "\r\n+USECMNG: 4,1,\"cert\",\"" MD5 "\"\r\n" OK);
	script_text(&s, "AT+USECMNG=2,1,\"cert\"\r", OK);
	script_text(&s, "AT+USECMNG=3\r",
	    "\r\n\"CA\",\"ca\",\"example.com\",\"2035/01/01 00:00:00\"\r\n"
	    "\"PK\",\"key\",\"\",\"\"\r\n" OK);
	assert_int_equal(
	    hf_credential_store(&h, HF_CREDENTIAL_CA, "ca", der, 5, NULL, md5),
	    HF_OK);
	assert_string_equal(md5, MD5);
	assert_int_equal(hf_credential_store(&h, HF_CREDENTIAL_KEY, "key", der,
			     5, "pass word", md5),
	    HF_OK);
	assert_int_equal(hf_credential_import(&h, HF_CREDENTIAL_CERTIFICATE,
			     "cert", "cert.der", NULL, md5),
	    HF_OK);
	assert_int_equal(
	    hf_credential_md5(&h, HF_CREDENTIAL_CERTIFICATE, "cert", md5),
	    HF_OK);
	assert_int_equal(
	    hf_credential_remove(&h, HF_CREDENTIAL_CERTIFICATE, "cert"), HF_OK);
	assert_int_equal(hf_credential_list(&h, list, 20, &len), HF_ERR_SPACE);
	script_done(&s);
}

static void
test_credential_list(void **state)
{
	struct script s;
	struct hf_host h;
	char list[64];
	size_t len = 0;

	(void)state;
	script_one(&s, &h, "AT+USECMNG=3\r",
	    "\r\n\"CA\",\"ca\"\r\n\"PK\",\"key\"\r\n" OK);
	assert_int_equal(
	    hf_credential_list(&h, list, sizeof(list), &len), HF_OK);
	assert_int_equal(len, 20);
	assert_memory_equal(list, "\"CA\",\"ca\"\n\"PK\",\"key\"", 20);
	script_one(&s, &h, "AT+USECMNG=3\r", OK);
	assert_int_equal(
	    hf_credential_list(&h, list, sizeof(list), &len), HF_OK);
	assert_int_equal(len, 0);
}

static void
test_tls(void **state)
{
	struct hf_psk psk = {.identity = IDENTITY, .key_len = 16};
	struct script s;
	struct hf_host h;
	char value[16];
	size_t len = 0;

	(void)state;
	memset(psk.key, 0xAB, sizeof(psk.key));
	script_init(&s, &h);
	script_text(&s, "AT+USECPRF=0\r", OK);
	script_text(&s, "AT+USECPRF=0,0,3\r", OK);
	script_text(&s, "AT+USECPRF=4,4,\"example.com\"\r", OK);
	script_text(
	    &s, "AT+USECPRF=1,8,\"ABABABABABABABABABABABABABABABAB\",1\r", OK);
	script_text(&s, "AT+USECPRF=1,9,\"" IDENTITY "\"\r", OK);
	script_text(
	    &s, "AT+USECPRF=4,4\r", "\r\n+USECPRF: 4,4,\"example.com\"\r\n" OK);
	script_text(&s, "AT+USECPRF=0,2\r",
	    "\r\n+USECPRF: 0,2,100,\"C02A;00A8\"\r\n" OK);
	script_text(&s, "AT+USECPRF=0,2\r", "\r\n+USECPRF: 0,3,\"\"\r\n" OK);
	assert_int_equal(hf_tls_reset(&h, 0), HF_OK);
	assert_int_equal(hf_tls_set(&h, 0, 0, 3), HF_OK);
	assert_int_equal(hf_tls_set_text(&h, 4, 4, "example.com"), HF_OK);
	assert_int_equal(hf_tls_set_psk(&h, 1, &psk), HF_OK);
	assert_int_equal(
	    hf_tls_get(&h, 4, 4, value, sizeof(value), &len), HF_OK);
	assert_int_equal(len, 13);
	assert_memory_equal(value, "\"example.com\"", 13);
	assert_int_equal(hf_tls_get(&h, 0, 2, value, 14, &len), HF_ERR_SPACE);
	assert_int_equal(
	    hf_tls_get(&h, 0, 2, value, sizeof(value), &len), HF_ERR_FORMAT);
	psk.key_len = 33;
	assert_int_equal(hf_tls_set_psk(&h, 1, &psk), HF_ERR_INVALID);
	script_done(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rot_uid),
	    cmocka_unit_test(test_seal),
	    cmocka_unit_test(test_injection),
	    cmocka_unit_test(test_device_info),
	    cmocka_unit_test(test_plain_commands),
	    cmocka_unit_test(test_psk),
	    cmocka_unit_test(test_psk_refused),
	    cmocka_unit_test(test_e2e_version),
	    cmocka_unit_test(test_e2e),
	    cmocka_unit_test(test_e2e_decrypt),
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_credentials),
	    cmocka_unit_test(test_credential_list),
	    cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
