/*
 * A count that starts anew each second.
 */
#include "budget.h"

void
budget_init(struct budget *b, long per_second)
{
	*b = (struct budget){.per_second = per_second};
}

static void
budget_turn(struct budget *b, int64_t second)
{
	if (second == b->second)
		return;
	b->second = second;
	b->used = 0;
	b->complained = false;
}

bool
budget_take(struct budget *b, int64_t second)
{
	budget_turn(b, second);
	if (b->used >= b->per_second)
		return false;
	b->used++;
	return true;
}

bool
budget_complain(struct budget *b, int64_t second)
{
	bool first;

	budget_turn(b, second);
	first = !b->complained;
	b->complained = true;
	return first;
}
