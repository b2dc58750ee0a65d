/*
 * Secure boot, as the first thing that the TEE does: it measures the program
 * that it is part of, and asks the root of trust whether that may run.
 */
#ifndef MODULE_TEE_BOOT_H
#define MODULE_TEE_BOOT_H

#include "rot/rot.h"
#include "tee.h"

/*
 * Measures the running program and decides. manifest_path NULL: the
 * program's own path with ".manifest" behind it. Gives the answer that the
 * front end will get; ret_boot->state says whether anything else may be done.
 */
void tee_boot_check(
    struct rot *rot, const char *manifest_path, struct tee_boot *ret_boot);

#endif
