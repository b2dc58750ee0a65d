/*
 * AES-128, four bytes at a time in a word, without a table: the S-box is
 * computed as what it is, an inversion in GF(2^8) and an affine map, so that
 * neither a cache nor a branch sees a secret.
 *
 * Spec: FIPS 197.
 */
#include "soft.h"

#define ONES UINT32_C(0x01010101)

/* A word of four equal bytes. */
static uint32_t
four(uint32_t byte)
{
	return byte * ONES;
}

/* Each byte times x, modulo x^8 + x^4 + x^3 + x + 1. */
static uint32_t
times_x(uint32_t w)
{
	return (w & four(0x7F)) << 1 ^ (w >> 7 & ONES) * 0x1B;
}

static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;
	unsigned bit;

	for (bit = 0; bit < 8; bit++) {
		product ^= a & (b >> bit & ONES) * 0xFF;
		a = times_x(a);
	}
	return product;
}

/* Squaring is linear: the sum of the squares of the bits. */
static uint32_t
square(uint32_t w)
{
	static const uint8_t squares[8] = {
	    0x01, 0x04, 0x10, 0x40, 0x1B, 0x6C, 0xAB, 0x9A};
	uint32_t sum = 0;
	unsigned bit;

	for (bit = 0; bit < 8; bit++)
		sum ^= (w >> bit & ONES) * squares[bit];
	return sum;
}

/* Each byte to the power of 254: its inverse, and 0 for 0. */
static uint32_t
invert(uint32_t x)
{
	uint32_t x2 = square(x), x3 = multiply(x2, x);
	uint32_t x12 = square(square(x3)), x15 = multiply(x12, x3);
	uint32_t x240 = square(square(square(square(x15))));

	return multiply(multiply(x240, x12), x2);
}

/* Each byte rotated to the left, by 1 to 7. */
static uint32_t
rotate_bits(uint32_t w, unsigned by)
{
	uint32_t low = four(0xFFu >> by);

	return (w & low) << by | (w >> (8 - by) & four(0xFFu >> (8 - by)));
}

static uint32_t
sub_bytes(uint32_t w)
{
	uint32_t b = invert(w);

	return b ^ rotate_bits(b, 1) ^ rotate_bits(b, 2) ^ rotate_bits(b, 3) ^
	       rotate_bits(b, 4) ^ four(0x63);
}

static uint32_t
sub_bytes_back(uint32_t w)
{
	return invert(rotate_bits(w, 1) ^ rotate_bits(w, 3) ^
		      rotate_bits(w, 6) ^ four(0x05));
}

/* The bytes of a column moved up by 1 to 3 rows; row 0 is the lowest byte. */
static uint32_t
rotate_rows(uint32_t w, unsigned by)
{
	return w >> 8 * by | w << (32 - 8 * by);
}

static uint32_t
mix_column(uint32_t w)
{
	uint32_t doubled = times_x(w);

	return doubled ^ rotate_rows(doubled ^ w, 1) ^ rotate_rows(w, 2) ^
	       rotate_rows(w, 3);
}

/* InvMixColumns is MixColumns behind a multiplication by 4x^2 + 5. */
static uint32_t
mix_column_back(uint32_t w)
{
	uint32_t fourfold = times_x(times_x(w));

	return mix_column(w ^ fourfold ^ rotate_rows(fourfold, 2));
}

static void
shift_rows(uint32_t state[4], unsigned step)
{
	uint32_t was[4];
	unsigned column, row;

	for (column = 0; column < 4; column++)
		was[column] = state[column];
	for (column = 0; column < 4; column++) {
		state[column] = 0;
		for (row = 0; row < 4; row++)
			state[column] |= was[(column + step * row) % 4] &
					 UINT32_C(0xFF) << 8 * row;
	}
}

static void
add_key(uint32_t state[4], const uint32_t key[4])
{
	unsigned column;

	for (column = 0; column < 4; column++)
		state[column] ^= key[column];
}

static void
load(uint32_t state[4], const uint8_t in[AES_BLOCK])
{
	unsigned column;

	for (column = 0; column < 4; column++, in += 4)
		state[column] = in[0] | (uint32_t)in[1] << 8 |
				(uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static void
store(uint8_t out[AES_BLOCK], const uint32_t state[4])
{
	unsigned i;

	for (i = 0; i < AES_BLOCK; i++)
		out[i] = (uint8_t)(state[i / 4] >> 8 * (i % 4));
}

void
soft_aes_init(struct soft_aes *aes, const uint8_t key[16])
{
	uint32_t constant = 1, word;
	unsigned round, column;

	load(aes->key[0], key);
	for (round = 1; round <= AES_ROUNDS; round++) {
		word = sub_bytes(rotate_rows(aes->key[round - 1][3], 1));
		word ^= constant;
		constant = times_x(constant);
		for (column = 0; column < 4; column++) {
			word ^= aes->key[round - 1][column];
			aes->key[round][column] = word;
		}
	}
}

void
soft_aes_encrypt(const struct soft_aes *aes, uint8_t block[AES_BLOCK])
{
	uint32_t state[4];
	unsigned round, column;

	load(state, block);
	add_key(state, aes->key[0]);
	for (round = 1; round <= AES_ROUNDS; round++) {
		for (column = 0; column < 4; column++)
			state[column] = sub_bytes(state[column]);
		shift_rows(state, 1);
		for (column = 0; column < 4 && round < AES_ROUNDS; column++)
			state[column] = mix_column(state[column]);
		add_key(state, aes->key[round]);
	}
	store(block, state);
}

void
soft_aes_decrypt(const struct soft_aes *aes, uint8_t block[AES_BLOCK])
{
	uint32_t state[4];
	unsigned round, column;

	load(state, block);
	for (round = AES_ROUNDS; round > 0; round--) {
		add_key(state, aes->key[round]);
		for (column = 0; column < 4 && round < AES_ROUNDS; column++)
			state[column] = mix_column_back(state[column]);
		shift_rows(state, 3);
		for (column = 0; column < 4; column++)
			state[column] = sub_bytes_back(state[column]);
	}
	add_key(state, aes->key[0]);
	store(block, state);
}
