/*
 * Inside the room: how one option is read, so that the decoder and the walk
 * over what it decoded cannot differ.
 */
#ifndef COAP_LIB_OPTIONS_H
#define COAP_LIB_OPTIONS_H

#include "coap/coap.h"

#define COAP_NUMBER_MAX 65535 /* RFC 7252, 12.2: numbers have 16 bits */
#define COAP_NIBBLE_U8 13 /* one byte follows: value less 13 */
#define COAP_NIBBLE_U16 14 /* two bytes follow: value less 269 */
#define COAP_NIBBLE_RESERVED 15
#define COAP_BASE_U8 13
#define COAP_BASE_U16 269

/*
 * Reads one option whose number is *number plus its delta, and moves *number
 * on; the reader stands before an option and not before a marker. Errors, in
 * the reader: ERR_TRUNCATED, ERR_FORMAT (reserved nibble, number over
 * COAP_NUMBER_MAX). Spec: RFC 7252, section 3.1.
 */
struct coap_option coap_option_read(struct reader *r, uint32_t *number);

#endif
