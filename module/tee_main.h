/*
 * The process of the trusted environment.
 */
#ifndef MODULE_TEE_MAIN_H
#define MODULE_TEE_MAIN_H

#include "tee_client.h"

/*
 * Opens the root of trust, takes from itself all powers it does not need,
 * and answers requests at fd until the other end is gone. Returns the exit
 * status; why it could not start is on standard error.
 */
int tee_main(int fd, const struct tee_config *config);

#endif
