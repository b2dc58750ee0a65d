/*
 * Any bytes of an MQTT server, cut anywhere: the client's memory stays
 * bounded, and every operation ends with one event. The first byte chooses
 * what the client does meanwhile, and how the bytes are cut.
 */
#include "fuzz.h"
#include "mqtt.h"

struct seen {
	unsigned ended; /* operations */
	unsigned lost; /* connections */
};

static void
tell(void *ctx, const struct mqtt_event *event)
{
	struct seen *seen = ctx;

	if (event->op == MQTT_OP_LOGOUT && event->result != 1)
		seen->lost++;
	else if (event->op != MQTT_OP_READ)
		seen->ended++;
}

/* Begins what the number says; whether it did. */
static unsigned
begin(struct mqtt *m, unsigned what, uint64_t now_ms)
{
	enum err err = ERR_STATE;

	switch (what % 5) {
	case 0:
		err = mqtt_subscribe(m, BYTES_LIT("a/#"), 1, now_ms);
		break;
	case 1:
		err = mqtt_unsubscribe(m, BYTES_LIT("a/#"), now_ms);
		break;
	case 2:
		err = mqtt_publish(m, MQTT_OP_PUBLISH, BYTES_LIT("a"),
		    what / 5 % 3, false, BYTES_LIT("x"), now_ms);
		break;
	case 3:
		err = mqtt_logout(m, now_ms);
		break;
	default:
		break;
	}
	return err == ERR_OK ? 1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mqtt_connect connect = {
	    .client_id = BYTES_LIT("fuzz"), .keepalive_s = 10};
	struct seen seen = {0, 0};
	struct mqtt_message *message;
	struct mqtt m;
	unsigned begun = 1;
	uint64_t now_ms = 1000;
	size_t pos, piece;

	if (len == 0)
		return 0;
	mqtt_init(&m, tell, &seen);
	fuzz_check(mqtt_login(&m, &connect, now_ms) == ERR_OK);
	mqtt_opened(&m, now_ms);
	piece = (data[0] & 7) + 1;
	for (pos = 1; pos < len; pos += piece) {
		if (piece > len - pos)
			piece = len - pos;
		mqtt_input(&m, bytes_make(data + pos, piece), now_ms);
		fuzz_check(mqtt_output(&m).len <= MQTT_PAYLOAD_MAX * 2);
		begun += begin(&m, data[0] >> 3, now_ms);
		if ((data[0] & 8) != 0)
			mqtt_sent(&m, mqtt_output(&m).len, now_ms);
		now_ms += 100;
		(void)mqtt_tick(&m, now_ms);
		fuzz_check(m.unread_count <= MQTT_UNREAD_MAX);
		if ((data[0] & 16) != 0 && (message = mqtt_read(&m)) != NULL)
			free(message);
	}
	mqtt_closed(&m, MQTT_CODE_LOST);
	fuzz_check(seen.ended == begun);
	fuzz_check(seen.lost <= 1);
	mqtt_done(&m);
	return 0;
}
