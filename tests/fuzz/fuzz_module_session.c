/*
 * A terminal with an open chip-to-chip session, and a host that has its keys
 * but sends what it likes: text in frames, cut anywhere, and noise between
 * them. As long as the session is open nothing but frames comes back, each
 * of which opens; a reset makes the terminal answer in plain text again.
 *
 * The input is steps: what kind, how many bytes, the bytes.
 */
#include "c2c/frame.h"
#include "c2c/port.h"
#include "c2c/session.h"
#include "crypto/crypto.h"
#include "fuzz.h"
#include "model.h"
#include "module.h"
#include "terminal.h"

#define IDLE_MS 1000

static struct module module;
static struct terminal terminal;
static struct hf_c2c_session host;
static struct hf_c2c_decoder decoder;
static uint8_t decoder_buf[HF_C2C_MODULE_FRAME_MAX];
static uint64_t now_ms;

/* Heartbeats take two looks; the rest is done at once, or refused. */
static enum err
tee_call(
    void *ctx, const struct tee_request *request, struct tee_answer *ret_answer)
{
	unsigned *count = ctx;

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (request->op == TEE_HEARTBEAT_RESULT)
		ret_answer->u.heartbeat = ++*count % 2 == 0 ? ERR_OK : ERR_BUSY;
	else if (request->op == TEE_PSK)
		ret_answer->u.psk.key_len = request->u.psk_len;
	else if (request->op == TEE_E2E)
		ret_answer->err = ERR_DISABLED;
	return ERR_OK;
}

/* Every request is refused: its end would come from elsewhere. */
static enum err
http_start(UNUSED void *ctx, UNUSED const struct http_job *job)
{
	return ERR_STATE;
}

static void
output_drop(void)
{
	while (terminal_output(&terminal).len > 0)
		terminal_sent(&terminal, terminal_output(&terminal).len);
}

/* Both sides of a V3 session, which takes no random bytes. */
static void
session_start(void)
{
	static const uint8_t nonce[HF_C2C_NONCE_LEN];
	static const struct hf_c2c_pair pair = {.version = HF_C2C_V3};
	struct hf_c2c_session ours;

	fuzz_check(c2c_session_init_v3(&host, &module.crypto, C2C_HOST, &pair,
		       nonce, nonce) == ERR_OK);
	fuzz_check(c2c_session_init_v3(&ours, &module.crypto, C2C_MODULE, &pair,
		       nonce, nonce) == ERR_OK);
	c2c_decoder_init(&decoder, decoder_buf, sizeof(decoder_buf));
	terminal_reset(&terminal);
	output_drop();
	terminal_session_open(&terminal, &ours);
	fuzz_check(terminal_input(&terminal, now_ms, BYTES_LIT("AT\r")) == 3);
	output_drop();
	fuzz_check(terminal_session(&terminal) != NULL);
}

/* All that came back is frames that open. */
static void
output_check(void)
{
	struct bytes out, body, text;
	size_t pos;

	for (out = terminal_output(&terminal); out.len > 0;
	     out = terminal_output(&terminal)) {
		fuzz_check(out.len <= 2 * TERMINAL_BACKLOG_MAX);
		for (pos = 0; pos < out.len;) {
			pos += c2c_decoder_feed(&decoder,
			    bytes_make(out.ptr + pos, out.len - pos), &body);
			fuzz_check(body.ptr != NULL);
			fuzz_check(c2c_open(&host, decoder_buf + C2C_BODY_AT,
				       body.len, &text) == ERR_OK);
		}
		terminal_sent(&terminal, out.len);
	}
	fuzz_check(decoder.dropped == 0);
}

static void
bytes_send(struct bytes in)
{
	size_t taken;

	while (in.len > 0 && terminal_session(&terminal) != NULL) {
		taken = terminal_input(&terminal, now_ms, in);
		fuzz_check(taken <= in.len);
		in.ptr += taken;
		in.len -= taken;
		if (terminal_session(&terminal) != NULL)
			output_check();
		if (taken == 0) {
			now_ms += 100 * 1000;
			terminal_poll(&terminal, now_ms);
		}
	}
}

/* kind: bit 0 noise, bit 1 time passes, the rest how the frame is cut. */
static void
step(uint8_t kind, struct bytes text)
{
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	size_t len, cut;

	if ((kind & 2) != 0) {
		now_ms += IDLE_MS;
		terminal_poll(&terminal, now_ms);
		terminal_urc(&terminal, "+URC: %u", kind);
	}
	if ((kind & 1) != 0) {
		bytes_send(text);
	} else {
		fuzz_check(c2c_seal(&host, text, frame, sizeof(frame), &len) ==
			   ERR_OK);
		cut = (size_t)(kind >> 2) < len ? kind >> 2 : len;
		bytes_send(bytes_make(frame, cut));
		bytes_send(bytes_make(frame + cut, len - cut));
	}
	if (terminal_session(&terminal) == NULL)
		session_start();
	else
		output_check();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned count = 0;
	struct bytes text, out;
	struct reader r;
	uint8_t kind;

	memset(&module, 0, sizeof(module));
	fuzz_check(crypto_init() == ERR_OK);
	c2c_port_init(&module.crypto, &crypto_random_source);
	module.model = model_find("sara-r5");
	settings_default(&module.settings);
	module.files.dir_fd = module.files.parent_fd = module.state_fd = -1;
	module.tee = (struct tee){tee_call, &count, -1};
	module.http = (struct http_port){http_start, NULL};
	mqtt_profile_reset(&module.mqtt_profile);
	mqtt_init(&module.mqtt, at_mqtt_tell, &module);
	network_init(&module.network, 10);
	network_fun_set(&module.network, NETWORK_FUN_ON, 0);
	network_tick(&module.network, 10);
	now_ms = 1000;
	terminal_init(&terminal, "fuzz", &module, IDLE_MS);
	session_start();
	reader_init(&r, bytes_make(data, len));
	while (reader_left(&r) >= 2) {
		kind = reader_u8(&r);
		text = reader_take(&r, reader_u8(&r));
		if (text.len > 0)
			step(kind, text);
	}
	terminal_reset(&terminal);
	output_drop();
	fuzz_check(terminal_input(&terminal, now_ms, BYTES_LIT("AT\r")) == 3);
	out = terminal_output(&terminal);
	fuzz_check(bytes_equal(out, BYTES_LIT("AT\r\r\nOK\r\n")));
	terminal_done(&terminal);
	mqtt_done(&module.mqtt);
	return 0;
}
