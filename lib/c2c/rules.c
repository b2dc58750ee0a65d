/*
 * Who may pair and erase, and who may open a session: the original's sections
 * 5.1.2.2 to 5.1.3. Counting the trials of a device that is not registered yet is
 * the root of trust's.
 */
#include "c2c/records.h"

enum err
c2c_may_open(const struct c2c_rights *rights)
{
	switch (rights->standing) {
	case C2C_UNREGISTERED:
		return ERR_OK;
	case C2C_CLAIMED:
		return rights->sessions ? ERR_OK : ERR_DISABLED;
	case C2C_UNCLAIMED:
		break;
	}
	return ERR_DENIED;
}

enum err
c2c_may_pair(const struct c2c_rights *rights, const struct c2c_record *record)
{
	enum err err = c2c_may_open(rights);

	if (err != ERR_OK)
		return err;
	if (rights->standing == C2C_CLAIMED)
		return rights->pairing ? ERR_OK : ERR_DISABLED;
	/* Once; but an answer that got lost may be asked for again. */
	return record == NULL || record->now.version == 0 ? ERR_OK : ERR_EXISTS;
}

enum err
c2c_may_erase(const struct c2c_rights *rights)
{
	enum err err = c2c_may_open(rights);

	if (err != ERR_OK)
		return err;
	/* A trial pairs a name once: erased, it could be paired again. */
	if (rights->standing != C2C_CLAIMED)
		return ERR_DENIED;
	return rights->pairing ? ERR_OK : ERR_DISABLED;
}
