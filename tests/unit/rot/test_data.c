/*
 * PSKs and E2E messages: right keys, no counter twice, ends of counters, and
 * downlink messages that come twice, late or to somebody else.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"
#include "internal.h"

static struct ram_port ram;
static struct rot rot;

static int
setup(void **state)
{
	(void)state;
	device_make(&rot, &ram, 1);
	bootstrap_make(&rot, 1);
	return 0;
}

static uint64_t
psk_counter(void)
{
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX], want[PSK_MAX];
	struct psk_identity identity;

	assert_int_equal(rot_psk(&rot, 32, id, psk), ERR_OK);
	assert_int_equal(keys_psk_make(&rot.rec.cur.psk, id, want, 32), ERR_OK);
	assert_memory_equal(psk, want, 32);
	assert_int_equal(psk_identity_decode(BYTES_OF(id), &identity), ERR_OK);
	assert_memory_equal(identity.alias, rot.rec.cur.alias, ALIAS_LEN);
	return identity.counter;
}

static void
test_psk(void **state)
{
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX];
	uint64_t last, counter;
	unsigned i, writes;

	(void)state;
	assert_int_equal(rot_psk(&rot, 0, id, psk), ERR_INVALID);
	assert_int_equal(rot_psk(&rot, 24, id, psk), ERR_INVALID);
	last = psk_counter();
	writes = ram.writes;
	for (i = 1; i < ROT_STRIDE; i++) {
		counter = psk_counter();
		assert_int_equal(counter >> 16, (last >> 16) + 1);
		last = counter;
	}
	assert_int_equal(ram.writes, writes); /* one write for a stride */
	(void)psk_counter();
	assert_int_equal(ram.writes, writes + 1);
}

/* The power goes after every PSK: each still has a higher counter. */
static void
test_counters_over_power_off(void **state)
{
	uint64_t last = 0, counter;
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++) {
		counter = psk_counter();
		assert_true(counter > last);
		last = counter;
		rot_done(&rot);
		assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	}
}

/* The platform's counter keeps apart what an old image would repeat. */
static void
test_counters_over_roll_back(void **state)
{
	static struct ram_port image;
	uint64_t counter, again;

	(void)state;
	ram.has_counter = true;
	image = ram;
	counter = psk_counter();
	memcpy(ram.slot, image.slot, sizeof(ram.slot));
	memcpy(ram.slot_len, image.slot_len, sizeof(ram.slot_len));
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	again = psk_counter();
	assert_true(again >> 16 > counter >> 16);
}

/* A platform's counter that jumps, as a TPM's may after a cut. */
static void
test_counter_jumps(void **state)
{
	uint64_t first, second;

	(void)state;
	ram.has_counter = true;
	first = psk_counter();
	ram.counter += 1000;
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	second = psk_counter();
	assert_int_equal((second >> 16) - (first >> 16), 1001 * ROT_STRIDE);
}

static void
seal(enum envelope_version version, uint8_t *out, size_t *ret_len)
{
	assert_int_equal(
	    rot_e2e_seal(&rot, version, BYTES_LIT("HELLO"), out, ret_len),
	    ERR_OK);
	assert_int_equal(*ret_len, 5 + envelope_overhead(version));
}

static void
test_seal(void **state)
{
	static const enum envelope_version versions[] = {
	    ENVELOPE_V1, ENVELOPE_V2};
	uint8_t message[64], plain[64], key[E2E_KEY_LEN];
	struct envelope_header h;
	uint64_t last = 0;
	size_t len, head;
	unsigned i, j;

	(void)state;
	for (i = 0; i < 2; i++)
		for (j = 0; j < 3; j++) {
			seal(versions[i], message, &len);
			head = envelope_header_len(bytes_make(message, len));
			assert_int_equal(envelope_header_decode(
					     bytes_make(message, head), &h),
			    ERR_OK);
			assert_int_equal(h.version, versions[i]);
			assert_int_equal(h.direction, ENVELOPE_UP);
			assert_true(j == 0 || h.counter > last);
			last = h.counter;
			assert_int_equal(keys_up_key(&rot.rec.cur.up,
					     bytes_make(message, head), key),
			    ERR_OK);
			assert_int_equal(
			    envelope_open(bytes_make(message, head), key,
				bytes_make(message, len), plain),
			    ERR_OK);
			assert_memory_equal(plain, "HELLO", 5);
		}
}

/* What was prepared of a generation's key goes with the generation. */
static void
test_seal_in_next_generation(void **state)
{
	static const struct keys_sender none;
	uint8_t message[64], plain[64], key[E2E_KEY_LEN];
	struct bytes head;
	size_t len;

	(void)state;
	seal(ENVELOPE_V1, message, &len);
	assert_true(rot.has_sender);
	bootstrap_make(&rot, 2);
	assert_false(rot.has_sender);
	assert_memory_equal(&rot.sender, &none, sizeof(none));
	seal(ENVELOPE_V1, message, &len);
	head = bytes_make(message, E2E_V1_HEADER_LEN);
	assert_int_equal(keys_up_key(&rot.rec.cur.up, head, key), ERR_OK);
	assert_int_equal(
	    envelope_open(head, key, bytes_make(message, len), plain), ERR_OK);
	assert_memory_equal(plain, "HELLO", 5);
}

static void
test_seal_refused(void **state)
{
	uint8_t out[64];
	size_t len;

	(void)state;
	assert_int_equal(rot_e2e_seal(&rot, (enum envelope_version)3,
			     BYTES_LIT("x"), out, &len),
	    ERR_INVALID);
	assert_int_equal(
	    rot_e2e_seal(&rot, ENVELOPE_V1,
		bytes_make(out, (size_t)E2E_PLAINTEXT_MAX + 1), out, &len),
	    ERR_SPACE);
	device_make(&rot, &ram, 2);
	assert_int_equal(
	    rot_e2e_seal(&rot, ENVELOPE_V1, BYTES_LIT("x"), out, &len),
	    ERR_STATE);
}

static bool
wants_rotation(void)
{
	struct rot_state s;

	rot_state(&rot, &s);
	return (s.flags & CHECKIN_ROTATE) != 0;
}

/* A message, after a start that has lost what was left of the stride. */
static void
seal_anew(void)
{
	uint8_t out[64];
	size_t len;

	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	seal(ENVELOPE_V2, out, &len);
}

/* An older record is put back: the platform's counter knows better (F17). */
static void
test_put_back(void **state)
{
	uint8_t slot[2][sizeof(ram.slot[0])];
	size_t len[2] = {ram.slot_len[0], ram.slot_len[1]};

	(void)state;
	ram.has_counter = true;
	seal_anew();
	memcpy(slot, ram.slot, sizeof(slot));
	memcpy(len, ram.slot_len, sizeof(len));
	/* As many as power cuts may have lost are no reason. */
	ram.counter += 8;
	seal_anew();
	assert_false(wants_rotation());
	memcpy(ram.slot, slot, sizeof(slot));
	memcpy(ram.slot_len, len, sizeof(len));
	seal_anew();
	assert_true(wants_rotation());
	bootstrap_make(&rot, 2);
	assert_false(wants_rotation());
	seal_anew();
	assert_false(wants_rotation());
}

/* The last strides: then the device refuses and asks for a new root. */
static void
test_exhausted(void **state)
{
	uint8_t out[64];
	struct rot_state s;
	size_t len;
	unsigned i;

	(void)state;
	rot.rec.stride = rot.rec.cur.first_stride + (1u << 24) - 2;
	for (i = 0; i < ROT_STRIDE; i++)
		seal(ENVELOPE_V2, out, &len);
	assert_memory_equal(out + 7, "\xff\xff\xff\xff", 4);
	assert_int_equal(
	    rot_e2e_seal(&rot, ENVELOPE_V2, BYTES_LIT("x"), out, &len),
	    ERR_EXHAUSTED);
	assert_int_equal(
	    rot_e2e_seal(&rot, ENVELOPE_V1, BYTES_LIT("x"), out, &len),
	    ERR_EXHAUSTED);
	rot_state(&rot, &s);
	assert_true((s.flags & CHECKIN_ROTATE) != 0);
	/* A new root: counters start anew, and so may strides. */
	bootstrap_make(&rot, 2);
	rot_state(&rot, &s);
	assert_true((s.flags & CHECKIN_ROTATE) == 0);
	seal(ENVELOPE_V2, out, &len);
	assert_memory_equal(out + 7, "\0\0\1\0", 4);
}

/* --- downlink --- */

/* Plays the service: a message to the device under a counter. */
static size_t
downlink(enum envelope_version version, uint64_t counter, uint8_t out[64])
{
	struct envelope_header h = {
	    .version = version, .direction = ENVELOPE_DOWN, .counter = counter};
	uint8_t encoded[E2E_V1_HEADER_LEN], key[E2E_KEY_LEN];
	struct bytes head;
	size_t len;

	memcpy(h.alias, rot.rec.cur.alias, ALIAS_LEN);
	assert_int_equal(envelope_header_encode(&h, encoded, &len), ERR_OK);
	head = bytes_make(encoded, len);
	assert_int_equal(keys_down_key(&rot.rec.cur.down, head, key), ERR_OK);
	assert_int_equal(
	    envelope_seal(head, key, BYTES_LIT("DOWN"), out), ERR_OK);
	return 4 + envelope_overhead(version);
}

static enum err
receive(enum envelope_version version, uint64_t counter)
{
	uint8_t message[64], plain[64];
	size_t len = downlink(version, counter, message), got = 0;
	enum err err;

	err = rot_e2e_open(&rot, bytes_make(message, len), plain, &got);
	if (err == ERR_OK) {
		assert_int_equal(got, 4);
		assert_memory_equal(plain, "DOWN", 4);
	}
	return err;
}

static void
test_downlink(void **state)
{
	(void)state;
	assert_int_equal(receive(ENVELOPE_V1, 1000), ERR_OK);
	assert_int_equal(receive(ENVELOPE_V1, 1000), ERR_REPLAY);
	/* V2 has a window of its own. */
	assert_int_equal(receive(ENVELOPE_V2, 1000), ERR_OK);
	assert_int_equal(receive(ENVELOPE_V2, 1000), ERR_REPLAY);
	/* Out of order, before and after power-off. */
	assert_int_equal(receive(ENVELOPE_V1, 5), ERR_OK);
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	assert_int_equal(receive(ENVELOPE_V1, 5), ERR_REPLAY);
	assert_int_equal(receive(ENVELOPE_V1, 1000), ERR_REPLAY);
	assert_int_equal(receive(ENVELOPE_V1, 0), ERR_OK);
	assert_int_equal(receive(ENVELOPE_V1, 0), ERR_REPLAY);
}

/* Whatever comes, in whatever order: none is accepted twice. */
static void
test_downlink_window(void **state)
{
	static bool accepted[100];
	uint8_t raw;
	unsigned i;

	(void)state;
	memset(accepted, 0, sizeof(accepted));
	for (i = 0; i < 2000; i++) {
		assert_int_equal(
		    random_fill(&ram.port.random, &raw, 1), ERR_OK);
		raw %= 100;
		if (receive(ENVELOPE_V2, raw) == ERR_OK) {
			assert_false(accepted[raw]);
			accepted[raw] = true;
		}
	}
	/* In order, every one passes, however sparse. */
	for (i = 1; i < 200; i++)
		assert_int_equal(
		    receive(ENVELOPE_V2, 1000 + i * UINT64_C(7919)), ERR_OK);
	assert_int_equal(receive(ENVELOPE_V2, 1001), ERR_REPLAY);
}

static void
test_downlink_refused(void **state)
{
	uint8_t message[64], plain[64] = {0};
	size_t len = downlink(ENVELOPE_V1, 9, message), got, i;
	enum err err;

	(void)state;
	for (i = 0; i < len; i++)
		assert_int_not_equal(
		    rot_e2e_open(&rot, bytes_make(message, i), plain, &got),
		    ERR_OK);
	for (i = 0; i < 8 * len; i++) {
		message[i / 8] ^= (uint8_t)(1u << i % 8);
		err = rot_e2e_open(&rot, bytes_make(message, len), plain, &got);
		assert_true(err == ERR_AUTH || err == ERR_FORMAT ||
			    err == ERR_NOT_FOUND);
		message[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	/* Its own uplink message, sent back. */
	seal(ENVELOPE_V1, message, &len);
	assert_int_equal(
	    rot_e2e_open(&rot, bytes_make(message, len), plain, &got),
	    ERR_FORMAT);
	/* What could not be written down is not given away. */
	len = downlink(ENVELOPE_V1, 9, message);
	memset(plain, 0, sizeof(plain));
	ram.dead = true;
	assert_int_equal(
	    rot_e2e_open(&rot, bytes_make(message, len), plain, &got), ERR_IO);
	assert_memory_not_equal(plain, "DOWN", 4);
	ram.dead = false;
	assert_int_equal(receive(ENVELOPE_V1, 9), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_psk, setup),
	    cmocka_unit_test_setup(test_counters_over_power_off, setup),
	    cmocka_unit_test_setup(test_counters_over_roll_back, setup),
	    cmocka_unit_test_setup(test_counter_jumps, setup),
	    cmocka_unit_test_setup(test_seal, setup),
	    cmocka_unit_test_setup(test_seal_in_next_generation, setup),
	    cmocka_unit_test_setup(test_seal_refused, setup),
	    cmocka_unit_test_setup(test_put_back, setup),
	    cmocka_unit_test_setup(test_exhausted, setup),
	    cmocka_unit_test_setup(test_downlink, setup),
	    cmocka_unit_test_setup(test_downlink_window, setup),
	    cmocka_unit_test_setup(test_downlink_refused, setup),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
