/*
 * A strict reader for the bodies of the busiest calls: one flat object of
 * short texts and whole numbers. What it does not take is not wrong yet;
 * the general reader has the last word, and finds the words for an error.
 */
#ifndef API_FLAT_H
#define API_FLAT_H

#include <stdbool.h>

#include "base/bytes.h"

#define FLAT_FIELDS_MAX 4

/*
 * Reads a body as an object whose fields are among the count names
 * (FLAT_FIELDS_MAX at most), each once at most. Values are texts of
 * printable ASCII without escapes, or digits; ret_values are views of what
 * stands between the quotes, or of the digits; ptr is NULL for a field that
 * is not there. False: it is anything else.
 */
MUST_CHECK bool flat_read(struct bytes body, const char *const *names,
    size_t count, struct bytes *ret_values);

#endif
