/*
 * What a device computes that does not depend on the service's answers, made
 * before the clock starts: its ephemeral key, and what that agrees with the
 * service's static key. The load then takes less of its core than the service
 * of the other, so that the clock measures the service.
 *
 * A program that links ahead.c with ahead_wrap (meson.build) gets these from
 * p256_generate and p256_ecdh, once a device; everything else is computed as
 * ever.
 */
#ifndef BENCH_AHEAD_H
#define BENCH_AHEAD_H

#include "flash.h"

/* Makes room for count devices. */
void ahead_init(size_t count);

/* Computes for device i, whose root of trust is open. */
void ahead_make(size_t i, const struct rot *rot);

/* From now on device i is the one that computes. */
void ahead_of(size_t i);

#endif
