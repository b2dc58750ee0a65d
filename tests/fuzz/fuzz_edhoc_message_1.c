/*
 * Any message_1: what a responder takes has a method, a suite and identifier
 * of ours, its EAD reads, and the responder can go on.
 */
#include "edhoc_pair.h"
#include "fuzz.h"

static void
go_on(struct edhoc *e)
{
	struct edhoc_ephemeral own = edhoc_pair()->sent_2.own;
	const struct edhoc_cid c_r = {{0x27}, 1};
	struct edhoc_eads eads;
	enum err err;

	err = edhoc_ead(e, &eads);
	fuzz_check(err == ERR_OK || err == ERR_SPACE);
	err = edhoc_respond(e, &c_r, &own, NULL);
	fuzz_check(err == ERR_OK || err == ERR_INVALID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum edhoc_suite supported[] = {
	    EDHOC_SUITE_2, EDHOC_SUITE_3, EDHOC_SUITE_0};
	static struct edhoc e;
	enum err err;

	(void)edhoc_pair();
	err = edhoc_message_1_open(
	    &e, supported, ARRAY_LEN(supported), bytes_make(data, size));
	if (err != ERR_OK) {
		fuzz_check(e.state == EDHOC_NEW);
		return 0;
	}
	fuzz_check(e.state == EDHOC_GOT_1 && e.role == EDHOC_RESPONDER);
	fuzz_check(e.method <= EDHOC_DH_DH);
	fuzz_check(e.suite == EDHOC_SUITE_0 || e.suite == EDHOC_SUITE_2 ||
		   e.suite == EDHOC_SUITE_3);
	fuzz_check(e.c_i.len <= EDHOC_CID_MAX);
	go_on(&e);
	edhoc_done(&e);
	return 0;
}
