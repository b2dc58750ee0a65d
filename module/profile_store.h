/*
 * Security profiles at rest: each in a file of the vault.
 */
#ifndef MODULE_PROFILE_STORE_H
#define MODULE_PROFILE_STORE_H

#include "module.h"

/*
 * Reads all profiles at the start of a module. A file that does not open,
 * because somebody has changed it, leaves the default. Error: ERR_IO, and
 * those of the way to the TEE.
 */
MUST_CHECK enum err profiles_load(struct module *module);

/*
 * Keeps a profile durably and puts it in its place; its TLS session is
 * forgotten. Errors: those of vault_put and vault_remove; the old one counts
 * then.
 */
MUST_CHECK enum err profile_store(
    struct module *module, unsigned number, const struct profile *p);

#endif
