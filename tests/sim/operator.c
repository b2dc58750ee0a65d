/* See operator.h. */
#include "operator.h"

#include "service/operations.h"

static int64_t
now_of(void *ctx)
{
	return (int64_t)((const struct operator*)ctx)->now;
}

static struct actor
actor_of(const struct operator* o)
{
	return (struct actor){.tenant = o->tenant, .name = "sim"};
}

/* Nothing of what operators do here needs chance, or a token. */
static struct service service_of(struct operator* o)
{
	return (struct service){.store = o->store, .now = now_of, .now_ctx = o};
}

enum err
operator_suspend(
    const struct operator* o, const uint8_t uid[UID_LEN], bool suspended)
{
	struct operator copy = * o;
	struct service s = service_of(&copy);
	struct actor actor = actor_of(o);
	struct store_device ignored;

	return operation_suspend(&s, &actor, "sim", uid, suspended, &ignored);
}

enum err
operator_rotate(const struct operator* o, const uint8_t uid[UID_LEN])
{
	struct operator copy = * o;
	struct service s = service_of(&copy);
	struct actor actor = actor_of(o);
	struct store_device ignored;

	return operation_rotate(&s, &actor, "sim", uid, &ignored);
}

enum err
operator_release(
    const struct operator* o, const uint8_t uid[UID_LEN], uint32_t generation)
{
	const struct release_wish wish = {.generation = generation};
	struct operator copy = * o;
	struct service s = service_of(&copy);
	struct actor actor = actor_of(o);
	struct store_device ignored;

	return operation_release(&s, &actor, "sim", uid, &wish, &ignored);
}

enum err
operator_decommission(
    const struct operator* o, const uint8_t uid[UID_LEN], bool now)
{
	struct operator copy = * o;
	struct service s = service_of(&copy);
	struct actor actor = actor_of(o);
	struct store_device ignored;

	return operation_decommission(&s, &actor, "sim", uid, now, &ignored);
}
