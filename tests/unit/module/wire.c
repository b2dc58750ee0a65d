/*
 * See wire.h.
 */
#include "wire.h"

#include "c2c/port.h"

static const uint8_t record_key[KEY_LEN] = "a key that is for tests only...";

/* --- the root of trust --- */

static enum err
do_pair(struct wire *w, const struct tee_c2c_request *c,
    const struct c2c_maker *maker, const struct c2c_name *name,
    struct tee_c2c_answer *answer)
{
	struct c2c_rights trial = {.standing = C2C_UNREGISTERED};
	enum err err = ERR_OK;

	if (!c->rekey)
		err = c2c_may_pair(&trial, c2c_records_find(&w->records, name));
	if (err == ERR_OK)
		err = c2c_records_pair(&w->records, maker, name,
		    (enum hf_c2c_version)c->version, &answer->pair,
		    answer->tag);
	return err;
}

static enum err
do_open(struct wire *w, const struct tee_c2c_request *c,
    const struct c2c_maker *maker, const struct c2c_name *name,
    struct tee_c2c_answer *answer)
{
	enum err err =
	    c2c_records_open(&w->records, maker, name, &answer->pair);

	if (err == ERR_OK &&
	    (answer->pair.version == HF_C2C_V3) != (c->version == HF_C2C_V3))
		return ERR_INVALID;
	return err;
}

static enum err
wire_tee(
    void *ctx, const struct tee_request *request, struct tee_answer *ret_answer)
{
	struct wire *w = ctx;
	const struct tee_c2c_request *c = &request->u.c2c;
	struct c2c_maker maker = {&w->crypto, record_key};
	struct c2c_name name = {c->te_secret, w->module->terminal.name};
	struct tee_c2c_answer *answer = &ret_answer->u.c2c;
	bool changed;

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (request->op == TEE_C2C_PAIR)
		ret_answer->err = do_pair(w, c, &maker, &name, answer);
	else if (request->op == TEE_C2C_CONFIRM)
		ret_answer->err = c2c_records_confirm(
		    &w->records, &maker, &name, c->confirm, &changed);
	else if (request->op == TEE_C2C_OPEN)
		ret_answer->err = do_open(w, c, &maker, &name, answer);
	else if (request->op == TEE_C2C_ERASE && c->all)
		(void)c2c_records_erase_terminal(&w->records, name.terminal);
	else if (request->op == TEE_C2C_ERASE)
		ret_answer->err = c2c_records_erase(&w->records, &name);
	return ERR_OK;
}

/* --- the line --- */

static bool
way_loses(struct wire_way *way)
{
	return way->count++ == way->lose;
}

static int
wire_write(void *ctx, const uint8_t *data, size_t len)
{
	struct wire *w = ctx;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!way_loses(&w->to_module))
			host_send(w->module, bytes_make(data + i, 1));
	}
	return 0;
}

/* Moves what the module sends, and says how much of it arrives. */
static size_t
deliver(struct wire *w, uint8_t *data, size_t cap)
{
	struct bytes out = terminal_output(&w->module->terminal);
	size_t at, n = 0;

	if (w->module->now_ms < w->slow_until_ms)
		return 0;
	for (at = 0; at < out.len && n < cap; at++) {
		if (!way_loses(&w->to_host))
			data[n++] = out.ptr[at];
	}
	terminal_sent(&w->module->terminal, at);
	return n;
}

static int
wire_read(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	struct wire *w = ctx;
	size_t n = deliver(w, data, cap);

	if (n > 0)
		return (int)n;
	host_pass_ms(w->module, *timeout_ms);
	*timeout_ms = 0;
	return (int)deliver(w, data, cap);
}

/* The same numbers each time: a lost byte may be any byte of a frame. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	prng_fill(ctx, out, len);
	return ERR_OK;
}

void
wire_init(struct wire *w, struct host *module)
{
	memset(w, 0, sizeof(*w));
	w->module = module;
	prng_init(&w->prng, 1);
	w->random = (struct random_source){draw, &w->prng};
	c2c_port_init(&w->crypto, &w->random);
	module->module.crypto = w->crypto;
	module->module.tee = (struct tee){wire_tee, w, -1};
	w->port = (struct hf_port){wire_write, wire_read, w};
	wire_start(w);
}

void
wire_start(struct wire *w)
{
	memset(&w->records, 0, sizeof(w->records));
	wire_lose(w, NO_LOSS, NO_LOSS);
	hf_init(&w->host, &w->port, NULL);
}

void
wire_lose(struct wire *w, size_t to_module, size_t to_host)
{
	w->to_module = (struct wire_way){0, to_module};
	w->to_host = (struct wire_way){0, to_host};
}
