/*
 * After every event everything is settled: terminals take what they can,
 * commands that wait look again, the service is served, and hosts are told
 * what changed. With a dozen terminals that is cheap, and no event can be
 * forgotten.
 */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wipe.h"
#include "c2c/port.h"
#include "conn.h"
#include "crypto/crypto.h"
#include "curl_loop.h"
#include "http.h"
#include "mqtt_link.h"
#include "line.h"
#include "log.h"
#include "profile_store.h"
#include "resolve.h"
#include "service.h"

#define SETTLE_MAX 8 /* rounds before the loop gets its turn again */
#define POWER_OFF_MS 10000 /* for the last answers to leave */
#define POWER_OFF_LOOK_MS 10 /* how often to look whether they have */
#define DRAINED_MS 50

struct listener {
	struct emulator *emulator;
	struct loop_source source;
};

struct emulator {
	const struct options *options;
	struct loop loop;
	struct loop_source signals;
	struct loop_source tee; /* only for its end */
	struct module module;
	struct c2c_kept kept; /* of module.crypto */
	struct service service;
	struct curl_loop curl;
	struct http *http;
	struct mqtt_link *mqtt;
	bool verified; /* the firmware, by the vendor's signature */
	struct line *lines[TERMINALS_MAX]; /* NULL: free */
	struct listener listeners[OPTIONS_LINES_MAX];
	size_t listener_count;
	int state_fd;
	enum network_stat told; /* what hosts know of registration */
	bool seen_up; /* what the service was last told of the network */
	bool told_up; /* what hosts know of it */
	uint64_t off_ms; /* the end after +CPWROFF; UINT64_MAX: none */
	uint64_t drained_ms; /* since when hosts have all they were sent */
};

/* --- terminals --- */

static struct line_config
line_config(struct emulator *e, const char *name)
{
	return (struct line_config){.loop = &e->loop,
	    .module = &e->module,
	    .name = name,
	    .idle_ms = (uint64_t)e->options->idle_s * 1000};
}

static bool
name_taken(const struct emulator *e, const char *name)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL &&
		    strcmp(e->lines[i]->terminal.name, name) == 0)
			return true;
	}
	return false;
}

/* The first free name of a kind: tcp1, tcp2, ... */
static void
name_make(const struct emulator *e, const char *kind,
    char name[TERMINAL_NAME_MAX + 1])
{
	unsigned n = 1;

	do {
		(void)snprintf(name, TERMINAL_NAME_MAX + 1, "%s%u", kind, n++);
	} while (name_taken(e, name));
}

/* Where a new line may go; NULL when there are too many. */
static struct line **
line_slot(struct emulator *e)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] == NULL)
			return &e->lines[i];
	}
	return NULL;
}

/* What a host sees of a firmware that may not run. */
static void
refusal_tell(struct line *line)
{
	struct terminal *t = &line->terminal;

	if (t->module->refused != NULL)
		terminal_urc(t, BOOT_REFUSED, t->module->refused);
}

static enum err
pty_add(struct emulator *e, const char *link)
{
	char name[TERMINAL_NAME_MAX + 1];
	struct line_config config = line_config(e, name);
	struct line **slot = line_slot(e);
	enum err err;

	if (slot == NULL)
		return ERR_SPACE;
	name_make(e, "pty", name);
	err = line_new_pty(&config, link, slot);
	if (err != ERR_OK)
		log_always("no pseudo-terminal at %s: %s", link, err_name(err));
	else
		refusal_tell(*slot);
	return err;
}

static enum err
stdio_add(struct emulator *e)
{
	struct line_config config = line_config(e, "stdin");
	struct line **slot = line_slot(e);
	enum err err = ERR_SPACE;

	if (slot != NULL)
		err = line_new_stdio(&config, slot);
	if (err != ERR_OK)
		log_always("standard input cannot be used: %s", err_name(err));
	else
		refusal_tell(*slot);
	return err;
}

static void
on_connection(struct loop_source *source, UNUSED uint32_t events)
{
	struct listener *listener = source->owner;
	struct emulator *e = listener->emulator;
	char name[TERMINAL_NAME_MAX + 1];
	struct line_config config = line_config(e, name);
	struct line **slot = line_slot(e);
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	name_make(e, "tcp", name);
	if (slot == NULL || line_new_tcp(&config, fd, slot) != ERR_OK) {
		log_event("connection refused");
		(void)close(fd);
		return;
	}
	log_event("connected terminal=%s", name);
	refusal_tell(*slot);
}

static int
listen_on(const struct addrinfo *a)
{
	int one = 1;
	int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 16) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
listen_at(const char *address)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct resolve_name name;
	struct addrinfo *list;
	int fd;

	if (resolve_host_port(address, &name) != ERR_OK ||
	    getaddrinfo(name.host, name.port, &hints, &list) != 0)
		return -1;
	fd = listen_on(list);
	freeaddrinfo(list);
	return fd;
}

static enum err
tcp_add(struct emulator *e, const char *address)
{
	struct listener *listener = &e->listeners[e->listener_count];

	listener->emulator = e;
	listener->source.fd = listen_at(address);
	if (listener->source.fd < 0) {
		log_always("cannot listen at %s", address);
		return ERR_IO;
	}
	e->listener_count++;
	listener->source.events = EPOLLIN;
	listener->source.on_ready = on_connection;
	listener->source.owner = listener;
	return loop_add(&e->loop, &listener->source);
}

/* --- settling --- */

static void
tell_network(struct emulator *e)
{
	enum network_stat stat = network_stat(&e->module.network);
	size_t i;

	if (stat == e->told)
		return;
	e->told = stat;
	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			at_network_changed(&e->lines[i]->terminal);
	}
}

/* Data became possible or impossible. */
static void
tell_packet(struct emulator *e)
{
	bool up = network_up(&e->module.network);
	size_t i;

	if (up == e->told_up)
		return;
	e->told_up = up;
	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			at_packet_changed(&e->lines[i]->terminal);
	}
	for (i = 0; !up && i < PSD_PROFILES; i++)
		e->module.radio.psd[i].session = 0;
}

static void
radio_start(struct emulator *e, uint64_t now_ms)
{
	enum network_fun fun =
	    e->options->offline ? NETWORK_FUN_OFF : NETWORK_FUN_ON;
	uint32_t session = e->module.network.session;
	size_t i;

	network_init(&e->module.network, e->options->register_ms);
	e->module.network.session = session; /* none is counted twice */
	network_fun_set(&e->module.network, fun, now_ms);
	e->told = network_stat(&e->module.network);
	e->told_up = network_up(&e->module.network);
	memset(&e->module.radio, 0, sizeof(e->module.radio));
	e->module.radio.cell_mode = e->module.model->cell_mode;
	for (i = 0; i < HTTP_PROFILES; i++)
		http_profile_reset(&e->module.http_profiles[i]);
	mqtt_profile_reset(&e->module.mqtt_profile);
	mqtt_init(&e->module.mqtt, at_mqtt_tell, &e->module);
}

/* Whoever is there hears the greeting of a module that has started. */
static void
greet(struct emulator *e)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			at_power_greet(&e->lines[i]->terminal);
	}
}

/* +CFUN=15 and 16: everything but the answer on its way starts anew. */
static void
reset(struct emulator *e, uint64_t now_ms)
{
	struct tee_request request = {.op = TEE_RESET};
	struct tee_answer answer;
	enum err err = tee_ask(&e->module.tee, &request, &answer);
	size_t i;

	e->module.reset_wanted = false;
	log_event("reset");
	if (err != ERR_OK) {
		e->service.err = err;
		return;
	}
	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			terminal_reset(&e->lines[i]->terminal);
	}
	sockets_drop(&e->module);
	lookups_drop(&e->module);
	conns_drop(&e->module);
	service_reset(&e->service);
	http_reset(e->http);
	mqtt_done(&e->module.mqtt);
	radio_start(e, now_ms);
	greet(e);
}

/* Settles all lines and frees those whose hosts are gone. */
static uint64_t
lines_settle(struct emulator *e, uint64_t now_ms)
{
	uint64_t line_ms, next_ms = UINT64_MAX;
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] == NULL)
			continue;
		line_ms = line_settle(e->lines[i], now_ms);
		if (line_ended(e->lines[i])) {
			log_event(
			    "ended terminal=%s", e->lines[i]->terminal.name);
			line_free(e->lines[i]);
			e->lines[i] = NULL;
		} else if (line_ms < next_ms) {
			next_ms = line_ms;
		}
	}
	return next_ms;
}

/* Whether a command left work for another round. */
static bool
unsettled(const struct emulator *e)
{
	return e->module.reset_wanted || e->module.tee_changed ||
	       mqtt_link_waits(e->mqtt) ||
	       network_stat(&e->module.network) != e->told ||
	       network_up(&e->module.network) != e->seen_up;
}

static uint64_t
settle_once(struct emulator *e, uint64_t now_ms)
{
	uint64_t service_ms, conns_ms, next_ms;

	network_tick(&e->module.network, now_ms);
	if (e->module.reset_wanted)
		reset(e, now_ms);
	tell_network(e);
	tell_packet(e);
	e->seen_up = network_up(&e->module.network);
	service_ms = service_settle(&e->service, now_ms);
	curl_loop_settle(&e->curl, now_ms);
	http_settle(e->http, now_ms);
	mqtt_link_settle(e->mqtt, now_ms);
	conns_settle(&e->module, now_ms);
	sockets_settle(&e->module);
	next_ms = lines_settle(e, now_ms);
	conns_ms = conns_due_ms(&e->module, now_ms);
	if (service_ms < next_ms)
		next_ms = service_ms;
	if (http_due(e->http) < next_ms)
		next_ms = http_due(e->http);
	if (curl_loop_due(&e->curl) < next_ms)
		next_ms = curl_loop_due(&e->curl);
	if (mqtt_link_due(e->mqtt) < next_ms)
		next_ms = mqtt_link_due(e->mqtt);
	if (conns_ms < next_ms)
		next_ms = conns_ms;
	if (e->module.network.register_at_ms < next_ms)
		next_ms = e->module.network.register_at_ms;
	return next_ms;
}

/* Nobody is there, and nobody can come. */
static bool
deserted(const struct emulator *e)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			return false;
	}
	return e->listener_count == 0;
}

static bool
all_drained(const struct emulator *e)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL && !line_drained(e->lines[i]))
			return false;
	}
	return true;
}

/*
 * +CPWROFF: ends when hosts have had the last answers for a moment (the
 * kernel passes them on a little later than it takes them), or after a while.
 */
static uint64_t
power_off(struct emulator *e, uint64_t now_ms)
{
	if (e->off_ms == UINT64_MAX) {
		e->off_ms = now_ms + POWER_OFF_MS;
		e->drained_ms = now_ms;
	}
	if (!all_drained(e))
		e->drained_ms = now_ms;
	if (now_ms >= e->off_ms || now_ms >= e->drained_ms + DRAINED_MS)
		e->loop.stopped = true;
	return now_ms + POWER_OFF_LOOK_MS;
}

static uint64_t
settle(void *ctx, uint64_t now_ms)
{
	struct emulator *e = ctx;
	uint64_t next_ms;
	int round = 0;

	if (e->module.refused != NULL) {
		next_ms = lines_settle(e, now_ms);
		e->loop.stopped =
		    e->loop.stopped || deserted(e) || e->service.err != ERR_OK;
		return next_ms;
	}
	do {
		next_ms = settle_once(e, now_ms);
	} while (unsettled(e) && ++round < SETTLE_MAX);
	if (unsettled(e))
		next_ms = now_ms;
	if (e->module.off_wanted)
		next_ms = power_off(e, now_ms);
	if (e->service.err != ERR_OK || deserted(e))
		e->loop.stopped = true;
	return next_ms;
}

/* --- beginning and end --- */

static void
on_signal(struct loop_source *source, UNUSED uint32_t events)
{
	struct emulator *e = source->owner;

	log_event("signal");
	e->loop.stopped = true;
}

static void
on_tee_gone(struct loop_source *source, UNUSED uint32_t events)
{
	struct emulator *e = source->owner;

	e->service.err = ERR_IO;
	loop_remove(&e->loop, source);
}

static enum err
tee_watch(struct emulator *e)
{
	e->tee.fd = e->module.tee.fd;
	e->tee.events = 0;
	e->tee.on_ready = on_tee_gone;
	e->tee.owner = e;
	return e->tee.fd < 0 ? ERR_OK : loop_add(&e->loop, &e->tee);
}

static enum err
signals_open(struct emulator *e)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_IO;
	e->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (e->signals.fd < 0)
		return ERR_IO;
	e->signals.events = EPOLLIN;
	e->signals.on_ready = on_signal;
	e->signals.owner = e;
	return loop_add(&e->loop, &e->signals);
}

static const char *
refusal_of(enum tee_boot_state state)
{
	static const char *const texts[TEE_BOOT_STATES] = {
	    [TEE_BOOT_NO_MANIFEST] = "no manifest",
	    [TEE_BOOT_BAD_MANIFEST] = "manifest not signed by the vendor",
	    [TEE_BOOT_CHANGED] = "image changed",
	    [TEE_BOOT_OLD] = "version too old",
	    [TEE_BOOT_FAILED] = "image cannot be read",
	};

	return texts[state];
}

/* Whether this firmware may run, and what it is called. */
static enum err
boot_get(struct emulator *e)
{
	struct tee_request request = {.op = TEE_BOOT};
	struct tee_answer answer;
	enum err err = tee_ask(&e->module.tee, &request, &answer);

	if (err != ERR_OK) {
		log_always("the TEE did not start");
		return err;
	}
	e->module.refused = refusal_of(answer.u.boot.state);
	(void)snprintf(e->module.firmware, sizeof(e->module.firmware), "%s",
	    answer.u.boot.state == TEE_BOOT_VERIFIED ? answer.u.boot.name
						     : HOLDFAST_VERSION);
	e->verified = answer.u.boot.state == TEE_BOOT_VERIFIED;
	return ERR_OK;
}

static enum err
identity_get(struct emulator *e)
{
	struct tee_request request = {.op = TEE_INFO};
	struct tee_answer answer;
	enum err err = tee_ask(&e->module.tee, &request, &answer);

	if (err == ERR_OK)
		memcpy(e->module.uid, answer.u.info.uid, UID_LEN);
	else
		log_always("the TEE does not answer");
	return err;
}

static enum err
state_open(struct emulator *e)
{
	enum err err = ERR_IO;

	e->state_fd =
	    open(e->options->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e->module.state_fd = e->state_fd;
	if (e->state_fd >= 0)
		err = files_open(&e->module.files, e->state_fd);
	if (err != ERR_OK)
		log_always("cannot use the state in %s", e->options->state);
	return err;
}

static enum err
settings_start(struct emulator *e)
{
	enum err err = settings_load(e->state_fd, &e->module.settings);

	if (err != ERR_OK)
		log_always("cannot read %s/settings: %s", e->options->state,
		    err_name(err));
	return err;
}

static enum err
profiles_start(struct emulator *e)
{
	enum err err = profiles_load(&e->module);

	if (err != ERR_OK)
		log_always("cannot read the security profiles in %s: %s",
		    e->options->state, err_name(err));
	return err;
}

static enum err
service_start(struct emulator *e)
{
	enum err err = service_init(
	    &e->service, &e->loop, &e->module, e->options->service);

	if (err != ERR_OK)
		log_always("--service wants coap://HOST[:PORT], not %s",
		    e->options->service);
	return err;
}

/* What carries the module's own connections. */
static enum err
clients_start(struct emulator *e)
{
	enum err err = curl_loop_init(&e->curl, &e->loop);

	if (err == ERR_OK)
		err = http_new(&e->curl, &e->module, &e->http);
	if (err == ERR_OK)
		err = mqtt_link_new(&e->module, &e->mqtt);
	if (err == ERR_OK)
		e->module.http = http_port(e->http);
	return err;
}

static enum err
terminals_open(struct emulator *e)
{
	const struct options *o = e->options;
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; err == ERR_OK && i < o->pty_count; i++)
		err = pty_add(e, o->pty[i]);
	for (i = 0; err == ERR_OK && i < o->tcp_count; i++)
		err = tcp_add(e, o->tcp[i]);
	return err;
}

static void
ready_tcp(int fd)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	printf(addr.ss_family == AF_INET6 ? " tcp=[%s]:%s" : " tcp=%s:%s", host,
	    port);
}

static void
ready_print(const struct emulator *e)
{
	char uid[HEX_SIZE(UID_LEN)];
	size_t i;

	printf("ready");
	for (i = 0; i < e->options->pty_count; i++)
		printf(" pty=%s", e->options->pty[i]);
	for (i = 0; i < e->listener_count; i++)
		ready_tcp(e->listeners[i].source.fd);
	hex_encode(BYTES_OF(e->module.uid), uid);
	printf(" uid=%s boot=%s\n", uid,
	    e->verified ? e->module.firmware : "unsigned");
	(void)fflush(stdout);
}

/*
 * A firmware that may not run: nothing of it does, but each terminal says
 * why, until somebody switches it off.
 */
static enum err
refusal_start(struct emulator *e)
{
	enum err err = signals_open(e);

	if (err == ERR_OK)
		err = tee_watch(e);
	if (err == ERR_OK)
		err = terminals_open(e);
	if (err != ERR_OK)
		return err;
	printf("refused");
	for (size_t i = 0; i < e->options->pty_count; i++)
		printf(" pty=%s", e->options->pty[i]);
	for (size_t i = 0; i < e->listener_count; i++)
		ready_tcp(e->listeners[i].source.fd);
	printf(" (%s)\n", e->module.refused);
	(void)fflush(stdout);
	log_always("the firmware may not run: %s", e->module.refused);
	return e->options->stdio ? stdio_add(e) : ERR_OK;
}

static enum err
firmware_start(struct emulator *e)
{
	enum err err = identity_get(e);

	if (err == ERR_OK)
		err = state_open(e);
	if (err == ERR_OK)
		err = settings_start(e);
	if (err == ERR_OK)
		err = profiles_start(e);
	if (err == ERR_OK)
		err = signals_open(e);
	if (err == ERR_OK)
		err = tee_watch(e);
	if (err == ERR_OK)
		err = service_start(e);
	if (err == ERR_OK)
		err = clients_start(e);
	if (err == ERR_OK)
		err = terminals_open(e);
	if (err != ERR_OK)
		return err;
	ready_print(e);
	if (e->options->stdio)
		err = stdio_add(e);
	greet(e);
	return err;
}

static enum err
emulator_start(struct emulator *e)
{
	enum err err = boot_get(e);

	if (err != ERR_OK)
		return err;
	return e->module.refused != NULL ? refusal_start(e) : firmware_start(e);
}

static void
emulator_stop(struct emulator *e)
{
	size_t i;

	for (i = 0; i < TERMINALS_MAX; i++) {
		if (e->lines[i] != NULL)
			line_free(e->lines[i]);
	}
	for (i = 0; i < e->listener_count; i++) {
		loop_remove(&e->loop, &e->listeners[i].source);
		(void)close(e->listeners[i].source.fd);
	}
	http_free(e->http);
	if (e->curl.multi != NULL)
		curl_loop_done(&e->curl);
	mqtt_link_free(e->mqtt);
	mqtt_done(&e->module.mqtt);
	sockets_drop(&e->module);
	lookups_drop(&e->module);
	conns_drop(&e->module);
	wipe(e->module.profiles, sizeof(e->module.profiles));
	service_done(&e->service);
	if (e->signals.fd >= 0)
		(void)close(e->signals.fd);
	files_close(&e->module.files);
	if (e->state_fd >= 0)
		(void)close(e->state_fd);
	loop_done(&e->loop);
	c2c_kept_done(&e->kept);
}

enum err
emulator_run(const struct options *options, const struct tee *tee)
{
	static struct emulator e;
	enum err err;

	memset(&e, 0, sizeof(e));
	e.options = options;
	e.module.model = options->model;
	e.module.tee = *tee;
	e.module.c2c_v1 = options->c2c_v1;
	e.module.loop = &e.loop;
	c2c_port_init(&e.module.crypto, &crypto_random_source);
	c2c_port_keep(&e.module.crypto, &e.kept);
	e.module.files.dir_fd = e.module.files.parent_fd = -1;
	e.signals.fd = e.state_fd = -1;
	e.service.socket.fd = e.service.resolver.fd = -1;
	e.off_ms = UINT64_MAX;
	err = crypto_init();
	if (err == ERR_OK)
		err = loop_init(&e.loop);
	if (err != ERR_OK)
		return err;
	radio_start(&e, loop_now_ms());
	err = emulator_start(&e);
	if (err == ERR_OK)
		err = loop_run(&e.loop, settle, &e);
	if (err == ERR_OK && e.service.err != ERR_OK) {
		err = e.service.err;
		log_always("the TEE failed: %s", err_name(err));
	}
	if (err == ERR_OK && e.module.refused != NULL)
		err = ERR_DENIED;
	emulator_stop(&e);
	return err;
}
