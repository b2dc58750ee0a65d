/*
 * The 0 to 3 bytes of a block option: NUM, M and SZX as one number. Never
 * holds a body.
 */
#include "coap/block.h"

#define BLOCK_VALUE_MAX 3
#define BLOCK_MORE 8u
#define BLOCK_SZX 7u

enum err
coap_block_decode(struct bytes value, struct coap_block *ret_block)
{
	uint32_t v;

	if (value.len > BLOCK_VALUE_MAX || !coap_option_uint(value, &v))
		return ERR_FORMAT;
	/* "The value 7 for SZX is reserved" and MUST lead to 4.00: 2.2. */
	if ((v & BLOCK_SZX) > COAP_BLOCK_SZX_MAX)
		return ERR_FORMAT;
	ret_block->num = v >> 4;
	ret_block->more = (v & BLOCK_MORE) != 0;
	ret_block->szx = (uint8_t)(v & BLOCK_SZX);
	return ERR_OK;
}

enum err
coap_block_find(
    struct bytes options, uint32_t number, struct coap_block *ret_block)
{
	struct bytes value = BYTES_NONE;
	struct coap_options it;
	struct coap_option option;
	size_t count = 0;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		if (option.number != number)
			continue;
		value = option.value;
		count++;
	}
	if (count == 0)
		return ERR_NOT_FOUND;
	/* Critical and not repeatable: a second one is not understood. */
	if (count > 1)
		return ERR_FORMAT;
	return coap_block_decode(value, ret_block);
}

size_t
coap_block_size(const struct coap_block *block)
{
	return (size_t)16 << block->szx;
}

size_t
coap_block_offset(const struct coap_block *block)
{
	return (size_t)block->num << (block->szx + 4);
}

void
coap_write_block(
    struct coap_writer *w, uint32_t number, const struct coap_block *block)
{
	uint32_t more = block->more ? BLOCK_MORE : 0;

	if (block->num > COAP_BLOCK_NUM_MAX ||
	    block->szx > COAP_BLOCK_SZX_MAX) {
		writer_fail(&w->out, ERR_INVALID);
		return;
	}
	coap_write_option_uint(w, number, block->num << 4 | more | block->szx);
}
