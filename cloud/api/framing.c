/*
 * What libmicrohttpd lets pass and a proxy in front of us may read in
 * another way. A request whose end two readers can see in two places is
 * refused, and its connection ends: what follows it may be anybody's.
 *
 * Spec: RFC 9112, sections 3.2, 5.1, 6.1 and 6.3.
 */
#include "base/text.h"

#include "api.h"

struct framing {
	unsigned hosts, lengths, encodings;
	bool chunked; /* the last Transfer-Encoding is this and no other */
	bool spaced; /* a name has a space in it */
};

static enum MHD_Result
header_note(void *ctx, enum MHD_ValueKind kind UNUSED, const char *name,
    const char *value)
{
	struct framing *f = ctx;

	if (strpbrk(name, " \t") != NULL)
		f->spaced = true;
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
		f->hosts++;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
		f->lengths++;
	if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		f->encodings++;
		f->chunked = value != NULL && strcasecmp(value, "chunked") == 0;
	}
	return MHD_YES;
}

const char *
framing_wrong(struct MHD_Connection *http, const char *version)
{
	bool old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
	struct framing f = {0};

	(void)MHD_get_connection_values(http, MHD_HEADER_KIND, header_note, &f);
	if (f.spaced)
		return "A header's name has a space in it.";
	if (f.hosts > 1 || (f.hosts == 0 && !old))
		return "One Host header is needed.";
	if (f.lengths > 1)
		return "There is more than one Content-Length.";
	if (f.lengths > 0 && f.encodings > 0)
		return "There are a Content-Length and a Transfer-Encoding.";
	if (f.encodings > 1 || (f.encodings == 1 && (!f.chunked || old)))
		return "The Transfer-Encoding has to be chunked, of HTTP/1.1.";
	return NULL;
}

/* The byte that %XX at text stands for; false: it stands for none. */
static bool
escape_read(const char *text, char *ret_byte)
{
	uint8_t byte;
	size_t len;

	if (text[0] != '%' || text[1] == '\0' || text[2] == '\0' ||
	    hex_decode(bytes_make(text + 1, 2), &byte, 1, &len) != ERR_OK ||
	    byte == 0)
		return false;
	*ret_byte = (char)byte;
	return true;
}

size_t
framing_unescape(
    void *ctx UNUSED, struct MHD_Connection *http UNUSED, char *text)
{
	char *out = text;
	const char *in = text;

	while (*in != '\0') {
		if (escape_read(in, out))
			in += 3;
		else
			*out = *in++;
		out++;
	}
	*out = '\0';
	return (size_t)(out - text);
}
