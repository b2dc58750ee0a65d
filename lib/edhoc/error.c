/*
 * Error messages: error = ( ERR_CODE : int, ERR_INFO : any ). Spec: RFC 9528,
 * section 6.
 */
#include "internal.h"

#include <limits.h>

enum { CODE_UNSPECIFIED = 1, CODE_SUITES = 2, CODE_UNKNOWN_CREDENTIAL = 3 };

void
edhoc_error_write(struct writer *w, const char *text)
{
	cbor_put_int(w, CODE_UNSPECIFIED);
	cbor_put_str(w, text);
}

/* suites = [ 2* int ] / int: one alone is no array. */
void
edhoc_error_suites(
    struct writer *w, const enum edhoc_suite *supported, size_t count)
{
	size_t i;

	cbor_put_int(w, CODE_SUITES);
	if (count == 0)
		writer_fail(w, ERR_INVALID);
	if (count > 1)
		cbor_put_array(w, count);
	for (i = 0; i < count; i++)
		cbor_put_int(w, supported[i]);
}

/* A number that must fit an int. */
static int
int_read(struct reader *r)
{
	int64_t v = cbor_int(r);

	if (v >= INT_MIN && v <= INT_MAX)
		return (int)v;
	reader_fail(r, ERR_FORMAT);
	return 0;
}

static void
suites_read(struct reader *r, struct edhoc_error *error)
{
	size_t count = 1;
	int suite;

	if (cbor_peek(r) == CBOR_ARRAY) {
		count = cbor_array(r);
		if (count < 2)
			reader_fail(r, ERR_FORMAT);
	}
	for (; count > 0 && r->err == ERR_OK; count--) {
		suite = int_read(r);
		if (error->suite_count < EDHOC_SUITES_MAX)
			error->suites[error->suite_count++] = suite;
	}
}

static void
info_read(struct reader *r, struct edhoc_error *error)
{
	switch (error->code) {
	case CODE_UNSPECIFIED:
		error->text = cbor_tstr(r);
		break;
	case CODE_SUITES:
		suites_read(r, error);
		break;
	case CODE_UNKNOWN_CREDENTIAL:
		if (!cbor_bool(r))
			reader_fail(r, ERR_FORMAT);
		break;
	default:
		(void)cbor_skip(r);
		break;
	}
}

enum err
edhoc_error_read(struct bytes in, struct edhoc_error *ret_error)
{
	struct edhoc_error error;
	struct reader r;
	enum err err;

	memset(&error, 0, sizeof(error));
	reader_init(&r, in);
	error.code = int_read(&r);
	info_read(&r, &error);
	err = reader_end(&r);
	if (err == ERR_OK)
		*ret_error = error;
	return err;
}
