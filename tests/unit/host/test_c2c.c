/*
 * Pairs and sessions against a module that speaks lib/c2c: every version,
 * commands and binary data through frames cut in pieces of every size, bytes
 * that the line loses at every position, and what must not be allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crypto/crypto.h"
#include "module.h"

static const uint8_t te_secret[HF_C2C_TE_LEN] = {0xA0, 0x32, 0x4C, 0xFF, 0x23,
    0x6F, 0x45, 0x80, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x6F, 0x49, 0x7D};
static const uint8_t te_old[HF_C2C_TE_LEN] = {0x01};

static const enum hf_c2c_version versions[] = {HF_C2C_V1, HF_C2C_V2, HF_C2C_V3};

/* A host, its module, and a pair that both know. */
struct fixture {
	struct module module;
	struct hf_host host;
	struct hf_c2c c2c;
	struct hf_c2c_pair pair;
};

static void
fixture_init(struct fixture *f, enum hf_c2c_version version)
{
	const uint8_t *te = version == HF_C2C_V1 ? te_old : te_secret;
	uint8_t tag[HF_C2C_TAG_LEN];

	module_init(&f->module, &f->host);
	assert_int_equal(
	    hf_c2c_pair(&f->host, version, te, &f->pair, tag), HF_OK);
	assert_int_equal(f->pair.version, version);
	assert_memory_equal(f->pair.te_secret, te, HF_C2C_TE_LEN);
	if (version != HF_C2C_V1)
		assert_int_equal(
		    hf_c2c_confirm(&f->host, &f->module.crypto, &f->pair, tag),
		    HF_OK);
}

static enum hf_err
open_session(struct fixture *f)
{
	return hf_c2c_open(&f->host, &f->c2c, &f->module.crypto, &f->pair);
}

static void
check_uid(struct fixture *f)
{
	uint8_t uid[8];

	assert_int_equal(hf_rot_uid(&f->host, uid), HF_OK);
	assert_int_equal(uid[7], 0x45);
}

/* Sends binary data there and back; more than one frame of it. */
static void
check_data(struct fixture *f, size_t len)
{
	static uint8_t data[2048], back[2048];
	size_t i, got = 0;

	for (i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 13 + i / 256);
	assert_int_equal(
	    hf_e2e_encrypt(&f->host, data, len, back, sizeof(back), &got),
	    HF_OK);
	assert_int_equal(got, len);
	assert_memory_equal(back, data, len);
}

static void
test_session(void **state)
{
	static const size_t lens[] = {1, 255, 256, 1024, 1040, 1041, 2048};
	static struct fixture f;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		fixture_init(&f, versions[i]);
		check_uid(&f);
		assert_int_equal(open_session(&f), HF_OK);
		assert_true(f.module.open);
		check_uid(&f);
		for (k = 0; k < ARRAY_LEN(lens); k++)
			check_data(&f, lens[k]);
		assert_int_equal(hf_c2c_close(&f.host), HF_OK);
		assert_false(f.module.open);
		check_uid(&f);
		assert_false(f.module.plain_seen);
		assert_int_equal(f.module.refused, 0);
		assert_int_equal(f.module.decoder.dropped, 0);
	}
}

/* What a read gives at a time makes no difference. */
static void
test_pieces(void **state)
{
	static struct fixture f;
	size_t i, piece;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		fixture_init(&f, versions[i]);
		for (piece = 1; piece < 70; piece++) {
			f.module.piece = piece;
			assert_int_equal(open_session(&f), HF_OK);
			check_uid(&f);
			check_data(&f, 300);
			assert_int_equal(f.c2c.decoder.dropped, 0);
			assert_int_equal(f.c2c.refused, 0);
			assert_int_equal(hf_c2c_close(&f.host), HF_OK);
			check_uid(&f);
		}
	}
}

static void
test_urcs(void **state)
{
	static struct fixture f;

	(void)state;
	fixture_init(&f, HF_C2C_V3);
	module_urc(&f.module, "+UUSORD: 0,1");
	assert_int_equal(open_session(&f), HF_OK);
	assert_int_equal(f.module.urcs, 1);
	module_urc(&f.module, "+UUSORD: 0,2");
	assert_int_equal(hf_poll(&f.host, 0), HF_OK);
	assert_int_equal(f.module.urcs, 2);
	module_urc(&f.module, "+UUSORD: 0,3");
	check_uid(&f);
	assert_int_equal(f.module.urcs, 3);
	module_urc(&f.module, "+UUSORD: 0,4");
	assert_int_equal(hf_c2c_close(&f.host), HF_OK);
	assert_int_equal(f.module.urcs, 4);
}

/* A byte on the way to the module is lost: the next command works. */
static void
check_loss_to_module(enum hf_c2c_version version)
{
	static struct fixture f;
	uint8_t uid[8];
	size_t at, frame_len;

	fixture_init(&f, version);
	assert_int_equal(open_session(&f), HF_OK);
	f.module.in_count = 0;
	check_uid(&f);
	frame_len = f.module.in_count;
	assert_true(frame_len > 14);
	for (at = 0; at < frame_len; at++) {
		f.module.in_count = 0;
		f.module.in_lose = at;
		assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_TIMEOUT);
		f.module.in_lose = NO_LOSS;
		if (at + 2 >= frame_len) {
			/*
			 * Its place was taken by the next frame's flag: the
			 * end flag's always, that of the last byte before it
			 * when it looked like a flag.
			 */
			assert_int_equal(hf_sync(&f.host, 3), HF_OK);
			continue;
		}
		check_uid(&f);
	}
	assert_int_equal(hf_c2c_close(&f.host), HF_OK);
}

/* A byte on the way to the host is lost. */
static void
check_loss_to_host(enum hf_c2c_version version)
{
	static struct fixture f;
	uint8_t uid[8];
	size_t at, frame_len;

	fixture_init(&f, version);
	assert_int_equal(open_session(&f), HF_OK);
	f.module.out_count = 0;
	check_uid(&f);
	frame_len = f.module.out_count;
	for (at = 0; at < frame_len; at++) {
		f.module.out_count = 0;
		f.module.out_lose = at;
		assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_TIMEOUT);
		f.module.out_lose = NO_LOSS;
		assert_int_equal(hf_sync(&f.host, 3), HF_OK);
		check_uid(&f);
	}
	assert_int_equal(f.c2c.refused, 0);
	assert_int_equal(hf_c2c_close(&f.host), HF_OK);
}

static void
test_lost_bytes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		check_loss_to_module(versions[i]);
		check_loss_to_host(versions[i]);
	}
}

static void
check_wiped(const struct fixture *f)
{
	static const struct hf_c2c zeros;

	assert_null(f->host.c2c);
	assert_null(f->host.doubt);
	assert_memory_equal(&f->c2c, &zeros, sizeof(zeros));
}

/*
 * A byte of the answer to an opening is lost, at a module that takes nothing
 * but frames from then on: hf_sync closes the session, or another opening.
 */
static bool
check_loss_open(enum hf_c2c_version version, size_t at, bool sync)
{
	static struct fixture f;
	enum hf_err err;

	fixture_init(&f, version);
	f.module.out_count = 0;
	f.module.out_lose = at;
	err = open_session(&f);
	if (f.module.out_count <= at)
		return false;
	f.module.out_lose = NO_LOSS;
	assert_true(f.module.open);
	if (err != HF_OK) {
		assert_null(f.host.c2c);
		if (sync) {
			assert_int_equal(hf_sync(&f.host, 3), HF_OK);
			assert_false(f.module.open);
			check_wiped(&f);
			check_uid(&f);
		}
		assert_int_equal(open_session(&f), HF_OK);
	}
	check_uid(&f);
	assert_int_equal(hf_c2c_close(&f.host), HF_OK);
	check_wiped(&f);
	return true;
}

static void
test_lost_open(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (at = 0; check_loss_open(versions[i], at, true); at++)
			assert_true(check_loss_open(versions[i], at, false));
		assert_int_equal(at, strlen("\r\nOK\r\n"));
	}
}

/* Plain text that could be the answer to anything is none in a session. */
static void
check_no_plain(struct fixture *f)
{
	uint8_t uid[8];

	assert_non_null(f->host.c2c);
	module_plain(&f->module, "+USECROTUID: \"0002000089282245\"");
	module_plain(&f->module, "OK");
	assert_int_equal(hf_rot_uid(&f->host, uid), HF_ERR_TIMEOUT);
	assert_non_null(f->host.c2c);
}

/*
 * A byte of a closing or of new keys is lost, either way. All goes on in
 * frames until hf_sync, and then nothing does.
 */
static bool
check_loss_end(enum hf_c2c_version version, size_t at, bool in, bool rekey)
{
	static struct fixture f;
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	fixture_init(&f, version);
	assert_int_equal(open_session(&f), HF_OK);
	check_uid(&f);
	f.module.in_count = f.module.out_count = 0;
	*(in ? &f.module.in_lose : &f.module.out_lose) = at;
	if ((rekey ? hf_c2c_rekey(&f.host, &pair, tag)
		   : hf_c2c_close(&f.host)) == HF_OK)
		return false;
	f.module.in_lose = f.module.out_lose = NO_LOSS;
	if (!f.module.open)
		check_no_plain(&f);
	assert_int_equal(hf_sync(&f.host, 3), HF_OK);
	assert_false(f.module.open);
	check_wiped(&f);
	check_uid(&f);
	assert_int_equal(open_session(&f), HF_OK);
	check_uid(&f);
	return true;
}

static void
test_lost_end(void **state)
{
	size_t i, at, way;

	(void)state;
	for (i = 0; i < ARRAY_LEN(versions); i++) {
		for (way = 0; way < 4; way++) {
			at = 0;
			if (way >= 2 && versions[i] == HF_C2C_V1)
				continue;
			while (check_loss_end(
			    versions[i], at, way % 2 == 0, way >= 2))
				at++;
			assert_true(at > 20);
		}
	}
}

/* A doubt that is not settled keeps its keys until it is given up. */
static void
test_doubt(void **state)
{
	static struct fixture f;

	(void)state;
	fixture_init(&f, HF_C2C_V2);
	f.module.out_count = 0;
	f.module.out_lose = 3;
	assert_int_equal(open_session(&f), HF_ERR_TIMEOUT);
	f.module.out_lose = NO_LOSS;
	f.module.deaf = true;
	assert_int_equal(hf_sync(&f.host, 3), HF_ERR_TIMEOUT);
	assert_int_equal(open_session(&f), HF_ERR_TIMEOUT);
	f.module.deaf = false;
	assert_int_equal(hf_sync(&f.host, 3), HF_OK);
	check_wiped(&f);
	f.module.out_count = 0;
	f.module.out_lose = 3;
	assert_int_equal(open_session(&f), HF_ERR_TIMEOUT);
	hf_c2c_forget(&f.host);
	check_wiped(&f);
	/* Nor does one that was to be closed: no command goes in plain text. */
	fixture_init(&f, HF_C2C_V3);
	assert_int_equal(open_session(&f), HF_OK);
	f.module.deaf = true;
	assert_int_equal(hf_c2c_close(&f.host), HF_ERR_TIMEOUT);
	assert_int_equal(hf_sync(&f.host, 3), HF_ERR_TIMEOUT);
	f.module.plain_seen = false;
	check_no_plain(&f);
	assert_false(f.module.plain_seen);
	f.module.deaf = false;
	assert_int_equal(hf_sync(&f.host, 3), HF_OK);
	assert_false(f.module.open);
	check_wiped(&f);
	/* One that was refused leaves no doubt and no keys. */
	fixture_init(&f, HF_C2C_V3);
	f.pair.version = HF_C2C_V2;
	assert_int_equal(open_session(&f), HF_ERR_MODULE);
	check_wiped(&f);
}

/* Frames that were tampered with are counted, and the session goes on. */
static void
test_refused_frames(void **state)
{
	static struct fixture f;
	uint8_t uid[8];

	(void)state;
	fixture_init(&f, HF_C2C_V3);
	assert_int_equal(open_session(&f), HF_OK);
	f.c2c.session.seal_key[0] ^= 1;
	assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_TIMEOUT);
	assert_int_equal(f.module.refused, 1);
	f.c2c.session.seal_key[0] ^= 1;
	f.c2c.session.open_key[0] ^= 1;
	assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_TIMEOUT);
	assert_int_equal(f.c2c.refused, 1);
	f.c2c.session.open_key[0] ^= 1;
	check_uid(&f);
}

static void
test_rekey(void **state)
{
	static struct fixture f;
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair new, old;
	size_t i;

	(void)state;
	for (i = 1; i < ARRAY_LEN(versions); i++) {
		fixture_init(&f, versions[i]);
		old = f.pair;
		assert_int_equal(open_session(&f), HF_OK);
		assert_int_equal(hf_c2c_rekey(&f.host, &new, tag), HF_OK);
		assert_false(f.module.open);
		assert_int_equal(new.version, versions[i]);
		assert_memory_not_equal(new.key, old.key, sizeof(old.key));
		check_uid(&f);
		/* Not confirmed: the old keys still open. */
		assert_int_equal(open_session(&f), HF_OK);
		check_uid(&f);
		assert_int_equal(hf_c2c_close(&f.host), HF_OK);
		assert_int_equal(
		    hf_c2c_confirm(&f.host, &f.module.crypto, &new, tag),
		    HF_OK);
		f.pair = new;
		assert_int_equal(open_session(&f), HF_OK);
		check_uid(&f);
		assert_int_equal(hf_c2c_close(&f.host), HF_OK);
	}
}

/* The module was reset in the middle of a session. */
static void
test_reset(void **state)
{
	static struct fixture f;
	uint8_t uid[8];

	(void)state;
	fixture_init(&f, HF_C2C_V3);
	assert_int_equal(open_session(&f), HF_OK);
	f.module.open = false;
	assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_TIMEOUT);
	hf_c2c_forget(&f.host);
	hf_c2c_forget(&f.host); /* nothing to forget */
	f.module.command_len = 0;
	check_uid(&f);
	assert_int_equal(open_session(&f), HF_OK);
	check_uid(&f);
}

static void
test_states(void **state)
{
	static const struct hf_c2c zeros;
	static struct fixture f;
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	(void)state;
	fixture_init(&f, HF_C2C_V2);
	assert_int_equal(hf_c2c_close(&f.host), HF_ERR_STATE);
	assert_int_equal(hf_c2c_rekey(&f.host, &pair, tag), HF_ERR_STATE);
	assert_int_equal(open_session(&f), HF_OK);
	assert_int_equal(open_session(&f), HF_ERR_STATE);
	assert_int_equal(hf_c2c_pair(&f.host, HF_C2C_V2, te_secret, &pair, tag),
	    HF_ERR_STATE);
	assert_int_equal(
	    hf_c2c_confirm(&f.host, &f.module.crypto, &f.pair, tag),
	    HF_ERR_STATE);
	assert_int_equal(hf_c2c_close(&f.host), HF_OK);
	assert_memory_equal(&f.c2c, &zeros, sizeof(zeros));
	fixture_init(&f, HF_C2C_V1);
	assert_int_equal(open_session(&f), HF_OK);
	assert_int_equal(hf_c2c_rekey(&f.host, &pair, tag), HF_ERR_STATE);
}

/* Neither side speaks another version than its pair. */
static void
test_versions(void **state)
{
	static struct fixture f;
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	(void)state;
	fixture_init(&f, HF_C2C_V3);
	f.pair.version = HF_C2C_V2;
	assert_int_equal(open_session(&f), HF_ERR_MODULE);
	f.pair.version = 4;
	assert_int_equal(open_session(&f), HF_ERR_INVALID);
	fixture_init(&f, HF_C2C_V2);
	f.pair.version = HF_C2C_V3;
	assert_int_equal(open_session(&f), HF_ERR_MODULE);
	assert_false(f.module.open);
	/* Firmware that speaks V1 gives no V2, nor the other way round. */
	assert_int_equal(
	    hf_c2c_pair(&f.host, HF_C2C_V2, te_old, &pair, tag), HF_ERR_FORMAT);
	assert_int_equal(hf_c2c_pair(&f.host, HF_C2C_V1, te_secret, &pair, tag),
	    HF_ERR_FORMAT);
	assert_int_equal(
	    hf_c2c_pair(&f.host, (enum hf_c2c_version)0, te_secret, &pair, tag),
	    HF_ERR_INVALID);
}

static void
test_confirm_refused(void **state)
{
	static struct fixture f;
	uint8_t tag[HF_C2C_TAG_LEN], te[HF_C2C_TE_LEN];
	struct hf_c2c_pair pair;

	(void)state;
	fixture_init(&f, HF_C2C_V2);
	assert_int_equal(hf_c2c_te_secret(&f.module.crypto, te), HF_OK);
	te[0] = 0x02;
	assert_int_equal(
	    hf_c2c_pair(&f.host, HF_C2C_V3, te, &pair, tag), HF_OK);
	tag[3] ^= 4;
	assert_int_equal(hf_c2c_confirm(&f.host, &f.module.crypto, &pair, tag),
	    HF_ERR_MODULE);
	f.pair = pair;
	assert_int_equal(open_session(&f), HF_ERR_MODULE);
	tag[3] ^= 4;
	assert_int_equal(
	    hf_c2c_confirm(&f.host, &f.module.crypto, &pair, tag), HF_OK);
	assert_int_equal(open_session(&f), HF_OK);
}

static int
no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return -1;
}

static void
test_no_random(void **state)
{
	static struct fixture f;
	struct hf_crypto crypto;
	uint8_t tag[HF_C2C_TAG_LEN] = {0}, uid[8], te[HF_C2C_TE_LEN];

	(void)state;
	fixture_init(&f, HF_C2C_V3);
	crypto = f.module.crypto;
	crypto.random = no_random;
	assert_int_equal(hf_c2c_te_secret(&crypto, te), HF_ERR_CRYPTO);
	assert_int_equal(
	    hf_c2c_confirm(&f.host, &crypto, &f.pair, tag), HF_ERR_CRYPTO);
	assert_int_equal(
	    hf_c2c_open(&f.host, &f.c2c, &crypto, &f.pair), HF_ERR_CRYPTO);
	assert_false(f.module.open);
	fixture_init(&f, HF_C2C_V2);
	assert_int_equal(hf_c2c_open(&f.host, &f.c2c, &crypto, &f.pair), HF_OK);
	assert_int_equal(hf_rot_uid(&f.host, uid), HF_ERR_CRYPTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_session),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_urcs),
	    cmocka_unit_test(test_lost_bytes),
	    cmocka_unit_test(test_lost_open),
	    cmocka_unit_test(test_lost_end),
	    cmocka_unit_test(test_doubt),
	    cmocka_unit_test(test_refused_frames),
	    cmocka_unit_test(test_rekey),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_confirm_refused),
	    cmocka_unit_test(test_no_random),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
