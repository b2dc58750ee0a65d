/*
 * Plays a module by its script.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "script.h"

static int
script_write(void *ctx, const uint8_t *data, size_t len)
{
	struct script *s = ctx;
	const struct step *step;
	size_t i;

	if (s->broken)
		return -1;
	for (i = 0; i < len; i++) {
		assert_true(s->at < s->count);
		step = &s->steps[s->at];
		assert_true(s->got < step->expect.len);
		if (data[i] != step->expect.ptr[s->got])
			fail_msg("step %zu, byte %zu: %02x, not %02x", s->at,
			    s->got, data[i], step->expect.ptr[s->got]);
		if (++s->got < step->expect.len)
			continue;
		assert_int_equal(s->ready.len, 0);
		s->ready = step->answer;
		s->at++;
		s->got = 0;
	}
	return 0;
}

static int
script_read(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	struct script *s = ctx;
	size_t n = s->ready.len;

	if (s->broken)
		return -1;
	assert_true(cap > 0);
	n = n < cap ? n : cap;
	n = n < s->piece ? n : s->piece;
	if (n == 0) {
		s->waited_ms += *timeout_ms;
		*timeout_ms = 0;
		return 0;
	}
	memcpy(data, s->ready.ptr, n);
	s->ready.ptr += n;
	s->ready.len -= n;
	return (int)n;
}

static void
script_urc(void *ctx, const char *line, size_t len)
{
	struct script *s = ctx;
	size_t at = strlen(s->urcs);

	assert_int_equal(strlen(line), len);
	assert_true(at + len + 2 < sizeof(s->urcs));
	memcpy(s->urcs + at, line, len);
	s->urcs[at + len] = '\n';
	s->urcs[at + len + 1] = '\0';
}

void
script_init(struct script *s, struct hf_host *h)
{
	struct hf_urc urc = {script_urc, s};

	memset(s, 0, sizeof(*s));
	s->port.write = script_write;
	s->port.read = script_read;
	s->port.ctx = s;
	s->piece = SIZE_MAX;
	hf_init(h, &s->port, &urc);
}

void
script_add(struct script *s, struct bytes expect, struct bytes answer)
{
	assert_true(s->count < SCRIPT_STEPS);
	s->steps[s->count].expect = expect;
	s->steps[s->count].answer = answer;
	s->count++;
}

void
script_text(struct script *s, const char *expect, const char *answer)
{
	script_add(s, bytes_str(expect), bytes_str(answer));
}

void
script_done(const struct script *s)
{
	assert_int_equal(s->at, s->count);
	assert_int_equal(s->got, 0);
	assert_int_equal(s->ready.len, 0);
}
