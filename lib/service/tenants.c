/*
 * Rules of tenants.
 */
#include "service/tenants.h"

#include "base/wipe.h"
#include "service/audit.h"
#include "service/profiles.h"
#include "store/devices.h"

#define NUMBER_SIZE 24

/* In the log of the operator, and in that of the tenant it concerns. */
static enum err
tenant_audit(struct service *s, const struct actor *actor, const char *source,
    const char *action, uint64_t id, const char *before, const char *after)
{
	char object[NUMBER_SIZE], detail[96];
	enum err err;

	(void)snprintf(object, sizeof(object), "%llu", (unsigned long long)id);
	/* Names of plans are ours; tenants' names stay out of the JSON. */
	(void)snprintf(detail, sizeof(detail),
	    "{\"Before\":%s%s%s,\"After\":{\"Plan\":\"%s\"}}",
	    before != NULL ? "{\"Plan\":\"" : "null",
	    before != NULL ? before : "", before != NULL ? "\"}" : "", after);
	err = audit_add_by(s, actor, source, action, object, detail);
	if (err != ERR_OK || id == actor->tenant)
		return err;
	return audit_add(s, &(struct audit_change){.tenant = id,
				.actor = "operator",
				.action = action,
				.object = object,
				.detail = detail,
				.source = source});
}

static enum err
tenant_draw(struct service *s, struct bytes name, struct bytes plan,
    struct store_tenant *t)
{
	struct store_plan terms;
	enum err err = store_plan_get(s->store, plan, &terms);

	if (err == ERR_OK && plan.len > PLAN_NAME_MAX)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = store_tenant_next(s->store, &t->id);
	if (err != ERR_OK)
		return err;
	t->created = service_now(s);
	memcpy(t->name, name.ptr, name.len);
	memcpy(t->plan, plan.ptr, plan.len);
	return store_tenant_add(s->store, t);
}

enum err
tenant_make(struct service *s, const struct actor *actor, const char *source,
    struct bytes name, struct bytes plan, struct store_tenant *ret_tenant,
    char ret_apikey[APIKEY_NAME_MAX + 1], char ret_secret[TOKEN_TEXT_SIZE])
{
	struct store_tenant t = {0};
	char apikey[APIKEY_NAME_MAX + 1], secret[TOKEN_TEXT_SIZE];
	enum err err;

	if (!actor->is_operator)
		return ERR_DENIED;
	if (!name_is_good(name, TENANT_NAME_MAX))
		return ERR_INVALID;
	err = service_write(s);
	if (err != ERR_OK)
		return err;
	err = tenant_draw(s, name, plan, &t);
	if (err == ERR_OK)
		err = apikey_make(s, t.id, apikey, secret);
	if (err == ERR_OK)
		err = tenant_audit(
		    s, actor, source, "tenant.create", t.id, NULL, t.plan);
	err = service_write_end(s, err);
	if (err == ERR_OK) {
		*ret_tenant = t;
		memcpy(ret_apikey, apikey, sizeof(apikey));
		memcpy(ret_secret, secret, sizeof(secret));
	}
	wipe(secret, sizeof(secret));
	return err;
}

/* Devices that had no place on the old plan take those of the new one. */
static enum err
places_fill(struct service *s, uint64_t tenant, const struct store_plan *terms)
{
	uint64_t active = 0;
	enum err err;

	if (!terms->limited)
		return store_device_activate(s->store, tenant, INT64_MAX);
	err = store_device_count_active(
	    s->store, tenant, terms->max_active, &active);
	if (err == ERR_OK && active < terms->max_active)
		err = store_device_activate(
		    s->store, tenant, terms->max_active - active);
	return err;
}

/* Services come and go with the plan, also where devices are in use (4.5.1). */
static enum err
services_follow(
    struct service *s, uint64_t tenant, uint32_t before, uint32_t after)
{
	uint32_t on = after & ~before, off = before & ~after;
	enum err err;

	if (before == after)
		return ERR_OK;
	err = store_profile_switch(s->store, tenant, on, off);
	if (err == ERR_OK)
		err = store_device_switch(
		    s->store, tenant, on, off, (uint64_t)service_now(s));
	return err;
}

static enum err
plan_write(struct service *s, const struct actor *actor, const char *source,
    struct bytes plan, struct store_tenant *t)
{
	char before[PLAN_NAME_MAX + 1];
	struct store_plan terms, old;
	enum err err = store_plan_get(s->store, plan, &terms);

	if (err == ERR_NOT_FOUND || plan.len > PLAN_NAME_MAX)
		return ERR_INVALID;
	if (err == ERR_OK)
		err = store_plan_get(s->store, bytes_str(t->plan), &old);
	if (err == ERR_OK)
		err = services_follow(s, t->id, old.services, terms.services);
	if (err == ERR_OK)
		err = store_tenant_set_plan(s->store, t->id, plan);
	if (err == ERR_OK)
		err = places_fill(s, t->id, &terms);
	if (err != ERR_OK)
		return err;
	memcpy(before, t->plan, sizeof(before));
	memset(t->plan, 0, sizeof(t->plan));
	memcpy(t->plan, plan.ptr, plan.len);
	return tenant_audit(
	    s, actor, source, "tenant.plan", t->id, before, t->plan);
}

enum err
tenant_set_plan(struct service *s, const struct actor *actor,
    const char *source, uint64_t id, struct bytes plan,
    struct store_tenant *ret_tenant)
{
	struct store_tenant t;
	enum err err;

	if (!actor->is_operator)
		return ERR_DENIED;
	err = service_write(s);
	if (err != ERR_OK)
		return err;
	err = store_tenant_get(s->store, id, &t);
	if (err == ERR_OK)
		err = plan_write(s, actor, source, plan, &t);
	err = service_write_end(s, err);
	/* What tokens carry of the plan is looked up anew. */
	tokens_forget(s);
	if (err == ERR_OK)
		*ret_tenant = t;
	return err;
}
