/*
 * What the files of this room share.
 */
#ifndef ROT_INTERNAL_H
#define ROT_INTERNAL_H

#include "rot/rot.h"

/* Bytes around a record in its slot: magic 4, nonce 12, tag 16. */
#define SLOT_HEAD 16
#define SLOT_OVERHEAD 32

/* record.c: the record as bytes, and back. */
MUST_CHECK enum err record_encode(
    const struct rot_record *rec, uint8_t *out, size_t cap, size_t *ret_len);
MUST_CHECK enum err record_decode(struct bytes in, struct rot_record *ret_rec);

/*
 * slots.c: a change is made on the copy that change_begin gives back, and
 * stands once change_commit has written it. change_commit_both writes the
 * other slot too, so that nothing erased stays behind there.
 */
struct rot_record *change_begin(struct rot *rot);
MUST_CHECK enum err change_commit(struct rot *rot);
MUST_CHECK enum err change_commit_both(struct rot *rot);

/* slots.c: Expand(HUK, purpose, context, len). */
MUST_CHECK enum err hardware_expand(const struct rot *rot, const char *purpose,
    struct bytes context, uint8_t *ret_out, size_t len);

/* counter.c: the next value of a counter, which no power cut repeats. */
MUST_CHECK enum err counter_next(
    struct rot *rot, enum rot_counter kind, uint32_t *ret_value);
void counter_forget(struct rot *rot);

/* vault_soft.c: keys in the record; a handle is the key. */
extern const struct rot_vault vault_soft;

/* vault.c: the port's vault, or the soft one. */
const struct rot_vault *vault_of(const struct rot *rot);

/*
 * vault.c: erases what the record does not name; nothing while a write has
 * failed, as its record may be in the slot and name what rot->rec does not.
 * vault_clean is for a change that stands: what could not be erased then is
 * when rot_open sweeps.
 */
MUST_CHECK enum err vault_sweep(const struct rot *rot);
void vault_clean(const struct rot *rot);

/* generation.c: wipes every key but that of check-ins. */
void keys_wipe(struct rot_record *rec);

/* The generation that check-ins speak for. */
const struct rot_generation *active_generation(const struct rot *rot);

#endif
