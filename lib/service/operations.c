/*
 * The rules of operators. Nothing here touches the state of the protocol but
 * the erasure, after which there is none.
 */
#include "service/operations.h"

#include "base/text.h"
#include "internal.h"
#include "service/audit.h"
#include "service/clones.h"
#include "service/transfers.h"
#include "store/generations.h"
#include "store/pendings.h"

#define DETAIL_MAX 160

enum err
operation_device(struct service *s, const struct actor *actor,
    const uint8_t uid[UID_LEN], struct store_device *ret_device)
{
	struct store_device found;
	enum err err = store_device_by_uid(s->store, uid, &found);

	if (err != ERR_OK)
		return err;
	/* Somebody else's looks as if it were not there. */
	if (found.tenant != actor->tenant)
		return ERR_NOT_FOUND;
	*ret_device = found;
	return ERR_OK;
}

/* One operation: what it needs beside the device. */
struct operation {
	bool on;
	const struct release_wish *wish;
};

typedef enum err operation_fn(struct service *s, const struct operation *o,
    struct store_device *device, char detail[DETAIL_MAX]);

/*
 * Runs an operation in a transaction of its own. One that leaves detail
 * empty has changed nothing.
 */
static enum err
operate(struct service *s, const struct actor *actor, const char *source,
    const uint8_t uid[UID_LEN], const char *action, operation_fn *run,
    const struct operation *o, struct store_device *ret_device)
{
	char object[HEX_SIZE(UID_LEN)], detail[DETAIL_MAX] = "";
	struct store_device device;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = operation_device(s, actor, uid, &device);
	if (err == ERR_OK)
		err = run(s, o, &device, detail);
	hex_encode(bytes_make(uid, UID_LEN), object);
	if (err == ERR_OK && detail[0] != '\0')
		err = audit_add_by(s, actor, source, action, object, detail);
	err = service_write_end(s, err);
	if (err == ERR_OK)
		*ret_device = device;
	return err;
}

static bool
in_use(const struct store_device *d)
{
	return d->generation > 0 && d->status != DEVICE_DECOMMISSIONED;
}

static const char *
truth(bool value)
{
	return value ? "true" : "false";
}

/* --- suspension --- */

static enum err
suspend(struct service *s, const struct operation *o,
    struct store_device *device, char detail[DETAIL_MAX])
{
	if (!in_use(device))
		return ERR_STATE;
	if (device->suspended == o->on)
		return ERR_OK;
	(void)snprintf(detail, DETAIL_MAX,
	    "{\"Before\":{\"Suspended\":%s},\"After\":{\"Suspended\":%s}}",
	    truth(device->suspended), truth(o->on));
	device->suspended = o->on;
	return store_device_set_suspended(s->store, device->uid, o->on);
}

enum err
operation_suspend(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[UID_LEN], bool suspended,
    struct store_device *ret_device)
{
	return operate(s, actor, source, uid,
	    suspended ? "device.suspend" : "device.resume", suspend,
	    &(struct operation){.on = suspended}, ret_device);
}

/* --- rotation --- */

static enum err
rotate(struct service *s, const struct operation *o UNUSED,
    struct store_device *device, char detail[DETAIL_MAX])
{
	if (!in_use(device))
		return ERR_STATE;
	if (device->rotate)
		return ERR_OK;
	(void)snprintf(detail, DETAIL_MAX,
	    "{\"Before\":{\"Generation\":%u,\"Rotate\":false},"
	    "\"After\":{\"Generation\":%u,\"Rotate\":true}}",
	    (unsigned)device->generation, (unsigned)device->generation);
	device->rotate = true;
	return store_device_set_rotate(s->store, device->uid, true);
}

enum err
operation_rotate(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[UID_LEN],
    struct store_device *ret_device)
{
	return operate(s, actor, source, uid, "device.rotate", rotate,
	    &(struct operation){.on = true}, ret_device);
}

/* --- release --- */

/* Whether the holder of a generation that was left can be let back. */
static enum err
resync_check(struct service *s, const struct store_device *device,
    uint32_t generation, bool *ret_good)
{
	struct store_generation g;
	enum err err =
	    store_generation_by_number(s->store, device->uid, generation, &g);

	*ret_good = false;
	if (err == ERR_OK)
		err = transfer_reaches(s->store, &g, device->tenant, ret_good);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Of a device produced anew only the instance can be named. */
static enum err
release_renewed(const struct release_wish *wish, struct store_device *device)
{
	if (!wish->by_instance)
		return ERR_INVALID;
	device->has_next_instance = true;
	memcpy(device->next_instance, wish->instance, INSTANCE_LEN);
	return ERR_OK;
}

static bool
names_current(
    const struct release_wish *wish, const struct store_device *device)
{
	if (!wish->by_instance)
		return wish->generation == device->generation;
	return device->has_instance &&
	       memcmp(device->instance, wish->instance, INSTANCE_LEN) == 0;
}

static enum err
release_one(struct service *s, const struct release_wish *wish,
    struct store_device *device)
{
	bool current = names_current(wish, device);
	bool good = true;
	/* What others have begun is not to be finished. */
	enum err err = store_pending_delete_all(s->store, device->uid);

	device->resync = 0;
	device->rotate = current;
	if (err != ERR_OK)
		return err;
	if (current)
		return store_generations_reject(
		    s->store, device->uid, device->generation);
	if (wish->by_instance)
		return ERR_INVALID;
	err = resync_check(s, device, wish->generation, &good);
	device->resync = wish->generation;
	if (err == ERR_OK && !good)
		err = ERR_INVALID;
	if (err == ERR_OK)
		err = store_generations_reject(
		    s->store, device->uid, wish->generation);
	return err;
}

static void
release_detail(const struct store_device *before,
    const struct store_device *after, const struct release_wish *wish,
    char detail[DETAIL_MAX])
{
	char instance[HEX_SIZE(INSTANCE_LEN)];

	hex_encode(BYTES_OF(wish->instance), instance);
	if (wish->by_instance)
		(void)snprintf(detail, DETAIL_MAX,
		    "{\"Before\":{\"Quarantined\":%s},\"After\":"
		    "{\"Quarantined\":false,\"Instance\":\"%s\"}}",
		    truth(before->quarantined), instance);
	else
		(void)snprintf(detail, DETAIL_MAX,
		    "{\"Before\":{\"Quarantined\":%s,\"Generation\":%u},"
		    "\"After\":{\"Quarantined\":false,\"Generation\":%u}}",
		    truth(before->quarantined), (unsigned)before->generation,
		    (unsigned)(after->resync != 0 ? after->resync
						  : after->generation));
}

static enum err
release(struct service *s, const struct operation *o,
    struct store_device *device, char detail[DETAIL_MAX])
{
	struct store_device d = *device;
	enum err err;

	if (d.status == DEVICE_DECOMMISSIONED ||
	    (d.generation == 0 && !d.renewed))
		return ERR_STATE;
	/* Before the pendings go: it is about their numbers, too. */
	err = device_highest(s->store, &d, &d.released);
	if (err == ERR_OK)
		err = d.renewed ? release_renewed(o->wish, &d)
				: release_one(s, o->wish, &d);
	if (err != ERR_OK)
		return err;
	d.quarantined = false;
	d.has_released = true;
	release_detail(device, &d, o->wish, detail);
	*device = d;
	return store_device_release(s->store, device);
}

enum err
operation_release(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[UID_LEN],
    const struct release_wish *wish, struct store_device *ret_device)
{
	return operate(s, actor, source, uid, "device.release", release,
	    &(struct operation){.wish = wish}, ret_device);
}

/* --- decommissioning --- */

static enum err
decommission(struct service *s, const struct operation *o,
    struct store_device *device, char detail[DETAIL_MAX])
{
	bool already = device->status == DEVICE_DECOMMISSIONED;
	uint64_t now = (uint64_t)service_now(s);
	bool erase = o->on && device->erased == 0;
	enum err err = ERR_OK;

	if (already && !erase)
		return ERR_OK;
	(void)snprintf(detail, DETAIL_MAX,
	    "{\"Before\":{\"Status\":%d,\"Generation\":%u},"
	    "\"After\":{\"Status\":%d,\"Erased\":%s}}",
	    (int)device->status, (unsigned)device->generation,
	    (int)DEVICE_DECOMMISSIONED, truth(erase));
	device->status = DEVICE_DECOMMISSIONED;
	if (!already)
		err = store_device_decommission(s->store, device->uid);
	/* What has no key at the device has nothing to wait for. */
	if (err == ERR_OK && (erase || device->generation == 0)) {
		device->erased = now;
		err = store_device_erase(s->store, device->uid, now);
	}
	return err;
}

enum err
operation_decommission(struct service *s, const struct actor *actor,
    const char *source, const uint8_t uid[UID_LEN], bool now,
    struct store_device *ret_device)
{
	return operate(s, actor, source, uid, "device.decommission",
	    decommission, &(struct operation){.on = now}, ret_device);
}
