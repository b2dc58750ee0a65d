/*
 * message_1 by hand: which suites are agreed on, and every field that can be
 * wrong.
 */
#include "world.h"

#include "base/text.h"

/* G_X of RFC 9529, section 3: a point of P-256. */
#define G_X "8af6f430ebe18d34184017a9a11bf511c8dff8f834730b96c1b7c8dbca2fc3b6"
/* The byte string of it. */
#define BSTR_G_X "5820" G_X

static enum err
open_hex(struct edhoc *e, const char *hex)
{
	static const enum edhoc_suite supported[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3};
	static uint8_t buf[1024];
	size_t len;

	assert_ok(hex_decode(bytes_str(hex), buf, sizeof(buf), &len));
	return edhoc_message_1_open(
	    e, supported, ARRAY_LEN(supported), bytes_make(buf, len));
}

static void
test_suites(void **state UNUSED)
{
	/* This responder has 2 and 3, and likes 2 better. */
	static const struct {
		const char *suites;
		enum err err;
		int selected;
	} cases[] = {
	    {"02", ERR_OK, 2},
	    {"03", ERR_OK, 3},
	    {"820602", ERR_OK, 2},
	    {"820603", ERR_OK, 3},
	    {"8506050400381802", ERR_FORMAT, 0}, /* more than it says */
	    {"860605040038181802", ERR_FORMAT, 0}, /* 24 is no end */
	    {"87060504003818181802", ERR_OK, 2},
	    {"00", ERR_UNSUPPORTED, 0}, /* we have it, it is not offered */
	    {"06", ERR_UNSUPPORTED, 0},
	    {"820206", ERR_UNSUPPORTED, 0}, /* selected: the last one */
	    {"820203", ERR_UNSUPPORTED, 0}, /* 2 had to be selected */
	    {"820302", ERR_UNSUPPORTED, 0}, /* 3 had to be selected */
	    {"83020202", ERR_UNSUPPORTED, 0},
	    {"21", ERR_UNSUPPORTED, 0},
	    {"3902ff", ERR_UNSUPPORTED, 0},
	    {"1b0000000100000002", ERR_UNSUPPORTED, 0}, /* not 2 */
	    {"8102", ERR_FORMAT, 0}, /* one alone is no array */
	    {"80", ERR_FORMAT, 0},
	    {"82026102", ERR_FORMAT, 0},
	    {"4102", ERR_FORMAT, 0},
	    {"1802", ERR_FORMAT, 0},
	    {"9f0602ff", ERR_FORMAT, 0},
	    {"f6", ERR_FORMAT, 0},
	    {"9affffffff02", ERR_TRUNCATED, 0},
	};
	char hex[256];
	struct edhoc e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(
		    hex, sizeof(hex), "03%s" BSTR_G_X "37", cases[i].suites);
		print_message("%s\n", cases[i].suites);
		assert_int_equal(open_hex(&e, hex), cases[i].err);
		if (cases[i].err == ERR_OK)
			assert_int_equal(e.suite, cases[i].selected);
	}
}

static void
test_fields(void **state UNUSED)
{
	static const struct {
		const char *hex;
		enum err err;
	} cases[] = {
	    {"0302" BSTR_G_X "37", ERR_OK},
	    {"0002" BSTR_G_X "37", ERR_OK},
	    {"", ERR_TRUNCATED},
	    /* METHOD */
	    {"0402" BSTR_G_X "37", ERR_INVALID},
	    {"2002" BSTR_G_X "37", ERR_INVALID},
	    {"1b000000010000000302" BSTR_G_X "37", ERR_INVALID},
	    {"410302" BSTR_G_X "37", ERR_FORMAT},
	    {"f502" BSTR_G_X "37", ERR_FORMAT},
	    /* G_X: length, form, not on the curve */
	    {"0302581f" G_X "37", ERR_FORMAT},
	    {"03025821" G_X "0037", ERR_INVALID},
	    {"030240"
	     "37",
		ERR_INVALID},
	    {"03027820" G_X "37", ERR_FORMAT},
	    {"03025820ffffffff00000001000000000000000000000000ffffffffffffff"
	     "ffffffffff37",
		ERR_INVALID},
	    /* C_I */
	    {"0302" BSTR_G_X "40", ERR_OK},
	    {"0302" BSTR_G_X "17", ERR_OK},
	    {"0302" BSTR_G_X "4118", ERR_OK},
	    {"0302" BSTR_G_X "4701020304050607", ERR_OK},
	    {"0302" BSTR_G_X "480102030405060708", ERR_FORMAT},
	    {"0302" BSTR_G_X "4117", ERR_FORMAT}, /* has to be 17 */
	    {"0302" BSTR_G_X "4137", ERR_FORMAT},
	    {"0302" BSTR_G_X "1818", ERR_FORMAT},
	    {"0302" BSTR_G_X "6137", ERR_FORMAT},
	    {"0302" BSTR_G_X, ERR_TRUNCATED},
	    /* EAD_1 */
	    {"0302" BSTR_G_X "3701", ERR_OK},
	    {"0302" BSTR_G_X "370140", ERR_OK},
	    {"0302" BSTR_G_X "3701410002", ERR_OK},
	    {"0302" BSTR_G_X "3700", ERR_OK}, /* padding */
	    {"0302" BSTR_G_X "370043010203", ERR_OK},
	    {"0302" BSTR_G_X "37010203040506", ERR_OK},
	    {"0302" BSTR_G_X "3720", ERR_CRITICAL},
	    {"0302" BSTR_G_X "37204101", ERR_CRITICAL},
	    {"0302" BSTR_G_X "370120", ERR_CRITICAL},
	    {"0302" BSTR_G_X "3740", ERR_FORMAT},
	    {"0302" BSTR_G_X "37014040", ERR_FORMAT},
	    {"0302" BSTR_G_X "370160", ERR_FORMAT},
	    {"0302" BSTR_G_X "372060", ERR_FORMAT},
	    {"0302" BSTR_G_X "3718", ERR_TRUNCATED},
	    {"0302" BSTR_G_X "370142ff", ERR_TRUNCATED},
	    /* What is malformed is said before what is not agreed on. */
	    {"0306" BSTR_G_X "3720", ERR_UNSUPPORTED},
	    {"0306" BSTR_G_X "3740", ERR_FORMAT},
	    {"0406" BSTR_G_X "37", ERR_INVALID},
	    {"030641ff37", ERR_UNSUPPORTED},
	};
	struct edhoc e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].hex);
		assert_int_equal(open_hex(&e, cases[i].hex), cases[i].err);
		assert_int_equal(
		    e.state, cases[i].err == ERR_OK ? EDHOC_GOT_1 : EDHOC_NEW);
	}
}

static void
test_ead(void **state UNUSED)
{
	struct edhoc_eads eads;
	struct edhoc e;

	/* Padding, 1 with a value, padding with a value, 2 without one. */
	assert_ok(open_hex(&e, "0302" BSTR_G_X "37000142aabb004101"
			       "02"));
	assert_ok(edhoc_ead(&e, &eads));
	assert_int_equal(eads.count, 2);
	assert_int_equal(eads.item[0].label, 1);
	assert_true(eads.item[0].has_value);
	assert_view(eads.item[0].value, B(0xaa, 0xbb));
	assert_int_equal(eads.item[1].label, 2);
	assert_false(eads.item[1].has_value);
	/* A label twice is for the application to judge. */
	assert_ok(open_hex(&e, "0302" BSTR_G_X "3701020304"));
	assert_ok(edhoc_ead(&e, &eads));
	assert_int_equal(eads.count, 4);
	/* More than there is room for is no reason to refuse the message. */
	assert_ok(open_hex(&e, "0302" BSTR_G_X "370102030405"));
	assert_int_equal(edhoc_ead(&e, &eads), ERR_SPACE);
}

/* The writer checks what it was started with. */
static void
test_writer(void **state UNUSED)
{
	static const enum edhoc_suite two[] = {EDHOC_SUITE_2};
	static const enum edhoc_suite wrong[] = {EDHOC_SUITE_2, EDHOC_SUITE_3};
	static const enum edhoc_suite many[EDHOC_SUITES_MAX + 1] = {
	    2, 2, 2, 2, 2, 2, 2, 2, 2};
	const struct edhoc_cid c_i = {{0x37}, 1};
	const struct edhoc_cid too_long = {{0}, EDHOC_CID_MAX + 1};
	struct edhoc_ephemeral own;
	uint8_t buf[128];
	struct writer w;
	struct edhoc e;

	assert_ok(
	    edhoc_ephemeral_make(EDHOC_SUITE_2, &crypto_random_source, &own));
	writer_init(&w, buf, sizeof(buf));
	edhoc_start(&e, EDHOC_DH_DH, EDHOC_SUITE_2, &c_i, &own);
	assert_int_equal(edhoc_message_1(&e, two, 0, NULL, &w), ERR_INVALID);
	assert_int_equal(edhoc_message_1(&e, wrong, 2, NULL, &w), ERR_INVALID);
	assert_int_equal(
	    edhoc_message_1(&e, many, ARRAY_LEN(many), NULL, &w), ERR_INVALID);
	edhoc_start(&e, (enum edhoc_method)4, EDHOC_SUITE_2, &c_i, &own);
	assert_int_equal(edhoc_message_1(&e, two, 1, NULL, &w), ERR_INVALID);
	edhoc_start(&e, EDHOC_DH_DH, (enum edhoc_suite)6, &c_i, &own);
	assert_int_equal(
	    edhoc_message_1(&e, two, 1, NULL, &w), ERR_UNSUPPORTED);
	edhoc_start(&e, EDHOC_DH_DH, EDHOC_SUITE_2, &too_long, &own);
	assert_int_equal(edhoc_message_1(&e, two, 1, NULL, &w), ERR_INVALID);
	writer_init(&w, buf, sizeof(buf));
	edhoc_start(&e, EDHOC_DH_DH, EDHOC_SUITE_2, &c_i, &own);
	assert_ok(edhoc_message_1(&e, many, EDHOC_SUITES_MAX, NULL, &w));
}

/* What stands in the buffer before is neither hashed nor touched. */
static void
test_writer_appends(void **state UNUSED)
{
	static const enum edhoc_suite two[] = {EDHOC_SUITE_2};
	const struct edhoc_cid c_i = {{0x37}, 1};
	struct edhoc_ephemeral own;
	uint8_t buf[128];
	struct edhoc i, r;
	struct writer w;

	assert_ok(
	    edhoc_ephemeral_make(EDHOC_SUITE_2, &crypto_random_source, &own));
	edhoc_start(&i, EDHOC_DH_DH, EDHOC_SUITE_2, &c_i, &own);
	writer_init(&w, buf, sizeof(buf));
	writer_u8(&w, 0xf5);
	assert_ok(edhoc_message_1(&i, two, 1, NULL, &w));
	assert_int_equal(buf[0], 0xf5);
	assert_ok(
	    edhoc_message_1_open(&r, two, 1, bytes_make(buf + 1, w.len - 1)));
	assert_memory_equal(i.h_message_1, r.h_message_1, SHA256_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_suites),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_ead),
	    cmocka_unit_test(test_writer),
	    cmocka_unit_test(test_writer_appends),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
