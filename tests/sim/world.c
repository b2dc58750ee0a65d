/*
 * A run: the time of chaos, in which things happen at random; then calm, in
 * which everything has to come right; then the last questions. Between two
 * events time jumps.
 */
#include "sim.h"

/* --- time --- */

static struct node *
next_node(struct sim *sim)
{
	struct node *next = &sim->node[0];

	for (unsigned i = 1; i < sim->nodes; i++)
		if (sim->node[i].wake_ms < next->wake_ms)
			next = &sim->node[i];
	return next;
}

/* Lets time go on to whatever is next, up to until_ms; false: it is here. */
static bool
step(struct sim *sim, uint64_t until_ms)
{
	struct node *node = next_node(sim);
	uint64_t net_ms = network_next(sim);
	uint64_t up_ms =
	    sim->service.devices == NULL ? sim->service.up_ms : UINT64_MAX;
	uint64_t at_ms = node->wake_ms < net_ms ? node->wake_ms : net_ms;

	if (up_ms < at_ms)
		at_ms = up_ms;
	if (at_ms > until_ms) {
		sim->now_ms = until_ms;
		return false;
	}
	if (at_ms > sim->now_ms)
		sim->now_ms = at_ms;
	if (up_ms == at_ms)
		service_start(sim);
	else if (net_ms == at_ms)
		network_deliver(sim);
	else
		node_poll(sim, node);
	return !sim->failed;
}

static void
run_for(struct sim *sim, uint64_t span_ms)
{
	uint64_t until_ms = sim->now_ms + span_ms;

	while (step(sim, until_ms))
		continue;
}

/* --- what happens --- */

static struct node *
any_node(struct sim *sim)
{
	return &sim->node[chance_between(&sim->chance, 0, sim->nodes - 1)];
}

static struct node *
any_device(struct sim *sim)
{
	return &sim->node[chance_between(&sim->chance, 0, sim->devices - 1)];
}

/* The power goes at one of the next writes. */
static void
fate_cut(struct sim *sim)
{
	struct node *node = any_node(sim);

	node->ram.cut_at =
	    node->ram.writes + (unsigned)chance_between(&sim->chance, 1, 4);
	node->ram.tear =
	    (enum ram_tear)chance_between(&sim->chance, 0, RAM_TEARS - 1);
}

static void
fate_off(struct sim *sim)
{
	node_cut(sim, any_node(sim));
}

static void
fate_ask(struct sim *sim)
{
	struct node *node = any_node(sim);

	sim_say(sim, "%u is asked for a heartbeat (%d)", node->number,
	    node_ask(sim, node));
}

static void
fate_psk(struct sim *sim)
{
	node_psk(sim, any_node(sim));
}

static void
fate_move(struct sim *sim)
{
	node_move(sim, any_node(sim));
}

static void
fate_seal(struct sim *sim)
{
	struct node *node = any_device(sim);

	if (node->on && !node->rot.rec.sealed) {
		node_seal(sim, node);
		node->ram.dead = false;
		node->wake_ms = sim->now_ms;
	}
}

static void
fate_wall(struct sim *sim)
{
	struct node *node = any_node(sim);

	node->has_wall = !chance_one_in(&sim->chance, 4);
	node->wall_s =
	    (int64_t)chance_between(&sim->chance, 0, 4000000) - 2000000;
}

static void
fate_service_off(struct sim *sim)
{
	if (sim->service.devices != NULL)
		service_kill(sim, chance_one_in(&sim->chance, 2));
}

static void
fate_disk(struct sim *sim)
{
	disk_plan(chance_one_in(&sim->chance, 3) ? DISK_ERROR : DISK_POWER,
	    chance_between(&sim->chance, 1, 8));
}

static void
fate_keys(struct sim *sim)
{
	sim->service.keys_fail = !sim->service.keys_fail;
	if (sim->service.devices == NULL)
		sim->service.keys_fail = false;
}

static void
fate_clock(struct sim *sim)
{
	sim->service.clock_s =
	    (int64_t)chance_between(&sim->chance, 0, 20000) - 10000;
}

static void
fate_features(struct sim *sim)
{
	service_set_features(sim, any_device(sim),
	    (uint32_t)chance_between(&sim->chance, 0, 63));
}

static void
fate_suspend(struct sim *sim)
{
	service_set_suspended(
	    sim, any_device(sim), chance_one_in(&sim->chance, 2));
}

static void
fate_rotate(struct sim *sim)
{
	service_set_rotate(sim, any_device(sim));
}

static void
fate_release(struct sim *sim)
{
	service_release(sim, any_device(sim), chance_one_in(&sim->chance, 2));
}

static void
fate_decommission(struct sim *sim)
{
	if (sim->recipe.ends)
		service_decommission(
		    sim, any_device(sim), chance_one_in(&sim->chance, 3));
}

static void
fate_replay(struct sim *sim)
{
	uint64_t count = chance_between(&sim->chance, 1, 8);

	while (count-- > 0)
		network_replay(sim);
}

static void
fate_backup(struct sim *sim)
{
	service_backup(sim);
}

static void
fate_restore(struct sim *sim)
{
	if (sim->recipe.restores)
		service_restore(sim);
}

static void
fate_clone(struct sim *sim)
{
	struct node *node = any_device(sim);

	if (!sim->recipe.clones || node->cloned || !node->on)
		return;
	node_copy(sim, &sim->node[sim->nodes++], node);
}

static const struct {
	void (*strike)(struct sim *sim);
	unsigned weight;
} fates[] = {
    {fate_cut, 12},
    {fate_off, 5},
    {fate_ask, 20},
    {fate_psk, 6},
    {fate_move, 4},
    {fate_seal, 2},
    {fate_wall, 3},
    {fate_service_off, 4},
    {fate_disk, 8},
    {fate_keys, 2},
    {fate_clock, 2},
    {fate_features, 5},
    {fate_suspend, 5},
    {fate_rotate, 4},
    {fate_release, 6},
    {fate_decommission, 1},
    {fate_replay, 15},
    {fate_backup, 5},
    {fate_restore, 3},
    {fate_clone, 2},
};

static void
strike(struct sim *sim)
{
	unsigned sum = 0;
	uint64_t pick;

	for (size_t i = 0; i < ARRAY_LEN(fates); i++)
		sum += fates[i].weight;
	pick = chance_between(&sim->chance, 0, sum - 1);
	for (size_t i = 0; i < ARRAY_LEN(fates); i++) {
		if (pick < fates[i].weight) {
			fates[i].strike(sim);
			return;
		}
		pick -= fates[i].weight;
	}
}

/* By the numbers of the owners alone. */
static struct node *
any_owned(struct sim *sim)
{
	return &sim->node[chance_between(&sim->owners, 0, sim->devices - 1)];
}

static void
chaos(struct sim *sim)
{
	for (unsigned i = 0; i < sim->recipe.fates && !sim->failed; i++) {
		strike(sim);
		if (sim->recipe.transfers && chance_one_in(&sim->owners, 6))
			service_transfer(sim, any_owned(sim));
		/* Whom a restored service does not know has nothing else. */
		if (sim->service.restores == 0 &&
		    chance_one_in(&sim->tickets, 40))
			node_spoil(sim, &sim->node[chance_between(
					    &sim->tickets, 0, sim->nodes - 1)]);
		if (disk_is_dead() && sim->service.devices != NULL)
			service_kill(sim, true);
		run_for(
		    sim, chance_between(&sim->chance, 1, sim->recipe.pace_ms));
		if (sim->service.keys_fail && chance_one_in(&sim->chance, 3))
			sim->service.keys_fail = false;
	}
}

/* --- calm --- */

static void
heal(struct sim *sim)
{
	sim_say(sim, "calm");
	sim->network.perfect = true;
	sim->service.keys_fail = false;
	disk_plan(DISK_POWER, 0);
	if (sim->service.devices == NULL)
		service_start(sim);
	for (unsigned i = 0; i < sim->nodes; i++) {
		sim->node[i].ram.cut_at = 0;
		if (!sim->node[i].on)
			node_boot(sim, &sim->node[i]);
		if (i >= sim->devices)
			continue;
		node_seal(sim, &sim->node[i]);
		service_release(sim, &sim->node[i], true);
		/* Its end is an operator's word again, after a restore. */
		if (sim->node[i].ended)
			service_decommission(
			    sim, &sim->node[i], sim->node[i].rot.rec.erased);
	}
}

/* One heartbeat, as soon as the module lets it; says how it ended. */
static enum err
beat(struct sim *sim, struct node *node)
{
	enum err err = ERR_BUSY;

	for (int i = 0; i < 20 && err != ERR_OK && !sim->failed; i++) {
		run_for(sim, 5 * MINUTE_MS + 1000);
		err = node_ask(sim, node);
	}
	if (err != ERR_OK)
		return err;
	run_for(sim, 2 * MINUTE_MS);
	return device_heartbeat_result(&node->device);
}

/* Who can keep a ticket has one, unless it was taken away unnoticed. */
static void
check_ticket(struct sim *sim, struct node *node)
{
	if (node->config.outside.write != NULL && !node->outside.spoilt &&
	    !sim->failed && !node_has_ticket(node))
		sim_fail(sim, "every device keeps its ticket",
		    "device %u, generation %u", node->number,
		    node->rot.rec.cur.number);
}

static void
check_calm(struct sim *sim, struct node *node)
{
	enum err err;

	if (node->cloned || sim->failed)
		return;
	if (node->ended) {
		node_gone(sim, node);
		return;
	}
	err = beat(sim, node);
	if (err != ERR_OK)
		sim_fail(sim, "no device is stuck",
		    "device %u (%d), generation %u, refused %u", node->number,
		    err, node->rot.rec.cur.number, node->device.refused);
	else if (!sim->failed)
		node_agree(sim, node);
	check_ticket(sim, node);
}

/* What is wanted now is there after one heartbeat. */
static void
check_settings(struct sim *sim, struct node *node)
{
	if (node->ended)
		return;
	service_set_features(
	    sim, node, (uint32_t)chance_between(&sim->chance, 0, 63));
	service_set_suspended(sim, node, chance_one_in(&sim->chance, 2));
	check_calm(sim, node);
}

/*
 * Of a device and its clone one goes on, whoever an operator has let: only a
 * copy of secrets that were left behind is refused for good.
 */
static void
check_pair(struct sim *sim, struct node *node)
{
	bool goes_on = false;

	/* Copies of the database promise nothing about a clone's roots. */
	if (!node->cloned || node->ended || sim->failed ||
	    sim->service.restores > 0)
		return;
	/* The first try may be what shows the one that there is another. */
	for (unsigned i = 0; i < 2 * sim->nodes && !goes_on; i++) {
		struct node *one = &sim->node[i / 2];

		if (one == node || one->original == node)
			goes_on = beat(sim, one) == ERR_OK;
	}
	if (!goes_on && !sim->failed)
		sim_fail(sim, "no device is stuck",
		    "neither device %u nor its clone", node->number);
}

/*
 * A clone of the calm is found when the second of the two has spoken. If the
 * first has spoken twice by then, the second hears nothing that it could
 * trust, and turns to EDHOC after an hour (rule D4).
 */
static void
check_new_clone(struct sim *sim, struct node *node)
{
	struct node *clone = &sim->node[sim->nodes];
	bool first = chance_one_in(&sim->chance, 2);

	if (node->cloned || node->ended || sim->failed || !node->on)
		return;
	sim->nodes++;
	node_copy(sim, clone, node);
	(void)beat(sim, first ? node : clone);
	(void)beat(sim, first ? clone : node);
	run_for(sim, 6 * HOUR_MS);
	if (!sim->failed && service_events(sim, "clone", node->uid) == 0)
		sim_fail(sim, "every clone is found",
		    "device %u, made in the calm", node->number);
}

static void
check_old_clone(struct sim *sim, struct node *node)
{
	/* Of a device that has ended nobody asks who it was. */
	if (!node->cloned || node->ended || sim->failed)
		return;
	if (!node->found &&
	    service_events(sim, "clone", node->uid) +
		    service_events(sim, "other_instance", node->uid) ==
		0)
		sim_fail(
		    sim, "every clone is found", "device %u", node->number);
}

/*
 * What clones do in the calm is seen too: an operator looks twice. Who was
 * refused meanwhile is silent for a day.
 */
static void
release_all(struct sim *sim)
{
	for (int round = 0; round < 2 && sim->recipe.quarantine; round++) {
		for (unsigned i = 0; i < sim->devices; i++)
			service_release(sim, &sim->node[i], true);
		run_for(sim, 2 * DAY_MS);
	}
}

/* Whom a ticket has brought back to an owner can be ended only now. */
static void
end_again(struct sim *sim)
{
	if (sim->service.restores == 0)
		return;
	for (unsigned i = 0; i < sim->devices; i++)
		if (sim->node[i].ended)
			service_decommission(
			    sim, &sim->node[i], sim->node[i].rot.rec.erased);
	run_for(sim, 2 * DAY_MS);
}

/* A database from the time of chaos: all come back, most by their tickets. */
static void
last_restore(struct sim *sim)
{
	unsigned before = sim->service.restores;

	if (!sim->recipe.restores || sim->failed)
		return;
	for (int i = 0; i < 20 && sim->service.restores == before; i++)
		service_restore(sim);
	if (sim->service.restores == before)
		return;
	heal(sim);
	run_for(sim, 2 * DAY_MS);
	release_all(sim);
	end_again(sim);
	for (unsigned i = 0; i < sim->devices; i++)
		check_calm(sim, &sim->node[i]);
}

static void
calm(struct sim *sim)
{
	heal(sim);
	run_for(sim, 2 * DAY_MS);
	end_again(sim);
	release_all(sim);
	if (!sim->failed)
		service_check(sim);
	for (unsigned i = 0; i < sim->devices; i++) {
		check_calm(sim, &sim->node[i]);
		check_settings(sim, &sim->node[i]);
		check_pair(sim, &sim->node[i]);
	}
	for (unsigned i = 0; i < sim->nodes && !sim->failed; i++)
		(void)beat(sim, &sim->node[i]);
	if (!sim->failed)
		service_check(sim);
	for (unsigned i = 0; i < sim->devices; i++)
		check_old_clone(sim, &sim->node[i]);
	check_new_clone(sim, any_device(sim));
	last_restore(sim);
}

/* --- a run --- */

static void
choose(struct sim *sim)
{
	static const uint64_t delays[] = {200, 20000, 200000};
	struct chance *c = &sim->chance;
	struct network *net = &sim->network;

	sim->recipe.clones = chance_one_in(c, 3);
	sim->recipe.restores = chance_one_in(c, 3);
	sim->recipe.quarantine = chance_one_in(c, 2);
	sim->recipe.ends = chance_one_in(c, 3);
	sim->recipe.fates = (unsigned)chance_between(c, 20, 120);
	sim->recipe.pace_ms =
	    chance_one_in(c, 2) ? 5 * MINUTE_MS : 60 * MINUTE_MS;
	net->lose = (unsigned)chance_between(c, 0, 6);
	net->lose += net->lose > 0 ? 1 : 0;
	net->repeat = (unsigned)chance_between(c, 0, 6);
	net->damage = chance_one_in(c, 2) ? 20 : 0;
	net->delay_ms = delays[chance_between(c, 0, ARRAY_LEN(delays) - 1)];
}

bool
sim_run(uint64_t seed, unsigned devices, bool verbose, bool quiet)
{
	static struct sim sim;

	memset(&sim, 0, sizeof(sim));
	sim.seed = seed;
	sim.verbose = verbose;
	sim.chance = chance_of(seed, 0);
	sim.owners = chance_of(seed, 2);
	sim.tickets = chance_of(seed, 3);
	sim.recipe.transfers = chance_one_in(&sim.owners, 2);
	sim.digest = UINT64_C(0xcbf29ce484222325);
	sim.devices = devices != 0
			  ? devices
			  : (unsigned)chance_between(&sim.chance, 1, 4);
	sim.node = calloc(2 * (size_t)sim.devices, sizeof(sim.node[0]));
	if (sim.node == NULL)
		abort();
	monitor_reset(&sim);
	choose(&sim);
	service_make(&sim);
	for (unsigned i = 0; i < sim.devices; i++) {
		node_make(&sim, &sim.node[i], i);
		sim.nodes++;
	}
	chaos(&sim);
	if (!sim.failed)
		calm(&sim);
	if (!quiet)
		printf("seed %llu: %u devices, %u clones, %u restores, %u"
		       " adopted, %llu datagrams, %.1f days, digest %016llx\n",
		    (unsigned long long)seed, sim.devices,
		    sim.nodes - sim.devices, sim.service.restores,
		    sim.service.devices != NULL
			? service_events(&sim, "adopted", NULL)
			: 0,
		    (unsigned long long)sim.datagrams,
		    (double)sim.now_ms / (double)DAY_MS,
		    (unsigned long long)sim.digest);
	service_end(&sim);
	network_done(&sim);
	for (unsigned i = 0; i < sim.nodes; i++)
		node_done(&sim.node[i]);
	free(sim.node);
	monitor_reset(NULL);
	return !sim.failed;
}
