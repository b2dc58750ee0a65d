/*
 * Two slots, one record. A record is sealed with AES-256-GCM under the
 * hardware's storage key and a fresh random nonce, and bound to its slot; a
 * change always goes into the slot that the present state did not come from.
 * What is in memory changes only after the slot has been written.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

#define MAGIC "HFR1"
#define MAGIC_LEN 4
#define NONCE_LEN 12
#define TAG_LEN 16

enum err
hardware_expand(const struct rot *rot, const char *purpose,
    struct bytes context, uint8_t *ret_out, size_t len)
{
	uint8_t huk[KEY_LEN];
	enum err err;

	err = rot->port->huk(rot->port->ctx, huk);
	if (err == ERR_OK)
		err =
		    keys_expand(BYTES_OF(huk), purpose, context, ret_out, len);
	wipe(huk, sizeof(huk));
	return err;
}

/* What a sealed record is bound to: its format and its slot. */
static void
slot_aad(unsigned slot, uint8_t out[MAGIC_LEN + 1])
{
	memcpy(out, MAGIC, MAGIC_LEN);
	out[MAGIC_LEN] = (uint8_t)slot;
}

/* Seals the len bytes at buf + SLOT_HEAD in place. */
static enum err
slot_seal(struct rot *rot, unsigned slot, uint8_t *buf, size_t len)
{
	uint8_t key[KEY_LEN], aad[MAGIC_LEN + 1];
	enum err err;

	slot_aad(slot, aad);
	memcpy(buf, MAGIC, MAGIC_LEN);
	err = rot_random(rot, buf + MAGIC_LEN, NONCE_LEN);
	if (err != ERR_OK)
		return err;
	err = hardware_expand(rot, "storage", BYTES_NONE, key, sizeof(key));
	if (err == ERR_OK)
		err = aead_seal(AEAD_GCM_256, BYTES_OF(key),
		    bytes_make(buf + MAGIC_LEN, NONCE_LEN), BYTES_OF(aad),
		    bytes_make(buf + SLOT_HEAD, len), buf + SLOT_HEAD);
	wipe(key, sizeof(key));
	return err;
}

/* Opens the len bytes of a slot in place and decodes them. */
static enum err
slot_open(const struct rot *rot, unsigned slot, uint8_t *buf, size_t len,
    struct rot_record *ret_rec)
{
	uint8_t key[KEY_LEN], aad[MAGIC_LEN + 1];
	enum err err;

	if (len < SLOT_OVERHEAD || memcmp(buf, MAGIC, MAGIC_LEN) != 0)
		return ERR_AUTH;
	slot_aad(slot, aad);
	err = hardware_expand(rot, "storage", BYTES_NONE, key, sizeof(key));
	if (err == ERR_OK)
		err = aead_open(AEAD_GCM_256, BYTES_OF(key),
		    bytes_make(buf + MAGIC_LEN, NONCE_LEN), BYTES_OF(aad),
		    bytes_make(buf + SLOT_HEAD, len - SLOT_HEAD),
		    buf + SLOT_HEAD);
	wipe(key, sizeof(key));
	if (err != ERR_OK)
		return err;
	return record_decode(
	    bytes_make(buf + SLOT_HEAD, len - SLOT_OVERHEAD), ret_rec);
}

/*
 * Reads one slot. ERR_AUTH: something is there, but it is not whole, as a
 * power cut leaves it.
 */
static enum err
slot_read(struct rot *rot, unsigned slot, struct rot_record *ret_rec)
{
	size_t len = 0;
	enum err err;

	err = rot->port->slot_read(
	    rot->port->ctx, slot, rot->buf, sizeof(rot->buf), &len);
	if (err != ERR_OK)
		return err;
	if (len > sizeof(rot->buf))
		return ERR_IO;
	err = slot_open(rot, slot, rot->buf, len, ret_rec);
	return err == ERR_CRYPTO || err == ERR_IO ? err
	       : err == ERR_OK                    ? ERR_OK
						  : ERR_AUTH;
}

/*
 * The guard counts the writes of the record: each bears the number that the
 * guard will have, and then the guard is raised. So a record that bears the
 * guard's number is the last; one that bears the next was written, and the
 * power was cut before the guard went up: it stands, as nobody has heard
 * that it would not. There is no second step in doubt.
 */
static enum err
guard_check(struct rot *rot, uint64_t guard)
{
	uint64_t sequence = rot->rec.sequence;

	if (sequence == guard)
		return ERR_OK;
	if (sequence != guard + 1)
		return ERR_REPLAY;
	return rot->port->guard_raise(rot->port->ctx);
}

/* Compares what the slots held with the guard; found: there is a record. */
static enum err
guard_open(struct rot *rot, bool found)
{
	uint64_t guard;
	enum err err;

	if (rot->port->guard_read == NULL)
		return ERR_OK;
	err = rot->port->guard_read(rot->port->ctx, &guard);
	if (err != ERR_OK)
		return err;
	if (found)
		return guard_check(rot, guard);
	rot->rec.sequence = guard; /* of the first write: the next */
	return ERR_OK;
}

/* Takes the newer of the slots that are whole into rot->rec. */
static enum err
slots_choose(struct rot *rot)
{
	enum err err[2];

	err[0] = slot_read(rot, 0, &rot->rec);
	err[1] = slot_read(rot, 1, &rot->next);
	rot->slot = 0;
	if (err[1] == ERR_OK &&
	    (err[0] != ERR_OK || rot->next.sequence > rot->rec.sequence)) {
		rot->slot = 1;
		rot->rec = rot->next;
	}
	/* A slot that cannot be read now may hold the newer state. */
	if (err[0] == ERR_IO || err[1] == ERR_IO)
		return ERR_IO;
	if (err[0] == ERR_CRYPTO || err[1] == ERR_CRYPTO)
		return ERR_CRYPTO;
	if (err[0] == ERR_OK || err[1] == ERR_OK)
		return ERR_OK;
	if (err[0] == ERR_NOT_FOUND && err[1] == ERR_NOT_FOUND)
		return ERR_NOT_FOUND;
	return ERR_AUTH;
}

enum err
rot_open(struct rot *rot, const struct rot_port *port)
{
	enum err err;

	memset(rot, 0, sizeof(*rot));
	rot->port = port;
	err = slots_choose(rot);
	wipe(&rot->next, sizeof(rot->next));
	wipe(rot->buf, sizeof(rot->buf));
	rot->provisioned = err == ERR_OK;
	if (err == ERR_NOT_FOUND) {
		wipe(&rot->rec, sizeof(rot->rec));
		rot->slot = 1;
		return guard_open(rot, false);
	}
	if (err == ERR_OK)
		err = guard_open(rot, true);
	if (err == ERR_OK)
		err = vault_sweep(rot);
	if (err != ERR_OK) {
		rot->provisioned = false;
		wipe(&rot->rec, sizeof(rot->rec));
	}
	return err;
}

void
rot_done(struct rot *rot)
{
	wipe(rot, sizeof(*rot));
}

struct rot_record *
change_begin(struct rot *rot)
{
	rot->next = rot->rec;
	return &rot->next;
}

/* Writes rot->next, which has its sequence, into a slot. */
static enum err
change_write(struct rot *rot, unsigned slot)
{
	size_t len;
	enum err err;

	err = record_encode(&rot->next, rot->buf + SLOT_HEAD,
	    sizeof(rot->buf) - SLOT_OVERHEAD, &len);
	if (err == ERR_OK)
		err = slot_seal(rot, slot, rot->buf, len);
	if (err == ERR_OK)
		err = rot->port->slot_write(rot->port->ctx, slot,
		    bytes_make(rot->buf, len + SLOT_OVERHEAD));
	wipe(rot->buf, sizeof(rot->buf));
	return err;
}

/* As change_commit, but leaves rot->next as it is. */
static enum err
change_keep(struct rot *rot)
{
	enum err err;

	if (rot->doubtful)
		return ERR_IO;
	rot->next.sequence = rot->rec.sequence + 1;
	err = change_write(rot, 1 - rot->slot);
	rot->torn = err != ERR_OK;
	if (err == ERR_OK && rot->port->guard_raise != NULL) {
		err = rot->port->guard_raise(rot->port->ctx);
		/*
		 * Whether it went up nobody knows. If it did, another write
		 * of this slot, cut, would leave nothing that opens.
		 */
		rot->doubtful = err != ERR_OK;
	}
	if (err != ERR_OK)
		return err;
	rot->rec = rot->next;
	rot->has_sender = false;
	wipe(&rot->sender, sizeof(rot->sender));
	rot->slot = 1 - rot->slot;
	rot->provisioned = true;
	return ERR_OK;
}

enum err
change_commit(struct rot *rot)
{
	enum err err = change_keep(rot);

	wipe(&rot->next, sizeof(rot->next));
	return err;
}

enum err
change_commit_both(struct rot *rot)
{
	enum err err = change_keep(rot);

	/*
	 * The first write stands, whatever becomes of the second: if that one
	 * fails, the next change overwrites the old slot instead.
	 */
	if (err == ERR_OK && change_keep(rot) != ERR_OK)
		err = ERR_OK;
	wipe(&rot->next, sizeof(rot->next));
	return err;
}
