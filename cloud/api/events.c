/*
 * Events of the caller's account, newest first: clones that were refused,
 * bootstraps that went wrong. All, or those of one device. The operator has
 * those of devices that are nobody's, too.
 */
#include "base/text.h"
#include "store/events.h"

#include "api.h"

struct event_list {
	json_t *items;
	size_t limit;
	bool more;
	uint64_t last;
};

static json_t *
event_json(const struct store_event *e)
{
	char uid[HEX_SIZE(UID_LEN)];
	json_t *detail =
	    json_loadb((const char *)e->detail.ptr, e->detail.len, 0, NULL);

	hex_encode(BYTES_OF(e->uid), uid);
	return json_pack("{s:I, s:o, s:s%, s:o, s:o}", "EventID",
	    (json_int_t)e->id, "Date", json_date(e->time), "Kind", e->kind.ptr,
	    e->kind.len, "ROTPublicUID",
	    e->has_uid ? json_string(uid) : json_null(), "Detail",
	    detail != NULL ? detail : json_object());
}

static bool
event_visit(void *ctx, const struct store_event *event)
{
	struct event_list *list = ctx;

	if (json_array_size(list->items) == list->limit) {
		list->more = true;
		return false;
	}
	(void)json_array_append_new(list->items, event_json(event));
	list->last = event->id;
	return true;
}

void
events_list(struct request *r)
{
	struct page page;
	uint8_t last[8];
	struct writer w;

	if (!page_read_of_device(r, sizeof(last), &page))
		return;
	struct event_list list = {.items = json_array(), .limit = page.limit};
	enum err err = service_read(&r->api->service);

	/* Who goes on from the last number shall not miss one. */
	if (err == ERR_OK)
		err = store_confirm(r->api->service.store);
	/* One more than is shown says whether there is a next page. */
	if (err == ERR_OK)
		err = store_event_list(r->api->service.store, r->actor.tenant,
		    r->actor.is_operator, page.has_device ? page.device : NULL,
		    page_number(&page), page.limit + 1, event_visit, &list);
	if (err != ERR_OK) {
		json_decref(list.items);
		problem_err(r, err);
		return;
	}
	writer_init(&w, last, sizeof(last));
	if (list.more)
		writer_u64(&w, list.last);
	page_answer(r, list.items, writer_bytes(&w));
}
