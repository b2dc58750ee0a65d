/*
 * Records of pairs: the derivation of PROTOCOL.md, eight names and no more,
 * confirmation of new keys beside old ones, the rules of who may do what, and
 * the encoding with every truncation and every changed byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../keys/golden.h"
#include "../prng.h"
#include "c2c/records.h"
#include "crypto/crypto.h"
#include "fixture.h"

static struct c2c_maker
maker_make(const struct hf_crypto *crypto)
{
	struct c2c_maker maker = {crypto, golden("c2c-record-key").ptr};

	return maker;
}

static struct c2c_name
name_make(const char *terminal)
{
	struct c2c_name name = {golden("c2c-te-secret").ptr, terminal};

	return name;
}

/* Pairs and confirms; both have to succeed. */
static struct hf_c2c_pair
pair_whole(struct c2c_records *records, const struct c2c_name *name,
    enum hf_c2c_version version)
{
	struct c2c_maker maker = maker_make(port_real());
	uint8_t tag[HF_C2C_TAG_LEN], confirm[HF_C2C_CONFIRM_LEN];
	struct hf_c2c_pair pair;
	bool changed = false;

	assert_int_equal(
	    c2c_records_pair(records, &maker, name, version, &pair, tag),
	    ERR_OK);
	if (version == HF_C2C_V1)
		return pair;
	assert_int_equal(
	    c2c_confirm_make(port_real(), &pair, tag, confirm), ERR_OK);
	assert_int_equal(
	    c2c_records_confirm(records, &maker, name, confirm, &changed),
	    ERR_OK);
	assert_true(changed);
	return pair;
}

/* Random bytes that count up from 50, as the vector's secret does. */
static int
random_secret(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	assert_int_equal(len, C2C_SECRET_LEN);
	memcpy(out, golden("c2c-record-secret").ptr, len);
	return 0;
}

static void
test_vectors(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_name name = name_make("UART");
	struct hf_crypto crypto = *port_real();
	struct c2c_maker maker = maker_make(&crypto);
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;
	bool changed = false;

	(void)state;
	crypto.random = random_secret;
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V2, &pair, tag),
	    ERR_OK);
	golden_equal("c2c-pair-key", pair.key, sizeof(pair.key));
	golden_equal("c2c-pair-hmac-key", pair.hmac_key, sizeof(pair.hmac_key));
	golden_equal("c2c-pair-tag", tag, sizeof(tag));
	golden_equal("c2c-te-secret", pair.te_secret, sizeof(pair.te_secret));
	assert_int_equal(pair.version, HF_C2C_V2);
	assert_int_equal(c2c_records_confirm(&records, &maker, &name,
			     golden("c2c-pair-confirmation").ptr, &changed),
	    ERR_OK);
	assert_true(changed);
}

static void
test_eight_names(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	struct hf_c2c_pair pair, again;
	struct c2c_name name;
	uint8_t tag[HF_C2C_TAG_LEN], te[HF_C2C_TE_LEN] = {0};
	char terminal[] = "tty0";
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		/* Two TE_SECRETs on each of four terminals. */
		te[15] = (uint8_t)(i % 2);
		terminal[3] = (char)('0' + i / 2);
		name = (struct c2c_name){te, terminal};
		assert_null(c2c_records_find(&records, &name));
		pair = pair_whole(&records, &name, HF_C2C_V2);
		assert_non_null(c2c_records_find(&records, &name));
		assert_int_equal(
		    c2c_records_open(&records, &maker, &name, &again), ERR_OK);
		assert_memory_equal(again.key, pair.key, sizeof(pair.key));
	}
	name.terminal = "tty4";
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V2, &pair, tag),
	    ERR_SPACE);
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &pair), ERR_NOT_FOUND);
	name.terminal = "tty3"; /* but one of the eight may be made again */
	pair = pair_whole(&records, &name, HF_C2C_V3);
	assert_int_equal(records.count, 8);
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &again), ERR_OK);
	assert_int_equal(again.version, HF_C2C_V3);
}

/* Pairs without a confirmation. */
static void
pair_begin(struct c2c_records *records, const struct c2c_name *name)
{
	struct c2c_maker maker = maker_make(port_real());
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	assert_int_equal(
	    c2c_records_pair(records, &maker, name, HF_C2C_V2, &pair, tag),
	    ERR_OK);
}

/* Whether there are records of these terminals, one letter each. */
static void
terminals_are(struct c2c_records *records, const char *letters)
{
	size_t i;

	assert_int_equal(records->count, strlen(letters));
	for (i = 0; i < records->count; i++) {
		assert_int_equal(records->record[i].terminal[0], letters[i]);
		assert_int_equal(strlen(records->record[i].terminal), 1);
	}
}

static void
begin_each(struct c2c_records *records, const char *letters)
{
	char terminal[2] = {0};
	struct c2c_name name = name_make(terminal);

	for (; *letters != 0; letters++) {
		terminal[0] = *letters;
		pair_begin(records, &name);
	}
}

/*
 * When there are eight, the oldest pairing that waits for its confirmation
 * gives way to the next; one that opens sessions never does, nor while new
 * keys of its own wait.
 */
static void
test_unconfirmed_give_way(void **state)
{
	struct c2c_records records = {.count = 0}, before;
	struct c2c_name name = name_make("b");
	struct c2c_maker maker = maker_make(port_real());
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair, again;

	(void)state;
	begin_each(&records, "abcdefgh");
	pair = pair_whole(&records, &name, HF_C2C_V2);
	pair_begin(&records, &name);
	terminals_are(&records, "acdefghb");
	begin_each(&records, "ci"); /* c is young again: a goes */
	terminals_are(&records, "defghbci");
	begin_each(&records, "jklmnop");
	terminals_are(&records, "bjklmnop");
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &again), ERR_OK);
	assert_memory_equal(again.key, pair.key, sizeof(pair.key));
	name.terminal = "a";
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &pair), ERR_NOT_FOUND);
	/* What fails takes nobody's place. */
	before = records;
	maker = maker_make(port_failing(1));
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V2, &pair, tag),
	    ERR_RANDOM);
	assert_memory_equal(&records, &before, sizeof(before));
}

/* One name, or all of a terminal; the others stay as they are. */
static void
test_erase(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	uint8_t te[HF_C2C_TE_LEN] = {0};
	struct c2c_name name = {te, "a"}, b = name_make("b");
	struct hf_c2c_pair pair, again;

	(void)state;
	assert_int_equal(c2c_records_erase(&records, &name), ERR_NOT_FOUND);
	begin_each(&records, "a");
	pair = pair_whole(&records, &b, HF_C2C_V2);
	(void)pair_whole(&records, &name, HF_C2C_V2);
	terminals_are(&records, "aba");
	assert_int_equal(c2c_records_erase(&records, &name), ERR_OK);
	assert_int_equal(c2c_records_erase(&records, &name), ERR_NOT_FOUND);
	terminals_are(&records, "ab");
	(void)pair_whole(&records, &name, HF_C2C_V2);
	assert_int_equal(c2c_records_erase_terminal(&records, "c"), 0);
	assert_int_equal(c2c_records_erase_terminal(&records, "a"), 2);
	terminals_are(&records, "b");
	assert_int_equal(
	    c2c_records_open(&records, &maker, &b, &again), ERR_OK);
	assert_memory_equal(again.key, pair.key, sizeof(pair.key));
}

/* A pair opens nothing before it is confirmed; V1 needs no confirmation. */
static void
test_unconfirmed(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	struct c2c_name name = name_make("UART");
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	(void)state;
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V3, &pair, tag),
	    ERR_OK);
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &pair), ERR_STATE);
	name.terminal = "USB";
	(void)pair_whole(&records, &name, HF_C2C_V1);
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &pair), ERR_OK);
	assert_int_equal(pair.version, HF_C2C_V1);
}

/* New keys leave the old ones standing until they are confirmed. */
static void
test_rekey(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	struct c2c_name name = name_make("UART");
	uint8_t tag[HF_C2C_TAG_LEN], confirm[HF_C2C_CONFIRM_LEN];
	struct hf_c2c_pair old, new, now;
	bool changed;

	(void)state;
	old = pair_whole(&records, &name, HF_C2C_V3);
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V3, &new, tag),
	    ERR_OK);
	assert_memory_not_equal(new.key, old.key, sizeof(old.key));
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &now), ERR_OK);
	assert_memory_equal(now.key, old.key, sizeof(old.key));
	assert_int_equal(
	    c2c_confirm_make(port_real(), &new, tag, confirm), ERR_OK);
	confirm[40] ^= 1;
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &name, confirm, &changed),
	    ERR_AUTH);
	confirm[40] ^= 1;
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &name, confirm, &changed),
	    ERR_OK);
	assert_true(changed);
	assert_int_equal(
	    c2c_records_open(&records, &maker, &name, &now), ERR_OK);
	assert_memory_equal(now.key, new.key, sizeof(new.key));
	/* The answer got lost: the host confirms once more. */
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &name, confirm, &changed),
	    ERR_OK);
	assert_false(changed);
}

static void
test_confirm_refused(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	struct c2c_name name = name_make("UART"), other = name_make("USB");
	const uint8_t *confirm = golden("c2c-pair-confirmation").ptr;
	bool changed;

	(void)state;
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &name, confirm, &changed),
	    ERR_NOT_FOUND);
	(void)pair_whole(&records, &name, HF_C2C_V1);
	(void)pair_whole(&records, &other, HF_C2C_V2);
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &name, confirm, &changed),
	    ERR_AUTH);
	assert_int_equal(
	    c2c_records_confirm(&records, &maker, &other, confirm, &changed),
	    ERR_AUTH);
}

static void
test_invalid(void **state)
{
	struct c2c_records records = {.count = 0};
	struct c2c_maker maker = maker_make(port_real());
	struct c2c_name name = name_make("");
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;

	(void)state;
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V2, &pair, tag),
	    ERR_INVALID);
	name.terminal = "123456789012345678901234567890123";
	assert_int_equal(
	    c2c_records_pair(&records, &maker, &name, HF_C2C_V2, &pair, tag),
	    ERR_INVALID);
	name.terminal++;
	assert_int_equal(c2c_records_pair(&records, &maker, &name,
			     (enum hf_c2c_version)0, &pair, tag),
	    ERR_INVALID);
	assert_int_equal(c2c_records_pair(&records, &maker, &name,
			     (enum hf_c2c_version)4, &pair, tag),
	    ERR_INVALID);
	assert_int_equal(records.count, 0);
	(void)pair_whole(&records, &name, HF_C2C_V2);
}

static void
test_port_fails(void **state)
{
	struct c2c_records records = {.count = 0}, before;
	struct c2c_name name = name_make("UART");
	struct c2c_maker maker;
	uint8_t tag[HF_C2C_TAG_LEN];
	struct hf_c2c_pair pair;
	unsigned n;

	(void)state;
	(void)pair_whole(&records, &name, HF_C2C_V2);
	before = records;
	for (n = 1; n <= 3; n++) {
		maker = maker_make(port_failing(n));
		assert_int_equal(c2c_records_pair(&records, &maker, &name,
				     HF_C2C_V2, &pair, tag),
		    n == 1 ? ERR_RANDOM : ERR_CRYPTO);
		assert_memory_equal(&records, &before, sizeof(before));
	}
	for (n = 1; n <= 2; n++) {
		maker = maker_make(port_failing(n));
		assert_int_equal(
		    c2c_records_open(&records, &maker, &name, &pair),
		    ERR_CRYPTO);
	}
}

/* The original's table of who may do what. */
static void
test_rules(void **state)
{
	static const struct {
		struct c2c_rights rights;
		enum err open, pair, pair_again, erase;
	} rules[] = {
	    {{C2C_UNREGISTERED, false, false}, ERR_OK, ERR_OK, ERR_EXISTS,
		ERR_DENIED},
	    {{C2C_UNREGISTERED, true, true}, ERR_OK, ERR_OK, ERR_EXISTS,
		ERR_DENIED},
	    {{C2C_UNCLAIMED, false, false}, ERR_DENIED, ERR_DENIED, ERR_DENIED,
		ERR_DENIED},
	    {{C2C_UNCLAIMED, true, true}, ERR_DENIED, ERR_DENIED, ERR_DENIED,
		ERR_DENIED},
	    {{C2C_CLAIMED, false, false}, ERR_DISABLED, ERR_DISABLED,
		ERR_DISABLED, ERR_DISABLED},
	    {{C2C_CLAIMED, false, true}, ERR_DISABLED, ERR_DISABLED,
		ERR_DISABLED, ERR_DISABLED},
	    {{C2C_CLAIMED, true, false}, ERR_OK, ERR_DISABLED, ERR_DISABLED,
		ERR_DISABLED},
	    {{C2C_CLAIMED, true, true}, ERR_OK, ERR_OK, ERR_OK, ERR_OK},
	};
	struct c2c_record record;
	size_t i;

	(void)state;
	memset(&record, 0, sizeof(record));
	for (i = 0; i < ARRAY_LEN(rules); i++) {
		const struct c2c_rights *rights = &rules[i].rights;

		assert_int_equal(c2c_may_open(rights), rules[i].open);
		assert_int_equal(c2c_may_pair(rights, NULL), rules[i].pair);
		record.next.version = HF_C2C_V2; /* never confirmed */
		record.now.version = 0;
		assert_int_equal(c2c_may_pair(rights, &record), rules[i].pair);
		record.now.version = HF_C2C_V2;
		assert_int_equal(
		    c2c_may_pair(rights, &record), rules[i].pair_again);
		assert_int_equal(c2c_may_erase(rights), rules[i].erase);
	}
}

/* Records of every size, with the longest names. */
static void
records_make(struct prng *p, struct c2c_records *records, size_t count)
{
	struct c2c_record *r = records->record;
	size_t i;

	memset(records, 0, sizeof(*records));
	records->count = count;
	for (i = 0; i < count; i++, r++) {
		memset(r->terminal, 'a' + (int)i, 1 + prng_below(p, 32));
		prng_fill(p, r->te_secret, sizeof(r->te_secret));
		r->now.version = (uint8_t)prng_below(p, 4);
		prng_fill(p, r->now.secret, sizeof(r->now.secret));
		r->next.version = (uint8_t)prng_below(p, 4);
		prng_fill(p, r->next.secret, sizeof(r->next.secret));
	}
}

static void
test_encoding(void **state)
{
	struct c2c_records records, again;
	uint8_t out[C2C_RECORDS_LEN];
	struct prng p;
	size_t count, len, cut;

	(void)state;
	prng_init(&p, 8);
	for (count = 0; count <= 8; count++) {
		records_make(&p, &records, count);
		len = c2c_records_encode(&records, out);
		memset(&again, 0xEE, sizeof(again));
		assert_int_equal(
		    c2c_records_decode(bytes_make(out, len), &again), ERR_OK);
		assert_memory_equal(&again, &records, sizeof(records));
		for (cut = 0; cut < len; cut++)
			assert_int_not_equal(
			    c2c_records_decode(bytes_make(out, cut), &again),
			    ERR_OK);
		out[len] = 0;
		if (count < 8)
			assert_int_equal(c2c_records_decode(
					     bytes_make(out, len + 1), &again),
			    ERR_FORMAT);
	}
	memset(records.record[7].terminal, 'z', C2C_TERMINAL_MAX);
	for (count = 0; count < 8; count++)
		memset(records.record[count].terminal, 'z', C2C_TERMINAL_MAX);
	assert_int_equal(c2c_records_encode(&records, out), C2C_RECORDS_LEN);
}

/* Whatever decodes, encodes to the same bytes again. */
static void
test_encoding_changed(void **state)
{
	struct c2c_records records, again;
	uint8_t out[C2C_RECORDS_LEN], back[C2C_RECORDS_LEN];
	struct prng p;
	unsigned change;
	size_t len, i;

	(void)state;
	prng_init(&p, 9);
	records_make(&p, &records, 2);
	len = c2c_records_encode(&records, out);
	for (i = 0; i < len; i++) {
		for (change = 1; change < 256; change++) {
			out[i] ^= (uint8_t)change;
			if (c2c_records_decode(bytes_make(out, len), &again) ==
			    ERR_OK) {
				assert_int_equal(
				    c2c_records_encode(&again, back), len);
				assert_memory_equal(back, out, len);
			}
			out[i] ^= (uint8_t)change;
		}
	}
	out[0] = 2;
	assert_int_equal(
	    c2c_records_decode(bytes_make(out, len), &again), ERR_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_eight_names),
	    cmocka_unit_test(test_unconfirmed_give_way),
	    cmocka_unit_test(test_erase),
	    cmocka_unit_test(test_unconfirmed),
	    cmocka_unit_test(test_rekey),
	    cmocka_unit_test(test_confirm_refused),
	    cmocka_unit_test(test_invalid),
	    cmocka_unit_test(test_port_fails),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_encoding),
	    cmocka_unit_test(test_encoding_changed),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
