/*
 * A server with a fixed context receives the input twice: as a datagram,
 * whose tag will not verify, and as a plaintext that the client has sealed,
 * so that the parser behind the tag is reached as well.
 */
#include "fuzz.h"

#include "cose.h"

#define ROOM 4096

struct peers {
	struct oscore_context client;
	struct oscore_context server;
};

/* Both contexts; derived at the first call. */
static const struct peers *
peers_get(void)
{
	static struct peers peers;
	static bool ready;
	struct bytes secret = BYTES_LIT("fuzz master secr");
	struct bytes kid = BYTES_LIT("device");

	if (ready)
		return &peers;
	fuzz_check(crypto_init() == ERR_OK);
	fuzz_check(oscore_derive(&peers.client, secret, BYTES_NONE, NULL, kid,
		       BYTES_NONE) == ERR_OK);
	fuzz_check(oscore_derive(&peers.server, secret, BYTES_NONE, NULL,
		       BYTES_NONE, kid) == ERR_OK);
	ready = true;
	return &peers;
}

/* The input as a datagram: nobody who lacks the key gets through. */
static void
as_datagram(struct bytes datagram)
{
	static uint8_t buf[ROOM];
	struct oscore_request_ref ref;
	struct oscore_option option;
	struct oscore_inner inner;
	struct coap_message m;
	struct bytes value;

	if (coap_decode(datagram, &m) != ERR_OK ||
	    !coap_option_find(m.options, COAP_OPT_OSCORE, &value) ||
	    oscore_option_decode(value, &option) != ERR_OK)
		return;
	fuzz_check(oscore_open_request(&peers_get()->server, &option, m.payload,
		       buf, sizeof(buf), &inner, &ref) != ERR_OK);
}

/* Seals the inner message again: it must come to the same bytes. */
static void
same_again(const struct oscore_inner *inner, struct bytes ciphertext)
{
	static uint8_t buf[ROOM + 64];
	struct oscore_outer outer = {.type = COAP_CON};
	struct oscore_request_ref ref;
	struct coap_message m;
	struct writer w;
	const uint8_t piv[] = {1};

	writer_init(&w, buf, sizeof(buf));
	fuzz_check(
	    oscore_protect_request(&peers_get()->client, &outer, BYTES_OF(piv),
		false, BYTES_NONE, inner, &w, &ref) == ERR_OK);
	fuzz_check(coap_decode(writer_bytes(&w), &m) == ERR_OK);
	fuzz_check(bytes_equal(m.payload, ciphertext));
}

/* The input as a plaintext under a good tag. */
static void
as_plaintext(const uint8_t *data, size_t size)
{
	static uint8_t text[ROOM];
	static uint8_t opened[ROOM];
	const uint8_t piv[] = {1};
	struct oscore_option option = {
	    .piv = BYTES_OF(piv), .has_kid = true, .kid = BYTES_LIT("device")};
	struct oscore_bind bind = oscore_bind_request(option.kid, option.piv);
	struct bytes ciphertext = bytes_make(text, size + OSCORE_TAG_LEN);
	struct oscore_request_ref ref;
	struct oscore_inner inner;
	enum err err;

	if (size > 0)
		memcpy(text, data, size);
	fuzz_check(
	    oscore_seal(&peers_get()->client, &bind, text, size) == ERR_OK);
	err = oscore_open_request(&peers_get()->server, &option, ciphertext,
	    opened, sizeof(opened), &inner, &ref);
	fuzz_check(err == ERR_OK || err == ERR_FORMAT);
	if (err == ERR_OK)
		same_again(&inner, ciphertext);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > ROOM - OSCORE_TAG_LEN)
		return 0;
	as_datagram(bytes_make(data, size));
	as_plaintext(data, size);
	return 0;
}
