/*
 * Options where they were received: reading one, walking and finding them.
 * Never copies a value and never judges what an option means.
 */
#include "options.h"

/* Reads what a nibble of an option's first byte announces: RFC 7252, 3.1. */
static uint32_t
extended_read(struct reader *r, uint8_t nibble)
{
	switch (nibble) {
	case COAP_NIBBLE_U8:
		return COAP_BASE_U8 + (uint32_t)reader_u8(r);
	case COAP_NIBBLE_U16:
		return COAP_BASE_U16 + (uint32_t)reader_u16(r);
	case COAP_NIBBLE_RESERVED:
		reader_fail(r, ERR_FORMAT);
		return 0;
	default:
		return nibble;
	}
}

struct coap_option
coap_option_read(struct reader *r, uint32_t *number)
{
	struct coap_option option = {0, BYTES_NONE};
	uint8_t first = reader_u8(r);
	uint32_t delta = extended_read(r, first >> 4);
	uint32_t len = extended_read(r, first & 0x0f);

	/* No overflow: both are 65,804 at most. */
	*number += delta;
	if (*number > COAP_NUMBER_MAX)
		reader_fail(r, ERR_FORMAT);
	option.number = *number;
	option.value = reader_take(r, len);
	return option;
}

void
coap_options_init(struct coap_options *it, struct bytes options)
{
	reader_init(&it->in, options);
	it->number = 0;
}

bool
coap_option_next(struct coap_options *it, struct coap_option *ret_option)
{
	struct coap_option option;

	if (reader_left(&it->in) == 0)
		return false;
	option = coap_option_read(&it->in, &it->number);
	if (it->in.err != ERR_OK)
		return false;
	*ret_option = option;
	return true;
}

bool
coap_option_find(struct bytes options, uint32_t number, struct bytes *ret_value)
{
	struct coap_options it;
	struct coap_option option;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		if (option.number == number) {
			*ret_value = option.value;
			return true;
		}
	}
	return false;
}

bool
coap_option_uint(struct bytes value, uint32_t *ret_number)
{
	uint32_t number = 0;
	size_t i;

	if (value.len > sizeof(number))
		return false;
	/* Leading zeros are the sender's fault, but must be read (3.2). */
	for (i = 0; i < value.len; i++)
		number = number << 8 | value.ptr[i];
	*ret_number = number;
	return true;
}

bool
coap_option_critical(uint32_t number)
{
	return (number & 1) != 0;
}
