/*
 * The module's own secrets at rest: named contents, each in a file sealed by
 * the root of trust. A file opens on this module and under its name only.
 * Whoever puts an older file back gets the older content back.
 *
 * A name has 1 to VAULT_NAME_MAX characters of a-z, 0-9, - and _. The files
 * are in the folder USR/usec of the state.
 *
 * Spec: PROTOCOL.md, "Local data protection".
 */
#ifndef MODULE_VAULT_H
#define MODULE_VAULT_H

#include "module.h"

#define VAULT_NAME_MAX 48
#define VAULT_CONTENT_MAX 16384
#define VAULT_NAMES_MAX CREDENTIALS_MAX /* of one list */

/*
 * Keeps a content durably in place of what the name held. Errors: ERR_SPACE
 * (over VAULT_CONTENT_MAX), ERR_IO, those of the TEE.
 */
MUST_CHECK enum err vault_put(
    const struct module *module, const char *name, struct bytes content);

/*
 * Reads it. Errors: ERR_NOT_FOUND, ERR_AUTH (changed, renamed or another
 * module's), ERR_SPACE (longer than cap), ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err vault_get(const struct module *module, const char *name,
    uint8_t *out, size_t cap, size_t *ret_len);

/* Removes it durably. Errors: ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err vault_remove(const struct module *module, const char *name);

/* Names in the order of their bytes. */
struct vault_names {
	size_t count;
	char names[VAULT_NAMES_MAX][VAULT_NAME_MAX + 1];
};

/* Lists the names that begin so, VAULT_NAMES_MAX at most. Error: ERR_IO. */
MUST_CHECK enum err vault_list(const struct module *module, const char *prefix,
    struct vault_names *ret_names);

#endif
