/*
 * The fixed table of who may ask for what. What stands in no row, nobody may
 * ask for.
 */
#include "keysproto/keysproto.h"

static const struct {
	enum keysproto_op op;
	bool devices;
	bool api;
} table[] = {
    {KEYSPROTO_INFO, true, true},
    {KEYSPROTO_PRK, true, false},
    {KEYSPROTO_ROOT, true, false},
    {KEYSPROTO_CHECKIN, true, false},
    {KEYSPROTO_ADVANCE, true, false},
    {KEYSPROTO_TICKET, true, false},
    {KEYSPROTO_ZTP, true, false},
    {KEYSPROTO_TICKET_MAKE, true, false},
    {KEYSPROTO_PSK, false, true},
    {KEYSPROTO_E2E, false, true},
    {KEYSPROTO_PROFILE, false, true},
    {KEYSPROTO_IMPORT, false, true},
    {KEYSPROTO_FACTORY, false, true},
    {KEYSPROTO_CA, false, true},
    {KEYSPROTO_POP, false, true},
    {KEYSPROTO_TRANSFER, false, true},
};

bool
keysproto_allowed(enum keysproto_asker asker, enum keysproto_op op)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].op != op)
			continue;
		if (asker == KEYSPROTO_DEVICES)
			return table[i].devices;
		return asker == KEYSPROTO_API && table[i].api;
	}
	return false;
}
