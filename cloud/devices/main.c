/*
 * The devices process: carries datagrams between the network and the
 * handler. It has a socket, the database and a way to ask the keys process,
 * and no key of its own.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <time.h>

#include "cloud/log.h"
#include "cloud/process.h"
#include "cloud/sandbox.h"
#include "crypto/crypto.h"
#include "handler.h"
#include "metrics.h"
#include "socket.h"
#include "store/journal.h"
#include "syncer.h"

/* Failures are logged no more often than this. */
#define COMPLAIN_MS 10000
/* Counters are written no more often than this. */
#define COUNT_MS 5000
/* Without datagrams for so long, what was put off is done. */
#define QUIET_MS 50
#define LOG_FIELDS_MAX 32

struct server {
	struct store *store;
	struct keysproto_client client;
	struct keysproto_port keys;
	struct devices *devices;
	struct udp udp;
	struct syncer syncer;
	struct udp_batch batch[2]; /* in turns */
	struct udp_batch *next; /* to receive to */
	struct udp_batch *held; /* its answers wait for a sync; NULL: none */
	uint64_t failed; /* as last logged */
	uint64_t complained_ms;
	uint64_t counted; /* datagrams when counters were written last */
	uint64_t counted_ms;
};

static struct devices_clock
read_clock(void)
{
	struct timespec mono = {0}, wall = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &mono);
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	return (struct devices_clock){.ms = (uint64_t)mono.tv_sec * 1000 +
					    (uint64_t)mono.tv_nsec / 1000000,
	    .unix_s = (uint64_t)wall.tv_sec};
}

static void
complain(struct server *s, uint64_t now_ms)
{
	const struct devices_counters *c = devices_counters(s->devices);

	if (c->failed == s->failed ||
	    (s->failed != 0 && now_ms - s->complained_ms < COMPLAIN_MS))
		return;
	log_warn("unanswered",
	    log_int("count", (int64_t)(c->failed - s->failed)),
	    log_text("store", store_why(s->store)));
	s->failed = c->failed;
	s->complained_ms = now_ms;
}

/* Sends answers that are durable; devices of the others ask again. */
static void
send_if(struct server *s, const struct udp_batch *batch, enum err durable)
{
	if (durable == ERR_OK)
		udp_send(&s->udp, batch);
	else
		log_warn("not-durable", log_text("store", store_why(s->store)));
}

/* In the syncer's thread: what is held has become durable. */
static void
send_held(void *ctx)
{
	struct server *s = ctx;

	udp_send(&s->udp, s->held);
}

/* Waits until nothing is held any more; false when nothing was. */
static bool
release(struct server *s)
{
	bool sent = false;
	enum err err;

	if (s->held == NULL)
		return false;
	err = syncer_wait(&s->syncer, &sent);
	if (!sent)
		send_if(s, s->held, err);
	s->held = NULL;
	return true;
}

/* Sends the answers of a batch, or holds them until they are durable. */
static void
answer(struct server *s, struct udp_batch *batch)
{
	udp_keep(batch);
	s->held = batch;
	if (!syncer_begin(&s->syncer)) {
		/* Nothing new; what it says may be of a sync that failed. */
		s->held = NULL;
		send_if(s, batch, store_sync(s->store));
		return;
	}
	s->next = batch == &s->batch[0] ? &s->batch[1] : &s->batch[0];
}

/*
 * Serves what is there, while what was served before is made durable; false
 * when there was nothing.
 */
static bool
serve(struct server *s)
{
	struct udp_batch *batch = s->next;
	struct devices_clock now;

	batch->count = 0;
	if (udp_receive(&s->udp, batch) == 0)
		return release(s);
	/*
	 * A full batch is handled while the last is made durable. Another waits
	 * for that, and for more: its commit costs nearly that of a full one.
	 */
	if (batch->count < DEVICES_BATCH_MAX && release(s))
		(void)udp_receive(&s->udp, batch);
	now = read_clock();
	devices_handle(s->devices, &now, batch->in, batch->count, batch->out);
	(void)release(s);
	answer(s, batch);
	complain(s, now.ms);
	return true;
}

/* Does what nobody waits for, a part at a time; false when all is done. */
static bool
tidy(struct server *s)
{
	bool worked = devices_quiet(s->devices);

	/* What fails here is settled before the next answer. */
	(void)!(worked ? store_sync(s->store) : store_rest(s->store));
	return worked;
}

/* Writes the counters when they have changed and it is time. */
static void
count(struct server *s)
{
	const struct devices_counters *c = devices_counters(s->devices);
	uint64_t now_ms = read_clock().ms;

	if (c->datagrams == s->counted || now_ms - s->counted_ms < COUNT_MS)
		return;
	s->counted_ms = now_ms;
	/* Not written now is written later: nobody waits for it. */
	if (metrics_write(s->store, c) == ERR_OK)
		s->counted = c->datagrams;
}

/* How long to wait for datagrams: not at all, a while, or for ever. */
static int
patience(const struct server *s, bool busy)
{
	if (busy)
		return 0;
	if (store_journal_waiting(s->store) > 0)
		return QUIET_MS;
	return devices_counters(s->devices)->datagrams != s->counted ? COUNT_MS
								     : -1;
}

/* Between batches: stops, waits, works ahead, or does what was put off. */
static void
run(struct server *s, int stop_fd)
{
	struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN},
	    {.fd = s->udp.fd, .events = POLLIN}};
	bool busy = true, quiet = false;
	int ready;

	for (;;) {
		ready = poll(fds, ARRAY_LEN(fds), patience(s, busy));
		if (ready < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0)
			return;
		/* Nothing for a while, and nothing since. */
		quiet = ready == 0 && (quiet || !busy);
		busy =
		    serve(s) || devices_idle(s->devices) || (quiet && tidy(s));
		count(s);
	}
}

struct fields {
	struct log_field field[LOG_FIELDS_MAX];
	size_t count;
};

static void
add_field(void *ctx, const char *name, uint64_t value)
{
	struct fields *f = ctx;

	if (f->count < LOG_FIELDS_MAX - 1)
		f->field[f->count++] = log_int(name, (int64_t)value);
}

static void
log_counters(const struct server *s)
{
	struct fields f = {.count = 0};

	metrics_each(devices_counters(s->devices), add_field, &f);
	add_field(&f, "dropped", s->udp.dropped);
	f.field[f.count].kind = LOG_KIND_END;
	log_write(LOG_LEVEL_INFO, "stopped", f.field);
}

/* All that must be opened before the sandbox closes behind us. */
static enum err
open_all(struct server *s, const struct process *p)
{
	const char *why = NULL;
	enum err err = crypto_init();

	if (err != ERR_OK) {
		log_error("crypto", log_err(err));
		return err;
	}
	err = store_open(p->config->database, &s->store, &why);
	if (err != ERR_OK) {
		log_error("database", log_text("path", p->config->database),
		    log_err(err), log_text("why", why));
		return err;
	}
	err = udp_open(&s->udp, p->config->devices_listen);
	if (err != ERR_OK) {
		log_error("listen",
		    log_text("address", p->config->devices_listen),
		    log_errno(errno));
		return err;
	}
	store_defer(s->store, STORE_LOG_PAGES);
	err = keysproto_client_init(&s->client, p->keys_fd);
	if (err != ERR_OK)
		log_error("keys", log_err(err));
	return err;
}

static enum err
make_handler(struct server *s, const struct process *p)
{
	const struct devices_config config = {
	    .period_s = (uint32_t)p->config->heartbeat_s,
	    .rotation_s = (uint32_t)p->config->rotation_s};
	enum err err;

	s->keys = keysproto_client_port(&s->client);
	err = devices_new(
	    &config, s->store, &s->keys, &crypto_random_source, &s->devices);
	if (err != ERR_OK)
		log_error("start", log_err(err),
		    log_text("store", store_why(s->store)));
	return err;
}

static enum err
start_syncer(struct server *s)
{
	enum err err = syncer_start(&s->syncer, s->store, send_held, s);

	if (err != ERR_OK)
		log_error("thread", log_err(err));
	return err;
}

static enum err
say_ready(const struct server *s, const struct process *p)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	enum err err = address_of_socket(s->udp.fd, &address);

	if (err == ERR_OK)
		err = address_format(&address, text);
	if (err == ERR_OK)
		process_ready(p, "devices", text);
	return err;
}

static enum err
start(struct server *s, const struct process *p)
{
	enum err err = open_all(s, p);

	if (err == ERR_OK && sandbox_devices(p->config) != ERR_OK) {
		log_error("sandbox", log_errno(errno));
		err = ERR_IO;
	}
	if (err == ERR_OK)
		err = start_syncer(s);
	if (err == ERR_OK)
		err = make_handler(s, p);
	return err == ERR_OK ? say_ready(s, p) : err;
}

int
devices_main(const struct process *p)
{
	struct server *s = calloc(1, sizeof(*s));
	enum err err = ERR_NOMEM;

	if (s == NULL)
		return 1;
	/* Pages that another's commit makes it forget it reads again. */
	(void)mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	s->udp.fd = -1;
	s->next = &s->batch[0];
	err = start(s, p);
	if (err == ERR_OK) {
		run(s, p->stop_fd);
		(void)release(s);
		s->counted_ms = 0;
		count(s);
		log_counters(s);
	}
	syncer_stop(&s->syncer);
	devices_free(s->devices);
	keysproto_client_done(&s->client);
	if (s->udp.fd >= 0)
		udp_close(&s->udp);
	store_close(s->store);
	free(s);
	return err == ERR_OK ? 0 : 1;
}
