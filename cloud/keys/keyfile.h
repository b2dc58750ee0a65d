/*
 * The file that holds the service's own keys, and its public side.
 */
#ifndef CLOUD_KEYS_KEYFILE_H
#define CLOUD_KEYS_KEYFILE_H

#include "cloud/config.h"
#include "cloud/keys.h"

/*
 * Loads the key file, or makes one when the service is new. A file that is
 * damaged, cannot be read or can be read by others is refused, and so is a
 * missing one when there is a database already: what is wrapped in it could
 * never be opened. Logs what is wrong. Nothing is ever overwritten.
 */
MUST_CHECK enum err keyfile_open(
    const struct config *config, struct keys_state *ret_state);

/* Writes DATA/service.json. Logs what is wrong. */
MUST_CHECK enum err keyfile_publish(
    const struct config *config, const struct keys_state *state);

#endif
