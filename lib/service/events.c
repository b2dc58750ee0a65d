/*
 * Builds the JSON of an event. Fields come from devices and are escaped; no
 * secret is ever among them.
 */
#include <inttypes.h>

#include "base/text.h"
#include "service/events.h"

#define NUMBER_SIZE 24
#define HEX_FIELD_MAX 64

void
service_event_start(struct service_event *event, const char *kind,
    const uint8_t uid[UID_LEN], uint64_t tenant, uint64_t time)
{
	event->kind = kind;
	event->tenant = tenant;
	event->time = time;
	memcpy(event->uid, uid, UID_LEN);
	/* The closing brace always fits. */
	writer_init(&event->detail, event->buf, sizeof(event->buf) - 1);
	writer_u8(&event->detail, '{');
}

static void
put_char(struct writer *w, uint8_t c)
{
	char escape[8];

	if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
		writer_u8(w, c);
		return;
	}
	/* Latin-1, so that any bytes are valid JSON and can be told apart. */
	(void)snprintf(escape, sizeof(escape), "\\u%04x", c);
	writer_put(w, bytes_str(escape));
}

static void
put_name(struct writer *w, const char *name)
{
	if (w->len > 1)
		writer_u8(w, ',');
	writer_u8(w, '"');
	writer_put(w, bytes_str(name));
	writer_put(w, BYTES_LIT("\":"));
}

void
service_event_text(
    struct service_event *event, const char *name, struct bytes text)
{
	put_name(&event->detail, name);
	writer_u8(&event->detail, '"');
	for (size_t i = 0; i < text.len; i++)
		put_char(&event->detail, text.ptr[i]);
	writer_u8(&event->detail, '"');
}

void
service_event_hex(
    struct service_event *event, const char *name, struct bytes bytes)
{
	char hex[HEX_SIZE(HEX_FIELD_MAX)];

	if (bytes.len > HEX_FIELD_MAX) {
		writer_fail(&event->detail, ERR_SPACE);
		return;
	}
	hex_encode(bytes, hex);
	service_event_text(event, name, bytes_str(hex));
}

void
service_event_number(
    struct service_event *event, const char *name, uint64_t number)
{
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	put_name(&event->detail, name);
	writer_put(&event->detail, bytes_str(text));
}

enum err
service_event_add(struct store *store, const struct service_event *event)
{
	struct store_event row = {.time = event->time,
	    .tenant = event->tenant,
	    .has_uid = true,
	    .kind = bytes_str(event->kind)};
	uint8_t detail[EVENT_DETAIL_MAX];

	if (event->detail.err != ERR_OK)
		return event->detail.err;
	memcpy(row.uid, event->uid, UID_LEN);
	memcpy(detail, event->buf, event->detail.len);
	detail[event->detail.len] = '}';
	row.detail = bytes_make(detail, event->detail.len + 1);
	return store_event_add(store, &row);
}
