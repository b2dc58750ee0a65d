/*
 * A fleet of virtual devices in one process, for load and for tests: each is
 * the real life cycle of lib/device over a root of trust in memory. Every
 * active device has a socket of its own, as in the field.
 *
 *	fleet make --service FILE --count N [--start UID] --out DIR
 *	fleet bootstrap --out DIR --to HOST:PORT --profile UID [...]
 *	fleet heartbeat --out DIR --to HOST:PORT [...]
 *
 * The two last run all devices, or --count of them from --first (0) on.
 *
 * DIR/fleet.bin holds the devices between runs, DIR/import.jsonl what the
 * service imports, DIR/psk.jsonl one PSK of each device as the device derived
 * it. The last line on standard output is JSON: how many were confirmed, in
 * how many seconds. What can be made before the first datagram (keys of the
 * next generation; ahead.h) is made before the clock starts.
 *
 * Not for production: the secrets of the fleet lie in DIR in clear.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "ahead.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/hpke.h"
#include "device/device.h"
#include "flash.h"

#define WINDOW_MAX 2048

/* A device that is on: one of the window. */
struct active {
	struct flash *flash;
	struct rot_port port;
	struct rot rot;
	struct device *device;
	int fd;
	uint64_t wake_ms;
	bool heartbeat_asked;
};

struct options {
	const char *command, *service, *out, *to, *profile;
	uint64_t start;
	size_t first, count, window, rate;
	unsigned timeout_s;
};

struct fleet {
	struct options opt;
	struct flash *flash;
	size_t count, next, end, done; /* end: of this run */
	uint8_t profile[PROFILE_UID_LEN];
	struct sockaddr_storage to;
	socklen_t to_len;
	struct active *active;
	int epoll;
	FILE *psk;
};

/* --- make --- */

static void
json_point(json_t *object, const char *name, struct p256_point *ret_point)
{
	const char *text = json_string_value(json_object_get(object, name));
	uint8_t raw[P256_POINT_LEN];
	size_t len = 0;

	if (text == NULL)
		die("service.json: a key is missing");
	must(base64_decode(bytes_str(text), raw, sizeof(raw), &len), name);
	must(p256_point_decode(bytes_make(raw, len), ret_point), name);
}

/* Reads DATA/service.json: import key and credentials. */
static void
service_read(
    const char *path, struct p256_point *ret_import, struct rot_birth *birth)
{
	json_t *root = json_load_file(path, 0, NULL);
	json_t *list = json_object_get(root, "Credentials");
	size_t i;

	if (root == NULL)
		die("cannot read service.json");
	json_point(root, "ImportKey", ret_import);
	birth->credential_count = json_array_size(list);
	if (birth->credential_count > ROT_CREDENTIALS)
		die("service.json: too many credentials");
	for (i = 0; i < birth->credential_count; i++) {
		json_t *c = json_array_get(list, i);

		birth->credential[i].kid =
		    (uint8_t)json_integer_value(json_object_get(c, "Kid"));
		json_point(c, "PublicKey", &birth->credential[i].public_key);
	}
	json_decref(root);
}

/* Writes the line of one device for the service's import. */
static void
import_write(FILE *f, const struct rot_birth *birth,
    const struct p256_point *public_key, const struct p256_point *service)
{
	uint8_t aad[UID_LEN + P256_POINT_LEN], enc[HPKE_ENC_LEN];
	uint8_t sealed[KEY_LEN + HPKE_TAG_LEN];
	char uid[HEX_SIZE(UID_LEN)], pub64[BASE64_SIZE(P256_POINT_LEN)];
	char enc64[BASE64_SIZE(HPKE_ENC_LEN)];
	char sealed64[BASE64_SIZE(KEY_LEN + HPKE_TAG_LEN)];

	memcpy(aad, birth->uid, UID_LEN);
	p256_point_encode(public_key, aad + UID_LEN);
	must(hpke_seal(&crypto_random_source, service,
		 BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
		 BYTES_OF(birth->factory.k), enc, sealed),
	    "hpke");
	hex_encode(BYTES_OF(birth->uid), uid);
	base64_encode(bytes_make(aad + UID_LEN, P256_POINT_LEN), pub64);
	base64_encode(BYTES_OF(enc), enc64);
	base64_encode(BYTES_OF(sealed), sealed64);
	fprintf(f,
	    "{\"ROTPublicUID\": \"%s\", \"PublicKey\": \"%s\", "
	    "\"Enc\": \"%s\", \"Secret\": \"%s\"}\n",
	    uid, pub64, enc64, sealed64);
}

static void
device_make(struct flash *f, struct rot_birth *birth, uint64_t uid,
    struct p256_point *ret_public)
{
	struct rot_port port = flash_port(f);
	struct writer w;
	struct rot rot;

	writer_init(&w, birth->uid, UID_LEN);
	writer_u64(&w, uid);
	memcpy(f->uid, birth->uid, UID_LEN);
	must(crypto_random(f->huk, HUK_LEN), "random");
	must(crypto_random(birth->chip_id, CHIP_ID_LEN), "random");
	must(crypto_random(birth->factory.k, KEY_LEN), "random");
	must(p256_generate(&crypto_random_source, &birth->key, ret_public),
	    "key");
	must(rot_open(&rot, &port), "rot_open");
	must(rot_provision(&rot, birth), "rot_provision");
	rot_done(&rot);
}

static void
fleet_make(struct fleet *fl)
{
	struct p256_point service, public_key;
	struct rot_birth birth;
	char path[512];
	FILE *f;
	size_t i;

	memset(&birth, 0, sizeof(birth));
	service_read(fl->opt.service, &service, &birth);
	if (mkdir(fl->opt.out, 0700) != 0 && errno != EEXIST)
		die("cannot make the folder");
	path_in(fl->opt.out, "import.jsonl", path, sizeof(path));
	f = fopen(path, "w");
	fl->count = fl->opt.count;
	fl->flash = calloc(fl->count, sizeof(*fl->flash));
	if (f == NULL || fl->flash == NULL)
		die("cannot make the fleet");
	for (i = 0; i < fl->count; i++) {
		device_make(
		    &fl->flash[i], &birth, fl->opt.start + i, &public_key);
		import_write(f, &birth, &public_key, &service);
	}
	if (fclose(f) != 0)
		die("cannot write import.jsonl");
	flash_save(fl->opt.out, fl->flash, fl->count);
}

/* --- running devices --- */

/* Makes instance and next key, so that the clock measures the service. */
static void
fleet_prepare(struct fleet *fl)
{
	struct rot rot;
	size_t i;

	ahead_init(fl->count);
	for (i = fl->next; i < fl->end; i++) {
		struct rot_port port = flash_port(&fl->flash[i]);

		must(rot_open(&rot, &port), "rot_open");
		must(rot_instance_make(&rot), "instance");
		must(rot_next_key_make(&rot), "next key");
		ahead_make(i, &rot);
		rot_done(&rot);
	}
}

/* Switches the next device of the fleet on in a place of the window. */
static void
active_start(struct fleet *fl, struct active *a)
{
	static const struct device_config config = {
	    .heartbeat_min_s = 0,
	    .heartbeat_s = 604800,
	    .firmware = "03.15",
	};
	enum err err;
	char serial[HEX_SIZE(UID_LEN)];

	a->flash = &fl->flash[fl->next++];
	a->port = flash_port(a->flash);
	a->heartbeat_asked = false;
	must(rot_open(&a->rot, &a->port), "rot_open");
	must(device_init(a->device, &a->rot, &config), "device_init");
	if (fl->opt.profile != NULL) {
		hex_encode(BYTES_OF(a->flash->uid), serial);
		err = device_seal(a->device, fl->profile, bytes_str(serial));
		if (err != ERR_EXISTS)
			must(err, "seal");
	}
	device_network(a->device, true, now_ms());
	a->wake_ms = 0;
}

static void
active_stop(struct active *a)
{
	device_done(a->device);
	rot_done(&a->rot);
	a->flash = NULL;
}

/* Notes a PSK of the device, as the device derives it. */
static void
psk_write(struct fleet *fl, struct active *a)
{
	uint8_t id[PSK_ID_LEN], psk[16];
	char id_hex[HEX_SIZE(PSK_ID_LEN)], uid[HEX_SIZE(UID_LEN)];
	char psk64[BASE64_SIZE(16)];

	if (device_psk(a->device, sizeof(psk), id, psk) != ERR_OK)
		return;
	hex_encode(BYTES_OF(id), id_hex);
	hex_encode(BYTES_OF(a->flash->uid), uid);
	base64_encode(BYTES_OF(psk), psk64);
	fprintf(fl->psk,
	    "{\"KeyID\": \"%s\", \"Key\": \"%s\", \"ROTPublicUID\": \"%s\"}\n",
	    id_hex, psk64, uid);
}

/* Says whether a device has done what this run is for. */
static bool
active_finished(struct fleet *fl, struct active *a)
{
	struct device_info info;

	device_info(a->device, &info);
	if (info.bootstrapping || info.generation == 0)
		return false;
	if (strcmp(fl->opt.command, "bootstrap") == 0)
		return true;
	if (!a->heartbeat_asked) {
		must(
		    device_heartbeat(a->device, now_ms(), (uint64_t)time(NULL)),
		    "heartbeat");
		a->heartbeat_asked = true;
		a->wake_ms = 0;
		return false;
	}
	return device_heartbeat_result(a->device) == ERR_OK;
}

/* Sends what the device has to send now. */
static void
active_poll(struct fleet *fl, struct active *a)
{
	struct bytes out;

	do {
		out = BYTES_NONE;
		if (device_poll(a->device, now_ms(), (uint64_t)time(NULL), &out,
			&a->wake_ms) != ERR_OK) {
			a->wake_ms = now_ms() + 1000;
			return;
		}
		if (out.len > 0)
			(void)sendto(a->fd, out.ptr, out.len, MSG_DONTWAIT,
			    (struct sockaddr *)&fl->to, fl->to_len);
	} while (out.len > 0);
}

static void
active_receive(struct fleet *fl, struct active *a)
{
	uint8_t buf[2048];
	ssize_t n;

	ahead_of((size_t)(a->flash - fl->flash));
	while ((n = recv(a->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		device_receive(a->device, now_ms(), (uint64_t)time(NULL),
		    bytes_make(buf, (size_t)n));
}

/* Opens the sockets of the window. */
static void
window_open(struct fleet *fl)
{
	size_t i;

	fl->active = calloc(fl->opt.window, sizeof(*fl->active));
	fl->epoll = epoll_create1(0);
	if (fl->active == NULL || fl->epoll < 0)
		die("cannot open the window");
	for (i = 0; i < fl->opt.window; i++) {
		struct active *a = &fl->active[i];
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = a};

		a->device = calloc(1, device_size());
		a->fd = socket(fl->to.ss_family, SOCK_DGRAM, 0);
		if (a->device == NULL || a->fd < 0 ||
		    epoll_ctl(fl->epoll, EPOLL_CTL_ADD, a->fd, &ev) != 0)
			die("cannot open a socket");
	}
}

/* Goes on with one device; starts the next in its place when it is done. */
static void
active_step(struct fleet *fl, struct active *a)
{
	ahead_of((size_t)(a->flash - fl->flash));
	active_poll(fl, a);
	if (!active_finished(fl, a))
		return;
	if (strcmp(fl->opt.command, "bootstrap") == 0)
		psk_write(fl, a);
	fl->done++;
	active_stop(a);
}

/* Starts devices where the window has room and the rate allows it. */
static void
window_fill(struct fleet *fl, uint64_t began)
{
	size_t allowed = SIZE_MAX, i;

	if (fl->opt.rate > 0)
		allowed = (now_ms() - began) * fl->opt.rate / 1000 + 1;
	for (i = 0; i < fl->opt.window; i++) {
		struct active *a = &fl->active[i];

		if (fl->next == fl->end || fl->next >= allowed)
			return;
		if (a->flash == NULL) {
			active_start(fl, a);
			active_step(fl, a);
		}
	}
}

/* Polls those whose time has come. */
static void
window_wake(struct fleet *fl)
{
	uint64_t now = now_ms();
	size_t i;

	for (i = 0; i < fl->opt.window; i++) {
		struct active *a = &fl->active[i];

		while (a->flash != NULL && a->wake_ms <= now) {
			active_step(fl, a);
			if (a->flash != NULL && a->wake_ms <= now)
				a->wake_ms = now + 1;
		}
	}
}

/* Says whether all were done in time. */
static bool
fleet_run(struct fleet *fl)
{
	uint64_t began, end, scanned = 0;
	size_t of = fl->end - fl->next;
	struct epoll_event ev[256];
	int i, n;

	window_open(fl);
	began = now_ms();
	end = began + fl->opt.timeout_s * UINT64_C(1000);
	while (fl->done < of && now_ms() < end) {
		window_fill(fl, began);
		n = epoll_wait(fl->epoll, ev, 256, 1);
		for (i = 0; i < n; i++) {
			struct active *a = ev[i].data.ptr;

			if (a->flash == NULL)
				continue;
			active_receive(fl, a);
			active_step(fl, a);
		}
		/* Timers are coarse: what is due is looked at every 5 ms. */
		if (now_ms() - scanned >= 5) {
			window_wake(fl);
			scanned = now_ms();
		}
	}
	printf("{\"confirmed\": %zu, \"of\": %zu, \"seconds\": %.3f}\n",
	    fl->done, of, (double)(now_ms() - began) / 1000.0);
	return fl->done == of;
}

/* --- the command line --- */

static void
options_read(struct options *opt, int argc, char **argv)
{
	static const struct option table[] = {{"service", 1, NULL, 's'},
	    {"first", 1, NULL, 'f'}, {"count", 1, NULL, 'c'},
	    {"start", 1, NULL, 'u'}, {"out", 1, NULL, 'o'},
	    {"to", 1, NULL, 't'}, {"profile", 1, NULL, 'p'},
	    {"window", 1, NULL, 'w'}, {"rate", 1, NULL, 'r'},
	    {"timeout", 1, NULL, 'x'}, {NULL, 0, NULL, 0}};
	int c;

	if (argc < 2)
		die("usage: fleet make|bootstrap|heartbeat --out DIR ...");
	opt->command = argv[1];
	while ((c = getopt_long(argc - 1, argv + 1, "", table, NULL)) != -1) {
		switch (c) {
		case 's':
			opt->service = optarg;
			break;
		case 'f':
			opt->first = number_of(optarg, 10);
			break;
		case 'c':
			opt->count = number_of(optarg, 10);
			break;
		case 'u':
			opt->start = number_of(optarg, 16);
			break;
		case 'o':
			opt->out = optarg;
			break;
		case 't':
			opt->to = optarg;
			break;
		case 'p':
			opt->profile = optarg;
			break;
		case 'w':
			opt->window = number_of(optarg, 10);
			break;
		case 'r':
			opt->rate = number_of(optarg, 10);
			break;
		case 'x':
			opt->timeout_s = (unsigned)number_of(optarg, 10);
			break;
		default:
			exit(2);
		}
	}
	if (opt->out == NULL || opt->window == 0 || opt->window > WINDOW_MAX)
		die("--out is needed; --window is 1 to 2048");
}

/* bootstrap and heartbeat: what they share. Says whether all were done. */
static bool
fleet_drive(struct fleet *fl)
{
	bool all;
	char path[512];
	size_t len = 0;

	if (fl->opt.to == NULL)
		die("--to is needed");
	fl->to_len = address_of(fl->opt.to, &fl->to);
	fl->flash = flash_load(fl->opt.out, &fl->count);
	fl->next = fl->opt.first;
	fl->end = fl->opt.count > 0 ? fl->next + fl->opt.count : fl->count;
	if (fl->next >= fl->end || fl->end > fl->count)
		die("the fleet has not so many");
	if (fl->opt.profile != NULL)
		must(base64url_decode(bytes_str(fl->opt.profile), fl->profile,
			 sizeof(fl->profile), &len),
		    "--profile");
	if (strcmp(fl->opt.command, "bootstrap") == 0) {
		path_in(fl->opt.out, "psk.jsonl", path, sizeof(path));
		fl->psk = fopen(path, fl->next == 0 ? "w" : "a");
		if (fl->psk == NULL)
			die("cannot write psk.jsonl");
		fleet_prepare(fl);
	}
	all = fleet_run(fl);
	if (fl->psk != NULL && fclose(fl->psk) != 0)
		die("cannot write psk.jsonl");
	flash_save(fl->opt.out, fl->flash, fl->count);
	return all;
}

int
main(int argc, char **argv)
{
	static struct fleet fl;

	fl.opt = (struct options){.window = 64, .timeout_s = 60, .start = 1};
	options_read(&fl.opt, argc, argv);
	must(crypto_init(), "crypto");
	if (strcmp(fl.opt.command, "make") == 0 && fl.opt.service != NULL &&
	    fl.opt.count > 0) {
		fleet_make(&fl);
		return 0;
	}
	if (strcmp(fl.opt.command, "bootstrap") != 0 &&
	    strcmp(fl.opt.command, "heartbeat") != 0)
		die("make (with --service and --count), bootstrap or "
		    "heartbeat");
	return fleet_drive(&fl) ? 0 : 1;
}
