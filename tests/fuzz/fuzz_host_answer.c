/*
 * The host library's reading of answers: whatever a module says, and however
 * it is cut, the caller's buffer keeps its bounds and the outcome is one.
 * The first byte chooses the command, the rest is what the module says.
 */
#include "fuzz.h"
#include "holdfast/host.h"

#define OUT_MAX 96

struct line {
	const uint8_t *data;
	size_t size, at, piece;
	size_t urcs;
};

static int
line_write(void *ctx, const uint8_t *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

/* Nothing before the command: hf_run first empties the line. */
static int
line_read(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	struct line *l = ctx;
	size_t n = l->size - l->at;

	if (*timeout_ms == 0)
		return 0;
	n = n < cap ? n : cap;
	n = n < l->piece ? n : l->piece;
	if (n == 0) {
		*timeout_ms = 0;
		return 0;
	}
	memcpy(data, l->data + l->at, n);
	l->at += n;
	return (int)n;
}

static void
line_urc(void *ctx, const char *line, size_t len)
{
	struct line *l = ctx;

	fuzz_check(len > 0 && len <= HF_LINE_MAX && line[len] == '\0');
	fuzz_check(memchr(line, '\r', len) == NULL);
	fuzz_check(memchr(line, '\n', len) == NULL);
	l->urcs++;
}

struct outcome {
	enum hf_err err;
	size_t len, urcs;
	int error;
	uint8_t out[OUT_MAX];
};

static void
run(uint8_t which, const uint8_t *data, size_t size, size_t piece,
    struct outcome *ret)
{
	struct line line = {data, size, 0, piece, 0};
	struct hf_port port = {line_write, line_read, &line};
	struct hf_urc urc = {line_urc, &line};
	struct hf_call call = {.command = "AT+X",
	    .prefix = which & 1 ? "+X:" : NULL,
	    .shape = (enum hf_shape)(which >> 1 & 3),
	    .prompt = which & 8 ? '>' : '\0',
	    .out = ret->out,
	    .out_cap = which & 16 ? OUT_MAX : 3};
	struct hf_host h;

	memset(ret, 0, sizeof(*ret));
	if (call.shape > HF_SHAPE_QUOTED)
		call.shape = HF_SHAPE_LINES;
	hf_init(&h, &port, &urc);
	ret->err = hf_run(&h, &call);
	ret->len = call.out_len;
	ret->urcs = line.urcs;
	ret->error = hf_module_error(&h);
	fuzz_check(ret->len <= call.out_cap);
	fuzz_check(ret->err == HF_OK || ret->err == HF_ERR_SPACE ||
		   ret->err == HF_ERR_FORMAT || ret->err == HF_ERR_TIMEOUT ||
		   ret->err == HF_ERR_MODULE);
	fuzz_check(strlen(hf_module_error_text(&h)) <= HF_ERROR_MAX);
}

/* The calls that read an answer further, over the same bytes. */
static void
run_calls(const uint8_t *data, size_t size)
{
	struct line line = {data, size, 0, SIZE_MAX, 0};
	struct hf_port port = {line_write, line_read, &line};
	struct hf_device_info info;
	struct hf_c2c_pair pair;
	struct hf_host h;
	struct hf_psk psk;
	uint8_t uid[16] = {0}, tag[HF_C2C_TAG_LEN];
	char md5[33];
	unsigned version;

	hf_init(&h, &port, NULL);
	(void)!hf_rot_uid(&h, uid);
	line.at = 0;
	(void)!hf_device_info(&h, &info);
	line.at = 0;
	if (hf_psk(&h, 16, &psk) == HF_OK)
		fuzz_check(strlen(psk.identity) <= 28 && psk.key_len == 16);
	line.at = 0;
	if (hf_e2e_version(&h, &version) == HF_OK)
		fuzz_check(version == 1 || version == 2);
	line.at = 0;
	if (hf_credential_md5(&h, HF_CREDENTIAL_CA, "ca", md5) == HF_OK)
		fuzz_check(strlen(md5) <= 32);
	line.at = 0;
	(void)!hf_c2c_pair(&h, HF_C2C_V2, uid, &pair, tag);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;

	if (size == 0)
		return 0;
	run(data[0], data + 1, size - 1, SIZE_MAX, &whole);
	run(data[0], data + 1, size - 1, 1, &cut);
	fuzz_check(whole.err == cut.err && whole.len == cut.len);
	fuzz_check(whole.urcs == cut.urcs && whole.error == cut.error);
	fuzz_check(memcmp(whole.out, cut.out, OUT_MAX) == 0);
	run_calls(data + 1, size - 1);
	return 0;
}
