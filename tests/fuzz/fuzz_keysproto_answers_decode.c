/*
 * Any message of the keys process to an asker that has asked: the first byte
 * says how many requests there were, one byte each what for (the high bit: a
 * PSK of 32 bytes), the rest is the message. What decodes is written again
 * as it came in; what does not leaves nothing behind.
 */
#include "fuzz.h"
#include "keysproto/keysproto.h"

#define ASKED_MAX 8

static struct keysproto_request q[ASKED_MAX];
static struct keysproto_answer a[ASKED_MAX];

static size_t
asked(struct reader *r)
{
	size_t count = reader_u8(r) % (ASKED_MAX + 1), i;

	for (i = 0; i < count; i++) {
		uint8_t what = reader_u8(r);

		q[i].op = (enum keysproto_op)(what & 0x7f);
		q[i].u.derive.key_len = what & 0x80 ? 32 : 16;
	}
	return count;
}

static void
check_wiped(size_t count)
{
	const uint8_t *p = (const uint8_t *)a;
	size_t i;

	for (i = 0; i < count * sizeof(a[0]); i++)
		fuzz_check(p[i] == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[KEYSPROTO_MESSAGE_MAX];
	struct bytes in;
	struct reader r;
	struct writer w;
	uint64_t batch;
	size_t count;

	if (size > sizeof(buf))
		return 0;
	reader_init(&r, bytes_make(data, size));
	count = asked(&r);
	in = reader_rest(&r);
	if (keysproto_answers_decode(in, &batch, q, count, a) != ERR_OK) {
		check_wiped(count);
		return 0;
	}
	writer_init(&w, buf, sizeof(buf));
	fuzz_check(keysproto_answers_encode(batch, q, a, count, &w) == ERR_OK);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
	return 0;
}
