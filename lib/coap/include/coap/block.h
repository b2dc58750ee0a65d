/*
 * Values of the options Block1 and Block2 (RFC 7959): which block of a body a
 * message carries or asks for. Keeping the body together is the caller's.
 */
#ifndef COAP_BLOCK_H
#define COAP_BLOCK_H

#include "coap/coap.h"

#define COAP_BLOCK_NUM_MAX ((1ul << 20) - 1)
#define COAP_BLOCK_SZX_MAX 6 /* 1,024 bytes; 7 is reserved */

/* Block num of blocks of 2^(szx + 4) bytes, with more to follow or not. */
struct coap_block {
	uint32_t num;
	bool more;
	uint8_t szx;
};

/*
 * Reads a value. Errors: ERR_FORMAT (over 3 bytes, szx 7). Spec: RFC 7959,
 * section 2.2.
 */
MUST_CHECK enum err coap_block_decode(
    struct bytes value, struct coap_block *ret_block);

/*
 * Finds and reads number, COAP_OPT_BLOCK1 or COAP_OPT_BLOCK2, in options.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT (as coap_block_decode, or there twice).
 * Spec: RFC 7959, section 2.1.
 */
MUST_CHECK enum err coap_block_find(
    struct bytes options, uint32_t number, struct coap_block *ret_block);

/* The size of a block's payload, and where it starts in the body; bytes. */
size_t coap_block_size(const struct coap_block *block);
size_t coap_block_offset(const struct coap_block *block);

/*
 * Adds the option; ERR_INVALID, in the writer, for a num or szx over its
 * maximum.
 */
void coap_write_block(
    struct coap_writer *w, uint32_t number, const struct coap_block *block);

#endif
