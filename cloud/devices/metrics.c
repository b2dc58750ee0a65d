/*
 * One table names the fields; whoever wants counters walks it.
 */
#include "metrics.h"

#include <stddef.h>

#include "store/counters.h"

#define NAME_MAX_LEN 64
#define AT(field) offsetof(struct devices_counters, field)

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
    {"datagrams", AT(datagrams)},
    {"garbage", AT(garbage)},
    {"plain", AT(plain)},
    {"sessions", AT(sessions)},
    {"bootstraps", AT(bootstraps)},
    {"again", AT(again)},
    {"refused", AT(refused)},
    {"commits", AT(commits)},
    {"checkins", AT(checkins)},
    {"certificates", AT(certificates)},
    {"repeats", AT(repeats)},
    {"challenged", AT(challenged)},
    {"evidence", AT(evidence)},
    {"unauthorized", AT(unauthorized)},
    {"ignored", AT(ignored)},
    {"failed", AT(failed)},
    {"batches", AT(batches)},
};

STATIC_ASSERT(
    sizeof(struct devices_counters) == ARRAY_LEN(fields) * sizeof(uint64_t),
    every_counter_has_a_name);

void
metrics_each(const struct devices_counters *counters,
    void (*visit)(void *ctx, const char *name, uint64_t value), void *ctx)
{
	uint64_t value;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		memcpy(&value, (const uint8_t *)counters + fields[i].offset,
		    sizeof(value));
		visit(ctx, fields[i].name, value);
	}
}

struct writing {
	struct store *store;
	enum err err;
};

static void
write_one(void *ctx, const char *name, uint64_t value)
{
	struct writing *w = ctx;
	char full[NAME_MAX_LEN];

	(void)snprintf(full, sizeof(full), "devices_%s", name);
	if (w->err == ERR_OK)
		w->err = store_counter_set(w->store, full, value);
}

enum err
metrics_write(struct store *store, const struct devices_counters *counters)
{
	struct writing w = {.store = store, .err = store_begin(store)};

	if (w.err != ERR_OK)
		return w.err;
	metrics_each(counters, write_one, &w);
	if (w.err == ERR_OK)
		return store_commit(store);
	store_rollback(store);
	return w.err;
}
