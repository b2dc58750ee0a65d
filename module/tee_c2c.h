/*
 * Chip-to-chip in the packets between the front end and the TEE.
 *
 *   request  TE_SECRET 16 | length of the name u8 | name
 *            PAIR, OPEN: version u8; PAIR: rekey u8; CONFIRM: confirmation 64
 *            the sealed records
 *   answer   PAIR, OPEN: version u8 | key 16 | hmac key 16
 *            PAIR: tag 16
 *            PAIR, CONFIRM: the sealed records
 */
#ifndef MODULE_TEE_C2C_H
#define MODULE_TEE_C2C_H

#include "tee.h"

/* What is wrong with a request or an answer, the cursor keeps. */
void tee_c2c_request_write(
    struct writer *out, enum tee_op op, const struct tee_c2c_request *request);
void tee_c2c_request_read(
    struct reader *r, enum tee_op op, struct tee_c2c_request *ret_request);
void tee_c2c_answer_write(
    struct writer *out, enum tee_op op, const struct tee_c2c_answer *answer);
void tee_c2c_answer_read(
    struct reader *r, enum tee_op op, struct tee_c2c_answer *ret_answer);

#endif
