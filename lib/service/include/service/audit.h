/*
 * The audit log: who changed what, before and after, from where. Each entry
 * carries the hash of the one before it, so that none can be taken out or
 * changed without showing.
 */
#ifndef SERVICE_AUDIT_H
#define SERVICE_AUDIT_H

#include "service/service.h"

/* One change. Texts are the caller's; detail is a JSON object. */
struct audit_change {
	uint64_t tenant; /* 0: the service itself */
	const char *actor; /* such as "apikey:NAME" */
	const char *action; /* such as "profile.create" */
	const char *object;
	const char *detail;
	const char *source; /* the address it came from */
};

/*
 * Writes an entry, in the transaction that makes the change. Errors: the
 * store's, ERR_CRYPTO.
 */
MUST_CHECK enum err audit_add(
    struct service *s, const struct audit_change *change);

/* The same for a change by a caller of the API. */
MUST_CHECK enum err audit_add_by(struct service *s, const struct actor *actor,
    const char *source, const char *action, const char *object,
    const char *detail);

/*
 * Computes every hash anew. Errors: ERR_AUTH (an entry was changed, or one
 * is missing before the last), the store's, ERR_CRYPTO.
 */
MUST_CHECK enum err audit_verify(struct service *s);

#endif
