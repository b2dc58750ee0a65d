/*
 * The key pair for the cloud that a device is provisioned for. It is derived
 * from the hardware key and the present alias, so that it needs no room in
 * the record, is another one with each root and each owner, and is gone when
 * the keys are erased.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"
#include "keys/objects.h"

#define TRIES 8 /* each fails with 2^-32: a scalar is below the order */

static bool
has_keys(const struct rot *rot)
{
	return rot->provisioned && rot->rec.cur.number > 0;
}

enum err
rot_ztp_key(const struct rot *rot, struct rot_ztp_key *ret_key)
{
	uint8_t context[ALIAS_LEN + 1];
	struct rot_ztp_key key;
	enum err err = ERR_INVALID;
	unsigned i;

	if (!has_keys(rot))
		return ERR_STATE;
	memcpy(context, rot->rec.cur.alias, ALIAS_LEN);
	for (i = 0; i < TRIES && err == ERR_INVALID; i++) {
		context[ALIAS_LEN] = (uint8_t)i;
		err = hardware_expand(rot, "ztp key", BYTES_OF(context),
		    key.secret.d, sizeof(key.secret.d));
		if (err == ERR_OK)
			err = p256_public(&key.secret, &key.public_key);
	}
	if (err == ERR_OK)
		*ret_key = key;
	wipe(&key, sizeof(key));
	return err == ERR_INVALID ? ERR_CRYPTO : err;
}

enum err
rot_ztp_request(const struct rot *rot, struct writer *w)
{
	struct ztp_request m;
	struct rot_ztp_key key;
	enum err err = rot_ztp_key(rot, &key);

	if (err != ERR_OK)
		return err;
	p256_point_compress(&key.public_key, m.key);
	wipe(&key, sizeof(key));
	err = keys_ztp_tag(&rot->rec.cur.up, m.key, m.tag);
	if (err != ERR_OK)
		return err;
	ztp_request_write(w, &m);
	return w->err;
}

enum err
rot_objects_done(struct rot *rot)
{
	if (!rot->provisioned)
		return ERR_STATE;
	if ((rot->rec.flags & CHECKIN_OBJECTS) == 0)
		return ERR_OK;
	change_begin(rot)->flags &= ~(uint32_t)CHECKIN_OBJECTS;
	return change_commit(rot);
}
