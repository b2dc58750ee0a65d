/*
 * Bodies and query parameters, read by tables of what they may hold. What is
 * not in the table is an error, and every error names its place.
 */
#include "base/text.h"

#include "api.h"

static const char *const kind_names[] = {
    [FIELD_STRING] = "a string",
    [FIELD_NUMBER] = "an integer",
    [FIELD_STRING_OR_NUMBER] = "a string or an integer",
    [FIELD_OBJECT] = "an object",
    [FIELD_ARRAY] = "an array",
};

void
pointer_make(const char *base, const char *name, char *out, size_t cap)
{
	size_t at = (size_t)snprintf(out, cap, "%s/", base);

	for (; *name != '\0' && at + 3 < cap; name++) {
		/* RFC 6901: ~ and / have to be escaped. */
		if (*name == '~' || *name == '/') {
			out[at++] = '~';
			out[at++] = *name == '~' ? '0' : '1';
		} else {
			out[at++] = *name;
		}
	}
	/* Cut inside a character of UTF-8: what is there of it goes too. */
	if (((unsigned)*name & 0xc0) == 0x80) {
		while (((unsigned)out[at - 1] & 0xc0) == 0x80)
			at--;
		at--;
	}
	out[at] = '\0';
}

static bool
value_take(const json_t *json, enum field_kind kind, struct field_value *v)
{
	if (json_is_object(json)) {
		v->object = json;
		return kind == FIELD_OBJECT;
	}
	if (json_is_array(json)) {
		v->object = json;
		return kind == FIELD_ARRAY;
	}
	if (json_is_string(json)) {
		v->text = bytes_make(
		    json_string_value(json), json_string_length(json));
		return kind == FIELD_STRING || kind == FIELD_STRING_OR_NUMBER;
	}
	if (!json_is_integer(json))
		return false;
	v->number = json_integer_value(json);
	int n = snprintf(
	    v->digits, sizeof(v->digits), "%lld", (long long)v->number);

	v->text = bytes_make(v->digits, (size_t)n);
	return kind == FIELD_NUMBER || kind == FIELD_STRING_OR_NUMBER;
}

static void
field_read(struct request *r, const struct field *field, const json_t *json,
    struct field_value *v)
{
	char pointer[48];

	*v = (struct field_value){.text = BYTES_LIT("")};
	pointer_make("", field->name, pointer, sizeof(pointer));
	if (json == NULL) {
		if (field->required)
			problem_field(r, pointer, "is missing");
		return;
	}
	if (!value_take(json, field->kind, v)) {
		problem_field(
		    r, pointer, "has to be %s", kind_names[field->kind]);
		*v = (struct field_value){.text = BYTES_LIT("")};
		return;
	}
	v->there = true;
	if (field->kind != FIELD_NUMBER && v->text.len > field->max)
		problem_field(r, pointer, "has at most %zu bytes", field->max);
}

static bool
field_known(const struct field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
unknown_note(struct request *r, const struct field *fields, size_t count)
{
	const char *name;
	json_t *value;
	char pointer[48];

	json_object_foreach(r->json, name, value)
	{
		if (field_known(fields, count, name))
			continue;
		pointer_make("", name, pointer, sizeof(pointer));
		problem_field(r, pointer, "is not a field of this call");
	}
}

bool
body_read(struct request *r, const struct field *fields, size_t count,
    struct field_value *ret_values)
{
	json_error_t error;

	r->json = json_loadb((const char *)r->body, r->body_len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (r->json == NULL) {
		char detail[JSON_ERROR_TEXT_LENGTH + 64];

		(void)snprintf(detail, sizeof(detail),
		    "The body is not JSON: line %d, column %d: %s", error.line,
		    error.column, error.text);
		problem_answer(r, PROBLEM_BAD_REQUEST, detail);
		return false;
	}
	if (!json_is_object(r->json)) {
		problem_field(r, "", "has to be an object");
		return body_good(r);
	}
	for (size_t i = 0; i < count; i++)
		field_read(r, &fields[i],
		    json_object_get(r->json, fields[i].name), &ret_values[i]);
	unknown_note(r, fields, count);
	return body_good(r);
}

bool
body_good(struct request *r)
{
	if (r->problem_count == 0)
		return true;
	problem_answer(r, PROBLEM_INVALID_BODY, NULL);
	return false;
}

/* --- lists --- */

struct page_reader {
	struct request *r;
	struct page *page;
	size_t key_len;
	bool takes_device;
	char wrong[96]; /* empty: nothing */
};

static bool
limit_read(const char *value, size_t *ret_limit)
{
	size_t limit = 0;

	if (*value == '\0' || strlen(value) > 4)
		return false;
	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9')
			return false;
		limit = limit * 10 + (size_t)(*value - '0');
	}
	*ret_limit = limit;
	return limit >= 1 && limit <= PAGE_LIMIT_MAX;
}

static enum MHD_Result
parameter_read(
    void *ctx, enum MHD_ValueKind kind UNUSED, const char *key, const char *v)
{
	struct page_reader *reader = ctx;
	struct page *page = reader->page;
	const char *value = v != NULL ? v : "";
	const char *wrong = "";

	if (strcmp(key, "limit") == 0) {
		if (!limit_read(value, &page->limit))
			wrong = "limit has to be 1 to 1000.";
	} else if (strcmp(key, "cursor") == 0) {
		if (base64url_decode(bytes_str(value), page->after,
			sizeof(page->after), &page->after_len) != ERR_OK ||
		    page->after_len != reader->key_len)
			wrong = "cursor has to be a NextCursor of this list.";
	} else if (reader->takes_device && strcmp(key, "device") == 0) {
		size_t len = 0;

		page->has_device = true;
		if (hex_decode(bytes_str(value), page->device,
			sizeof(page->device), &len) != ERR_OK ||
		    len != sizeof(page->device))
			wrong = "device has to be a ROTPublicUID.";
	} else if (reader->takes_device) {
		wrong = "This list takes limit, cursor and device only.";
	} else {
		wrong = "A list takes limit and cursor only.";
	}
	if (*wrong != '\0')
		(void)snprintf(
		    reader->wrong, sizeof(reader->wrong), "%s", wrong);
	return MHD_YES;
}

static bool
parameters_read(
    struct request *r, size_t key_len, bool takes_device, struct page *ret_page)
{
	struct page_reader reader = {.r = r,
	    .page = ret_page,
	    .key_len = key_len,
	    .takes_device = takes_device};

	*ret_page = (struct page){.limit = PAGE_LIMIT_DEFAULT};
	(void)MHD_get_connection_values(
	    r->http, MHD_GET_ARGUMENT_KIND, parameter_read, &reader);
	if (reader.wrong[0] == '\0')
		return true;
	problem_answer(r, PROBLEM_INVALID_PARAMETER, reader.wrong);
	return false;
}

uint64_t
page_number(const struct page *page)
{
	struct reader r;

	if (page->after_len == 0)
		return 0;
	reader_init(&r, bytes_make(page->after, page->after_len));
	return reader_u64(&r) & INT64_MAX;
}

uint64_t
item_number(const struct request *r)
{
	char *end = NULL;
	unsigned long long number = strtoull(r->item, &end, 10);

	if (r->item[0] < '1' || r->item[0] > '9' || *end != '\0' ||
	    strlen(r->item) > 18)
		return 0;
	return number;
}

bool
page_read(struct request *r, size_t key_len, struct page *ret_page)
{
	return parameters_read(r, key_len, false, ret_page);
}

bool
page_read_of_device(struct request *r, size_t key_len, struct page *ret_page)
{
	return parameters_read(r, key_len, true, ret_page);
}

void
page_answer(struct request *r, json_t *items, struct bytes after)
{
	char cursor[BASE64_SIZE(16)];
	json_t *next = json_null();

	if (after.len > 0 && after.len <= 16) {
		base64url_encode(after, cursor);
		next = json_string(cursor);
	}
	answer_json(r, MHD_HTTP_OK,
	    json_pack("{s:o, s:o}", "Items", items, "NextCursor", next));
}

static void
rows_answer(struct request *r, const struct numbered_list *list,
    const struct page *page, const uint8_t *rows, size_t count)
{
	json_t *items = json_array();
	uint8_t last[8];
	uint64_t number;
	struct writer w;

	for (size_t i = 0; i < count && i < page->limit; i++)
		(void)json_array_append_new(
		    items, list->show(r, rows + i * list->row));
	writer_init(&w, last, sizeof(last));
	if (count > page->limit) {
		memcpy(&number,
		    rows + (page->limit - 1) * list->row + list->number,
		    sizeof(number));
		writer_u64(&w, number);
	}
	page_answer(r, items, writer_bytes(&w));
}

void
numbered_list_answer(struct request *r, const struct numbered_list *list)
{
	struct page page;
	size_t count = 0;
	uint8_t *rows;
	enum err err;

	if (!page_read(r, sizeof(uint64_t), &page))
		return;
	/* One more than is shown says whether there is a next page. */
	rows = calloc(page.limit + 1, list->row);
	err = rows != NULL ? service_read(&r->api->service) : ERR_NOMEM;
	if (err == ERR_OK)
		err = list->read(
		    r, page_number(&page), rows, page.limit + 1, &count);
	if (err == ERR_OK)
		rows_answer(r, list, &page, rows, count);
	else
		problem_err(r, err);
	free(rows);
}
