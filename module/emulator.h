/*
 * The running emulator: terminals and their lines, listeners, the service,
 * and the loop that drives them.
 */
#ifndef MODULE_EMULATOR_H
#define MODULE_EMULATOR_H

#include "options.h"
#include "tee.h"

/*
 * Runs until a signal, +CPWROFF, or the end of standard input where that is
 * the only terminal. tee is the way to the TEE. Prints the ready line.
 * Errors are logged; ERR_OK: a clean end.
 */
MUST_CHECK enum err emulator_run(
    const struct options *options, const struct tee *tee);

#endif
