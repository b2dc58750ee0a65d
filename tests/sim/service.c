/*
 * The service of a run: the real handler over the real store and keys, and
 * its operator. It stops as a process does that is killed, or with the power
 * of its disk; what it has promised before, it keeps.
 */
#include <sqlite3.h>

#include "crypto/hpke.h"
#include "operator.h"
#include "sim.h"

/*
 * store_open makes sure that others cannot read the file before SQLite opens
 * it: that one is the device null of the real disk, SQLite's is on ours.
 */
#define PATH "/dev/null"
#define IMPORT 7
#define PROFILE_FEATURES FEATURE_ALL

static const uint8_t profile_uid[2][PROFILE_UID_LEN] = {
    "profile of many", "profile of other"};

uint64_t
service_unix(const struct sim *sim)
{
	return SIM_START_UNIX + sim->now_ms / 1000 +
	       (uint64_t)sim->service.clock_s;
}

/* --- the database, behind the store --- */

static void
exec(const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	if (sqlite3_open(PATH, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		printf("%s: %s\n", sql, why != NULL ? why : "cannot open");
		abort();
	}
	(void)sqlite3_close(db);
}

static unsigned
number(const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	unsigned v;

	if (sqlite3_open(PATH, &db) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW) {
		printf("%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	v = (unsigned)sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
	return v;
}

unsigned
service_events(struct sim *sim, const char *kind, const uint8_t uid[UID_LEN])
{
	char sql[160], hex[2 * UID_LEN + 1] = "";

	(void)sim;
	for (size_t i = 0; uid != NULL && i < UID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", uid[i]);
	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM events WHERE kind = '%s' AND"
	    " (%d OR uid = x'%s')",
	    kind, uid == NULL ? 1 : 0, hex);
	return number(sql);
}

/* --- its life --- */

static enum err
call_keys(void *ctx, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	struct service *s = ctx;
	struct keysproto_port direct = keys_port_direct(&s->as_devices);

	if (s->keys_fail)
		return ERR_TIMEOUT;
	return direct.call(direct.ctx, requests, count, ret_answers);
}

static void
fill_profile(struct service *s, uint64_t tenant, const uint8_t *uid,
    enum store_clones clones)
{
	struct keysproto_request q = {.op = KEYSPROTO_PROFILE};
	struct keysproto_answer a;
	char hex[2][2 * PROFILE_UID_LEN + 1], sql[256];

	q.u.profile.tenant = tenant;
	memcpy(q.u.profile.profile, uid, PROFILE_UID_LEN);
	if (s->api.call(s->api.ctx, &q, 1, &a) != ERR_OK || a.err != ERR_OK)
		abort();
	for (size_t i = 0; i < PROFILE_UID_LEN; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", uid[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", a.u.record[i]);
	}
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO profiles (uid, tenant, name, features, record,"
	    " created, clones) VALUES (x'%s', %d, 'p', %d, x'%s', 0, %d)",
	    hex[0], (int)tenant, PROFILE_FEATURES, hex[1], clones);
	exec(sql);
}

/* What an import would have written, and the tenants. */
static void
fill(struct service *s, enum store_clones clones)
{
	struct keysproto_request q = {.op = KEYSPROTO_IMPORT};
	struct keysproto_answer a;
	char hex[2 * BLOB_MAX + 1], sql[512];

	q.u.factory.import_id = IMPORT;
	if (s->api.call(s->api.ctx, &q, 1, &a) != ERR_OK || a.err != ERR_OK)
		abort();
	s->import_key.len = a.u.blob.len;
	memcpy(s->import_key.b, a.u.blob.b, BLOB_MAX);
	for (size_t i = 0; i < a.u.blob.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", a.u.blob.b[i]);
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO plans (name, max_active, services) VALUES"
	    " ('plan', NULL, 3);"
	    "INSERT INTO tenants (id, name, plan, created) VALUES"
	    " (%d, 'One', 'plan', 0), (%d, 'Two', 'plan', 0);"
	    "INSERT INTO imports (id, import_key, total, remaining, created)"
	    " VALUES (%d, x'%s', 1000000, 1000000, 0)",
	    TENANT, TENANT + 1, IMPORT, hex);
	exec(sql);
	fill_profile(s, TENANT, profile_uid[0], clones);
	fill_profile(s, TENANT + 1, profile_uid[1], clones);
}

void
service_start(struct sim *sim)
{
	struct service *s = &sim->service;
	const char *why = NULL;
	enum err err = store_open(PATH, &s->store, &why);

	if (err == ERR_OK)
		err = store_open(PATH, &s->desk, &why);
	if (err == ERR_OK)
		store_defer(s->store, s->log_pages);
	if (err == ERR_OK)
		err = devices_new(
		    &s->config, s->store, &s->port, &s->random, &s->devices);
	if (err == ERR_OK) {
		sim_say(sim, "service starts");
		service_check(sim);
		return;
	}
	/* A disk that fails once ends it; it is started again. */
	if (!disk_is_dead() && err != ERR_IO)
		sim_fail(sim, "the service starts", "%d: %s", err, why);
	service_kill(sim, disk_is_dead());
}

void
service_kill(struct sim *sim, bool lose)
{
	struct service *s = &sim->service;

	sim_say(sim, "service %s", lose ? "loses power" : "is killed");
	s->keys_fail = false;
	disk_die();
	if (s->devices != NULL) {
		s->refused += devices_counters(s->devices)->refused;
		s->evidence += devices_counters(s->devices)->evidence;
		s->checkins += devices_counters(s->devices)->checkins;
		s->bootstraps += devices_counters(s->devices)->bootstraps;
	}
	devices_free(s->devices);
	store_close(s->desk);
	store_close(s->store);
	s->devices = NULL;
	s->desk = NULL;
	s->store = NULL;
	s->held_count = 0;
	s->syncing = false;
	disk_revive(lose);
	s->up_ms =
	    sim->now_ms + chance_between(&sim->chance, 1, 10 * MINUTE_MS);
}

void
service_make(struct sim *sim)
{
	struct service *s = &sim->service;

	s->chance = chance_of(sim->seed, 1);
	s->random = chance_source(&s->chance);
	if (keys_state_generate(&s->random, &s->keys) != ERR_OK)
		abort();
	s->keys.memo = &s->memo;
	s->as_devices = (struct keys_direct){&s->keys, KEYSPROTO_DEVICES};
	s->as_api = (struct keys_direct){&s->keys, KEYSPROTO_API};
	s->port = (struct keysproto_port){call_keys, s};
	s->api = keys_port_direct(&s->as_api);
	s->config.answers = 1024;
	s->config.sessions = chance_one_in(&sim->chance, 2) ? 16 : 256;
	s->config.half_open = chance_one_in(&sim->chance, 4) ? 1 : 0;
	s->config.period_s =
	    (uint32_t)chance_between(&sim->chance, 1, 12) * 3600;
	if (chance_one_in(&sim->chance, 2))
		s->config.rotation_s =
		    (uint32_t)chance_between(&sim->chance, 12, 120) * 3600;
	s->config.burst = chance_one_in(&s->chance, 3) ? 0 : 1;
	s->config.carry = chance_one_in(&s->chance, 2) ? 2 : 0;
	s->log_pages = chance_one_in(&s->chance, 2) ? 24 : STORE_LOG_PAGES;
	s->syncs_late = chance_one_in(&s->chance, 2);
	s->held = calloc(DEVICES_BATCH_MAX, sizeof(*s->held));
	if (s->held == NULL)
		abort();
	disk_reset(sim->seed);
	disk_clock(SIM_START_UNIX);
	service_start(sim);
	fill(s, sim->recipe.quarantine ? CLONES_QUARANTINE : CLONES_ALERT);
}

void
service_end(struct sim *sim)
{
	struct service *s = &sim->service;

	devices_free(s->devices);
	store_close(s->desk);
	store_close(s->store);
	keys_state_done(&s->keys);
	free(s->held);
	for (unsigned i = 0; i < DISK_COPIES; i++) {
		free(s->backup[i].alias);
		free(s->backup[i].alias_count);
	}
}

/* The process may end within a sync, too: nothing of this has left it. */
static bool
ended(struct sim *sim)
{
	if (!disk_is_dead())
		return false;
	service_kill(sim, true);
	return true;
}

static void
send_held(struct sim *sim, size_t count)
{
	const struct held *held = sim->service.held;

	for (size_t i = 0; i < count; i++)
		network_send(sim, &sim->node[held[i].node], false,
		    bytes_make(held[i].b, held[i].len));
}

/* As the devices process does: its syncer sends before anything else. */
void
service_answer(struct sim *sim)
{
	struct service *s = &sim->service;
	size_t count = s->held_count;
	bool synced = false;
	enum err err;

	if (count == 0)
		return;
	s->held_count = 0;
	if (s->syncing)
		synced = store_sync_run(s->store);
	if (synced)
		send_held(sim, count);
	err = s->syncing ? store_sync_end(s->store, synced)
			 : store_sync(s->store);
	s->syncing = false;
	if (!ended(sim) && !synced && err == ERR_OK)
		send_held(sim, count);
}

static void
hold(struct service *s, const unsigned *node, const struct bytes *out,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct held *h = &s->held[s->held_count];

		if (out[i].len == 0)
			continue;
		h->node = node[i];
		h->len = out[i].len;
		memcpy(h->b, out[i].ptr, out[i].len);
		s->held_count++;
	}
	s->syncing = s->held_count > 0 && store_sync_start(s->store);
}

void
service_handle(struct sim *sim, const struct devices_in *in,
    const unsigned *node, size_t count)
{
	struct service *s = &sim->service;
	struct bytes out[DEVICES_BATCH_MAX];
	const struct devices_clock clock = {
	    sim->now_ms + 1000000, service_unix(sim)};

	if (s->devices == NULL)
		return;
	disk_clock(clock.unix_s);
	devices_handle(s->devices, &clock, in, count, out);
	if (ended(sim))
		return;
	service_answer(sim);
	if (s->devices == NULL)
		return;
	hold(s, node, out, count);
	if (!s->syncs_late)
		service_answer(sim);
	if (s->devices != NULL && chance_one_in(&s->chance, 4)) {
		(void)devices_quiet(s->devices);
		if (!s->syncing)
			(void)!store_rest(s->store);
		(void)ended(sim);
	}
}

/* --- backups --- */

/*
 * What a copy knows of every device: the service promises to go on from a
 * copy only if it is not older than a generation that a device has confirmed,
 * or the device has that generation's recovery ticket.
 */
static void
backup_know(struct sim *sim, struct backup *b, unsigned i)
{
	struct judge_device known;

	b->alias_count[i] = 0;
	if (service_device_load(sim->service.store, sim->node[i].uid, &known) !=
	    ERR_OK)
		return;
	if (known.device.generation > 0)
		memcpy(b->alias[i][b->alias_count[i]++], known.device.alias,
		    ALIAS_LEN);
	for (size_t j = 0; j < known.pending_count; j++)
		memcpy(b->alias[i][b->alias_count[i]++], known.pending[j].alias,
		    ALIAS_LEN);
}

void
service_backup(struct sim *sim)
{
	unsigned slot =
	    (unsigned)chance_between(&sim->chance, 0, DISK_COPIES - 1);
	struct backup *b = &sim->service.backup[slot];

	if (sim->service.devices == NULL)
		return;
	if (b->alias == NULL) {
		b->alias = calloc(sim->devices, sizeof(b->alias[0]));
		b->alias_count =
		    calloc(sim->devices, sizeof(b->alias_count[0]));
	}
	if (b->alias == NULL || b->alias_count == NULL)
		abort();
	for (unsigned i = 0; i < sim->devices; i++)
		backup_know(sim, b, i);
	disk_copy(slot);
	b->there = true;
	sim_say(sim, "backup %u", slot);
}

static bool
backup_knows(const struct backup *b, unsigned i, const uint8_t *alias)
{
	for (unsigned j = 0; j < b->alias_count[i]; j++)
		if (memcmp(b->alias[i][j], alias, ALIAS_LEN) == 0)
			return true;
	return false;
}

/*
 * What the service has committed, the answer that says so may be on its way:
 * a device has no ticket of that yet.
 */
static bool
backup_serves(const struct sim *sim, const struct backup *b)
{
	const struct rot_generation *cur;
	const struct node *node;
	struct store_device row;

	for (unsigned i = 0; i < sim->devices; i++) {
		node = &sim->node[i];
		cur = &node->rot.rec.cur;
		if (store_device_by_uid(sim->service.store, node->uid, &row) !=
		    ERR_OK)
			return false;
		if (cur->number > 0 && !backup_knows(b, i, cur->alias) &&
		    !node_has_ticket(node))
			return false;
		if (row.generation > 0 && !backup_knows(b, i, row.alias) &&
		    !(node_has_ticket(node) &&
			memcmp(row.alias, cur->alias, ALIAS_LEN) == 0))
			return false;
	}
	return true;
}

/* Events of the time after the copy are gone, but not from our memory. */
static void
find_clones(struct sim *sim)
{
	for (unsigned i = 0; i < sim->devices; i++) {
		struct node *node = &sim->node[i];
		unsigned count = service_events(sim, "clone", node->uid);

		node->found = node->found || count > 0;
		if (count > 0 && !node->cloned)
			sim_fail(sim, "no false alarm",
			    "device %u is a clone, it is said", i);
	}
}

/* What operators did after the copy was never done. */
static void
forget_wishes(struct node *node)
{
	struct wanted *w = &node->wanted;

	w->features_known = false;
	w->suspended_known = false;
	w->rotate_known = false;
	w->ended_known = false;
	w->owner = 0;
}

static void
add_mask(struct sim *sim, struct node *node, uint32_t features)
{
	struct wanted *w = &node->wanted;

	if (w->mask_count == MASKS_MAX)
		sim_fail(sim, "the simulator has room", "for feature sets");
	else
		w->mask[w->mask_count++] = features;
}

static void
learn_wishes(struct sim *sim, struct node *node)
{
	struct wanted *w = &node->wanted;
	struct store_device row;

	if (store_device_by_uid(sim->service.store, node->uid, &row) != ERR_OK)
		return;
	/* The features of then may come again, or an owner's first ones. */
	add_mask(sim, node, row.features);
	add_mask(sim, node, PROFILE_FEATURES);
	w->suspended_known = true;
	w->suspended = row.suspended;
	w->features_known = row.features_version != 0;
	w->features = row.features;
}

void
service_restore(struct sim *sim)
{
	struct service *s = &sim->service;
	unsigned slot =
	    (unsigned)chance_between(&sim->chance, 0, DISK_COPIES - 1);

	if (s->devices == NULL || !s->backup[slot].there ||
	    !backup_serves(sim, &s->backup[slot]))
		return;
	find_clones(sim);
	service_kill(sim, false);
	disk_put_back(slot);
	s->restores++;
	sim_say(sim, "restored from backup %u", slot);
	for (unsigned i = 0; i < sim->nodes; i++)
		forget_wishes(&sim->node[i]);
	service_start(sim);
	for (unsigned i = 0; i < sim->devices && s->store != NULL; i++)
		learn_wishes(sim, &sim->node[i]);
}

/* --- the operator --- */

/* An operator has his own tenant's devices, and no others. */
static bool
is_owned(struct sim *sim, const struct node *node)
{
	struct store_device row;

	return sim->service.devices != NULL &&
	       store_device_by_uid(sim->service.desk, node->uid, &row) ==
		   ERR_OK &&
	       row.tenant != 0;
}

void
service_set_features(struct sim *sim, struct node *node, uint32_t features)
{
	struct wanted *w = &node->wanted;
	enum err err;

	if (!is_owned(sim, node))
		return;
	err = store_device_set_features(
	    sim->service.desk, node->uid, features, service_unix(sim));
	w->features_known = err == ERR_OK;
	w->features = features;
	add_mask(sim, node, features);
	sim_say(sim, "features of %u: %u (%d)", node->number, features, err);
}

void
service_set_suspended(struct sim *sim, struct node *node, bool suspended)
{
	struct wanted *w = &node->wanted;
	struct store_device row;
	enum err err;

	if (!is_owned(sim, node) ||
	    store_device_by_uid(sim->service.desk, node->uid, &row) != ERR_OK)
		return;
	err = operator_suspend(&(struct operator){sim->service.desk, row.tenant,
				   service_unix(sim)},
	    node->uid, suspended);
	if (err == ERR_STATE)
		return;
	w->suspended_known = err == ERR_OK;
	w->suspended = suspended;
	sim_say(sim, "%u is %s (%d)", node->number,
	    suspended ? "suspended" : "active", err);
}

void
service_set_rotate(struct sim *sim, struct node *node)
{
	struct wanted *w = &node->wanted;
	struct store_device row;
	enum err err;

	if (!is_owned(sim, node))
		return;
	err = store_device_by_uid(sim->service.desk, node->uid, &row);
	if (err == ERR_OK)
		err = operator_rotate(&(struct operator){sim->service.desk,
					  row.tenant, service_unix(sim)},
		    node->uid);
	if (err == ERR_STATE)
		return;
	w->rotate_known = err == ERR_OK && row.generation > 0;
	w->rotate_above = row.generation;
	sim_say(sim, "%u shall rotate (%d)", node->number, err);
}

struct owners
service_owners(struct sim *sim)
{
	return (struct owners){.store = sim->service.desk,
	    .random = &sim->service.random,
	    .keys = sim->service.api,
	    .unix_s = service_unix(sim)};
}

/* A tenant gets no key of the generation that an alias names. */
static void
check_refused(struct sim *sim, const struct node *node, uint64_t tenant,
    const uint8_t alias[ALIAS_LEN])
{
	struct owners o = service_owners(sim);
	struct psk_identity identity = {.counter = 1};
	uint8_t id[PSK_ID_LEN], key[PSK_MAX];

	memcpy(identity.alias, alias, ALIAS_LEN);
	if (psk_identity_encode(&identity, id) == ERR_OK &&
	    owners_psk(&o, tenant, id, key) == ERR_OK)
		sim_fail(sim, "no key for one who is not the owner",
		    "tenant %d, of device %u", (int)tenant, node->number);
}

void
service_release(struct sim *sim, struct node *node, bool current)
{
	struct store_device row;
	uint32_t generation;
	enum err err;

	if (!is_owned(sim, node) ||
	    store_device_by_uid(sim->service.desk, node->uid, &row) != ERR_OK)
		return;
	if ((!row.quarantined && row.resync == 0) || row.generation == 0)
		return;
	generation =
	    current ? row.generation
		    : (uint32_t)chance_between(&sim->chance, 1, row.generation);
	err = operator_release(&(struct operator){sim->service.desk, row.tenant,
				   service_unix(sim)},
	    node->uid, generation);
	/* Until its holder comes nobody has the identity. */
	if (err == ERR_OK && !current && generation != row.generation)
		check_refused(sim, node, row.tenant, row.alias);
	/* Who was released is asked for a new root, or nobody is any more. */
	node->wanted.rotate_known = false;
	sim_say(sim, "generation %u of %u is released (%d)", generation,
	    node->number, err);
}

void
service_decommission(struct sim *sim, struct node *node, bool now)
{
	struct wanted *w = &node->wanted;
	struct store_device row;
	enum err err;

	if (!is_owned(sim, node) ||
	    store_device_by_uid(sim->service.desk, node->uid, &row) != ERR_OK)
		return;
	err = operator_decommission(&(struct operator){sim->service.desk,
					row.tenant, service_unix(sim)},
	    node->uid, now);
	node->ended = true;
	/* A restored service may have lost its generation: no key is left. */
	node->unheard =
	    node->unheard ||
	    (now && sim->service.restores > 0 &&
		memcmp(row.alias, node->rot.rec.cur.alias, ALIAS_LEN) != 0);
	w->ended_known = err == ERR_OK;
	w->suspended_known = false;
	w->rotate_known = false;
	sim_say(sim, "%u is decommissioned%s (%d)", node->number,
	    now ? ", at once" : "", err);
}

/* From whoever has it to the other of the two. */
void
service_transfer(struct sim *sim, struct node *node)
{
	bool declined = chance_one_in(&sim->owners, 4);
	uint8_t readers = (uint8_t)chance_between(&sim->owners, 1, 3);
	struct wanted *w = &node->wanted;
	struct owners o = service_owners(sim);
	struct store_device row;
	uint64_t to;
	enum err err;

	if (!is_owned(sim, node) ||
	    store_device_by_uid(o.store, node->uid, &row) != ERR_OK)
		return;
	to = row.tenant == TENANT ? TENANT + 1 : TENANT;
	err = owners_transfer(&o, row.tenant, to, node->uid,
	    profile_uid[to - TENANT], readers, declined);
	sim_say(sim, "%u goes to tenant %d (%d)", node->number, (int)to, err);
	/* With the power gone in its midst it may have been done or not. */
	if (err != ERR_OK && disk_is_dead()) {
		w->owner = 0;
		w->rotate_known = false;
		w->features_known = false;
		add_mask(sim, node, PROFILE_FEATURES);
	}
	if (err != ERR_OK || declined)
		return;
	check_refused(sim, node, row.tenant, row.alias);
	w->owner = to;
	w->rotate_known = true;
	w->rotate_above = row.generation;
	w->features_known = true;
	w->features = PROFILE_FEATURES;
	add_mask(sim, node, w->features);
}

/* --- nothing that was confirmed is lost --- */

/*
 * A ticket brings its own owner back: what the one of the copy did meanwhile
 * with a device that was not his any more is void.
 */
static void
learn_owner(struct sim *sim, struct node *node)
{
	struct wanted *w = &node->wanted;
	unsigned adoptions = service_events(sim, "adopted", node->uid);

	if (adoptions == w->adoptions)
		return;
	w->adoptions = adoptions;
	w->owner = 0;
	w->features_known = false;
}

static void
check_wishes(
    struct sim *sim, const struct node *node, const struct store_device *row)
{
	const struct wanted *w = &node->wanted;

	if (w->features_known && row->features != w->features)
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u: features %u were set, %u they are",
		    node->number, w->features, row->features);
	if (w->owner != 0 && row->tenant != w->owner)
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u: transfer", node->number);
	if (w->suspended_known && row->suspended != w->suspended)
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u: suspended %d", node->number, row->suspended);
	if (w->ended_known && row->status != DEVICE_DECOMMISSIONED)
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u: decommissioning", node->number);
	if (w->rotate_known && !row->rotate &&
	    row->generation <= w->rotate_above)
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u: rotation", node->number);
}

/* What a device has seen done has been done. */
static void
check_device(struct sim *sim, struct node *node)
{
	const struct rot_generation *cur = &node->rot.rec.cur;
	struct store_generation g;
	struct store_device row;
	enum err err;

	if (node->rot.rec.erased ||
	    store_device_by_uid(sim->service.store, node->uid, &row) != ERR_OK)
		return;
	learn_owner(sim, node);
	check_wishes(sim, node, &row);
	if (cur->number == 0 || sim->service.restores > 0 || node->cloned ||
	    node->ended)
		return;
	err = store_generation_by_alias(sim->service.store, cur->alias, &g);
	if (err == ERR_NOT_FOUND ||
	    (memcmp(row.alias, cur->alias, ALIAS_LEN) == 0 && row.n < cur->n))
		sim_fail(sim, "a confirmed operation is never lost",
		    "device %u is in state %llu of generation %u", node->number,
		    (unsigned long long)cur->n, cur->number);
}

void
service_check(struct sim *sim)
{
	if (sim->service.devices == NULL || disk_is_dead())
		return;
	for (unsigned i = 0; i < sim->devices; i++)
		check_device(sim, &sim->node[i]);
	find_clones(sim);
	if (sim->service.restores == 0 &&
	    service_events(sim, "service_behind", NULL) > 0)
		for (unsigned i = 0; i < sim->devices; i++)
			if (!sim->node[i].cloned &&
			    service_events(
				sim, "service_behind", sim->node[i].uid) > 0)
				sim_fail(sim,
				    "a confirmed operation is never lost",
				    "the service is behind device %u", i);
}
