/*
 * The calls around the state machine: start and end, what came in, and what
 * the host asks for.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

size_t
device_size(void)
{
	return sizeof(struct device);
}

enum err
device_init(
    struct device *d, struct rot *rot, const struct device_config *config)
{
	size_t len = strlen(config->firmware);
	struct rot_state s;
	uint8_t raw[2];
	enum err err;

	rot_state(rot, &s);
	if (!s.provisioned)
		return ERR_STATE;
	if (len > FIRMWARE_MAX)
		return ERR_INVALID;
	memset(d, 0, sizeof(*d));
	d->rot = rot;
	d->random = rot_random_source(rot);
	d->config = *config;
	memcpy(d->firmware, config->firmware, len);
	d->config.firmware = d->firmware;
	ticket_load(d);
	err = random_fill(&d->random, raw, sizeof(raw));
	if (err == ERR_OK)
		d->next_id = (uint16_t)((unsigned)raw[0] << 8 | raw[1]);
	return err;
}

void
device_done(struct device *d)
{
	wipe(d, sizeof(*d));
}

void
device_network(struct device *d, bool up, uint64_t now_ms)
{
	if (!d->started)
		d->start_ms = now_ms;
	d->started = true;
	if (up == d->network)
		return;
	d->network = up;
	if (d->phase != DEVICE_IDLE || d->asked)
		attempt_failed(d, now_ms);
	/* A fresh start, but for a refusal: that stands for its time. */
	if (up && d->refused == 0) {
		d->failures = 0;
		d->not_before_ms = now_ms;
	}
}

enum err
answer_open(struct device *d, const struct coap_message *m,
    struct oscore_inner *ret_inner)
{
	struct oscore_option option;
	struct bytes value;
	enum err err;

	if (!coap_option_find(m->options, COAP_OPT_OSCORE, &value))
		return ERR_NOT_FOUND;
	err = oscore_option_decode(value, &option);
	if (err != ERR_OK)
		return err;
	return oscore_open_response(&d->oscore, &d->ref, &option, m->payload,
	    d->plain, sizeof(d->plain), ret_inner);
}

/* Whether m answers the message that is under way. */
static bool
is_answer(const struct device *d, const struct coap_message *m)
{
	return d->phase != DEVICE_IDLE && d->exchange.sent > 0 &&
	       m->type == COAP_ACK && m->id == d->exchange.id &&
	       m->token_len == 0 && m->code != COAP_EMPTY;
}

void
device_receive(struct device *d, uint64_t now_ms, uint64_t wall_s UNUSED,
    struct bytes datagram)
{
	struct coap_message m;

	if (coap_decode(datagram, &m) != ERR_OK || !is_answer(d, &m))
		return;
	switch (d->phase) {
	case DEVICE_IDLE:
		break;
	case DEVICE_MESSAGE_1:
		bootstrap_message_2(d, now_ms, &m);
		break;
	case DEVICE_MESSAGE_3:
		bootstrap_response(d, now_ms, &m);
		break;
	case DEVICE_CHECKIN:
		checkin_answer(d, now_ms, &m);
		break;
	case DEVICE_OBJECTS:
		objects_answer(d, now_ms, &m);
		break;
	}
}

void
device_info(const struct device *d, struct device_info *ret_info)
{
	struct device_info info;
	struct rot_state s;

	rot_state(d->rot, &s);
	memset(&info, 0, sizeof(info));
	info.module_registered = s.generation > 0;
	info.device_registered =
	    s.generation > 0 && !s.erasing &&
	    (s.status == BOOTSTRAP_ASSIGNED || s.status == BOOTSTRAP_INACTIVE);
	info.activated =
	    s.generation > 0 && !s.erasing && s.status != BOOTSTRAP_INACTIVE;
	info.sealed = s.sealed;
	info.bootstrapping = s.pending || d->phase == DEVICE_MESSAGE_1 ||
			     d->phase == DEVICE_MESSAGE_3;
	info.generation = s.generation;
	info.features = s.features;
	info.refused = d->refused;
	*ret_info = info;
}

enum err
device_seal(struct device *d, const uint8_t profile[PROFILE_UID_LEN],
    struct bytes serial)
{
	return rot_seal(d->rot, profile, serial);
}

/* --- heartbeats --- */

/*
 * Whether the last heartbeat is too near. Since power-up the monotonic clock
 * knows, and no other is asked. Before that the stored time counts; a wall
 * clock that was turned back behind it, or that nobody has set, gains
 * nothing: all that has surely passed is the time since power-up, which also
 * is the longest that a time which was once wrong can keep a device waiting.
 */
static bool
too_soon(const struct device *d, const struct rot_state *s, uint64_t now_ms,
    uint64_t wall)
{
	uint64_t min_s = d->config.heartbeat_min_s;

	if (d->beat_known)
		return now_ms - d->beat_ms < min_s * 1000;
	if (s->heartbeat_s == 0)
		return false;
	if (wall >= s->heartbeat_s)
		return wall - s->heartbeat_s < min_s;
	return !d->started || now_ms - d->start_ms < min_s * 1000;
}

enum err
device_heartbeat(struct device *d, uint64_t now_ms, uint64_t wall_s)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	if (s.generation == 0 || s.erased || s.erasing)
		return ERR_STATE;
	if (d->asked || d->phase != DEVICE_IDLE)
		return ERR_BUSY;
	if (!d->network)
		return ERR_TIMEOUT;
	if (too_soon(d, &s, now_ms, wall_now(d, now_ms, wall_s)))
		return ERR_TOO_SOON;
	d->asked = true;
	d->asked_result = ERR_BUSY;
	if (d->refused == 0)
		d->not_before_ms = now_ms;
	return ERR_OK;
}

enum err
device_heartbeat_result(const struct device *d)
{
	return d->asked_result;
}

/* --- the host's data --- */

enum err
feature_check(const struct device *d, uint32_t feature)
{
	struct rot_state s;

	rot_state(d->rot, &s);
	if (s.generation == 0 || s.erased || s.erasing)
		return ERR_STATE;
	if ((s.features & feature) == 0 || s.security_off ||
	    (s.flags & CHECKIN_SUSPENDED) != 0)
		return ERR_DISABLED;
	return ERR_OK;
}

enum err
device_psk(
    struct device *d, size_t len, uint8_t ret_id[PSK_ID_LEN], uint8_t *ret_psk)
{
	enum err err = feature_check(d, SERVICE_PSK);

	return err != ERR_OK ? err : rot_psk(d->rot, len, ret_id, ret_psk);
}

enum err
device_e2e_seal(struct device *d, unsigned version, struct bytes plaintext,
    uint8_t *ret_out, size_t *ret_len)
{
	struct rot_state s;
	enum err err = feature_check(d, SERVICE_E2E);

	if (err != ERR_OK)
		return err;
	rot_state(d->rot, &s);
	if (version == 0)
		version = s.e2e_version;
	return rot_e2e_seal(d->rot, (enum envelope_version)version, plaintext,
	    ret_out, ret_len);
}

enum err
device_e2e_open(
    struct device *d, struct bytes message, uint8_t *ret_out, size_t *ret_len)
{
	enum err err = feature_check(d, SERVICE_E2E);

	return err != ERR_OK ? err
			     : rot_e2e_open(d->rot, message, ret_out, ret_len);
}
