/*
 * The crypto port of chip-to-chip in plain C99, for an MCU that has neither
 * hardware nor a library for it. No tables that depend on secrets, no branch
 * that does: its time tells nothing. It pays for that with thousands of
 * instructions for each block of AES; where there is hardware, use it.
 *
 * Random bytes it cannot make: they are the caller's.
 */
#ifndef HOLDFAST_SOFT_H
#define HOLDFAST_SOFT_H

#include "holdfast/c2c.h"

/* Fills a port. random and ctx become the port's own, see hf_crypto. */
void hf_soft_init(struct hf_crypto *port,
    int (*random)(void *ctx, uint8_t *out, size_t len), void *ctx);

#endif
