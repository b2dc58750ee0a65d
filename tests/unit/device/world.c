/* The clock, the network and the power of these tests: see world.h. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "world.h"

#define LATENCY_MS 50

static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	struct world *w = ctx;
	uint8_t block[SHA256_LEN];
	uint64_t in[2];
	struct bytes part = {(const uint8_t *)in, sizeof(in)};
	size_t n;

	while (len > 0) {
		in[0] = ~w->seed;
		in[1] = ++w->drawn;
		if (sha256(&part, 1, block) != ERR_OK)
			return ERR_RANDOM;
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	return ERR_OK;
}

uint64_t
world_random(struct world *w, uint64_t limit)
{
	uint64_t v;

	assert_int_equal(draw(w, (uint8_t *)&v, sizeof(v)), ERR_OK);
	return limit == 0 ? 0 : v % limit;
}

void
world_init(struct world *w, uint64_t seed)
{
	struct random_source random = {draw, w};
	struct rot_birth birth;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->wall_s = 1700000000;
	w->config.heartbeat_min_s = 300;
	w->config.heartbeat_s = 604800;
	w->config.firmware = "03.15";
	birth_make(&birth);
	device_make(&w->rot, &w->ram, seed);
	w->ram.writes = 0;
	responder_init(&w->service, &birth, random);
}

void
world_done(struct world *w)
{
	responder_done(&w->service);
	device_done(&w->device);
	rot_done(&w->rot);
}

void
world_boot(struct world *w)
{
	device_done(&w->device);
	rot_done(&w->rot);
	ram_boot(&w->ram);
	w->boots++;
	assert_int_equal(rot_open(&w->rot, &w->ram.port), ERR_OK);
	assert_int_equal(device_init(&w->device, &w->rot, &w->config), ERR_OK);
	device_network(&w->device, true, w->now_ms);
}

uint64_t
world_wall(const struct world *w)
{
	return w->wall_s == 0 ? 0 : w->wall_s + w->now_ms / 1000;
}

/* --- the network --- */

static void
fly(struct world *w, enum way way, struct bytes datagram)
{
	struct flight *f;
	size_t i;

	for (i = 0; i < FLIGHTS && w->flight[i].there; i++)
		;
	if (i == FLIGHTS)
		return; /* lost */
	f = &w->flight[i];
	f->there = true;
	f->way = way;
	f->at_ms = w->now_ms + LATENCY_MS + world_random(w, w->delay_ms + 1);
	memcpy(f->data, datagram.ptr, datagram.len);
	f->len = datagram.len;
}

static void
record(struct world *w, enum way way, struct bytes datagram)
{
	struct flight *f = &w->history[w->recorded++ % HISTORY];

	f->way = way;
	memcpy(f->data, datagram.ptr, datagram.len);
	f->len = datagram.len;
}

/* One datagram goes on its way, or does not, or twice. */
static void
transmit(struct world *w, enum way way, struct bytes datagram)
{
	const struct flight *old;

	w->sent++;
	record(w, way, datagram);
	if (w->replay_percent > world_random(w, 100)) {
		old = &w->history[world_random(
		    w, w->recorded < HISTORY ? w->recorded : HISTORY)];
		fly(w, old->way, bytes_make(old->data, old->len));
	}
	if (w->sent == w->lose_at || w->lose_percent > world_random(w, 100))
		return;
	fly(w, way, datagram);
	if (w->sent == w->double_at || w->double_percent > world_random(w, 100))
		fly(w, way, datagram);
}

static void
deliver(struct world *w, struct flight *f)
{
	uint8_t out[DATAGRAM_MAX];
	struct bytes datagram = bytes_make(f->data, f->len), answer;

	f->there = false;
	if (f->way == TO_DEVICE) {
		device_receive(&w->device, w->now_ms, world_wall(w), datagram);
		return;
	}
	w->service.time = 1700000000 + w->now_ms / 1000;
	answer = responder_take(&w->service, datagram, out);
	if (answer.len > 0)
		transmit(w, TO_DEVICE, answer);
}

/* --- the clock --- */

static struct flight *
next_flight(struct world *w)
{
	struct flight *f = NULL;
	size_t i;

	for (i = 0; i < FLIGHTS; i++)
		if (w->flight[i].there &&
		    (f == NULL || w->flight[i].at_ms < f->at_ms))
			f = &w->flight[i];
	return f;
}

/* The power was cut: some time later the device is switched on again. */
static void
power_check(struct world *w)
{
	if (!w->ram.dead)
		return;
	w->now_ms += 1000;
	world_boot(w);
}

/* Polls until nothing is to be sent; gives the time of the next poll. */
static uint64_t
poll(struct world *w)
{
	struct bytes datagram;
	uint64_t next_ms = 0;
	unsigned rounds = 0;
	enum err err;

	do {
		assert_true(rounds++ < 16);
		datagram = BYTES_NONE;
		err = device_poll(
		    &w->device, w->now_ms, world_wall(w), &datagram, &next_ms);
		if (err != ERR_OK) {
			assert_true(w->ram.dead);
			power_check(w);
			continue;
		}
		if (datagram.len > 0) {
			if (!w->blind)
				responder_watch(&w->service, datagram);
			memcpy(w->device_data, datagram.ptr, datagram.len);
			w->device_last =
			    bytes_make(w->device_data, datagram.len);
			w->device_sent++;
			w->device_sent_ms = w->now_ms;
			transmit(w, TO_SERVICE, datagram);
		}
		power_check(w);
	} while (err != ERR_OK || datagram.len > 0 || next_ms <= w->now_ms);
	return next_ms;
}

bool
world_run(struct world *w, uint64_t for_ms, bool (*goal)(const struct world *w))
{
	uint64_t end_ms = w->now_ms + for_ms, next_ms;
	struct flight *f;

	for (;;) {
		next_ms = poll(w);
		if (goal(w))
			return true;
		f = next_flight(w);
		if (f != NULL && f->at_ms < next_ms)
			next_ms = f->at_ms;
		if (next_ms > end_ms)
			break;
		if (next_ms > w->now_ms)
			w->now_ms = next_ms;
		if (f != NULL && f->at_ms <= w->now_ms)
			deliver(w, f);
		power_check(w);
	}
	w->now_ms = end_ms;
	return false;
}

/* --- what is asked of it --- */

bool
world_never(const struct world *w)
{
	(void)w;
	return false;
}

bool
world_bootstrapped(const struct world *w)
{
	struct rot_state s;

	rot_state(&w->rot, &s);
	return s.generation > 0 && !s.pending && !s.has_request &&
	       w->device.phase == DEVICE_IDLE;
}

void
world_agree(const struct world *w)
{
	struct keys_children children;
	const struct rot_generation *cur = &w->rot.rec.cur;

	assert_true(w->service.cur.there);
	assert_int_equal(cur->number, w->service.cur.number);
	assert_memory_equal(cur->alias, w->service.cur.alias, ALIAS_LEN);
	assert_int_equal(cur->n, w->service.cur.n);
	assert_memory_equal(cur->ck.k, w->service.cur.ck.k, KEY_LEN);
	assert_int_equal(
	    keys_children_make(&w->service.cur.root, &children), ERR_OK);
	assert_memory_equal(cur->psk.k, children.psk.k, KEY_LEN);
	assert_memory_equal(cur->up.k, children.up.k, KEY_LEN);
	assert_memory_equal(cur->down.k, children.down.k, KEY_LEN);
	assert_memory_equal(cur->next.h, children.next.k, KEY_LEN);
	assert_memory_equal(&w->rot.rec.key.public_key, &w->service.cur.key,
	    sizeof(struct p256_point));
}

static uint32_t reach_generation;

static bool
reached(const struct world *w)
{
	return world_bootstrapped(w) &&
	       w->rot.rec.cur.number >= reach_generation;
}

void
world_reach(struct world *w, uint32_t generation)
{
	reach_generation = generation;
	if (!world_run(w, 7 * DAY_MS, reached))
		fail_msg("seed %llu: stuck before generation %u",
		    (unsigned long long)w->seed, (unsigned)generation);
	world_agree(w);
}
