/*
 * Connection identifiers, ID_CRED_x and the CCS: each has one form.
 */
#include "edhoc_test.h"

#include "internal.h"

static void
test_cid(void **state UNUSED)
{
	struct edhoc_cid cid, back;
	uint8_t buf[16];
	struct reader r;
	struct writer w;
	unsigned byte, len;

	for (byte = 0; byte < 256; byte++) {
		bool small = byte <= 0x17 || (byte >= 0x20 && byte <= 0x37);

		cid = (struct edhoc_cid){{(uint8_t)byte}, 1};
		writer_init(&w, buf, sizeof(buf));
		edhoc_cid_write(&w, &cid);
		assert_int_equal(w.len, small ? 1 : 2);
		reader_init(&r, writer_bytes(&w));
		edhoc_cid_read(&r, &back);
		assert_ok(reader_end(&r));
		assert_true(edhoc_cid_equal(&cid, &back));
	}
	for (len = 0; len <= EDHOC_CID_MAX; len++) {
		cid = (struct edhoc_cid){{1, 2, 3, 4, 5, 6, 7}, len};
		writer_init(&w, buf, sizeof(buf));
		edhoc_cid_write(&w, &cid);
		reader_init(&r, writer_bytes(&w));
		edhoc_cid_read(&r, &back);
		assert_ok(reader_end(&r));
		assert_int_equal(back.len, len);
	}
	cid.len = EDHOC_CID_MAX + 1;
	writer_init(&w, buf, sizeof(buf));
	edhoc_cid_write(&w, &cid);
	assert_int_equal(w.err, ERR_INVALID);
}

static void
test_cid_refused(void **state UNUSED)
{
	const struct {
		struct bytes in;
		enum err err;
	} cases[] = {
	    {B(0x41, 0x00), ERR_FORMAT},
	    {B(0x41, 0x17), ERR_FORMAT},
	    {B(0x41, 0x20), ERR_FORMAT},
	    {B(0x41, 0x37), ERR_FORMAT},
	    {B(0x18, 0x18), ERR_FORMAT},
	    {B(0x38, 0x18), ERR_FORMAT},
	    {B(0x48, 1, 2, 3, 4, 5, 6, 7, 8), ERR_FORMAT},
	    {B(0x60), ERR_FORMAT},
	    {B(0xf6), ERR_FORMAT},
	    {B(0x42, 1), ERR_TRUNCATED},
	    {BYTES_NONE, ERR_TRUNCATED},
	};
	struct edhoc_cid cid = {{9}, 1};
	struct reader r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		reader_init(&r, cases[i].in);
		edhoc_cid_read(&r, &cid);
		assert_int_equal(r.err, cases[i].err);
		assert_int_equal(cid.id[0], 9); /* untouched */
	}
}

static void
test_kid(void **state UNUSED)
{
	static const uint8_t uid[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	const struct bytes other[] = {
	    BYTES_NONE,
	    B(0xa1, 0x05, 0x41, 0x32),
	    B(0xa1, 0x04, 0x61, 0x32),
	    B(0xa1, 0x04, 0x32),
	    B(0xa1, 0x04, 0x41, 0x32, 0x00),
	    B(0xa2, 0x04, 0x41, 0x32, 0x05, 0x00),
	    B(0xa1, 0x04, 0x58, 0x01, 0x32),
	    B(0xa1, 0x18, 0x04, 0x41, 0x32),
	    B(0x41, 0x32),
	    B(0xa0),
	};
	uint8_t buf[16];
	struct bytes kid = BYTES_NONE;
	struct writer w;
	size_t i;

	writer_init(&w, buf, sizeof(buf));
	edhoc_kid_write(&w, BYTES_OF(uid));
	assert_view(
	    writer_bytes(&w), B(0xa1, 0x04, 0x48, 1, 2, 3, 4, 5, 6, 7, 8));
	assert_true(edhoc_kid_read(writer_bytes(&w), &kid));
	assert_view(kid, BYTES_OF(uid));
	for (i = 0; i < ARRAY_LEN(other); i++)
		assert_false(edhoc_kid_read(other[i], &kid));
	assert_view(kid, BYTES_OF(uid));
}

static void
test_kccs(void **state UNUSED)
{
	const struct bytes other[] = {
	    BYTES_NONE,
	    B(0xa1, 0x0e, 0x40),
	    B(0xa1, 0x0d, 0xa0),
	    B(0xa1, 0x0e, 0xa1, 0x00),
	    B(0xa1, 0x0e, 0xa0, 0x00),
	    B(0xa2, 0x0e, 0xa0, 0x0f, 0x00),
	    B(0xa1, 0x0e, 0xa2, 0x01, 0x00, 0x01, 0x00),
	};
	struct bytes ccs;
	size_t i;

	assert_true(
	    edhoc_kccs_read(B(0xa1, 0x0e, 0xa1, 0x02, 0x61, 0x61), &ccs));
	assert_view(ccs, B(0xa1, 0x02, 0x61, 0x61));
	for (i = 0; i < ARRAY_LEN(other); i++)
		assert_false(edhoc_kccs_read(other[i], &ccs));
}

struct ccs {
	uint8_t data[EDHOC_CRED_MAX];
	size_t len;
};

static void
ccs_make(struct ccs *ccs, struct p256_point *ret_key)
{
	static const uint8_t uid[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct p256_secret secret = {{1}};
	struct writer w;

	assert_ok(p256_public(&secret, ret_key));
	writer_init(&w, ccs->data, sizeof(ccs->data));
	edhoc_ccs_write(
	    &w, BYTES_LIT("0102030405060708"), BYTES_OF(uid), ret_key);
	assert_ok(w.err);
	ccs->len = w.len;
}

static enum err
ccs_read(const struct ccs *ccs)
{
	struct bytes subject, kid;
	struct p256_point key;

	return edhoc_ccs_read(
	    bytes_make(ccs->data, ccs->len), &subject, &kid, &key);
}

/* The size that PROTOCOL.md and EDHOC_CRED_MAX count on. */
static void
test_ccs(void **state UNUSED)
{
	struct bytes subject, kid;
	struct p256_point key, back;
	struct ccs ccs;

	ccs_make(&ccs, &key);
	assert_int_equal(ccs.len, 107);
	assert_ok(edhoc_ccs_read(
	    bytes_make(ccs.data, ccs.len), &subject, &kid, &back));
	assert_view(subject, BYTES_LIT("0102030405060708"));
	assert_view(kid, B(1, 2, 3, 4, 5, 6, 7, 8));
	assert_memory_equal(&key, &back, sizeof(key));
}

/* Every prefix, every other byte: another text or kid at most. */
static void
test_ccs_damage(void **state UNUSED)
{
	struct ccs good, bad;
	struct p256_point key;
	size_t at;
	enum err err;

	ccs_make(&good, &key);
	for (at = 0; at < good.len; at++) {
		bad = good;
		bad.len = at;
		assert_int_not_equal(ccs_read(&bad), ERR_OK);
		bad = good;
		bad.data[at] ^= 0x80;
		err = ccs_read(&bad);
		/* The kid is at 27 to 34. The text stays ASCII. */
		assert_int_equal(err == ERR_OK, at >= 27 && at < 35);
	}
	bad = good;
	bad.data[bad.len++] = 0;
	assert_int_equal(ccs_read(&bad), ERR_FORMAT);
	bad = good;
	bad.data[bad.len - 2 * P256_LEN - 4] ^= 1;
	assert_int_not_equal(ccs_read(&bad), ERR_OK);
	bad = good;
	bad.data[bad.len - 1] ^= 1; /* y */
	assert_int_equal(ccs_read(&bad), ERR_INVALID);
}

static void
test_every_capacity(void **state UNUSED)
{
	struct p256_point key;
	struct ccs ccs;
	struct writer w;
	size_t cap;

	ccs_make(&ccs, &key);
	for (cap = 0; cap < ccs.len; cap++) {
		writer_init(&w, ccs.data, cap);
		edhoc_ccs_write(&w, BYTES_LIT("0102030405060708"),
		    B(1, 2, 3, 4, 5, 6, 7, 8), &key);
		assert_int_equal(w.err, ERR_SPACE);
	}
	for (cap = 0; cap < 11; cap++) {
		writer_init(&w, ccs.data, cap);
		edhoc_kid_write(&w, B(1, 2, 3, 4, 5, 6, 7, 8));
		assert_int_equal(w.err, ERR_SPACE);
	}
	for (cap = 0; cap < 4; cap++) {
		const struct edhoc_cid cid = {{1, 2, 3}, 3};

		writer_init(&w, ccs.data, cap);
		edhoc_cid_write(&w, &cid);
		assert_int_equal(w.err, ERR_SPACE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cid),
	    cmocka_unit_test(test_cid_refused),
	    cmocka_unit_test(test_kid),
	    cmocka_unit_test(test_kccs),
	    cmocka_unit_test(test_ccs),
	    cmocka_unit_test(test_ccs_damage),
	    cmocka_unit_test(test_every_capacity),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
