/*
 * Which vault holds the keys, and which of its keys the record names.
 */
#include "internal.h"

#include "base/wipe.h"

const struct rot_vault *
vault_of(const struct rot *rot)
{
	return rot->port->vault != NULL ? rot->port->vault : &vault_soft;
}

enum err
vault_sweep(const struct rot *rot)
{
	struct rot_handle handles[ROT_HANDLES_MAX];
	const struct rot_record *rec = &rot->rec;
	size_t count = 0;
	enum err err;

	if (rot->torn || rot->doubtful)
		return ERR_OK;
	if (!rec->erased && (rec->flags & CHECKIN_ERASE) == 0) {
		handles[count++] = rec->key.handle;
		handles[count++] = rec->cur.next;
	}
	if (rec->has_next_key)
		handles[count++] = rec->next_key.handle;
	if (rec->has_pend)
		handles[count++] = rec->pend.next;
	err = vault_of(rot)->keep_only(rot->port->ctx, handles, count);
	wipe(handles, sizeof(handles));
	return err;
}

void
vault_clean(const struct rot *rot)
{
	enum err err = vault_sweep(rot);

	(void)err;
}
