/*
 * Power cuts. A device lives through two bootstraps, check-ins, PSKs and E2E
 * messages; the power is cut at its first write, then at its second, and so
 * on to its last, and the write that is cut leaves its slot in each of four
 * conditions. After the reboot the device must go on from the old or the new
 * state, never use a counter twice, never build a second request for the
 * same check-in key, and arrive where the others did.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"

#define LAST_GENERATION 2
#define CHECKINS 3
#define MESSAGES 2 /* of each kind, before each check-in */
/* An identity or V1 header without the bits of its counter that are random. */
#define COUNTED_LEN 12
#define LOG_MAX 512

/* What has left the device, and must not come twice. */
struct log {
	uint8_t header[LOG_MAX][E2E_V1_HEADER_LEN];
	size_t header_len[LOG_MAX];
	size_t headers;
	struct {
		uint8_t key[OSCORE_KEY_LEN];
		struct rot_request request;
	} sent[LOG_MAX];
	size_t sents;
};

/* What the platform has beside its slots. */
enum hardware { PLAIN, COUNTER, ELEMENT };

struct life {
	struct ram_port ram;
	struct rot rot;
	struct log log;
	unsigned made[3]; /* counters drawn in this generation, by kind */
	uint32_t generation;
	uint64_t floor_sequence;
	unsigned boots;
};

static struct life life;

static void
log_header(struct bytes header)
{
	struct log *log = &life.log;
	size_t i;

	if (header.len > COUNTED_LEN)
		header.len = COUNTED_LEN;
	header.ptr = memcpy(log->header[log->headers], header.ptr, header.len);

	for (i = 0; i < log->headers; i++)
		if (log->header_len[i] == header.len &&
		    memcmp(log->header[i], header.ptr, header.len) == 0)
			fail_msg("a counter was used twice");
	log->header_len[log->headers++] = header.len;
	assert_true(log->headers < LOG_MAX);
}

/* The same key may only ever see the same request id and payload. */
static void
log_request(const uint8_t *key, const struct rot_request *request)
{
	struct log *log = &life.log;
	size_t i;

	for (i = 0; i < log->sents; i++)
		if (memcmp(log->sent[i].key, key, OSCORE_KEY_LEN) == 0) {
			assert_memory_equal(
			    &log->sent[i].request, request, sizeof(*request));
			return;
		}
	assert_true(log->sents < LOG_MAX);
	memcpy(log->sent[log->sents].key, key, OSCORE_KEY_LEN);
	log->sent[log->sents++].request = *request;
}

static enum err
step_bootstrap(const struct rot_state *s)
{
	uint8_t request[BOOTSTRAP_REQUEST_MAX], buf[BOOTSTRAP_RESPONSE_MAX];
	uint8_t exporter[32] = {(uint8_t)life.boots};
	struct writer w;
	enum err err;

	err = rot_instance_make(&life.rot);
	if (err == ERR_OK)
		err = rot_next_key_make(&life.rot);
	if (err != ERR_OK)
		return err;
	writer_init(&w, request, sizeof(request));
	err = rot_request_write(&life.rot, BYTES_LIT("03.15"), BYTES_NONE, &w);
	if (err != ERR_OK)
		return err;
	return rot_pend_make(&life.rot, exporter, writer_bytes(&w),
	    response_make(buf, BOOTSTRAP_ASSIGNED, s->generation + 1,
		(uint8_t)(life.boots + 1)));
}

static enum err
step_checkin(void)
{
	struct checkin_response answer = {.time = 1700000000};
	struct oscore_context context;
	struct rot_request request;
	enum err err;

	err = rot_checkin_begin(&life.rot, BYTES_LIT("03.15"), 0, false);
	if (err != ERR_OK)
		return err;
	memset(&request, 0, sizeof(request));
	assert_int_equal(
	    rot_checkin_open(&life.rot, &request, &context), ERR_OK);
	assert_int_not_equal(request.id[0], 0);
	log_request(context.sender_key, &request);
	return rot_checkin_done(&life.rot, &answer);
}

static enum err
step_message(enum rot_counter kind)
{
	uint8_t id[PSK_ID_LEN], psk[16], out[64];
	size_t len;
	enum err err;

	if (kind == ROT_PSK) {
		err = rot_psk(&life.rot, sizeof(psk), id, psk);
		if (err == ERR_OK)
			log_header(BYTES_OF(id));
	} else {
		err = rot_e2e_seal(&life.rot,
		    kind == ROT_E2E_V1 ? ENVELOPE_V1 : ENVELOPE_V2,
		    BYTES_LIT("HELLO"), out, &len);
		if (err == ERR_OK)
			log_header(bytes_make(
			    out, envelope_header_len(bytes_make(out, len))));
	}
	if (err == ERR_OK)
		life.made[kind]++;
	return err;
}

/* What a device does next, told by its state alone; false: all is done. */
static bool
step(enum err *ret_err)
{
	struct rot_state s;
	unsigned kind;

	rot_state(&life.rot, &s);
	if (s.generation != life.generation) {
		assert_int_equal(s.generation, life.generation + 1);
		life.generation = s.generation;
		memset(life.made, 0, sizeof(life.made));
	}
	if (!s.sealed) {
		*ret_err =
		    rot_seal(&life.rot, test_profile, BYTES_LIT("SN-0001"));
		return true;
	}
	if (s.pending) {
		*ret_err = step_checkin();
		return true;
	}
	for (kind = 0; s.generation > 0 && kind < 3; kind++)
		if (life.made[kind] < MESSAGES * life.rot.rec.cur.n) {
			*ret_err = step_message((enum rot_counter)kind);
			return true;
		}
	if (s.generation > 0 && life.rot.rec.cur.n <= CHECKINS) {
		*ret_err = step_checkin();
		return true;
	}
	if (s.generation == LAST_GENERATION)
		return false;
	*ret_err = step_bootstrap(&s);
	return true;
}

static void
reboot(void)
{
	uint64_t before = life.rot.rec.sequence;

	rot_done(&life.rot);
	ram_boot(&life.ram);
	life.boots++;
	assert_int_equal(rot_open(&life.rot, &life.ram.port), ERR_OK);
	/* The old state or the one that was being written: nothing else. */
	assert_true(life.rot.provisioned);
	assert_true(life.rot.rec.sequence == before ||
		    life.rot.rec.sequence == before + 1);
}

/* Lives once, with a cut at write cut_at (0: none); gives the writes made. */
static unsigned
live(unsigned cut_at, enum ram_tear tear, enum hardware hardware)
{
	enum err err;

	memset(&life, 0, sizeof(life));
	if (hardware == ELEMENT)
		device_make_element(&life.rot, &life.ram, 1);
	else
		device_make(&life.rot, &life.ram, 1);
	life.ram.has_counter = hardware != PLAIN;
	life.ram.writes = 0;
	life.ram.cut_at = cut_at;
	life.ram.tear = tear;
	while (step(&err)) {
		if (err == ERR_OK)
			continue;
		assert_int_equal(err, ERR_IO);
		assert_true(life.ram.dead);
		reboot();
	}
	assert_int_equal(life.generation, LAST_GENERATION);
	/* A cut that no function told of, as in the second write of W4. */
	if (life.ram.dead)
		reboot();
	/* The key and the salt of the last generation, and no other. */
	assert_int_equal(ram_keys(&life.ram), hardware == ELEMENT ? 2 : 0);
	return life.ram.writes;
}

static void
live_with_cuts(enum hardware hardware)
{
	unsigned writes = live(0, RAM_NOTHING, hardware);
	unsigned cut, tear;

	assert_true(writes > 20);
	for (cut = 1; cut <= writes; cut++)
		for (tear = 0; tear < RAM_TEARS; tear++)
			(void)live(cut, (enum ram_tear)tear, hardware);
}

static void
test_cut_anywhere(void **state)
{
	(void)state;
	live_with_cuts(PLAIN);
}

static void
test_cut_anywhere_with_counter(void **state)
{
	(void)state;
	live_with_cuts(COUNTER);
}

static void
test_cut_anywhere_with_element(void **state)
{
	(void)state;
	live_with_cuts(ELEMENT);
}

/* The first record of all is cut: production starts over, or finds it. */
static void
test_cut_in_production(void **state)
{
	struct rot_birth birth;
	struct ram_port ram;
	unsigned tear;
	enum err err;

	(void)state;
	birth_make(&birth);
	for (tear = 0; tear < RAM_TEARS; tear++) {
		ram_port_init(&ram, tear);
		ram.cut_at = 1;
		ram.tear = (enum ram_tear)tear;
		assert_int_equal(rot_open(&life.rot, &ram.port), ERR_OK);
		assert_int_equal(rot_provision(&life.rot, &birth), ERR_IO);
		assert_false(life.rot.provisioned);
		ram_boot(&ram);
		err = rot_open(&life.rot, &ram.port);
		assert_int_equal(err, tear == RAM_HALF ? ERR_AUTH : ERR_OK);
		assert_int_equal(life.rot.provisioned, tear == RAM_WHOLE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_cut_anywhere_with_counter),
	    cmocka_unit_test(test_cut_anywhere_with_element),
	    cmocka_unit_test(test_cut_in_production),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
