/*
 * Arithmetic of P-256's field, in a time that does not depend on the numbers,
 * for the little that OpenSSL has no cheap function for.
 */
#ifndef CRYPTO_P256_FIELD_H
#define CRYPTO_P256_FIELD_H

#include "internal.h"

#define LIMBS 4

/*
 * Four limbs, the lowest first, in Montgomery's form: a stands for
 * a * 2^256 mod p. A number is below 2^256, which is enough to go on with it.
 */
struct number {
	uint64_t limb[LIMBS];
};

/* To and from 32 bytes, the highest first; what is read may be over p. */
struct number number_read(const uint8_t in[P256_LEN]);
void number_write(struct number a, uint8_t ret_out[P256_LEN]);

/* The same number below p. */
struct number number_least(struct number a);

/* a - b, a * b, a to the power of 2^n, and 1 / a, which of 0 is 0. */
struct number number_difference(struct number a, struct number b);
struct number number_product(struct number a, struct number b);
struct number number_squared(struct number a, unsigned n);
struct number number_inverse(struct number a);

#endif
