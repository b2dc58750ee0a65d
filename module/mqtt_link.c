/*
 * The client's bytes over a connection of the module's.
 */
#include "mqtt_link.h"

#include "conn.h"
#include "log.h"
#include "loop.h"
#include "module.h"

#define READS_MAX 4 /* of a chunk before others get their turn */

struct mqtt_link {
	struct module *module;
	struct conn *conn; /* NULL: closed */
	bool open;
	bool full; /* it takes no more now */
	uint64_t due_ms; /* of the client's */
};

static void
link_close(struct mqtt_link *link)
{
	conn_close(link->conn);
	link->conn = NULL;
	link->open = false;
	link->full = false;
}

static void
link_fail(struct mqtt_link *link, enum mqtt_code code)
{
	link_close(link);
	mqtt_closed(&link->module->mqtt, code);
}

/* Sends what the client has, as far as the connection takes it. */
static void
output_move(struct mqtt_link *link)
{
	struct mqtt *m = &link->module->mqtt;
	struct bytes out = mqtt_output(m);
	enum err err = ERR_OK;

	while (link->open && out.len > 0) {
		if (out.len > MQTT_CHUNK_MAX)
			out.len = MQTT_CHUNK_MAX;
		err = conn_write(link->conn, out);
		if (err != ERR_OK)
			break;
		mqtt_sent(m, out.len, loop_now_ms());
		out = mqtt_output(m);
	}
	link->full = err == ERR_BUSY;
	if (err != ERR_OK && err != ERR_BUSY)
		link_fail(link, MQTT_CODE_LOST);
}

static void
on_opened(void *owner)
{
	struct mqtt_link *link = owner;

	link->open = true;
	mqtt_opened(&link->module->mqtt, loop_now_ms());
	output_move(link);
}

static void
on_readable(void *owner)
{
	struct mqtt_link *link = owner;
	uint8_t in[MQTT_CHUNK_MAX];
	size_t len;
	enum err err;
	int i;

	for (i = 0; i < READS_MAX && link->conn != NULL; i++) {
		err = conn_read(link->conn, in, sizeof(in), &len);
		if (err == ERR_BUSY)
			return;
		if (err != ERR_OK || len == 0) {
			link_fail(link, MQTT_CODE_LOST);
			return;
		}
		mqtt_input(
		    &link->module->mqtt, bytes_make(in, len), loop_now_ms());
		if (!mqtt_wants_link(&link->module->mqtt))
			link_close(link);
		else
			output_move(link);
	}
}

static void
on_writable(void *owner)
{
	output_move(owner);
}

static enum mqtt_code
code_of(enum err err)
{
	switch (err) {
	case ERR_STATE:
		return MQTT_CODE_NETWORK;
	case ERR_TIMEOUT:
		return MQTT_CODE_TIMEOUT;
	case ERR_AUTH:
		return MQTT_CODE_SECURE;
	default:
		return MQTT_CODE_CONNECT;
	}
}

static void
on_closed(void *owner, enum err err, UNUSED int system_error)
{
	struct mqtt_link *link = owner;
	bool open = link->open;

	log_event("mqtt link: %s", err_name(err));
	link_fail(link, open && err == ERR_IO ? MQTT_CODE_LOST : code_of(err));
}

static const struct conn_events events = {.opened = on_opened,
    .readable = on_readable,
    .writable = on_writable,
    .closed = on_closed};

static void
link_open(struct mqtt_link *link)
{
	const struct mqtt_profile *p = &link->module->mqtt_profile;
	struct conn_config config = {.module = link->module,
	    .host = p->server,
	    .port = (uint16_t)mqtt_profile_port(p),
	    .local_port = (uint16_t)p->local_port,
	    .secure = p->secure == 1,
	    .profile = p->security_profile,
	    .timeout_ms = MQTT_ANSWER_MS,
	    .events = &events,
	    .owner = link};
	enum err err = conn_open(&config, &link->conn);

	if (err == ERR_OK)
		return;
	link->conn = NULL;
	log_event("mqtt link: %s", err_name(err));
	/* What a security profile lacks is TLS's fault. */
	mqtt_closed(&link->module->mqtt,
	    p->secure == 1 && err != ERR_IO && err != ERR_NOMEM
		? MQTT_CODE_SECURE
		: code_of(err));
}

void
mqtt_link_settle(struct mqtt_link *link, uint64_t now_ms)
{
	struct mqtt *m = &link->module->mqtt;

	if (!network_up(&link->module->network))
		mqtt_closed(m, MQTT_CODE_NETWORK);
	link->due_ms = mqtt_tick(m, now_ms);
	if (m->state == MQTT_OPENING && link->open)
		link_close(link); /* of the connection before */
	if (m->state == MQTT_OPENING && link->conn == NULL)
		link_open(link);
	output_move(link);
	if (!mqtt_wants_link(m))
		link_close(link);
}

bool
mqtt_link_waits(const struct mqtt_link *link)
{
	const struct mqtt *m = &link->module->mqtt;

	if (m->state == MQTT_OPENING)
		return link->conn == NULL || link->open;
	return link->open && !link->full && mqtt_output(m).len > 0;
}

uint64_t
mqtt_link_due(const struct mqtt_link *link)
{
	return link->due_ms;
}

enum err
mqtt_link_new(struct module *module, struct mqtt_link **ret_link)
{
	struct mqtt_link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return ERR_NOMEM;
	link->module = module;
	link->due_ms = UINT64_MAX;
	*ret_link = link;
	return ERR_OK;
}

void
mqtt_link_free(struct mqtt_link *link)
{
	if (link == NULL)
		return;
	link_close(link);
	free(link);
}
