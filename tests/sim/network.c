/*
 * The network between devices and service: it loses, repeats, damages,
 * delays and so reorders, and keeps everything for whoever wants to send it
 * again from somewhere else. It never makes up a datagram of its own.
 */
#include "sim.h"

#define BATCH_MS 20 /* the service takes what comes in this time at once */

static void
push(struct sim *sim, const struct packet *packet, uint64_t due_ms)
{
	struct network *net = &sim->network;
	struct packet *p = malloc(sizeof(*p));

	if (net->count == net->cap) {
		net->cap = net->cap * 2 + 64;
		net->queue =
		    realloc(net->queue, net->cap * sizeof(net->queue[0]));
	}
	if (p == NULL || net->queue == NULL)
		abort();
	*p = *packet;
	p->due_ms = due_ms;
	p->order = net->order++;
	net->queue[net->count++] = p;
}

static void
remember(struct network *net, const struct packet *packet)
{
	struct packet **at = &net->history[net->seen++ % HISTORY];

	if (*at == NULL)
		*at = malloc(sizeof(**at));
	if (*at == NULL)
		abort();
	**at = *packet;
}

static void
trace(struct sim *sim, const struct packet *p)
{
	for (size_t i = 0; i < p->len; i++)
		sim->digest = (sim->digest ^ p->b[i]) * UINT64_C(0x100000001b3);
	sim->datagrams++;
	sim_say(sim, "%s %u: %zu bytes", p->to_service ? "from" : "to", p->node,
	    p->len);
}

/* One chance in n, never for 0. */
static bool
happens(struct sim *sim, unsigned n)
{
	return n != 0 && chance_one_in(&sim->chance, n);
}

static void
send_one(struct sim *sim, struct packet *p)
{
	struct network *net = &sim->network;
	uint64_t delay =
	    net->perfect ? 10 : chance_between(&sim->chance, 1, net->delay_ms);

	if (!net->perfect && happens(sim, net->lose))
		return;
	if (!net->perfect && happens(sim, net->damage))
		p->b[chance_between(&sim->chance, 0, p->len - 1)] ^=
		    (uint8_t)(1u << chance_between(&sim->chance, 0, 7));
	push(sim, p, sim->now_ms + delay);
}

void
network_send(struct sim *sim, const struct node *node, bool to_service,
    struct bytes datagram)
{
	struct network *net = &sim->network;
	struct packet p = {.to_service = to_service,
	    .node = (unsigned)(node - sim->node),
	    .len = datagram.len};
	struct packet again;

	memcpy(p.b, datagram.ptr, datagram.len);
	memcpy(p.address, node->address, sizeof(p.address));
	trace(sim, &p);
	monitor_sent(datagram);
	remember(net, &p);
	again = p;
	send_one(sim, &p);
	if (!net->perfect && happens(sim, net->repeat))
		send_one(sim, &again);
}

/* The attacker sends something again, to the service from where he is. */
void
network_replay(struct sim *sim)
{
	struct network *net = &sim->network;
	uint64_t kept = net->seen < HISTORY ? net->seen : HISTORY;
	struct packet p;

	if (kept == 0)
		return;
	p = *net->history[chance_between(&sim->chance, 0, kept - 1)];
	if (chance_one_in(&sim->chance, 2))
		(void)snprintf(
		    p.address, sizeof(p.address), "203.0.113.66:6666");
	push(sim, &p, sim->now_ms + 1);
}

static bool
earlier(const struct packet *a, const struct packet *b)
{
	return a->due_ms < b->due_ms ||
	       (a->due_ms == b->due_ms && a->order < b->order);
}

static size_t
first(const struct network *net)
{
	size_t at = 0;

	for (size_t i = 1; i < net->count; i++)
		if (earlier(net->queue[i], net->queue[at]))
			at = i;
	return at;
}

uint64_t
network_next(const struct sim *sim)
{
	const struct network *net = &sim->network;

	return net->count == 0 ? UINT64_MAX : net->queue[first(net)]->due_ms;
}

static struct packet *
take(struct network *net)
{
	size_t at = first(net);
	struct packet *p = net->queue[at];

	net->queue[at] = net->queue[--net->count];
	return p;
}

/* Hands over what is due for the service as one batch. */
static void
deliver_batch(struct sim *sim, struct packet **batch, size_t count)
{
	struct devices_in in[DEVICES_BATCH_MAX];
	unsigned node[DEVICES_BATCH_MAX];

	for (size_t i = 0; i < count; i++) {
		in[i] = (struct devices_in){
		    .data = bytes_make(batch[i]->b, batch[i]->len),
		    .from = bytes_str(batch[i]->address),
		    .address = batch[i]->address};
		node[i] = batch[i]->node;
	}
	service_handle(sim, in, node, count);
}

/* Whether the first packet belongs to the batch that begins now. */
static bool
joins(const struct network *net)
{
	const struct packet *p;

	if (net->count == 0)
		return false;
	p = net->queue[first(net)];
	return p->to_service;
}

void
network_deliver(struct sim *sim)
{
	struct network *net = &sim->network;
	struct packet *batch[DEVICES_BATCH_MAX], *p;
	size_t count = 0;

	p = take(net);
	if (!p->to_service) {
		service_answer(sim);
		node_receive(
		    sim, &sim->node[p->node], bytes_make(p->b, p->len));
		free(p);
		return;
	}
	batch[count++] = p;
	while (count < DEVICES_BATCH_MAX && joins(net) &&
	       network_next(sim) <= sim->now_ms + BATCH_MS)
		batch[count++] = take(net);
	deliver_batch(sim, batch, count);
	for (size_t i = 0; i < count; i++)
		free(batch[i]);
}

void
network_done(struct sim *sim)
{
	struct network *net = &sim->network;

	while (net->count > 0)
		free(take(net));
	free(net->queue);
	for (size_t i = 0; i < HISTORY; i++)
		free(net->history[i]);
	memset(net, 0, sizeof(*net));
}
