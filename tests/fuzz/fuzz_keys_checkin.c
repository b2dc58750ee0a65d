/*
 * The payloads of a check-in, either way: what is accepted fits its limit
 * and says the same when it is written again. Keys of later versions are
 * passed over, so that what is written may be shorter.
 */
#include "fuzz.h"
#include "keys/messages.h"

static void
request_try(struct bytes in)
{
	struct checkin_request m, again;
	uint8_t out[CHECKIN_REQUEST_MAX];
	struct writer w;

	if (checkin_request_read(in, &m) != ERR_OK)
		return;
	fuzz_check(m.firmware.len <= FIRMWARE_MAX);
	writer_init(&w, out, sizeof(out));
	checkin_request_write(&w, &m);
	fuzz_check(w.err == ERR_OK && w.len <= in.len);
	fuzz_check(checkin_request_read(writer_bytes(&w), &again) == ERR_OK);
	fuzz_check(again.has_features_version == m.has_features_version);
	fuzz_check(again.features_version == m.features_version);
	fuzz_check(bytes_equal(again.firmware, m.firmware));
}

static void
response_try(struct bytes in)
{
	struct checkin_response m, again;
	uint8_t out[CHECKIN_RESPONSE_MAX];
	struct writer w;

	if (checkin_response_read(in, &m) != ERR_OK)
		return;
	writer_init(&w, out, sizeof(out));
	checkin_response_write(&w, &m);
	fuzz_check(w.err == ERR_OK && w.len <= in.len);
	fuzz_check(checkin_response_read(writer_bytes(&w), &again) == ERR_OK);
	fuzz_check(again.time == m.time && again.flags == m.flags);
	fuzz_check(again.period == m.period && again.features == m.features);
	fuzz_check(again.features_version == m.features_version);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request_try(bytes_make(data, size));
	response_try(bytes_make(data, size));
	return 0;
}
