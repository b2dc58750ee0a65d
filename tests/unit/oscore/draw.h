/*
 * Random contexts and messages, for the property tests and for the tool that
 * writes exchanges for other implementations to read.
 */
#ifndef TESTS_OSCORE_DRAW_H
#define TESTS_OSCORE_DRAW_H

#include "oscore/oscore.h"
#include "prng.h"

/* Two contexts that face each other, and what they were derived from. */
struct pair {
	struct oscore_context client;
	struct oscore_context server;
	uint8_t store[5][32];
	struct bytes secret;
	struct bytes salt;
	struct bytes id_context;
	bool has_id_context;
	struct bytes client_id;
	struct bytes server_id;
};

/* Fills a pair, which may not be moved after it. */
void pair_draw(struct prng *p, struct pair *ret_pair);

/* An inner message, with its storage; may not be moved either. */
struct text {
	uint8_t options[96];
	uint8_t payload[128];
	struct oscore_inner inner;
};

void text_draw(struct prng *p, struct text *ret_text, bool request);

/* A view of min to max random bytes at buf. */
struct bytes bytes_draw(struct prng *p, uint8_t *buf, size_t min, size_t max);

/* A Partial IV: at times counted, at times five bytes as check-ins have. */
struct bytes piv_draw(struct prng *p, uint8_t piv[OSCORE_PIV_MAX]);

/* A header; token has room for the longest one. */
struct oscore_outer outer_draw(struct prng *p, uint8_t token[COAP_TOKEN_MAX]);

#endif
