/*
 * Registration of the emulated radio: it follows power after a moment, so
 * that hosts see the states in between.
 */
#include "network.h"

void
network_init(struct network *n, uint64_t delay_ms)
{
	n->fun = NETWORK_FUN_OFF;
	n->registered = false;
	n->wanted = true;
	n->attached = true;
	n->session = 0;
	n->delay_ms = delay_ms;
	n->register_at_ms = UINT64_MAX;
}

/* Starts or ends registration as power and wishes say. */
static void
network_follow(struct network *n, uint64_t now_ms)
{
	bool should = n->fun == NETWORK_FUN_ON && n->wanted;

	if (!should) {
		n->registered = false;
		n->register_at_ms = UINT64_MAX;
	} else if (!n->registered && n->register_at_ms == UINT64_MAX) {
		n->register_at_ms = now_ms + n->delay_ms;
	}
	network_tick(n, now_ms);
}

void
network_fun_set(struct network *n, enum network_fun fun, uint64_t now_ms)
{
	n->fun = fun;
	network_follow(n, now_ms);
}

void
network_register(struct network *n, bool wanted, uint64_t now_ms)
{
	n->wanted = wanted;
	network_follow(n, now_ms);
}

void
network_attach(struct network *n, bool attached)
{
	if (n->registered && attached && !n->attached)
		n->session++;
	n->attached = attached;
}

void
network_tick(struct network *n, uint64_t now_ms)
{
	if (now_ms < n->register_at_ms)
		return;
	if (!n->registered && n->attached)
		n->session++;
	n->registered = true;
	n->register_at_ms = UINT64_MAX;
}

enum network_stat
network_stat(const struct network *n)
{
	if (n->registered)
		return NETWORK_STAT_HOME;
	if (n->register_at_ms != UINT64_MAX)
		return NETWORK_STAT_SEARCHING;
	return NETWORK_STAT_OFF;
}

bool
network_up(const struct network *n)
{
	return n->registered && n->attached;
}
