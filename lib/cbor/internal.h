/*
 * What the files of this room share.
 */
#ifndef CBOR_INTERNAL_H
#define CBOR_INTERNAL_H

#include "cbor/cbor.h"

/*
 * Reads the head of an item: its major type and its argument, which must be
 * in its shortest form. CBOR_NONE when there is none.
 */
enum cbor_type cbor_head(struct reader *r, uint64_t *ret_argument);

/* Says whether text is UTF-8. Spec: RFC 3629, section 4. */
bool cbor_utf8_valid(struct bytes text);

#endif
