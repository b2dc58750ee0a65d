/*
 * Any packet between the front end and the TEE, both ways: what decodes is
 * the only encoding of what it says.
 */
#include "fuzz.h"
#include "tee.h"

static void
request_try(struct bytes in)
{
	uint8_t again[TEE_MESSAGE_MAX];
	struct tee_request request;
	struct writer w;

	if (tee_request_decode(in, &request) != ERR_OK)
		return;
	writer_init(&w, again, sizeof(again));
	if (tee_request_encode(&request, &w) != ERR_OK)
		return; /* a serial that is far too long */
	fuzz_check(bytes_equal(writer_bytes(&w), in));
}

static void
answer_try(enum tee_op op, struct bytes in)
{
	uint8_t again[TEE_MESSAGE_MAX];
	struct tee_answer answer;
	struct writer w;

	if (tee_answer_decode(op, in, &answer) != ERR_OK)
		return;
	writer_init(&w, again, sizeof(again));
	fuzz_check(tee_answer_encode(op, &answer, &w) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = bytes_make(data, len);
	int op;

	request_try(in);
	for (op = 0; op < 32; op++)
		answer_try((enum tee_op)op, in);
	return 0;
}
