/*
 * The conditions under which keys are handed out, in the order of the seed.
 * It decides; the keys process checks once more that profile, tenant and
 * root belong together.
 */
#include "service/keyrights.h"

#include "keys/messages.h"
#include "service/transfers.h"
#include "store/devices.h"
#include "store/generations.h"
#include "store/rights.h"

/* How long an identity of a generation that has ended is good. */
#define PSK_GRACE_S (7 * 86400u)

/*
 * The plan has to include the service. As long as the device is still the
 * caller's, it has to be switched on there too, and the device has to be
 * active; a generation that was left behind at a transfer has the plan only.
 */
static enum err
service_check(const struct actor *actor, const struct store_rights *rights,
    uint32_t service)
{
	if ((actor->services & service) == 0)
		return ERR_DISABLED;
	if (!rights->owns_device)
		return ERR_OK;
	if ((rights->features & service) == 0)
		return ERR_DISABLED;
	if (rights->status == DEVICE_INACTIVE)
		return ERR_EXHAUSTED;
	return ERR_OK;
}

/* Neither the plan nor the operator stands against it. */
static enum err
state_check(const struct actor *actor, const struct store_rights *rights,
    uint32_t service)
{
	enum err err = service_check(actor, rights, service);

	if (rights->owns_device && rights->status == DEVICE_DECOMMISSIONED)
		return ERR_STATE;
	if (err == ERR_OK && rights->owns_device &&
	    (rights->suspended || rights->quarantined || rights->awaited))
		err = ERR_DENIED;
	if (err == ERR_OK && rights->rejected)
		err = ERR_DENIED;
	/* Erased with a life of the device that has ended. */
	if (err == ERR_OK && rights->root.len == 0)
		err = ERR_STATE;
	return err;
}

/*
 * A generation that its owner has given away: no PSK any more, and messages
 * only as the offer says. While the device may still use it, not even these:
 * what is given out then would open what is not said yet.
 */
static enum err
given_check(struct service *s, const struct actor *actor,
    const struct store_rights *rights, uint32_t service)
{
	struct store_transfer_device t;
	enum err err;

	/*
	 * Connections are of whoever has the device now, and of its present
	 * root, or the one that it may not know yet to have left.
	 */
	if (service == SERVICE_PSK &&
	    (!rights->owns_device ||
		(rights->ended_at != 0 &&
		    (uint64_t)service_now(s) > rights->ended_at + PSK_GRACE_S)))
		return ERR_NOT_FOUND;
	/* A current one of a device that is still his was never given away. */
	if (rights->owns_device && !rights->ended)
		return ERR_OK;
	err = store_transfer_of(
	    s->store, rights->uid, actor->tenant, rights->generation, &t);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	if (service != SERVICE_E2E || (t.readers & TRANSFER_READS_OLD) == 0)
		return ERR_NOT_FOUND;
	return rights->ended ? ERR_OK : ERR_TOO_SOON;
}

/* A generation that another owner has given the caller to read. */
static enum err
reader_find(struct service *s, const struct actor *actor,
    const uint8_t alias[ALIAS_LEN], struct store_rights *ret_rights,
    struct store_transfer_device *ret_transfer)
{
	struct store_generation g;
	struct store_device d;
	struct store_profile profile;
	enum err err = store_generation_by_alias(s->store, alias, &g);

	if (err == ERR_OK)
		err = store_transfer_of(
		    s->store, g.uid, g.tenant, g.generation, ret_transfer);
	if (err == ERR_OK &&
	    (ret_transfer->to != actor->tenant ||
		(ret_transfer->readers & TRANSFER_READS_NEW) == 0))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = store_device_by_uid(s->store, g.uid, &d);
	if (err == ERR_OK)
		err = store_profile_get(s->store, actor->tenant,
		    ret_transfer->to_profile, &profile);
	if (err != ERR_OK)
		return err;
	*ret_rights = (struct store_rights){.generation = g.generation,
	    .root = g.root,
	    .owns_device = d.tenant == actor->tenant,
	    .status = d.status,
	    .features = d.features,
	    .suspended = d.suspended,
	    .quarantined = d.quarantined,
	    .rejected = g.rejected,
	    .awaited = d.resync != 0};
	memcpy(ret_rights->uid, g.uid, UID_LEN);
	memcpy(ret_rights->profile, profile.uid, PROFILE_UID_LEN);
	memcpy(ret_rights->record, profile.record, PROFILE_RECORD_LEN);
	return ERR_OK;
}

/*
 * Judges by the generation that an alias names. ret_transfer, unless NULL,
 * is by what the caller may read it; its transfer is 0 when it is his own.
 */
static enum err
rights_check(struct service *s, const struct actor *actor,
    const uint8_t alias[ALIAS_LEN], uint32_t service,
    struct store_rights *ret_rights, struct store_transfer_device *ret_transfer)
{
	enum err err = service_read(s);

	if (ret_transfer != NULL)
		ret_transfer->transfer = 0;
	if (err != ERR_OK)
		return err;
	err = store_rights_find(s->store, actor->tenant, alias, ret_rights);
	if (err == ERR_OK)
		err = given_check(s, actor, ret_rights, service);
	else if (err == ERR_NOT_FOUND && ret_transfer != NULL)
		err = reader_find(s, actor, alias, ret_rights, ret_transfer);
	if (err == ERR_OK)
		err = state_check(actor, ret_rights, service);
	return err;
}

static void
request_fill(struct keysproto_request *request, enum keysproto_op op,
    const struct actor *actor, const struct store_rights *rights,
    struct bytes id)
{
	struct keysproto_owner *owner = &request->u.derive.owner;

	request->op = op;
	request->u.derive.has_transfer = false;
	owner->tenant = actor->tenant;
	memcpy(owner->profile, rights->profile, sizeof(owner->profile));
	memcpy(owner->record, rights->record, sizeof(owner->record));
	memcpy(request->u.derive.uid, rights->uid, UID_LEN);
	request->u.derive.generation = rights->generation;
	memcpy(request->u.derive.root.b, rights->root.b, rights->root.len);
	request->u.derive.root.len = rights->root.len;
	memcpy(request->u.derive.id, id.ptr, id.len);
	request->u.derive.id_len = id.len;
	request->u.derive.key_len = E2E_KEY_LEN;
}

enum err
psk_begin(struct service *s, const struct actor *actor, struct bytes identity,
    unsigned len, struct keysproto_request *ret_request,
    uint8_t ret_uid[UID_LEN])
{
	struct psk_identity id;
	struct store_rights rights;
	enum err err = psk_identity_decode(identity, &id);

	if (err == ERR_OK && len != 16 && len != 32)
		err = ERR_INVALID;
	if (err == ERR_OK)
		err = rights_check(
		    s, actor, id.alias, SERVICE_PSK, &rights, NULL);
	if (err != ERR_OK)
		return err;
	request_fill(ret_request, KEYSPROTO_PSK, actor, &rights, identity);
	ret_request->u.derive.key_len = (uint8_t)len;
	memcpy(ret_uid, rights.uid, UID_LEN);
	return ERR_OK;
}

/* What the caller is told of a message beside its key. */
static void
parameters_fill(struct e2e_parameters *p, const struct store_rights *rights,
    const struct envelope_header *h, struct bytes header)
{
	memcpy(p->uid, rights->uid, UID_LEN);
	memcpy(p->header, header.ptr, header.len);
	p->header_len = header.len;
	p->version = h->version;
	p->mac_bits = (unsigned)envelope_tag_len(h->version) * 8;
	envelope_nonce(header, p->nonce);
}

enum err
e2e_begin(struct service *s, const struct actor *actor, struct bytes header,
    struct keysproto_request *ret_request,
    struct e2e_parameters *ret_parameters)
{
	struct envelope_header h;
	struct store_rights rights;
	struct store_transfer_device transfer;
	enum err err = envelope_header_decode(header, &h);

	if (err == ERR_OK && h.direction != ENVELOPE_UP)
		err = ERR_FORMAT;
	if (err == ERR_OK)
		err = rights_check(
		    s, actor, h.alias, SERVICE_E2E, &rights, &transfer);
	if (err != ERR_OK)
		return err;
	request_fill(ret_request, KEYSPROTO_E2E, actor, &rights, header);
	if (transfer.transfer != 0) {
		ret_request->u.derive.has_transfer = true;
		transfer_show(&transfer, &ret_request->u.derive.transfer);
	}
	parameters_fill(ret_parameters, &rights, &h, header);
	return ERR_OK;
}

/* Bits of a counter that count within one second of the clock. */
static unsigned
counter_shift(enum envelope_version version)
{
	return version == ENVELOPE_V1 ? 16 : 0;
}

/* Takes the next counter of a generation. */
static enum err
counter_take(struct service *s, const struct store_rights *rights,
    struct envelope_header *h)
{
	const struct store_generation_name name = {
	    rights->uid, rights->generation, h->alias};
	unsigned shift = counter_shift(h->version);
	uint64_t now = (uint64_t)service_now(s), last;
	enum err err =
	    store_generation_downlink(s->store, &name, h->version, &last);

	if (err != ERR_OK)
		return err;
	h->counter = now << shift;
	if (last >= h->counter)
		h->counter = last + 1;
	if (h->counter >> shift > now + DOWNLINK_AHEAD_S)
		return ERR_TOO_SOON;
	return store_generation_downlink_set(
	    s->store, &name, h->version, h->counter);
}

/* Judges, and takes a counter, in one transaction. */
static enum err
downlink_take(struct service *s, const struct actor *actor,
    const uint8_t uid[UID_LEN], struct store_rights *rights,
    struct envelope_header *h)
{
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	err = store_rights_of_device(
	    s->store, actor->tenant, uid, rights, h->alias);
	if (err == ERR_OK)
		err = state_check(actor, rights, SERVICE_E2E);
	if (err == ERR_OK)
		err = counter_take(s, rights, h);
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
}

enum err
downlink_begin(struct service *s, const struct actor *actor,
    const uint8_t uid[UID_LEN], enum envelope_version version,
    struct keysproto_request *ret_request,
    struct e2e_parameters *ret_parameters)
{
	struct envelope_header h = {
	    .version = version, .direction = ENVELOPE_DOWN};
	struct store_rights rights;
	uint8_t raw[E2E_V1_HEADER_LEN];
	struct bytes header;
	size_t len;
	enum err err;

	if (version != ENVELOPE_V1 && version != ENVELOPE_V2)
		return ERR_INVALID;
	err = downlink_take(s, actor, uid, &rights, &h);
	if (err == ERR_OK)
		err = envelope_header_encode(&h, raw, &len);
	if (err != ERR_OK)
		return err;
	header = bytes_make(raw, len);
	request_fill(ret_request, KEYSPROTO_E2E, actor, &rights, header);
	parameters_fill(ret_parameters, &rights, &h, header);
	return ERR_OK;
}
