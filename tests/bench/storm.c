/*
 * Heartbeats of a whole fleet, made before the clock starts, so that the
 * clock measures the service alone. With a window they come as fast as they
 * are answered; without one all devices speak at once, as after an outage.
 *
 *	storm --out DIR --to HOST:PORT [--window N] [--timeout S] [--echo]
 *
 * What is not answered is sent again as RFC 7252 (4.2) has it: after 2 to 3
 * seconds, doubling, five times in all, and so on from the beginning. After
 * the clock every answer is opened under its device's key and taken over into
 * DIR/fleet.bin: a device counts as served when that worked. --echo measures
 * a server that sends back what it gets, and opens nothing.
 *
 * The last line on standard output is JSON.
 */
#include <getopt.h>
#include <poll.h>
#include <unistd.h>

#include "flash.h"

#define SOCKETS 64
#define BATCH 64
#define DATAGRAM_ROOM 128
#define SENDS_MAX 5
#define SCAN_MS 100
#define FIRMWARE "03.15"

struct options {
	const char *out, *to;
	size_t window;
	uint64_t timeout_s;
	bool echo;
};

/* One device that has something to say. */
struct caller {
	uint8_t request[DATAGRAM_ROOM], answer[DATAGRAM_ROOM];
	size_t request_len, answer_len; /* 0: not answered */
	uint64_t due_ms; /* to be sent again; 0: not sent yet */
	unsigned sends;
};

struct storm {
	struct options opt;
	struct flash *flash;
	struct caller *caller;
	size_t count, next, answered, waiting;
	uint64_t again; /* datagrams that were sent again */
	unsigned seed; /* of the waits */
	struct pollfd fd[SOCKETS];
};

/*
 * Caller i uses socket i % SOCKETS and has message id i / SOCKETS there, by
 * which its answer is known.
 */
static struct caller *
caller_of(struct storm *s, size_t socket, const uint8_t *datagram, size_t len)
{
	size_t i;

	if (len < 4)
		return NULL;
	i = ((size_t)datagram[2] << 8 | datagram[3]) * SOCKETS + socket;
	return i < s->count && s->caller[i].due_ms != 0 ? &s->caller[i] : NULL;
}

/* --- before the clock, and after it --- */

/* Writes the check-in that a device has to repeat until it is answered. */
static void
request_make(struct rot *rot, uint16_t id, struct caller *c,
    struct oscore_context *context, struct oscore_request_ref *ref)
{
	const struct oscore_outer outer = {.type = COAP_CON, .id = id};
	struct rot_request request;
	struct oscore_inner inner = {.code = COAP_POST};
	struct writer w;

	must(rot_checkin_open(rot, &request, context), "checkin_open");
	inner.payload = bytes_make(request.payload, request.payload_len);
	writer_init(&w, c->request, sizeof(c->request));
	must(oscore_protect_request(context, &outer, BYTES_OF(request.id),
		 false, BYTES_NONE, &inner, &w, ref),
	    "protect");
	must(w.err, "request");
	c->request_len = w.len;
}

static void
prepare(struct storm *s)
{
	struct oscore_context context;
	struct oscore_request_ref ref;
	struct rot rot;

	for (size_t i = 0; i < s->count; i++) {
		struct rot_port port = flash_port(&s->flash[i]);

		must(rot_open(&rot, &port), "rot_open");
		must(rot_checkin_begin(&rot, BYTES_LIT(FIRMWARE), 0, false),
		    "begin");
		request_make(&rot, (uint16_t)(i / SOCKETS), &s->caller[i],
		    &context, &ref);
		oscore_done(&context);
		rot_done(&rot);
	}
}

/* Opens an answer as its device does. */
static enum err
answer_open(struct caller *c, const struct oscore_context *context,
    const struct oscore_request_ref *ref, struct checkin_response *ret)
{
	uint8_t plain[DATAGRAM_ROOM];
	struct coap_message m;
	struct oscore_option option;
	struct oscore_inner inner;
	struct bytes value;
	enum err err = coap_decode(bytes_make(c->answer, c->answer_len), &m);

	if (err != ERR_OK)
		return err;
	if (!coap_option_find(m.options, COAP_OPT_OSCORE, &value))
		return ERR_FORMAT;
	err = oscore_option_decode(value, &option);
	if (err == ERR_OK)
		err = oscore_open_response(context, ref, &option, m.payload,
		    plain, sizeof(plain), &inner);
	if (err == ERR_OK && inner.code != COAP_CHANGED)
		err = ERR_DENIED;
	return err == ERR_OK ? checkin_response_read(inner.payload, ret) : err;
}

/* How many devices were served: their answers open and move them on. */
static size_t
take_answers(struct storm *s)
{
	struct checkin_response response;
	struct oscore_context context;
	struct oscore_request_ref ref;
	size_t served = 0;
	struct rot rot;

	for (size_t i = 0; i < s->count; i++) {
		struct caller *c = &s->caller[i];
		struct rot_port port = flash_port(&s->flash[i]);

		if (c->answer_len == 0)
			continue;
		must(rot_open(&rot, &port), "rot_open");
		request_make(&rot, (uint16_t)(i / SOCKETS), c, &context, &ref);
		if (answer_open(c, &context, &ref, &response) == ERR_OK &&
		    rot_checkin_done(&rot, &response) == ERR_OK)
			served++;
		oscore_done(&context);
		rot_done(&rot);
	}
	return served;
}

/* --- while the clock runs --- */

/* When a caller that has just sent will send again. */
static uint64_t
wait_ms(struct storm *s, const struct caller *c)
{
	uint64_t first = 2000 + (uint64_t)(rand_r(&s->seed) % 1000);

	return first << (c->sends % SENDS_MAX);
}

/* Sends what is due of one socket's callers, from number first on. */
static void
send_batch(struct storm *s, size_t socket, struct caller **list, size_t n)
{
	struct mmsghdr message[BATCH];
	struct iovec iov[BATCH];

	memset(message, 0, sizeof(message));
	for (size_t i = 0; i < n; i++) {
		iov[i] = (struct iovec){list[i]->request, list[i]->request_len};
		message[i].msg_hdr.msg_iov = &iov[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	/* What does not go is lost on the way, and sent again. */
	(void)sendmmsg(s->fd[socket].fd, message, (unsigned)n, 0);
}

static void
sent(struct storm *s, struct caller *c, uint64_t now)
{
	c->due_ms = now + wait_ms(s, c);
	s->again += c->sends > 0;
	c->sends++;
}

/* Lets callers of a socket speak for the first time, as the window allows. */
static void
send_new(struct storm *s, size_t socket, size_t *at, uint64_t now)
{
	struct caller *list[BATCH];
	size_t n = 0;

	while (n < BATCH && *at < s->count &&
	       (s->opt.window == 0 || s->waiting < s->opt.window)) {
		list[n] = &s->caller[*at];
		sent(s, list[n++], now);
		s->waiting++;
		*at += SOCKETS;
	}
	send_batch(s, socket, list, n);
}

/* Sends again what has waited long enough. */
static void
send_due(struct storm *s, uint64_t now)
{
	for (size_t i = 0; i < s->count; i++) {
		struct caller *c = &s->caller[i];

		if (c->due_ms == 0 || c->answer_len > 0 || c->due_ms > now)
			continue;
		sent(s, c, now);
		send_batch(s, i % SOCKETS, &c, 1);
	}
}

static void
receive(struct storm *s, size_t socket)
{
	static uint8_t data[BATCH][DATAGRAM_ROOM];
	struct mmsghdr message[BATCH];
	struct iovec iov[BATCH];
	int n;

	memset(message, 0, sizeof(message));
	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){data[i], sizeof(data[i])};
		message[i].msg_hdr.msg_iov = &iov[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(s->fd[socket].fd, message, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		size_t len = message[i].msg_len;
		struct caller *c = caller_of(s, socket, data[i], len);

		if (c == NULL || c->answer_len > 0)
			continue;
		memcpy(c->answer, data[i], len);
		c->answer_len = len;
		s->answered++;
		s->waiting--;
	}
}

static void
sockets_open(struct storm *s)
{
	struct sockaddr_storage to;
	socklen_t len = address_of(s->opt.to, &to);

	for (size_t i = 0; i < SOCKETS; i++) {
		int fd = socket(to.ss_family, SOCK_DGRAM, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) != 0)
			die("cannot open a socket");
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &(int){4 << 20}, sizeof(int));
		s->fd[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
}

/* Milliseconds until all are answered, or the time is up. */
static uint64_t
run(struct storm *s)
{
	uint64_t began = now_ms(), now = began, scanned = began;
	size_t at[SOCKETS];

	for (size_t i = 0; i < SOCKETS; i++)
		at[i] = i;
	while (
	    s->answered < s->count && now - began < s->opt.timeout_s * 1000) {
		for (size_t i = 0; i < SOCKETS; i++)
			send_new(s, i, &at[i], now);
		(void)poll(s->fd, SOCKETS, 1);
		for (size_t i = 0; i < SOCKETS; i++)
			if (s->fd[i].revents != 0)
				receive(s, i);
		now = now_ms();
		if (now - scanned < SCAN_MS)
			continue;
		scanned = now;
		send_due(s, now);
	}
	return now_ms() - began;
}

static void
options_read(struct options *opt, int argc, char **argv)
{
	static const struct option table[] = {{"out", 1, NULL, 'o'},
	    {"to", 1, NULL, 't'}, {"window", 1, NULL, 'w'},
	    {"timeout", 1, NULL, 'x'}, {"echo", 0, NULL, 'e'},
	    {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'o')
			opt->out = optarg;
		else if (c == 't')
			opt->to = optarg;
		else if (c == 'w')
			opt->window = number_of(optarg, 10);
		else if (c == 'x')
			opt->timeout_s = number_of(optarg, 10);
		else if (c == 'e')
			opt->echo = true;
		else
			exit(2);
	}
	if (opt->out == NULL || opt->to == NULL)
		die("usage: storm --out DIR --to HOST:PORT [...]");
}

int
main(int argc, char **argv)
{
	static struct storm s = {.opt = {.timeout_s = 300}, .seed = 1};
	uint64_t ms;
	size_t served;

	options_read(&s.opt, argc, argv);
	must(crypto_init(), "crypto");
	s.flash = flash_load(s.opt.out, &s.count);
	s.caller = calloc(s.count, sizeof(*s.caller));
	if (s.caller == NULL || s.count > (size_t)SOCKETS << 16)
		die("no memory for so many");
	prepare(&s);
	/* A request that was made stands, and is on record. */
	flash_save(s.opt.out, s.flash, s.count);
	sockets_open(&s);
	ms = run(&s);
	served = s.opt.echo ? s.answered : take_answers(&s);
	if (!s.opt.echo)
		flash_save(s.opt.out, s.flash, s.count);
	printf("{\"of\": %zu, \"served\": %zu, \"again\": %llu,"
	       " \"seconds\": %.3f}\n",
	    s.count, served, (unsigned long long)s.again, (double)ms / 1000.0);
	free(s.caller);
	free(s.flash);
	return served == s.count ? 0 : 1;
}
