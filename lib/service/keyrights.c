/*
 * The conditions under which keys are handed out, in the order of the seed.
 * It decides; the keys process checks once more that profile, tenant and
 * root belong together.
 */
#include "service/keyrights.h"

#include "keys/messages.h"
#include "store/devices.h"
#include "store/rights.h"

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

static enum err
rights_check(struct service *s, const struct actor *actor,
    const uint8_t alias[ALIAS_LEN], uint32_t service,
    struct store_rights *ret_rights)
{
	enum err err = service_read(s);

	if (err == ERR_OK)
		err = store_rights_find(
		    s->store, actor->tenant, alias, ret_rights);
	if (err == ERR_OK)
		err = service_check(actor, ret_rights, service);
	if (err == ERR_OK && ret_rights->owns_device &&
	    (ret_rights->suspended || ret_rights->quarantined))
		err = ERR_DENIED;
	return err;
}

static void
request_fill(struct keysproto_request *request, enum keysproto_op op,
    const struct actor *actor, const struct store_rights *rights,
    struct bytes id)
{
	struct keysproto_owner *owner = &request->u.derive.owner;

	request->op = op;
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
		err = rights_check(s, actor, id.alias, SERVICE_PSK, &rights);
	if (err != ERR_OK)
		return err;
	request_fill(ret_request, KEYSPROTO_PSK, actor, &rights, identity);
	ret_request->u.derive.key_len = (uint8_t)len;
	memcpy(ret_uid, rights.uid, UID_LEN);
	return ERR_OK;
}

enum err
e2e_begin(struct service *s, const struct actor *actor, struct bytes header,
    struct keysproto_request *ret_request,
    struct e2e_parameters *ret_parameters)
{
	struct envelope_header h;
	struct store_rights rights;
	enum err err = envelope_header_decode(header, &h);

	if (err == ERR_OK && h.direction != ENVELOPE_UP)
		err = ERR_FORMAT;
	if (err == ERR_OK)
		err = rights_check(s, actor, h.alias, SERVICE_E2E, &rights);
	if (err != ERR_OK)
		return err;
	request_fill(ret_request, KEYSPROTO_E2E, actor, &rights, header);
	memcpy(ret_parameters->uid, rights.uid, UID_LEN);
	ret_parameters->version = h.version;
	ret_parameters->mac_bits = (unsigned)envelope_tag_len(h.version) * 8;
	envelope_nonce(header, ret_parameters->nonce);
	return ERR_OK;
}
