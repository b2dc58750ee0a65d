/*
 * Any message_4 for an initiator that waits for one. The first byte of the
 * input says whether the rest is the message, or a plaintext that is
 * encrypted first, as the responder could.
 */
#include "edhoc_pair.h"
#include "fuzz.h"
#include "internal.h"

static enum err
encrypt(const struct edhoc *e, struct bytes plaintext, struct writer *out)
{
	struct edhoc_aead aead;

	fuzz_check(edhoc_aead_make(e, e->prk_4e3m, EDHOC_K_4, &aead) == ERR_OK);
	return edhoc_aead_write(&aead, plaintext, out);
}

static void
try_message(const struct edhoc *before, struct bytes in)
{
	static struct edhoc e;
	struct edhoc_eads eads;
	enum err err;

	memcpy(&e, before, sizeof(e));
	err = edhoc_message_4_open(&e, in);
	if (err != ERR_OK) {
		fuzz_check(memcmp(&e, before, sizeof(e)) == 0);
		return;
	}
	fuzz_check(e.state == EDHOC_CONFIRMED);
	err = edhoc_ead(&e, &eads);
	fuzz_check(err == ERR_OK || err == ERR_SPACE);
	edhoc_done(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct edhoc *completed = &edhoc_pair()->completed;
	static uint8_t message[EDHOC_MESSAGE_MAX];
	struct writer w;

	if (size == 0)
		return 0;
	if (data[0] == 0) {
		try_message(completed, bytes_make(data + 1, size - 1));
		return 0;
	}
	writer_init(&w, message, sizeof(message));
	if (encrypt(completed, bytes_make(data + 1, size - 1), &w) == ERR_OK)
		try_message(completed, writer_bytes(&w));
	return 0;
}
