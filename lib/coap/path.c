/*
 * Paths as text against Uri-Path options, one segment each. No percent
 * encoding: the paths that Holdfast names need none, and what a peer sends is
 * compared as bytes.
 */
#include "coap/coap.h"

#define SEGMENT_MAX 255 /* RFC 7252, 5.10 */

/* Cuts the next segment off *path; false when the path is used up. */
static bool
segment_next(const char **path, struct bytes *ret_segment)
{
	const char *start = *path;
	const char *end;

	if (start == NULL)
		return false;
	end = strchr(start, '/');
	if (end == NULL) {
		*ret_segment = bytes_str(start);
		*path = NULL;
	} else {
		*ret_segment = bytes_make(start, (size_t)(end - start));
		*path = end + 1;
	}
	return true;
}

/* The root path has no segment, not an empty one: RFC 7252, 6.4, step 8. */
static const char *
path_start(const char *path)
{
	return path[0] == '\0' ? NULL : path;
}

bool
coap_path_is(struct bytes options, const char *path)
{
	const char *rest = path_start(path);
	struct coap_options it;
	struct coap_option option;
	struct bytes segment;

	coap_options_init(&it, options);
	while (coap_option_next(&it, &option)) {
		if (option.number != COAP_OPT_URI_PATH)
			continue;
		if (!segment_next(&rest, &segment))
			return false;
		if (!bytes_equal(option.value, segment))
			return false;
	}
	return rest == NULL;
}

void
coap_write_path(struct coap_writer *w, const char *path)
{
	const char *rest = path_start(path);
	struct bytes segment;

	while (segment_next(&rest, &segment)) {
		if (segment.len > SEGMENT_MAX)
			writer_fail(&w->out, ERR_INVALID);
		coap_write_option(w, COAP_OPT_URI_PATH, segment);
	}
}
