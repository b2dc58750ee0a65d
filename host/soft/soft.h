/*
 * What the software crypto port is made of. All of it keeps its secrets on
 * the stack, and wipes them.
 */
#ifndef HOST_SOFT_H
#define HOST_SOFT_H

#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK 16
#define AES_ROUNDS 10
#define SHA256_BLOCK 64
#define SHA256_HASH 32

/* Round keys, as columns of four bytes; wipe it after use. */
struct soft_aes {
	uint32_t key[AES_ROUNDS + 1][4];
};

/* FIPS 197: the key schedule, and one block in place. */
void soft_aes_init(struct soft_aes *aes, const uint8_t key[16]);
void soft_aes_encrypt(const struct soft_aes *aes, uint8_t block[AES_BLOCK]);
void soft_aes_decrypt(const struct soft_aes *aes, uint8_t block[AES_BLOCK]);

/* A hash that is being computed; wipe it after use. */
struct soft_sha256 {
	uint32_t state[8];
	uint8_t block[SHA256_BLOCK];
	uint64_t len;
};

/* FIPS 180-4. */
void soft_sha256_init(struct soft_sha256 *s);
void soft_sha256_update(struct soft_sha256 *s, const uint8_t *data, size_t len);
void soft_sha256_final(struct soft_sha256 *s, uint8_t hash[SHA256_HASH]);

#endif
