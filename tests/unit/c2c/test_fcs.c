/*
 * The checksum of frames, in the variant that is linked: its check value, the
 * residue that RFC 1662 names, and the definition bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../prng.h"
#include "c2c/frame.h"

/* RFC 1662, C.2: the polynomial, low bit first. */
static uint16_t
bit_by_bit(struct bytes data)
{
	unsigned fcs = 0xFFFF, bit;
	size_t i;

	for (i = 0; i < data.len; i++) {
		fcs ^= data.ptr[i];
		for (bit = 0; bit < 8; bit++)
			fcs = fcs >> 1 ^ ((fcs & 1) != 0 ? 0x8408 : 0);
	}
	return (uint16_t)(fcs ^ 0xFFFF);
}

static void
test_check_value(void **state)
{
	(void)state;
	assert_int_equal(c2c_fcs16(BYTES_LIT("123456789")), 0x906E);
	assert_int_equal(c2c_fcs16(BYTES_NONE), 0x0000);
}

/* What is good leaves F0B8 when its own FCS goes through, too. */
static void
test_residue(void **state)
{
	uint8_t data[64];
	struct prng p;
	uint16_t fcs;
	size_t len;

	(void)state;
	prng_init(&p, 1662);
	for (len = 0; len + 2 <= sizeof(data); len++) {
		prng_fill(&p, data, len);
		fcs = c2c_fcs16(bytes_make(data, len));
		data[len] = (uint8_t)fcs;
		data[len + 1] = (uint8_t)(fcs >> 8);
		assert_int_equal(
		    c2c_fcs16(bytes_make(data, len + 2)) ^ 0xFFFF, 0xF0B8);
	}
}

/* Every byte at every place of the first three words. */
static void
test_definition(void **state)
{
	uint8_t data[24];
	struct prng p;
	unsigned byte;
	size_t at, len;

	(void)state;
	prng_init(&p, 8408);
	for (at = 0; at < sizeof(data); at++) {
		for (byte = 0; byte < 256; byte++) {
			prng_fill(&p, data, sizeof(data));
			data[at] = (uint8_t)byte;
			len = 1 + at + byte % (sizeof(data) - at);
			assert_int_equal(c2c_fcs16(bytes_make(data, len)),
			    bit_by_bit(bytes_make(data, len)));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check_value),
	    cmocka_unit_test(test_residue),
	    cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
