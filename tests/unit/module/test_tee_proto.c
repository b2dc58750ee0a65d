/*
 * Packets to and from the TEE: what goes in comes out, and what is damaged
 * is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tee.h"

static const enum tee_op all_ops[] = {TEE_INFO, TEE_NETWORK, TEE_POLL,
    TEE_RECEIVE, TEE_SEAL, TEE_HEARTBEAT, TEE_HEARTBEAT_RESULT, TEE_PSK,
    TEE_E2E, TEE_E2E_VERSION, TEE_RESET, TEE_LOCAL_SEAL, TEE_LOCAL_OPEN,
    TEE_E2E_OPEN, TEE_VAULT_SEAL, TEE_VAULT_OPEN, TEE_C2C_PAIR, TEE_C2C_CONFIRM,
    TEE_C2C_OPEN, TEE_C2C_CLOSE, TEE_C2C_ERASE};

static uint8_t packet[TEE_MESSAGE_MAX];

static struct bytes
request_encode(const struct tee_request *request)
{
	struct writer w;

	writer_init(&w, packet, sizeof(packet));
	assert_int_equal(tee_request_encode(request, &w), ERR_OK);
	return writer_bytes(&w);
}

static struct bytes
answer_encode(enum tee_op op, const struct tee_answer *answer)
{
	struct writer w;

	writer_init(&w, packet, sizeof(packet));
	assert_int_equal(tee_answer_encode(op, answer, &w), ERR_OK);
	return writer_bytes(&w);
}

static void
test_requests(void **state)
{
	struct tee_request in, out;
	uint8_t datagram[DATAGRAM_MAX];

	(void)state;
	memset(datagram, 0x5a, sizeof(datagram));
	in.op = TEE_NETWORK;
	in.u.up = true;
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.op, TEE_NETWORK);
	assert_true(out.u.up);

	in.op = TEE_RECEIVE;
	in.u.datagram = BYTES_OF(datagram);
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_true(bytes_equal(out.u.datagram, BYTES_OF(datagram)));

	in.op = TEE_SEAL;
	memset(in.u.seal.profile, 7, PROFILE_UID_LEN);
	in.u.seal.serial = BYTES_LIT("serial");
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_memory_equal(out.u.seal.profile, in.u.seal.profile, 16);
	assert_true(bytes_equal(out.u.seal.serial, BYTES_LIT("serial")));

	in.op = TEE_PSK;
	in.u.psk_len = 32;
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.u.psk_len, 32);

	in.op = TEE_E2E;
	in.data = bytes_make(datagram, 77);
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.data.len, 77);
	assert_null(out.data.ptr);

	in.op = TEE_E2E_OPEN;
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.op, TEE_E2E_OPEN);
	assert_int_equal(out.data.len, 77);

	in.op = TEE_LOCAL_OPEN;
	in.data = bytes_make(datagram, 78);
	in.u.file = BYTES_LIT("ciphertextfile");
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.op, TEE_LOCAL_OPEN);
	assert_int_equal(out.data.len, 78);
	assert_null(out.data.ptr);
	assert_true(bytes_equal(out.u.file, BYTES_LIT("ciphertextfile")));
	in.op = TEE_LOCAL_SEAL;
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.op, TEE_LOCAL_SEAL);
	assert_int_equal(out.data.len, 78);

	in.op = TEE_E2E_VERSION;
	in.u.e2e_version = 1;
	assert_int_equal(tee_request_decode(request_encode(&in), &out), 0);
	assert_int_equal(out.u.e2e_version, 1);
}

/* Chip-to-chip: the four that carry records. */
static void
test_c2c(void **state)
{
	static const enum tee_op ops[] = {
	    TEE_C2C_PAIR, TEE_C2C_CONFIRM, TEE_C2C_OPEN, TEE_C2C_ERASE};
	uint8_t db[TEE_C2C_DB_MAX];
	struct tee_request in, out;
	struct tee_answer a, b;
	struct bytes whole;
	size_t i, len;
	bool keys;

	(void)state;
	memset(db, 0x5a, sizeof(db));
	for (i = 0; i < ARRAY_LEN(ops); i++) {
		keys = ops[i] == TEE_C2C_PAIR || ops[i] == TEE_C2C_OPEN;
		memset(&in, 0, sizeof(in));
		in.op = ops[i];
		memset(in.u.c2c.te_secret, 1, HF_C2C_TE_LEN);
		memset(in.u.c2c.confirm, 2, HF_C2C_CONFIRM_LEN);
		in.u.c2c.terminal = BYTES_LIT("pty1");
		in.u.c2c.version = HF_C2C_V3;
		in.u.c2c.rekey = true;
		in.u.c2c.all = true;
		in.u.c2c.db = BYTES_OF(db);
		whole = request_encode(&in);
		assert_int_equal(tee_request_decode(whole, &out), ERR_OK);
		assert_memory_equal(
		    out.u.c2c.te_secret, in.u.c2c.te_secret, HF_C2C_TE_LEN);
		assert_true(bytes_equal(out.u.c2c.terminal, BYTES_LIT("pty1")));
		assert_true(bytes_equal(out.u.c2c.db, BYTES_OF(db)));
		assert_int_equal(out.u.c2c.rekey, ops[i] == TEE_C2C_PAIR);
		assert_int_equal(out.u.c2c.all, ops[i] == TEE_C2C_ERASE);
		assert_int_equal(
		    out.u.c2c.confirm[63], ops[i] == TEE_C2C_CONFIRM ? 2 : 0);
		for (len = 0; len < whole.len - sizeof(db); len++)
			assert_int_not_equal(
			    tee_request_decode(
				bytes_make(whole.ptr, len), &out),
			    ERR_OK);
		packet[whole.len] = 0;
		assert_int_equal(
		    tee_request_decode(bytes_make(packet, whole.len + 1), &out),
		    ERR_FORMAT);

		memset(&a, 0, sizeof(a));
		a.u.c2c.pair.version = HF_C2C_V2;
		memset(a.u.c2c.pair.key, 3, HF_C2C_KEY_LEN);
		memset(a.u.c2c.tag, 4, HF_C2C_TAG_LEN);
		memset(a.u.c2c.db, 5, TEE_C2C_DB_MAX);
		a.u.c2c.db_len = TEE_C2C_DB_MAX;
		whole = answer_encode(ops[i], &a);
		assert_int_equal(tee_answer_decode(ops[i], whole, &b), ERR_OK);
		assert_int_equal(b.u.c2c.pair.key[15], keys ? 3 : 0);
		assert_int_equal(
		    b.u.c2c.tag[15], ops[i] == TEE_C2C_PAIR ? 4 : 0);
		assert_int_equal(b.u.c2c.db_len,
		    ops[i] == TEE_C2C_OPEN ? 0 : TEE_C2C_DB_MAX);
		packet[whole.len] = 0;
		assert_int_equal(tee_answer_decode(ops[i],
				     bytes_make(packet, whole.len + 1), &b),
		    ERR_FORMAT);
	}
}

/* Versions there are not, and names that are none. */
static void
test_c2c_bad(void **state)
{
	uint8_t open[] = "\x16................\x01t\x02";
	struct tee_request out;

	(void)state;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 20), &out), ERR_OK);
	open[19] = 4;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 20), &out), ERR_FORMAT);
	open[19] = 0;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 20), &out), ERR_FORMAT);
	open[0] = TEE_C2C_ERASE;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 20), &out), ERR_OK);
	open[19] = 2;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 20), &out), ERR_FORMAT);
	open[0] = TEE_C2C_OPEN;
	open[17] = 0;
	open[18] = 2;
	assert_int_equal(
	    tee_request_decode(bytes_make(open, 19), &out), ERR_FORMAT);
}

static void
test_requests_bad(void **state)
{
	static const uint8_t long_datagram[1 + DATAGRAM_MAX + 1] = {
	    TEE_RECEIVE};
	static const uint8_t long_name[5 + LOCAL_NAME_MAX + 1] = {
	    TEE_LOCAL_OPEN};
	static const struct {
		struct bytes in;
		enum err err;
	} bad[] = {
	    {{NULL, 0}, ERR_TRUNCATED},
	    {{(const uint8_t *)"\x00", 1}, ERR_FORMAT},
	    {{(const uint8_t *)"\x1f", 1}, ERR_FORMAT},
	    {{(const uint8_t *)"\x0c\x00\x00\x00\x01", 5}, ERR_FORMAT},
	    {{(const uint8_t *)"\x0c\x00\xff\xff\xe3"
			       "f",
		 6},
		ERR_FORMAT},
	    {{(const uint8_t *)"\x0d\x01\x00\x00\x00"
			       "f",
		 6},
		ERR_FORMAT},
	    {{(const uint8_t *)"\x0d\x00\x00", 3}, ERR_TRUNCATED},
	    {{(const uint8_t *)"\xff", 1}, ERR_FORMAT},
	    {{(const uint8_t *)"\x01\x00", 2}, ERR_FORMAT},
	    {{(const uint8_t *)"\x02", 1}, ERR_TRUNCATED},
	    {{(const uint8_t *)"\x02\x02", 2}, ERR_FORMAT},
	    {{(const uint8_t *)"\x02\x01\x01", 3}, ERR_FORMAT},
	    {{(const uint8_t *)"\x05\x01\x02", 3}, ERR_TRUNCATED},
	    {{(const uint8_t *)"\x08\x00\x00\x10", 4}, ERR_TRUNCATED},
	    {{(const uint8_t *)"\x09\x01\x00\x00\x00", 5}, ERR_FORMAT},
	    {{(const uint8_t *)"\x0a\x02", 2}, ERR_FORMAT},
	};
	struct tee_request out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
		    tee_request_decode(bad[i].in, &out), bad[i].err);
	assert_int_equal(
	    tee_request_decode(BYTES_OF(long_datagram), &out), ERR_FORMAT);
	assert_int_equal(
	    tee_request_decode(BYTES_OF(long_name), &out), ERR_FORMAT);
}

static void
test_request_unknown(void **state)
{
	struct tee_request in = {.op = (enum tee_op)99};
	struct writer w;

	(void)state;
	writer_init(&w, packet, sizeof(packet));
	assert_int_equal(tee_request_encode(&in, &w), ERR_INVALID);
}

static void
test_info(void **state)
{
	struct tee_answer in, out;
	unsigned bits;

	(void)state;
	for (bits = 0; bits < 64; bits++) {
		memset(&in, 0, sizeof(in));
		memset(in.u.info.uid, 9, UID_LEN);
		in.u.info.module_registered = (bits & 1) != 0;
		in.u.info.device_registered = (bits & 2) != 0;
		in.u.info.activated = (bits & 4) != 0;
		in.u.info.sealed = (bits & 8) != 0;
		in.u.info.bootstrapping = (bits & 16) != 0;
		in.u.info.e2e_version = bits >> 5;
		in.u.info.generation = 0x01020304;
		in.u.info.features = 63;
		in.u.info.refused = 17;
		in.u.info.local_data = ERR_EXHAUSTED;
		memset(&out, 0, sizeof(out));
		assert_int_equal(tee_answer_decode(TEE_INFO,
				     answer_encode(TEE_INFO, &in), &out),
		    ERR_OK);
		assert_memory_equal(&out.u.info, &in.u.info, sizeof(in.u.info));
	}
}

static void
test_answers(void **state)
{
	struct tee_answer in, out;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.u.poll.delay_ms = UINT64_MAX;
	in.u.poll.len = DATAGRAM_MAX;
	memset(in.u.poll.datagram, 3, DATAGRAM_MAX);
	assert_int_equal(
	    tee_answer_decode(TEE_POLL, answer_encode(TEE_POLL, &in), &out),
	    ERR_OK);
	assert_int_equal(out.u.poll.delay_ms, UINT64_MAX);
	assert_int_equal(out.u.poll.len, DATAGRAM_MAX);
	assert_memory_equal(
	    out.u.poll.datagram, in.u.poll.datagram, DATAGRAM_MAX);

	in.u.heartbeat = ERR_TIMEOUT;
	assert_int_equal(tee_answer_decode(TEE_HEARTBEAT_RESULT,
			     answer_encode(TEE_HEARTBEAT_RESULT, &in), &out),
	    ERR_OK);
	assert_int_equal(out.u.heartbeat, ERR_TIMEOUT);

	memset(&in.u.psk, 5, sizeof(in.u.psk));
	in.u.psk.key_len = 32;
	assert_int_equal(
	    tee_answer_decode(TEE_PSK, answer_encode(TEE_PSK, &in), &out),
	    ERR_OK);
	assert_int_equal(out.u.psk.key_len, 32);
	assert_memory_equal(out.u.psk.id, in.u.psk.id, PSK_ID_LEN);
	assert_memory_equal(out.u.psk.key, in.u.psk.key, 32);
}

/* Every error of every operation gets across, alone. */
static void
test_errors(void **state)
{
	struct tee_answer in, out;
	size_t i;
	int err;

	(void)state;
	memset(&in, 0, sizeof(in));
	for (i = 0; i < ARRAY_LEN(all_ops); i++) {
		for (err = ERR_CRITICAL; err < 0; err++) {
			in.err = (enum err)err;
			assert_int_equal(
			    tee_answer_decode(all_ops[i],
				answer_encode(all_ops[i], &in), &out),
			    ERR_OK);
			assert_int_equal(out.err, err);
		}
	}
}

static void
test_answers_bad(void **state)
{
	struct tee_answer in, out;
	struct bytes whole;
	size_t i, len;
	enum err err;

	(void)state;
	for (i = 0; i < ARRAY_LEN(all_ops); i++) {
		memset(&in, 0, sizeof(in));
		if (all_ops[i] == TEE_PSK)
			in.u.psk.key_len = 16;
		whole = answer_encode(all_ops[i], &in);
		/* The answer to something else. */
		assert_int_equal(
		    tee_answer_decode(
			all_ops[(i + 1) % ARRAY_LEN(all_ops)], whole, &out),
		    ERR_FORMAT);
		for (len = 0; len < whole.len; len++) {
			err = tee_answer_decode(
			    all_ops[i], bytes_make(whole.ptr, len), &out);
			assert_true(err == ERR_TRUNCATED || err == ERR_FORMAT);
		}
	}
	/* A name ends where the packet does, and nowhere before. */
	assert_int_equal(tee_answer_decode(TEE_BOOT,
			     BYTES_LIT("\x92\0\2\0\0\0\1"
				       "1.0"),
			     &out),
	    ERR_OK);
	assert_int_equal(tee_answer_decode(TEE_BOOT,
			     BYTES_LIT("\x92\0\2\0\0\0\1"
				       "1\0"
				       "0"),
			     &out),
	    ERR_FORMAT);
	assert_int_equal(
	    tee_answer_decode(TEE_RESET, bytes_make("\x8b\x18", 2), &out),
	    ERR_FORMAT);
	assert_int_equal(
	    tee_answer_decode(TEE_RESET, bytes_make("\x8b\x00\x00", 3), &out),
	    ERR_FORMAT);
	assert_int_equal(tee_answer_decode(TEE_E2E,
			     bytes_make("\x89\x00\x01\x00\x00\x20", 6), &out),
	    ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_c2c),
	    cmocka_unit_test(test_c2c_bad),
	    cmocka_unit_test(test_requests_bad),
	    cmocka_unit_test(test_request_unknown),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_answers_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
