/*
 * Production: what service.json must be, and that a device's state and its
 * record for the service hold the same secrets.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/hpke.h"
#include "factory.h"
#include "rot/port_file.h"

static char dir[64];

/* The secret key of the service's import, and its public side as text. */
static const struct p256_secret import_secret = {{[31] = 7}};

static void
point_text(uint8_t scalar, char out[BASE64_SIZE(P256_POINT_LEN)])
{
	struct p256_secret secret = {{0}};
	struct p256_point point;
	uint8_t raw[P256_POINT_LEN];

	secret.d[31] = scalar;
	assert_int_equal(p256_public(&secret, &point), ERR_OK);
	p256_point_encode(&point, raw);
	base64_encode(BYTES_OF(raw), out);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/holdfast-factory-XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* Writes text as service.json and reads it. */
static enum err
read_text(const char *text, struct factory_service *service)
{
	struct factory_error error = {""};
	char path[96];
	FILE *file;
	enum err err;

	snprintf(path, sizeof(path), "%s/service.json", dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	err = factory_service_read(path, service, &error);
	assert_int_equal(err == ERR_OK, error.text[0] == '\0');
	return err;
}

static void
good_service(struct factory_service *service)
{
	char a[BASE64_SIZE(P256_POINT_LEN)], b[BASE64_SIZE(P256_POINT_LEN)];
	char text[512];

	point_text(7, a);
	point_text(8, b);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": ["
	    "{\"Kid\": 1, \"PublicKey\": \"%s\"},"
	    "{\"Kid\": 2, \"PublicKey\": \"%s\"}]}",
	    a, b, a);
	assert_int_equal(read_text(text, service), ERR_OK);
}

static void
test_service(void **state)
{
	struct factory_service service;
	struct p256_point point;

	(void)state;
	good_service(&service);
	assert_int_equal(service.credential_count, 2);
	assert_int_equal(service.credential[0].kid, 1);
	assert_int_equal(service.credential[1].kid, 2);
	assert_int_equal(p256_public(&import_secret, &point), ERR_OK);
	assert_memory_equal(&point, &service.import_key, sizeof(point));
	assert_memory_equal(
	    &point, &service.credential[1].public_key, sizeof(point));
}

static void
test_service_refused(void **state)
{
	struct factory_service service;
	struct factory_error error = {""};
	char a[BASE64_SIZE(P256_POINT_LEN)], text[512];

	(void)state;
	point_text(7, a);
	assert_int_equal(
	    factory_service_read("/nonexistent/service.json", &service, &error),
	    ERR_IO);
	assert_int_not_equal(error.text[0], '\0');
	assert_int_equal(read_text("", &service), ERR_FORMAT);
	assert_int_equal(read_text("[]", &service), ERR_FORMAT);
	assert_int_equal(read_text("{}", &service), ERR_FORMAT);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": []}", a);
	assert_int_equal(read_text(text, &service), ERR_FORMAT);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": [{\"Kid\": 1}]}", a);
	assert_int_equal(read_text(text, &service), ERR_FORMAT);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"AAAA\", \"Credentials\": "
	    "[{\"Kid\": 1, \"PublicKey\": \"%s\"}]}",
	    a);
	assert_int_equal(read_text(text, &service), ERR_INVALID);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": "
	    "[{\"Kid\": 256, \"PublicKey\": \"%s\"}]}",
	    a, a);
	assert_int_equal(read_text(text, &service), ERR_INVALID);
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": "
	    "[{\"Kid\": 1, \"PublicKey\": \"%s\"},"
	    "{\"Kid\": 1, \"PublicKey\": \"%s\"}]}",
	    a, a, a);
	assert_int_equal(read_text(text, &service), ERR_INVALID);
	/* A point that is on no curve. */
	a[4] = a[4] == 'A' ? 'B' : 'A';
	snprintf(text, sizeof(text),
	    "{\"ImportKey\": \"%s\", \"Credentials\": "
	    "[{\"Kid\": 1, \"PublicKey\": \"%s\"}]}",
	    a, a);
	assert_int_equal(read_text(text, &service), ERR_INVALID);
}

static size_t
member_decode(json_t *record, const char *name, uint8_t *out, size_t cap)
{
	const char *text = json_string_value(json_object_get(record, name));
	size_t len;

	assert_non_null(text);
	assert_int_equal(
	    base64_decode(bytes_str(text), out, cap, &len), ERR_OK);
	return len;
}

static void
test_record(void **state)
{
	static const uint8_t uid[UID_LEN] = {
	    0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45};
	uint8_t aad[UID_LEN + P256_POINT_LEN], enc[HPKE_ENC_LEN];
	uint8_t sealed[KEY_LEN + HPKE_TAG_LEN], secret[KEY_LEN];
	char line[FACTORY_RECORD_SIZE];
	struct factory_service service;
	struct factory_device device;
	json_t *record;

	(void)state;
	good_service(&service);
	assert_int_equal(factory_device_make(uid, &service,
			     &crypto_random_source, false, &device),
	    ERR_OK);
	assert_int_equal(factory_record_write(
			     &device, &service, &crypto_random_source, line),
	    ERR_OK);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	record = json_loads(line, 0, NULL);
	assert_non_null(record);
	assert_int_equal(json_object_size(record), 4);
	assert_string_equal(
	    json_string_value(json_object_get(record, "ROTPublicUID")),
	    "0002000089282245");
	memcpy(aad, uid, UID_LEN);
	assert_int_equal(
	    member_decode(record, "PublicKey", aad + UID_LEN, P256_POINT_LEN),
	    P256_POINT_LEN);
	assert_int_equal(
	    member_decode(record, "Enc", enc, sizeof(enc)), sizeof(enc));
	assert_int_equal(
	    member_decode(record, "Secret", sealed, sizeof(sealed)),
	    sizeof(sealed));
	json_decref(record);
	assert_int_equal(hpke_open(&import_secret, &service.import_key, enc,
			     BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
			     BYTES_OF(sealed), secret),
	    ERR_OK);
	assert_memory_equal(secret, device.birth.factory.k, KEY_LEN);
	aad[7] ^= 1; /* the secret of one device is no other's */
	assert_int_equal(hpke_open(&import_secret, &service.import_key, enc,
			     BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
			     BYTES_OF(sealed), secret),
	    ERR_AUTH);
}

static void
check_mode(const char *name, mode_t mode)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
}

static void
test_store(void **state)
{
	const struct factory_place place = {.dir = dir};
	static const uint8_t uid[UID_LEN] = {
	    0, 2, 0, 0, 0x89, 0x28, 0x22, 0x46};
	struct factory_service service;
	struct factory_device device;
	struct port_file file, second;
	struct p256_point key;
	struct rot_state s;
	struct rot rot;
	char path[128];

	(void)state;
	good_service(&service);
	assert_int_equal(factory_device_make(uid, &service,
			     &crypto_random_source, false, &device),
	    ERR_OK);
	assert_int_equal(factory_device_store(&place, &device), ERR_OK);
	assert_int_equal(factory_device_store(&place, &device), ERR_EXISTS);
	check_mode("0002000089282246", 0700);
	check_mode("0002000089282246/rot", 0700);
	check_mode("0002000089282246/rot/huk", 0600);
	check_mode("0002000089282246/rot/slot0", 0600);
	snprintf(path, sizeof(path), "%s/0002000089282246/rot", dir);
	assert_int_equal(port_file_open(&file, path), ERR_OK);
	assert_int_equal(port_file_open(&second, path), ERR_BUSY);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	rot_state(&rot, &s);
	assert_true(s.provisioned);
	assert_memory_equal(s.uid, uid, UID_LEN);
	assert_int_equal(s.generation, 0);
	assert_int_equal(rot_public_key(&rot, &key), ERR_OK);
	assert_memory_equal(&key, &device.public_key, sizeof(key));
	assert_int_equal(rot_credential(&rot, 2, &key), ERR_OK);
	assert_memory_equal(
	    &key, &service.credential[1].public_key, sizeof(key));
	rot_done(&rot);
	port_file_close(&file);
	assert_int_equal(port_file_open(&second, path), ERR_OK);
	port_file_close(&second);
}

static void
test_devices_differ(void **state)
{
	static const uint8_t uid[UID_LEN] = {0};
	struct factory_service service;
	struct factory_device a, b;

	(void)state;
	good_service(&service);
	assert_int_equal(factory_device_make(
			     uid, &service, &crypto_random_source, false, &a),
	    ERR_OK);
	assert_int_equal(factory_device_make(
			     uid, &service, &crypto_random_source, false, &b),
	    ERR_OK);
	assert_memory_not_equal(a.birth.factory.k, b.birth.factory.k, KEY_LEN);
	assert_memory_not_equal(a.birth.key.d, b.birth.key.d, P256_LEN);
	assert_memory_not_equal(a.birth.chip_id, b.birth.chip_id, CHIP_ID_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_service),
	    cmocka_unit_test(test_service_refused),
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_store),
	    cmocka_unit_test(test_devices_differ),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
