/*
 * Production records: one JSON object a line, as the factory writes them.
 *
 * Spec: PROTOCOL.md, "Production records".
 */
#include <jansson.h>

#include "base/text.h"
#include "service/imports.h"

/* One field: its name, and the exact size it has once it is decoded. */
struct record_field {
	const char *name;
	enum err (*decode)(
	    struct bytes text, uint8_t *out, size_t cap, size_t *ret_len);
	size_t len;
	const char *why;
};

#define FIELD_COUNT 4

static const struct record_field fields[FIELD_COUNT] = {
    {"ROTPublicUID", hex_decode, UID_LEN,
	"ROTPublicUID has to be 16 hex digits"},
    {"PublicKey", base64_decode, P256_POINT_LEN,
	"PublicKey has to be base64 of 65 bytes"},
    {"Enc", base64_decode, P256_POINT_LEN, "Enc has to be base64 of 65 bytes"},
    {"Secret", base64_decode, KEY_LEN + 16,
	"Secret has to be base64 of 48 bytes"},
};

static bool
field_read(const json_t *object, const struct record_field *field, uint8_t *out)
{
	const json_t *value = json_object_get(object, field->name);
	size_t len = 0;

	if (!json_is_string(value))
		return false;
	enum err err = field->decode(
	    bytes_make(json_string_value(value), json_string_length(value)),
	    out, field->len, &len);

	return err == ERR_OK && len == field->len;
}

static const char *
object_read(const json_t *object, struct factory_record *r)
{
	uint8_t *outs[FIELD_COUNT] = {r->uid, r->public_key, r->enc, r->sealed};

	if (!json_is_object(object))
		return "not a JSON object";
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!field_read(object, &fields[i], outs[i]))
			return fields[i].why;
	}
	if (json_object_size(object) != FIELD_COUNT)
		return "there is a field that a record does not have";
	if (r->public_key[0] != 4 || r->enc[0] != 4)
		return "a point has to be uncompressed: 04 | x | y";
	return NULL;
}

enum err
factory_record_read(
    struct bytes line, struct factory_record *ret_record, const char **ret_why)
{
	struct factory_record r = {0};
	const char *why = "longer than a record can be";
	json_t *object = NULL;

	if (line.len <= IMPORT_LINE_MAX) {
		object = json_loadb((const char *)line.ptr, line.len,
		    JSON_REJECT_DUPLICATES, NULL);
		why = object_read(object, &r);
	}
	json_decref(object);
	if (why != NULL) {
		*ret_why = why;
		return ERR_FORMAT;
	}
	*ret_record = r;
	return ERR_OK;
}
