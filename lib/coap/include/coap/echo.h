/*
 * The Echo option (RFC 9175): a server's challenge that a fresh request
 * repeats. What the bytes are and how long they count is the server's.
 */
#ifndef COAP_ECHO_H
#define COAP_ECHO_H

#include "coap/coap.h"

#define COAP_ECHO_MIN 1
#define COAP_ECHO_MAX 40

/*
 * Finds the Echo option; false when there is none of 1 to 40 bytes. Echo is
 * elective, so that one of another length counts as absent (RFC 7252,
 * 5.4.3). The bytes are a challenge: compare them with ct_equal.
 * Spec: RFC 9175, section 2.2.1.
 */
bool coap_echo_find(struct bytes options, struct bytes *ret_value);

/* Adds the option; ERR_INVALID, in the writer, for another length. */
void coap_write_echo(struct coap_writer *w, struct bytes value);

#endif
