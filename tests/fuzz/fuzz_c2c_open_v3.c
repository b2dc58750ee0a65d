/*
 * Protection V3: bodies from strangers; and sessions that lose, repeat and
 * damage frames as the input says, which deliver each frame once at most,
 * and in order.
 */
#include "c2c_open.h"

/* One frame of the sender's; what becomes of it on the way. */
static bool
one_frame(struct hf_c2c_session *sender, struct hf_c2c_session *receiver,
    uint8_t fate, uint8_t number)
{
	uint8_t frame[64], again[64];
	struct bytes text;
	size_t len;
	enum err err;

	fuzz_check(c2c_seal(sender, bytes_make(&number, 1), frame,
		       sizeof(frame), &len) == ERR_OK);
	if (fate % 4 == 0)
		return false; /* lost */
	if (fate % 4 == 1)
		frame[C2C_BODY_AT + fate % (len - C2C_FRAME_OVERHEAD)] ^= fate;
	memcpy(again, frame, len);
	len -= C2C_FRAME_OVERHEAD;
	err = c2c_open(receiver, frame + C2C_BODY_AT, len, &text);
	fuzz_check(fate % 4 != 1 || err != ERR_OK);
	if (err != ERR_OK)
		return false;
	fuzz_check(text.len == 1 && text.ptr[0] == number);
	fuzz_check(
	    c2c_open(receiver, again + C2C_BODY_AT, len, &text) == ERR_REPLAY);
	return true;
}

static void
bad_line(const uint8_t *data, size_t size)
{
	struct hf_c2c_session sender, receiver;
	size_t i, missing = 0;

	open_init(&sender, C2C_HOST, HF_C2C_V3);
	open_init(&receiver, C2C_MODULE, HF_C2C_V3);
	for (i = 0; i < size; i++) {
		if (one_frame(&sender, &receiver, data[i], (uint8_t)i))
			missing = 0;
		else
			missing++;
		/* Only a loss of 128 in a row ends the session. */
		fuzz_check(data[i] % 4 < 2 || missing == 0 || missing > 127);
		if (missing > 127)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_all(HF_C2C_V3, bytes_make(data, size));
	bad_line(data, size);
	return 0;
}
