/*
 * One small function for each row of the TEE's table. What a request says is
 * checked by the device's functions themselves; they trust nobody either.
 */
#include "tee_device.h"

#include "base/wipe.h"
#include "tee_boot.h"
#include "tee_pairs.h"
#include "tee_ztp.h"

STATIC_ASSERT(TEE_FEATURE_LOCAL_DATA == FEATURE_LOCAL_DATA, one_number_for_it);
STATIC_ASSERT(TEE_FEATURE_C2C == FEATURE_C2C, one_number_for_c2c);
STATIC_ASSERT(TEE_FEATURE_C2C_PAIRING == FEATURE_C2C_PAIRING, and_for_pairing);
STATIC_ASSERT(TEE_FEATURE_PSK == SERVICE_PSK, one_number_for_the_service);
STATIC_ASSERT(TEE_FEATURE_E2E == SERVICE_E2E, one_number_for_the_service);
STATIC_ASSERT(TEE_FEATURE_ZTP == FEATURE_ZTP, and_for_zero_touch);

/*
 * Once, at power-on: a reset runs what has been measured already. The device
 * goes by the name that the vendor has signed.
 */
static void
firmware_check(struct tee_device *d)
{
	if (d->measured)
		return;
	tee_boot_check(d->rot, d->manifest, &d->boot);
	d->measured = true;
	if (d->boot.state != TEE_BOOT_VERIFIED)
		return;
	memcpy(d->firmware, d->boot.name, sizeof(d->firmware));
	d->config.firmware = d->firmware;
}

enum err
tee_device_start(struct tee_device *d)
{
	enum err err = rot_open(d->rot, d->port);

	if (err != ERR_OK)
		return err;
	firmware_check(d);
	err = device_init(d->device, d->rot, &d->config);
	if (err != ERR_OK)
		rot_done(d->rot);
	return err;
}

void
tee_device_stop(struct tee_device *d)
{
	device_done(d->device);
	rot_done(d->rot);
}

size_t
tee_device_room(const struct tee_device *d, const struct tee_request *request)
{
	struct rot_state state;

	if (request->op == TEE_LOCAL_OPEN || request->op == TEE_E2E_OPEN ||
	    request->op == TEE_VAULT_OPEN)
		return request->data.len;
	if (request->op == TEE_LOCAL_SEAL || request->op == TEE_VAULT_SEAL)
		return request->data.len + LOCAL_OVERHEAD;
	rot_state(d->rot, &state);
	return request->data.len +
	       envelope_overhead((enum envelope_version)state.e2e_version);
}

static void
do_info(const struct tee_device *d, struct tee_info *ret)
{
	struct device_info info;
	struct rot_state state;

	device_info(d->device, &info);
	rot_state(d->rot, &state);
	memcpy(ret->uid, state.uid, UID_LEN);
	ret->module_registered = info.module_registered;
	ret->device_registered = info.device_registered;
	ret->activated = info.activated;
	ret->sealed = info.sealed;
	ret->bootstrapping = info.bootstrapping;
	ret->generation = info.generation;
	ret->features = info.features;
	ret->refused = info.refused;
	ret->e2e_version = state.e2e_version == ENVELOPE_V2 ? 1 : 0;
	ret->local_data = device_local_check(d->device);
}

static enum err
do_poll(struct tee_device *d, uint64_t now_ms, uint64_t wall_s,
    struct tee_answer *answer)
{
	struct bytes datagram = BYTES_NONE;
	uint64_t next_ms = UINT64_MAX;
	enum err err =
	    device_poll(d->device, now_ms, wall_s, &datagram, &next_ms);

	if (err != ERR_OK)
		return err;
	if (datagram.len > sizeof(answer->u.poll.datagram))
		return ERR_SPACE;
	answer->u.poll.len = datagram.len;
	if (datagram.len > 0)
		memcpy(answer->u.poll.datagram, datagram.ptr, datagram.len);
	if (next_ms == UINT64_MAX)
		answer->u.poll.delay_ms = UINT64_MAX;
	else
		answer->u.poll.delay_ms =
		    next_ms > now_ms ? next_ms - now_ms : 0;
	return ERR_OK;
}

static enum err
do_psk(struct tee_device *d, uint32_t len, struct tee_answer *answer)
{
	if (len != 16 && len != 32)
		return ERR_INVALID;
	answer->u.psk.key_len = len;
	return device_psk(d->device, len, answer->u.psk.id, answer->u.psk.key);
}

static enum err
do_e2e(struct tee_device *d, struct bytes plaintext, struct tee_answer *answer)
{
	struct rot_state state;

	rot_state(d->rot, &state);
	return device_e2e_seal(d->device, state.e2e_version, plaintext,
	    answer->u.data.ptr, &answer->u.data.len);
}

static enum err
do_e2e_open(
    struct tee_device *d, struct bytes message, struct tee_answer *answer)
{
	return device_e2e_open(
	    d->device, message, answer->u.data.ptr, &answer->u.data.len);
}

static enum err
do_local_seal(struct tee_device *d, const struct tee_request *request,
    struct tee_answer *answer)
{
	answer->u.data.len = request->data.len + LOCAL_OVERHEAD;
	if (request->op == TEE_VAULT_SEAL)
		return device_vault_seal(d->device, request->u.file,
		    request->data, answer->u.data.ptr);
	return device_local_seal(
	    d->device, request->u.file, request->data, answer->u.data.ptr);
}

static enum err
do_local_open(struct tee_device *d, const struct tee_request *request,
    struct tee_answer *answer)
{
	if (request->data.len < LOCAL_OVERHEAD)
		return ERR_FORMAT;
	answer->u.data.len = request->data.len - LOCAL_OVERHEAD;
	if (request->op == TEE_VAULT_OPEN)
		return device_vault_open(d->device, request->u.file,
		    request->data, answer->u.data.ptr);
	return device_local_open(
	    d->device, request->u.file, request->data, answer->u.data.ptr);
}

/* As after power-on: what was not written is gone. */
static enum err
do_reset(struct tee_device *d)
{
	tee_device_stop(d);
	return tee_device_start(d);
}

void
tee_device_do(struct tee_device *d, const struct tee_request *request,
    uint64_t now_ms, uint64_t wall_s, struct tee_answer *answer)
{
	enum err err = ERR_OK;

	if (d->boot.state != TEE_BOOT_UNSIGNED &&
	    d->boot.state != TEE_BOOT_VERIFIED && request->op != TEE_BOOT) {
		answer->err = ERR_DENIED;
		return;
	}
	switch (request->op) {
	case TEE_BOOT:
		answer->u.boot = d->boot;
		break;
	case TEE_INFO:
		do_info(d, &answer->u.info);
		break;
	case TEE_NETWORK:
		device_network(d->device, request->u.up, now_ms);
		break;
	case TEE_POLL:
		err = do_poll(d, now_ms, wall_s, answer);
		break;
	case TEE_RECEIVE:
		device_receive(d->device, now_ms, wall_s, request->u.datagram);
		break;
	case TEE_SEAL:
		err = device_seal(
		    d->device, request->u.seal.profile, request->u.seal.serial);
		break;
	case TEE_HEARTBEAT:
		err = device_heartbeat(d->device, now_ms, wall_s);
		break;
	case TEE_HEARTBEAT_RESULT:
		answer->u.heartbeat = device_heartbeat_result(d->device);
		break;
	case TEE_PSK:
		err = do_psk(d, request->u.psk_len, answer);
		break;
	case TEE_E2E:
		err = do_e2e(d, request->data, answer);
		break;
	case TEE_E2E_OPEN:
		err = do_e2e_open(d, request->data, answer);
		break;
	case TEE_LOCAL_SEAL:
	case TEE_VAULT_SEAL:
		err = do_local_seal(d, request, answer);
		break;
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_OPEN:
		err = do_local_open(d, request, answer);
		break;
	case TEE_E2E_VERSION:
		err = rot_e2e_version_set(d->rot,
		    request->u.e2e_version == 1 ? ENVELOPE_V2 : ENVELOPE_V1);
		break;
	case TEE_RESET:
		err = do_reset(d);
		break;
	case TEE_ZTP_GET:
		err = tee_ztp_do(d, request->u.ztp, answer);
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_CLOSE:
	case TEE_C2C_ERASE:
		err = tee_pairs_do(d, request, &answer->u.c2c);
		break;
	default:
		err = ERR_UNSUPPORTED;
		break;
	}
	answer->err = err;
}
