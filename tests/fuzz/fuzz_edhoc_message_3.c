/*
 * Any message_3 for a responder that waits for one. The first byte of the
 * input says whether the rest is the message, or a plaintext that is
 * encrypted first, as anybody who made message_1 could. None but the real
 * one verifies, and an error changes nothing.
 */
#include "edhoc_pair.h"
#include "fuzz.h"
#include "internal.h"

/* Encrypts a plaintext as message_3. */
static enum err
encrypt(const struct edhoc *e, struct bytes plaintext, struct writer *out)
{
	struct edhoc_aead aead;

	fuzz_check(edhoc_aead_make(e, e->prk_3e2m, EDHOC_K_3, &aead) == ERR_OK);
	return edhoc_aead_write(&aead, plaintext, out);
}

static void
try_message(const struct edhoc_pair *pair, struct bytes in)
{
	static struct edhoc e;
	struct bytes id_cred;
	struct edhoc_eads eads;
	enum err err;

	memcpy(&e, &pair->sent_2, sizeof(e));
	err = edhoc_message_3_open(&e, in, &id_cred);
	if (err != ERR_OK) {
		fuzz_check(memcmp(&e, &pair->sent_2, sizeof(e)) == 0);
		return;
	}
	fuzz_check(e.state == EDHOC_GOT_3);
	fuzz_check(id_cred.len > 0 && id_cred.len <= EDHOC_ID_CRED_MAX);
	err = edhoc_ead(&e, &eads);
	fuzz_check(err == ERR_OK || err == ERR_SPACE);
	err = edhoc_message_3_verify(&e, &pair->cred_i, NULL);
	fuzz_check((err == ERR_OK) == bytes_equal(in, pair->message_3));
	fuzz_check(err == ERR_OK || e.state == EDHOC_GOT_3);
	edhoc_done(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct edhoc_pair *pair = edhoc_pair();
	static uint8_t message[EDHOC_MESSAGE_MAX];
	struct writer w;

	if (size == 0)
		return 0;
	if (data[0] == 0) {
		try_message(pair, bytes_make(data + 1, size - 1));
		return 0;
	}
	writer_init(&w, message, sizeof(message));
	if (encrypt(&pair->sent_2, bytes_make(data + 1, size - 1), &w) ==
	    ERR_OK)
		try_message(pair, writer_bytes(&w));
	return 0;
}
