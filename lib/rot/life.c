/*
 * A device's life apart from its generations: production, settings and the
 * device's own EDHOC keys, which its vault holds.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

/* --- production --- */

static enum err
birth_check(const struct rot_birth *birth)
{
	size_t i;
	enum err err;

	if (birth->credential_count < 1 ||
	    birth->credential_count > ROT_CREDENTIALS)
		return ERR_INVALID;
	if (birth->has_boot_key) {
		err = p256_point_check(&birth->boot_key);
		if (err != ERR_OK)
			return err;
	}
	for (i = 0; i < birth->credential_count; i++) {
		err = p256_point_check(&birth->credential[i].public_key);
		if (err != ERR_OK)
			return err;
	}
	if (birth->credential_count == 2 &&
	    birth->credential[0].kid == birth->credential[1].kid)
		return ERR_INVALID;
	return ERR_OK;
}

/* d0: made where it stays, or as production gives it. */
static enum err
birth_key(struct rot *rot, const struct rot_birth *birth, struct rot_key *key)
{
	struct random_source source = rot_random_source(rot);

	if (birth->key_inside)
		return vault_of(rot)->key_make(
		    rot->port->ctx, &source, &key->handle, &key->public_key);
	return vault_of(rot)->key_import(
	    rot->port->ctx, &birth->key, &key->handle, &key->public_key);
}

enum err
rot_provision(struct rot *rot, const struct rot_birth *birth)
{
	struct rot_record *rec;
	struct rot_handle salt;
	struct rot_key key;
	enum err err;

	if (rot->provisioned)
		return ERR_EXISTS;
	err = birth_check(birth);
	if (err == ERR_OK)
		err = birth_key(rot, birth, &key);
	if (err == ERR_OK)
		err = vault_of(rot)->salt_keep(
		    rot->port->ctx, &birth->factory, &salt);
	if (err != ERR_OK)
		return err;
	rec = change_begin(rot);
	memcpy(rec->uid, birth->uid, UID_LEN);
	memcpy(rec->chip_id, birth->chip_id, CHIP_ID_LEN);
	rec->credential_count = birth->credential_count;
	memcpy(rec->credential, birth->credential,
	    birth->credential_count * sizeof(birth->credential[0]));
	rec->key = key;
	rec->cur.next = salt;
	rec->e2e_version = ENVELOPE_V1;
	rec->has_boot_key = birth->has_boot_key;
	rec->boot_key = birth->boot_key;
	rec->boot_version = birth->boot_version;
	wipe(&key, sizeof(key));
	wipe(&salt, sizeof(salt));
	return change_commit(rot);
}

void
rot_state(const struct rot *rot, struct rot_state *ret_state)
{
	const struct rot_record *rec = &rot->rec;
	struct rot_state s = {
	    .provisioned = rot->provisioned,
	    .uid = rec->uid,
	    .sealed = rec->sealed,
	    .profile = rec->profile,
	    .serial = bytes_make(rec->serial, rec->serial_len),
	    .erased = rec->erased,
	    .erasing =
		!rec->erased && (rec->flags & (uint32_t)CHECKIN_ERASE) != 0,
	    .generation = rec->cur.number,
	    .alias = rec->cur.alias,
	    .status = rec->cur.status,
	    .with_profile = rec->cur.with_profile,
	    .pending = rec->has_pend,
	    .has_request = active_generation(rot)->has_request,
	    .features = rec->features,
	    .features_version = rec->features_version,
	    .features_told = rec->features_version == rec->features_reported,
	    .flags = rec->flags,
	    .period_s = rec->period_s,
	    .heartbeat_s = rec->heartbeat_s,
	    .answered_s = rec->answered_s,
	    .e2e_version = rec->e2e_version,
	    .security_off = rec->security_off,
	    .secure_boot = rec->has_boot_key,
	};

	*ret_state = s;
}

/* --- settings --- */

static bool
serial_ok(struct bytes serial)
{
	size_t i;

	if (serial.len < 1 || serial.len > SERIAL_MAX)
		return false;
	for (i = 0; i < serial.len; i++)
		if (serial.ptr[i] < 0x20 || serial.ptr[i] > 0x7e)
			return false;
	return true;
}

static bool
all_zero(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

enum err
rot_seal(struct rot *rot, const uint8_t profile[PROFILE_UID_LEN],
    struct bytes serial)
{
	struct rot_record *rec;

	if (!rot->provisioned)
		return ERR_STATE;
	/* Sealed is sealed: whatever comes later is not even looked at. */
	if (rot->rec.sealed)
		return ERR_EXISTS;
	if (all_zero(profile, PROFILE_UID_LEN) || !serial_ok(serial))
		return ERR_INVALID;
	rec = change_begin(rot);
	rec->sealed = true;
	memcpy(rec->profile, profile, PROFILE_UID_LEN);
	memcpy(rec->serial, serial.ptr, serial.len);
	rec->serial_len = serial.len;
	return change_commit(rot);
}

enum err
rot_e2e_version_set(struct rot *rot, unsigned version)
{
	if (!rot->provisioned)
		return ERR_STATE;
	if (version != ENVELOPE_V1 && version != ENVELOPE_V2)
		return ERR_INVALID;
	if (version == rot->rec.e2e_version)
		return ERR_OK;
	change_begin(rot)->e2e_version = version;
	return change_commit(rot);
}

enum err
rot_security_set(struct rot *rot, bool on)
{
	if (!rot->provisioned)
		return ERR_STATE;
	if (on == !rot->rec.security_off)
		return ERR_OK;
	change_begin(rot)->security_off = !on;
	return change_commit(rot);
}

enum err
rot_allowance_check(const struct rot *rot, enum rot_allowance allowance)
{
	static const uint16_t allowed[ROT_ALLOWANCES] = {100, 100, 50};

	if (!rot->provisioned)
		return ERR_STATE;
	if ((unsigned)allowance >= ROT_ALLOWANCES)
		return ERR_INVALID;
	if (rot->rec.cur.number > 0)
		return ERR_OK;
	return rot->rec.used[allowance] < allowed[allowance] ? ERR_OK
							     : ERR_EXHAUSTED;
}

enum err
rot_allowance_use(struct rot *rot, enum rot_allowance allowance)
{
	enum err err = rot_allowance_check(rot, allowance);

	if (err != ERR_OK || rot->rec.cur.number > 0)
		return err;
	change_begin(rot)->used[allowance]++;
	return change_commit(rot);
}

/* --- the device's keys for EDHOC --- */

enum err
rot_instance_make(struct rot *rot)
{
	uint8_t instance[INSTANCE_LEN];
	struct rot_record *rec;
	enum err err;

	if (!rot->provisioned || rot->rec.erased)
		return ERR_STATE;
	if (rot->rec.has_instance)
		return ERR_OK;
	err = rot_random(rot, instance, sizeof(instance));
	if (err != ERR_OK)
		return err;
	rec = change_begin(rot);
	memcpy(rec->instance, instance, sizeof(instance));
	rec->has_instance = true;
	return change_commit(rot);
}

enum err
rot_next_key_make(struct rot *rot)
{
	struct random_source source = rot_random_source(rot);
	struct rot_record *rec;
	struct rot_key key;
	enum err err;

	if (!rot->provisioned || rot->rec.erased)
		return ERR_STATE;
	if (rot->rec.has_next_key)
		return ERR_OK;
	err = vault_sweep(rot);
	if (err == ERR_OK)
		err = vault_of(rot)->key_make(
		    rot->port->ctx, &source, &key.handle, &key.public_key);
	if (err == ERR_OK) {
		rec = change_begin(rot);
		rec->next_key = key;
		rec->has_next_key = true;
		err = change_commit(rot);
	}
	wipe(&key, sizeof(key));
	return err;
}

enum err
rot_public_key(const struct rot *rot, struct p256_point *ret_public_key)
{
	if (!rot->provisioned || rot->rec.erased)
		return ERR_STATE;
	*ret_public_key = rot->rec.key.public_key;
	return ERR_OK;
}

enum err
rot_credential(
    const struct rot *rot, uint8_t kid, struct p256_point *ret_public_key)
{
	size_t i;

	for (i = 0; i < rot->rec.credential_count; i++) {
		if (rot->rec.credential[i].kid != kid)
			continue;
		*ret_public_key = rot->rec.credential[i].public_key;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

enum err
rot_static_prk(const struct rot *rot, const uint8_t salt[SHA256_LEN],
    const struct p256_point *peer, uint8_t ret_prk[SHA256_LEN])
{
	uint8_t shared[P256_LEN];
	enum err err;

	if (!rot->provisioned || rot->rec.erased)
		return ERR_STATE;
	err = vault_of(rot)->key_ecdh(
	    rot->port->ctx, &rot->rec.key.handle, peer, shared);
	if (err == ERR_OK)
		err = hkdf_extract(
		    bytes_make(salt, SHA256_LEN), BYTES_OF(shared), ret_prk);
	wipe(shared, sizeof(shared));
	return err;
}

enum err
rot_erase(struct rot *rot)
{
	struct rot_record *rec;
	enum err err;

	if (!rot->provisioned)
		return ERR_STATE;
	rec = change_begin(rot);
	keys_wipe(rec);
	wipe(&rec->cur, sizeof(rec->cur));
	rec->erased = true;
	counter_forget(rot);
	err = change_commit_both(rot);
	return err == ERR_OK ? vault_sweep(rot) : err;
}

/* --- keys of the hardware --- */

enum err
rot_local_data_key(
    const struct rot *rot, uint8_t slot, uint8_t ret_key[KEY_LEN])
{
	return hardware_expand(
	    rot, "local data", bytes_make(&slot, 1), ret_key, KEY_LEN);
}

enum err
rot_c2c_record_key(const struct rot *rot, uint8_t ret_key[KEY_LEN])
{
	return hardware_expand(
	    rot, "c2c records", BYTES_NONE, ret_key, KEY_LEN);
}
