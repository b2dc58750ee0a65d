/* Devices for tests, and what a service would say to them. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"

const uint8_t test_profile[PROFILE_UID_LEN] = "a device profile";

void
birth_make(struct rot_birth *birth)
{
	static const uint8_t uid[UID_LEN] = {
	    0x00, 0x02, 0x00, 0x00, 0x89, 0x28, 0x22, 0x45};
	struct p256_secret service;
	size_t i;

	memset(birth, 0, sizeof(*birth));
	memcpy(birth->uid, uid, UID_LEN);
	memset(birth->chip_id, 0xc1, CHIP_ID_LEN);
	memset(birth->key.d, 0x11, P256_LEN);
	memset(birth->factory.k, 0xf0, KEY_LEN);
	birth->credential_count = 2;
	for (i = 0; i < 2; i++) {
		memset(service.d, 0x21 + (int)i, P256_LEN);
		birth->credential[i].kid = (uint8_t)(i + 1);
		assert_int_equal(
		    p256_public(&service, &birth->credential[i].public_key),
		    ERR_OK);
	}
}

void
device_make(struct rot *rot, struct ram_port *ram, uint64_t seed)
{
	struct rot_birth birth;

	ram_port_init(ram, seed);
	birth_make(&birth);
	assert_int_equal(rot_open(rot, &ram->port), ERR_OK);
	assert_int_equal(rot_provision(rot, &birth), ERR_OK);
}

void
device_make_element(struct rot *rot, struct ram_port *ram, uint64_t seed)
{
	struct rot_birth birth;

	ram_port_init(ram, seed);
	ram_element(ram);
	birth_make(&birth);
	birth.key_inside = true;
	assert_int_equal(rot_open(rot, &ram->port), ERR_OK);
	assert_int_equal(rot_provision(rot, &birth), ERR_OK);
}

struct bytes
response_make(uint8_t buf[BOOTSTRAP_RESPONSE_MAX], unsigned status,
    uint32_t generation, uint8_t attempt)
{
	struct bootstrap_response m;
	struct writer w;

	memset(&m, 0, sizeof(m));
	m.status = status;
	m.generation = generation;
	m.features = SERVICE_PSK | SERVICE_E2E;
	memset(m.alias, (int)generation, ALIAS_LEN);
	m.alias[0] = attempt;
	writer_init(&w, buf, BOOTSTRAP_RESPONSE_MAX);
	bootstrap_response_write(&w, &m);
	assert_int_equal(w.err, ERR_OK);
	return writer_bytes(&w);
}

void
pend_make(struct rot *rot, uint32_t generation, uint8_t attempt)
{
	uint8_t request[BOOTSTRAP_REQUEST_MAX], buf[BOOTSTRAP_RESPONSE_MAX];
	uint8_t exporter[32] = {attempt};
	struct writer w;

	assert_int_equal(rot_instance_make(rot), ERR_OK);
	assert_int_equal(rot_next_key_make(rot), ERR_OK);
	writer_init(&w, request, sizeof(request));
	assert_int_equal(
	    rot_request_write(rot, BYTES_LIT("03.15"), BYTES_NONE, &w), ERR_OK);
	assert_int_equal(
	    rot_pend_make(rot, exporter, writer_bytes(&w),
		response_make(buf, BOOTSTRAP_ASSIGNED, generation, attempt)),
	    ERR_OK);
}

void
checkin_make(struct rot *rot)
{
	struct checkin_response answer;

	memset(&answer, 0, sizeof(answer));
	answer.time = 1700000000;
	assert_int_equal(
	    rot_checkin_begin(rot, BYTES_LIT("03.15"), 0, false), ERR_OK);
	assert_int_equal(rot_checkin_done(rot, &answer), ERR_OK);
}

void
bootstrap_make(struct rot *rot, uint32_t generation)
{
	pend_make(rot, generation, 1);
	checkin_make(rot);
}
