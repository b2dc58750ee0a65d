/*
 * Any message_2 for an initiator that waits for one: none but the real one
 * verifies, and an error leaves it waiting.
 */
#include "edhoc_pair.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct edhoc_pair *pair = edhoc_pair();
	struct bytes in = bytes_make(data, size), id_cred;
	static struct edhoc e;
	struct edhoc_eads eads;
	enum err err;

	e = pair->sent_1;
	err = edhoc_message_2_open(&e, in, &id_cred);
	if (err != ERR_OK) {
		fuzz_check(e.state == EDHOC_SENT_1);
		fuzz_check(edhoc_message_2_open(
			       &e, pair->message_2, &id_cred) == ERR_OK);
		return 0;
	}
	fuzz_check(e.state == EDHOC_GOT_2);
	fuzz_check(id_cred.len > 0 && id_cred.len <= EDHOC_ID_CRED_MAX);
	err = edhoc_ead(&e, &eads);
	fuzz_check(err == ERR_OK || err == ERR_SPACE);
	err = edhoc_message_2_verify(&e, &pair->cred_r);
	fuzz_check((err == ERR_OK) == bytes_equal(in, pair->message_2));
	edhoc_done(&e);
	return 0;
}
