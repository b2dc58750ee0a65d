/*
 * Any bytes at a terminal with all its commands: memory stays bounded, and
 * after a while the terminal answers AT with OK, whatever came before. The
 * first byte chooses settings and how the rest is cut into pieces.
 */
#include "fuzz.h"
#include "model.h"
#include "module.h"
#include "terminal.h"

#define IDLE_MS 1000

/* A TEE that is busy with every second request, and fails some. */
static enum err
tee_call(
    void *ctx, const struct tee_request *request, struct tee_answer *ret_answer)
{
	unsigned *count = ctx;

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (++*count % 5 == 4)
		ret_answer->err = ERR_STATE;
	else if (request->op == TEE_INFO)
		ret_answer->u.info =
		    (struct tee_info){.bootstrapping = *count % 2 == 0,
			.generation = 1,
			.features = TEE_FEATURE_E2E};
	else if (request->op == TEE_HEARTBEAT_RESULT)
		ret_answer->u.heartbeat = *count % 2 == 0 ? ERR_BUSY : ERR_OK;
	else if (request->op == TEE_PSK)
		ret_answer->u.psk.key_len = request->u.psk_len;
	else if (tee_op_has_data(request->op))
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
output_drop(struct terminal *t)
{
	fuzz_check(terminal_output(t).len <= TERMINAL_OUTPUT_MAX);
	terminal_sent(t, terminal_output(t).len);
}

/* The host is patient, and then types AT. */
static void
recover(struct terminal *t, uint64_t now_ms)
{
	struct bytes out;

	do {
		/* More of the line may follow when its answers are read. */
		now_ms += 301 * 1000;
		output_drop(t);
		terminal_poll(t, now_ms);
	} while (t->state == TERMINAL_WAIT || t->state == TERMINAL_DATA);
	fuzz_check(t->state == TERMINAL_LINE || t->state == TERMINAL_OVERLONG);
	output_drop(t);
	if (terminal_input(t, now_ms, BYTES_LIT("\r")) != 1) {
		now_ms += 301 * 1000;
		terminal_poll(t, now_ms);
	}
	while (t->state != TERMINAL_LINE) {
		now_ms += 301 * 1000;
		terminal_poll(t, now_ms);
	}
	output_drop(t);
	fuzz_check(terminal_input(t, now_ms, BYTES_LIT("AT\r")) == 3);
	out = terminal_output(t);
	fuzz_check(out.len >= 6 &&
		   memcmp(out.ptr + out.len - 6, "\r\nOK\r\n", 6) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct module module;
	static struct terminal t;
	unsigned count = 0;
	uint64_t now_ms = 1000;
	size_t pos, piece, taken;

	if (len == 0)
		return 0;
	memset(&module, 0, sizeof(module));
	module.model = model_find(data[0] & 1 ? "sara-r4" : "sara-r5");
	settings_default(&module.settings);
	module.files.dir_fd = module.files.parent_fd = -1;
	module.state_fd = -1;
	module.tee = (struct tee){tee_call, &count, -1};
	module.http = (struct http_port){http_start, NULL};
	mqtt_profile_reset(&module.mqtt_profile);
	mqtt_init(&module.mqtt, at_mqtt_tell, &module);
	network_init(&module.network, 10);
	network_fun_set(&module.network, NETWORK_FUN_ON, 0);
	terminal_init(&t, "fuzz", &module, IDLE_MS);
	t.lf_ends = (data[0] & 2) != 0;
	t.settings.echo = (data[0] & 4) != 0;
	t.settings.cmee = data[0] >> 6;
	piece = (data[0] >> 3 & 7) + 1;
	for (pos = 1; pos < len; pos += taken) {
		if (piece > len - pos)
			piece = len - pos;
		taken =
		    terminal_input(&t, now_ms, bytes_make(data + pos, piece));
		fuzz_check(taken <= piece);
		if (taken == 0) {
			now_ms += 100 * 1000;
			terminal_poll(&t, now_ms);
			output_drop(&t);
		}
		network_tick(&module.network, now_ms++);
		at_network_changed(&t);
	}
	recover(&t, now_ms);
	terminal_done(&t);
	mqtt_done(&module.mqtt);
	return 0;
}
