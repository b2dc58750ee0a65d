/*
 * A device of a run: the real one, with the memory and the power supply that
 * the run gives it. When the power goes during a write, the program does
 * nothing any more, and what it was about to send is not sent.
 */
#include "crypto/hpke.h"
#include "sim.h"

#define IMPORT 7
#define PROFILE_FEATURES FEATURE_ALL

static const uint8_t profile_uid[PROFILE_UID_LEN] = "profile of many";

/* --- its clocks --- */

static uint64_t
local_ms(const struct sim *sim, const struct node *node)
{
	int64_t run = (int64_t)(sim->now_ms - node->on_ms);

	return 1000 + (uint64_t)(run + run / 1000000 * node->drift_ppm);
}

static uint64_t
wall_s(const struct sim *sim, const struct node *node)
{
	if (!node->has_wall)
		return 0;
	return SIM_START_UNIX + sim->now_ms / 1000 + (uint64_t)node->wall_s;
}

/* When the run's clock shows what the node's will show at next_ms. */
static uint64_t
global_ms(const struct sim *sim, const struct node *node, uint64_t next_ms)
{
	uint64_t now = local_ms(sim, node);

	if (next_ms == UINT64_MAX)
		return UINT64_MAX;
	if (next_ms <= now)
		return sim->now_ms + 1;
	/* A drift of a part in a thousand: then it asks again. */
	return sim->now_ms + (next_ms - now) + (next_ms - now) / 1000 + 1;
}

/* --- birth --- */

static void
make_birth(struct sim *sim, struct node *node, struct rot_birth *birth)
{
	const struct keys_credential *c = sim->service.keys.credential;
	unsigned i = node->number;

	memset(birth, 0, sizeof(*birth));
	birth->uid[3] = 0x77;
	birth->uid[6] = (uint8_t)(i >> 8);
	birth->uid[7] = (uint8_t)i;
	memset(birth->chip_id, (int)i & 0xff, CHIP_ID_LEN);
	memset(birth->key.d, 0x11, P256_LEN);
	birth->key.d[30] = (uint8_t)(i >> 8);
	birth->key.d[31] = (uint8_t)i;
	memset(birth->factory.k, 0xf0, KEY_LEN);
	birth->factory.k[0] = (uint8_t)i;
	birth->factory.k[1] = (uint8_t)(i >> 8);
	birth->credential_count = 1;
	birth->credential[0].kid = c->kid;
	birth->credential[0].public_key = c->public_key;
}

/* As the factory seals it, and the api process imports it. */
static enum err
import(struct sim *sim, const struct rot_birth *birth)
{
	struct service *s = &sim->service;
	struct keysproto_request q = {.op = KEYSPROTO_FACTORY};
	struct store_device row = {.import_id = IMPORT, .created = 1};
	uint8_t aad[UID_LEN + P256_POINT_LEN];
	struct keysproto_answer a;
	struct p256_point public_key;
	enum err err = p256_public(&birth->key, &public_key);

	memcpy(row.uid, birth->uid, UID_LEN);
	p256_point_encode(&public_key, row.factory_key);
	q.u.factory.import_id = IMPORT;
	memcpy(q.u.factory.import_key.b, s->import_key.b, BLOB_MAX);
	q.u.factory.import_key.len = s->import_key.len;
	memcpy(q.u.factory.uid, birth->uid, UID_LEN);
	memcpy(q.u.factory.public_key, row.factory_key, P256_POINT_LEN);
	memcpy(aad, birth->uid, UID_LEN);
	memcpy(aad + UID_LEN, row.factory_key, P256_POINT_LEN);
	if (err == ERR_OK)
		err = hpke_seal(&s->random, &s->keys.import_public,
		    BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
		    BYTES_OF(birth->factory.k), q.u.factory.enc,
		    q.u.factory.sealed);
	if (err == ERR_OK)
		err = s->api.call(s->api.ctx, &q, 1, &a);
	if (err == ERR_OK)
		err = a.err;
	if (err != ERR_OK)
		return err;
	memcpy(row.factory_secret.b, a.u.blob.b, BLOB_MAX);
	row.factory_secret.len = a.u.blob.len;
	return store_device_add(s->store, &row);
}

void
node_move(struct sim *sim, struct node *node)
{
	(void)snprintf(node->address, sizeof(node->address), "192.0.2.%u:%u",
	    1 + node->number % 250,
	    (unsigned)chance_between(&sim->chance, 1024, 65535));
}

/* --- outside of the root of trust --- */

static enum err
outside_read(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct outside *o = ctx;

	if (o->len == 0 || o->len > cap)
		return ERR_NOT_FOUND;
	memcpy(out, o->b, o->len);
	*ret_len = o->len;
	return ERR_OK;
}

/* All or nothing; who asked may not hear which, or be gone. */
static enum err
outside_write(void *ctx, struct bytes content)
{
	struct outside *o = ctx;
	bool fails =
	    !o->sim->network.perfect && chance_one_in(&o->sim->tickets, 16);

	if (o->node->ram.dead)
		return ERR_IO;
	o->node->ram.dead = fails && chance_one_in(&o->sim->tickets, 2);
	if (fails && chance_one_in(&o->sim->tickets, 2))
		return ERR_IO;
	if (content.len > sizeof(o->b))
		abort();
	if (content.len > 0)
		memcpy(o->b, content.ptr, content.len);
	o->len = content.len;
	o->spoilt = false;
	return fails ? ERR_IO : ERR_OK;
}

void
node_spoil(struct sim *sim, struct node *node)
{
	struct outside *o = &node->outside;

	o->spoilt = true;
	if (chance_one_in(&sim->tickets, 2))
		o->len = 0;
	else
		o->b[chance_between(&sim->tickets, 0, sizeof(o->b) - 1)] ^= 1;
	sim_say(sim, "the ticket of %u is %s", node->number,
	    o->len == 0 ? "lost" : "damaged");
}

bool
node_has_ticket(const struct node *node)
{
	const struct outside *o = &node->outside;

	return o->len == sizeof(o->b) && !o->spoilt &&
	       memcmp(o->b, node->rot.rec.cur.alias, ALIAS_LEN) == 0;
}

static void
set_up(struct sim *sim, struct node *node)
{
	bool has_outside = !chance_one_in(&sim->tickets, 4);

	node->outside.sim = sim;
	node->outside.node = node;
	node->config = (struct device_config){.heartbeat_min_s = 300,
	    .heartbeat_s = 86400,
	    .firmware = "03.15",
	    .well_known_path = chance_one_in(&sim->chance, 4)};
	if (has_outside)
		node->config.outside = (struct device_outside){
		    outside_read, outside_write, &node->outside};
	node->drift_ppm = (int64_t)chance_between(&sim->chance, 0, 1000) - 500;
	node->has_wall = !chance_one_in(&sim->chance, 4);
	node_move(sim, node);
}

void
node_make(struct sim *sim, struct node *node, unsigned number)
{
	struct rot_birth birth;

	memset(node, 0, sizeof(*node));
	node->number = number;
	/* Nothing while it is nobody's, then what its profile gives. */
	node->wanted.mask[node->wanted.mask_count++] = 0;
	node->wanted.mask[node->wanted.mask_count++] = PROFILE_FEATURES;
	make_birth(sim, node, &birth);
	memcpy(node->uid, birth.uid, UID_LEN);
	ram_port_init(&node->ram, chance_next(&sim->chance));
	if (import(sim, &birth) != ERR_OK ||
	    rot_open(&node->rot, &node->ram.port) != ERR_OK ||
	    rot_provision(&node->rot, &birth) != ERR_OK)
		abort();
	set_up(sim, node);
	if (!chance_one_in(&sim->chance, 4))
		node_seal(sim, node);
	node_boot(sim, node);
}

void
node_copy(struct sim *sim, struct node *clone, struct node *node)
{
	struct rot_port port;

	memset(clone, 0, sizeof(*clone));
	clone->number = (unsigned)(clone - sim->node);
	clone->original = node;
	memcpy(clone->uid, node->uid, UID_LEN);
	ram_port_init(&clone->ram, chance_next(&sim->chance));
	port = clone->ram.port;
	memcpy(clone->ram.slot, node->ram.slot, sizeof(node->ram.slot));
	memcpy(clone->ram.slot_len, node->ram.slot_len,
	    sizeof(node->ram.slot_len));
	memcpy(clone->ram.slot_there, node->ram.slot_there,
	    sizeof(node->ram.slot_there));
	clone->ram.port = port;
	clone->outside = node->outside;
	node->cloned = true;
	set_up(sim, clone);
	sim_say(sim, "%u is a clone of %u", clone->number, node->number);
	node_boot(sim, clone);
}

void
node_done(struct node *node)
{
	device_done(&node->device);
	rot_done(&node->rot);
}

void
node_seal(struct sim *sim, struct node *node)
{
	enum err err;

	err = rot_seal(&node->rot, profile_uid, BYTES_LIT("SN-0001"));
	sim_say(sim, "seal %u (%d)", node->number, err);
}

/* --- power --- */

void
node_boot(struct sim *sim, struct node *node)
{
	enum err err;

	device_done(&node->device);
	rot_done(&node->rot);
	ram_boot(&node->ram);
	node->on = true;
	node->on_ms = sim->now_ms;
	node->wake_ms = sim->now_ms;
	err = rot_open(&node->rot, &node->ram.port);
	if (err == ERR_OK)
		err = device_init(&node->device, &node->rot, &node->config);
	if (err != ERR_OK)
		sim_fail(sim, "no device is stuck",
		    "device %u does not start: %d", node->number, err);
	device_network(&node->device, true, local_ms(sim, node));
	sim_say(sim, "%u starts, generation %u", node->number,
	    node->rot.rec.cur.number);
}

void
node_cut(struct sim *sim, struct node *node)
{
	sim_say(sim, "%u loses power", node->number);
	node->on = false;
	node->on_ms =
	    sim->now_ms +
	    chance_between(&sim->chance, 1,
		chance_one_in(&sim->chance, 2) ? 2000 : 5 * MINUTE_MS);
	node->wake_ms = node->on_ms;
}

/* The write that failed was the last thing, or just an error. */
static bool
went_down(struct sim *sim, struct node *node)
{
	if (!node->ram.dead)
		return false;
	if (chance_one_in(&sim->chance, 3)) {
		node->ram.dead = false;
		node->ram.cut_at = 0;
		return false;
	}
	node_cut(sim, node);
	return true;
}

/* --- what it does --- */

/* The features it has were given to it, and none that were left before. */
/* From the answer that says so on, no key but the check-in's is there. */
static void
check_erased(struct sim *sim, const struct node *node)
{
	static const struct rot_generation none;
	const struct rot_record *rec = &node->rot.rec;

	if (memcmp(&rec->cur.psk, &none.psk, sizeof(none.psk)) != 0 ||
	    memcmp(&rec->cur.next, &none.next, sizeof(none.next)) != 0 ||
	    rec->has_next_key || rec->has_pend || rec->features != 0)
		sim_fail(sim, "what is erased is gone", "device %u has keys",
		    node->number);
}

static void
check_features(struct sim *sim, struct node *node)
{
	const struct wanted *w =
	    node->original != NULL ? &node->original->wanted : &node->wanted;

	if ((node->rot.rec.flags & CHECKIN_ERASE) != 0) {
		check_erased(sim, node);
		return;
	}
	if (node->rot.rec.cur.number == 0)
		return;
	for (size_t i = node->mask_at; i < w->mask_count; i++)
		if (w->mask[i] == node->rot.rec.features) {
			node->mask_at = i;
			return;
		}
	sim_fail(sim, "no feature is on without authorisation",
	    "device %u has features %u", node->number, node->rot.rec.features);
}

void
node_poll(struct sim *sim, struct node *node)
{
	struct bytes datagram = BYTES_NONE;
	uint64_t next_ms = UINT64_MAX;
	enum err err;

	if (!node->on) {
		node_boot(sim, node);
		return;
	}
	err = device_poll(&node->device, local_ms(sim, node), wall_s(sim, node),
	    &datagram, &next_ms);
	if (went_down(sim, node))
		return;
	node->wake_ms =
	    err == ERR_OK ? global_ms(sim, node, next_ms) : sim->now_ms + 1000;
	if (err == ERR_OK && datagram.len > 0) {
		node->wake_ms = sim->now_ms;
		network_send(sim, node, true, datagram);
	}
}

void
node_receive(struct sim *sim, struct node *node, struct bytes datagram)
{
	unsigned refused = node->device.refused;

	if (!node->on)
		return;
	device_receive(
	    &node->device, local_ms(sim, node), wall_s(sim, node), datagram);
	if (went_down(sim, node))
		return;
	if (node->device.refused != refused)
		sim_say(sim, "%u is refused: %u", node->number,
		    node->device.refused);
	node->wake_ms = sim->now_ms;
	check_features(sim, node);
}

enum err
node_ask(struct sim *sim, struct node *node)
{
	enum err err;

	if (!node->on)
		return ERR_STATE;
	err = device_heartbeat(
	    &node->device, local_ms(sim, node), wall_s(sim, node));
	node->wake_ms = sim->now_ms;
	return err;
}

/* A clone's counters are the original's: only the genuine device draws. */
void
node_psk(struct sim *sim, struct node *node)
{
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX], sealed[64];
	size_t len;
	enum err err;

	if (!node->on || node->original != NULL)
		return;
	for (int i = 0; i < 3; i++) {
		err = device_psk(&node->device, 32, id, psk);
		if (went_down(sim, node))
			return;
		if (err == ERR_OK)
			monitor_identity(sim, BYTES_OF(id));
		if (err == ERR_OK && (node->rot.rec.flags & CHECKIN_ERASE) != 0)
			sim_fail(sim, "what is erased is gone",
			    "device %u gave a PSK", node->number);
		if (err == ERR_OK &&
		    (node->rot.rec.features & SERVICE_PSK) == 0)
			sim_fail(sim, "no feature is on without authorisation",
			    "device %u gave a PSK", node->number);
		err = device_e2e_seal(&node->device, 1 + (unsigned)i % 2,
		    BYTES_LIT("some words"), sealed, &len);
		if (went_down(sim, node))
			return;
		if (err == ERR_OK)
			monitor_identity(sim,
			    bytes_make(sealed, i % 2 == 0 ? E2E_V1_HEADER_LEN
							  : E2E_V2_HEADER_LEN));
	}
}

/* --- agreement --- */

static enum err
api_psk(struct sim *sim, const struct store_generation *g, uint64_t tenant,
    const uint8_t id[PSK_ID_LEN], struct keysproto_answer *ret_answer)
{
	struct service *s = &sim->service;
	struct keysproto_request q = {.op = KEYSPROTO_PROFILE};
	enum err err;

	q.u.profile.tenant = tenant;
	memcpy(q.u.profile.profile, g->profile, PROFILE_UID_LEN);
	err = s->api.call(s->api.ctx, &q, 1, ret_answer);
	if (err != ERR_OK || ret_answer->err != ERR_OK)
		return ERR_INTERNAL;
	q = (struct keysproto_request){.op = KEYSPROTO_PSK};
	q.u.derive.owner.tenant = g->tenant;
	memcpy(q.u.derive.owner.profile, g->profile, PROFILE_UID_LEN);
	memcpy(q.u.derive.owner.record, ret_answer->u.record,
	    KEYSPROTO_RECORD_LEN);
	memcpy(q.u.derive.uid, g->uid, UID_LEN);
	q.u.derive.generation = g->generation;
	q.u.derive.root.len = g->root.len;
	memcpy(q.u.derive.root.b, g->root.b, BLOB_MAX);
	memcpy(q.u.derive.id, id, PSK_ID_LEN);
	q.u.derive.id_len = PSK_ID_LEN;
	q.u.derive.key_len = 32;
	err = s->api.call(s->api.ctx, &q, 1, ret_answer);
	return err == ERR_OK ? ret_answer->err : err;
}

static uint64_t
other_than(uint64_t tenant)
{
	return tenant == TENANT ? TENANT + 1 : TENANT;
}

/* The root is its owner's, who gets its keys by the rules, and alone. */
static void
agree_owner(struct sim *sim, struct node *node,
    const struct store_generation *g, const uint8_t *id, const uint8_t *psk)
{
	struct owners o = service_owners(sim);
	struct store_device row;
	uint8_t key[PSK_MAX];
	enum err err = store_device_by_uid(sim->service.store, node->uid, &row);

	if (err != ERR_OK || row.tenant != g->tenant)
		sim_fail(sim, "no device is stuck",
		    "device %u waits with a transfer (%d)", node->number, err);
	if (owners_psk(&o, other_than(row.tenant), id, key) == ERR_OK)
		sim_fail(sim, "no key for one who is not the owner",
		    "device %u, by the rules", node->number);
	if ((row.features & SERVICE_PSK) == 0 || row.suspended)
		return;
	err = owners_psk(&o, row.tenant, id, key);
	if (err != ERR_OK || memcmp(key, psk, 32) != 0)
		sim_fail(sim, "both ends agree on the root",
		    "device %u, by the rules (%d)", node->number, err);
}

static void
agree_root(struct sim *sim, struct node *node)
{
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX];
	struct psk_identity identity;
	struct store_generation g;
	struct keysproto_answer a;
	enum err err;

	err = rot_psk(&node->rot, 32, id, psk);
	if (err == ERR_OK)
		err = psk_identity_decode(BYTES_OF(id), &identity);
	if (err == ERR_OK)
		monitor_identity(sim, BYTES_OF(id));
	if (err == ERR_OK)
		err = store_generation_by_alias(
		    sim->service.store, identity.alias, &g);
	if (err == ERR_OK)
		err = api_psk(sim, &g, g.tenant, id, &a);
	if (err != ERR_OK || memcmp(a.u.key.key, psk, 32) != 0)
		sim_fail(sim, "both ends agree on the root", "device %u (%d)",
		    node->number, err);
	else if (api_psk(sim, &g, other_than(g.tenant), id, &a) == ERR_OK)
		sim_fail(sim, "no key for one who is not the owner",
		    "device %u", node->number);
	else
		agree_owner(sim, node, &g, id, psk);
}

static void
agree_settings(
    struct sim *sim, struct node *node, const struct store_device *row)
{
	const struct rot_record *rec = &node->rot.rec;
	bool suspended = (rec->flags & CHECKIN_SUSPENDED) != 0;

	if (rec->has_pend || rec->cur.n != row->n ||
	    memcmp(rec->cur.alias, row->alias, ALIAS_LEN) != 0)
		sim_fail(sim, "both ends agree on the state",
		    "device %u: %llu of generation %u, service: %llu of %u",
		    node->number, (unsigned long long)rec->cur.n,
		    rec->cur.number, (unsigned long long)row->n,
		    row->generation);
	if (rec->features != row->features)
		sim_fail(sim, "settings arrive with a heartbeat",
		    "device %u has features %u, wanted are %u", node->number,
		    rec->features, row->features);
	if (suspended != row->suspended)
		sim_fail(sim, "settings arrive with a heartbeat",
		    "device %u: suspended is %d, wanted is %d", node->number,
		    suspended, row->suspended);
	if (rec->period_s != 0 && rec->period_s != sim->service.config.period_s)
		sim_fail(sim, "settings arrive with a heartbeat",
		    "device %u: period %u", node->number, rec->period_s);
}

/* No key of a device that has ended is left, here or there. */
void
node_gone(struct sim *sim, struct node *node)
{
	static const struct rot_generation none;
	const struct rot_record *rec = &node->rot.rec;
	struct store_generation g;
	struct store_device row;

	if (store_device_by_uid(sim->service.store, node->uid, &row) != ERR_OK)
		abort();
	if (!node->unheard &&
	    (!rec->erased || memcmp(&rec->cur, &none, sizeof(none)) != 0))
		sim_fail(sim, "what is erased is gone",
		    "device %u has keys, flags %u", node->number, rec->flags);
	/* What an earlier owner may read is not the present one's to erase. */
	if (row.erased == 0 || row.ck.len > 0 || row.last_ck.len > 0 ||
	    (store_generation_by_alias(sim->service.store, row.alias, &g) ==
		    ERR_OK &&
		(g.tenant == row.tenant || g.tenant == 0) && g.root.len > 0))
		sim_fail(sim, "what is erased is gone",
		    "the service has keys of device %u", node->number);
}

void
node_agree(struct sim *sim, struct node *node)
{
	struct store_device row;

	if (store_device_by_uid(sim->service.store, node->uid, &row) != ERR_OK)
		abort();
	agree_settings(sim, node, &row);
	agree_root(sim, node);
}
