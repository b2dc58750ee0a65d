/*
 * Tenants: made by the operator of the installation, who also changes their
 * plans. A tenant starts with an API key and nothing else.
 */
#ifndef SERVICE_TENANTS_H
#define SERVICE_TENANTS_H

#include "service/apikeys.h"
#include "service/service.h"
#include "store/tenants.h"

/*
 * Makes a tenant with a name (1 to TENANT_NAME_MAX bytes without control
 * characters), a plan, and its first API key, whose secret is shown this
 * once.
 *
 * Errors: ERR_DENIED (the caller is not the operator), ERR_INVALID (name),
 * ERR_NOT_FOUND (plan), ERR_EXISTS (the name is taken), ERR_RANDOM, those of
 * audit_add.
 */
MUST_CHECK enum err tenant_make(struct service *s, const struct actor *actor,
    const char *source, struct bytes name, struct bytes plan,
    struct store_tenant *ret_tenant, char ret_apikey[APIKEY_NAME_MAX + 1],
    char ret_secret[TOKEN_TEXT_SIZE]);

/*
 * Changes a tenant's plan. Its services hold at once. Inactive devices
 * become active as far as the new plan has room; active ones stay it.
 *
 * Errors: ERR_DENIED, ERR_NOT_FOUND (tenant), ERR_INVALID (no such plan),
 * those of audit_add.
 */
MUST_CHECK enum err tenant_set_plan(struct service *s,
    const struct actor *actor, const char *source, uint64_t id,
    struct bytes plan, struct store_tenant *ret_tenant);

#endif
