/*
 * SHA-256. Its time depends on the length of the message only.
 *
 * Spec: FIPS 180-4.
 */
#include <string.h>

#include "base/wipe.h"
#include "soft.h"

/* The fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {0x428A2F98, 0x71374491, 0xB5C0FBCF,
    0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5, 0xD807AA98,
    0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7,
    0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
    0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8,
    0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85,
    0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E,
    0x92722C85, 0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819,
    0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116, 0x1E376C08, 0x2748774C,
    0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3, 0x748F82EE,
    0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7,
    0xC67178F2};

static uint32_t
rotate(uint32_t w, unsigned by)
{
	return w >> by | w << (32 - by);
}

/* The message schedule, of which 16 words are kept. */
static uint32_t
schedule(uint32_t w[16], unsigned t)
{
	uint32_t early = w[(t + 1) % 16], late = w[(t + 14) % 16];

	w[t % 16] += (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
		     w[(t + 9) % 16] +
		     (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	return w[t % 16];
}

/* One step; s is a to h. */
static void
step(uint32_t s[8], uint32_t word)
{
	uint32_t t1 = s[7] +
		      (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
		      ((s[4] & s[5]) ^ (~s[4] & s[6])) + word;
	uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
		      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

	memmove(s + 1, s, 7 * sizeof(s[0]));
	s[4] += t1;
	s[0] = t1 + t2;
}

static void
compress(uint32_t state[8], const uint8_t *p)
{
	uint32_t w[16], s[8];
	unsigned t;

	for (t = 0; t < 16; t++, p += 4)
		w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		       (uint32_t)p[2] << 8 | p[3];
	memcpy(s, state, sizeof(s));
	for (t = 0; t < 64; t++)
		step(s, constants[t] + (t < 16 ? w[t] : schedule(w, t)));
	for (t = 0; t < 8; t++)
		state[t] += s[t];
	wipe(w, sizeof(w));
	wipe(s, sizeof(s));
}

void
soft_sha256_init(struct soft_sha256 *s)
{
	/* The fractions of the square roots of the first 8 primes. */
	static const uint32_t start[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372,
	    0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

	memset(s, 0, sizeof(*s));
	memcpy(s->state, start, sizeof(start));
}

void
soft_sha256_update(struct soft_sha256 *s, const uint8_t *data, size_t len)
{
	size_t at, n;

	while (len > 0) {
		at = (size_t)(s->len % SHA256_BLOCK);
		n = SHA256_BLOCK - at < len ? SHA256_BLOCK - at : len;
		memcpy(s->block + at, data, n);
		s->len += n;
		data += n;
		len -= n;
		if (at + n == SHA256_BLOCK)
			compress(s->state, s->block);
	}
}

void
soft_sha256_final(struct soft_sha256 *s, uint8_t hash[SHA256_HASH])
{
	static const uint8_t padding[SHA256_BLOCK] = {0x80};
	uint64_t bits = 8 * s->len;
	size_t at = (size_t)(s->len % SHA256_BLOCK);
	uint8_t length[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	soft_sha256_update(s, padding, (at < 56 ? 56 : 56 + SHA256_BLOCK) - at);
	soft_sha256_update(s, length, sizeof(length));
	for (i = 0; i < SHA256_HASH; i++)
		hash[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}
