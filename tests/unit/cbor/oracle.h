/*
 * libcbor as a second opinion on what deterministic CBOR is. Its header and
 * ours name the same things, so that this one includes neither.
 */
#ifndef TESTS_CBOR_ORACLE_H
#define TESTS_CBOR_ORACLE_H

#include "base/bytes.h"

enum verdict {
	VERDICT_BAD,
	VERDICT_GOOD,
	/* A simple value or a tag that libcbor does not know. */
	VERDICT_NONE
};

/*
 * Whether in starts with one item that is well-formed, deterministic (RFC
 * 8949, 4.2.1, with f97e00 the only NaN), in UTF-8 and nested no deeper than
 * depth_max; ret_len is how long it is.
 */
enum verdict oracle_judge(struct bytes in, unsigned depth_max, size_t *ret_len);

#endif
