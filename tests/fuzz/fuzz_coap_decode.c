/*
 * Any datagram: what decodes is walked, and says the same when it is written
 * again from its parts.
 */
#include "coap/block.h"
#include "coap/echo.h"
#include "fuzz.h"

#define ROOM 8192

/* Every reader of an option value takes whatever stands there. */
static void
values_read(struct bytes options)
{
	struct coap_block block;
	struct bytes value;
	uint32_t number;

	if (coap_option_find(options, COAP_OPT_CONTENT_FORMAT, &value))
		(void)coap_option_uint(value, &number);
	if (coap_block_find(options, COAP_OPT_BLOCK1, &block) == ERR_OK)
		fuzz_check(coap_block_size(&block) <= 1024);
	if (coap_echo_find(options, &value))
		fuzz_check(
		    value.len >= COAP_ECHO_MIN && value.len <= COAP_ECHO_MAX);
	(void)coap_path_is(options, ".well-known/edhoc");
}

/* Writes m again from its parts to buf. */
static struct bytes
write_again(const struct coap_message *m, uint8_t buf[ROOM])
{
	struct coap_options it;
	struct coap_option option;
	struct coap_writer w;
	struct bytes out;
	size_t count = 0;

	coap_write_head(&w, buf, ROOM, m->type, m->code, m->id,
	    bytes_make(m->token, m->token_len));
	coap_options_init(&it, m->options);
	while (coap_option_next(&it, &option)) {
		coap_write_option(&w, option.number, option.value);
		count++;
	}
	fuzz_check(it.in.err == ERR_OK && reader_left(&it.in) == 0);
	fuzz_check(count <= COAP_OPTIONS_MAX);
	coap_write_payload(&w, m->payload);
	fuzz_check(coap_write_end(&w, &out) == ERR_OK);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[ROOM];
	struct coap_message m;
	struct coap_message again;
	struct bytes out;

	if (size > ROOM || coap_decode(bytes_make(data, size), &m) != ERR_OK)
		return 0;
	values_read(m.options);
	/* There is one way to write a message: it comes out as it went in. */
	out = write_again(&m, buf);
	fuzz_check(bytes_equal(out, bytes_make(data, size)));
	fuzz_check(coap_decode(out, &again) == ERR_OK);
	fuzz_check(bytes_equal(again.options, m.options));
	fuzz_check(bytes_equal(again.payload, m.payload));
	return 0;
}
