/*
 * holdfast-factory: makes virtual devices. Each becomes a state directory
 * for holdfast-module, and a line in import.jsonl for the service. Never
 * prints a secret and never writes one in clear.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wipe.h"
#include "factory.h"
#include "firmware.h"

#define COUNT_MAX 1000000

struct options {
	const char *service;
	const char *out;
	const char *tcti; /* NULL: no TPM */
	bool replace;
	const char *boot_key;
	unsigned long boot_version;
	unsigned long count;
	bool has_start;
	uint8_t start[UID_LEN];
	bool help;
};

static const char usage[] =
    "Usage: holdfast-factory --service FILE --count N [OPTION]... --out DIR\n"
    "       holdfast-factory sign --help\n"
    "\n"
    "Makes N virtual devices for the service whose public side FILE holds\n"
    "(DATA/service.json). For each one it makes\n"
    "\n"
    "  DIR/<UID>/         the state of a module: holdfast-module --state\n"
    "  DIR/import.jsonl   a line for the service: holdfast import\n"
    "\n"
    "  --service FILE  the service's import key and credentials\n"
    "  --count N       how many devices, 1 to 1000000\n"
    "  --start UID     RoTPublicUID of the first, 16 hex digits; the others\n"
    "                  count on from it (default: 0002 and random digits)\n"
    "  --boot-key PEM  the vendor's public key: the devices start nothing\n"
    "                  but firmware that is signed with it\n"
    "  --boot-version N  the lowest version that starts on them (default 1)\n"
    "  --out DIR       made if it is not there\n"
    "  --rot KIND      file: the root of trust lies in DIR/<UID>/rot "
    "(default)\n"
    "                  tpm2:TCTI: its keys are made in a TPM 2.0, one device\n"
    "                  a TPM; TCTI is device:/dev/tpmrm0, for example\n"
    "  --replace       erases the device that the TPM holds\n"
    "  --help          prints this\n";

static const struct option table[] = {
    {"service", required_argument, NULL, 's'},
    {"count", required_argument, NULL, 'n'},
    {"start", required_argument, NULL, 'u'},
    {"boot-key", required_argument, NULL, 'b'},
    {"boot-version", required_argument, NULL, 'v'},
    {"out", required_argument, NULL, 'o'},
    {"rot", required_argument, NULL, 'r'},
    {"replace", no_argument, NULL, 'e'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "holdfast-factory: %s: %s\n", what, why);
	return 1;
}

/* A number of 1 to COUNT_MAX, or 0. */
static unsigned long
count_read(const char *text)
{
	unsigned long count;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	count = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || count > COUNT_MAX)
		return 0;
	return count;
}

static bool
start_read(const char *text, uint8_t ret_uid[UID_LEN])
{
	size_t len;

	return hex_decode(bytes_str(text), ret_uid, UID_LEN, &len) == ERR_OK &&
	       len == UID_LEN;
}

static bool
rot_take(struct options *o, const char *value)
{
	static const char tpm2[] = "tpm2:";

	o->tcti = NULL;
	if (strcmp(value, "file") == 0)
		return true;
	if (strncmp(value, tpm2, sizeof(tpm2) - 1) != 0 ||
	    value[sizeof(tpm2) - 1] == '\0') {
		complain("--rot", "file or tpm2:TCTI, please");
		return false;
	}
	o->tcti = value + sizeof(tpm2) - 1;
	return true;
}

/* Reads one option; false when its value will not do. */
static bool
option_take(struct options *o, int option)
{
	switch (option) {
	case 's':
		o->service = optarg;
		return true;
	case 'o':
		o->out = optarg;
		return true;
	case 'b':
		o->boot_key = optarg;
		return true;
	case 'v':
		o->boot_version = firmware_version_read(optarg);
		if (o->boot_version == 0)
			complain("--boot-version",
			    "a number from 1 to 4294967295, please");
		return o->boot_version != 0;
	case 'n':
		o->count = count_read(optarg);
		if (o->count == 0)
			complain(
			    "--count", "a number from 1 to 1000000, please");
		return o->count != 0;
	case 'u':
		o->has_start = start_read(optarg, o->start);
		if (!o->has_start)
			complain("--start", "16 hex digits, please");
		return o->has_start;
	case 'r':
		return rot_take(o, optarg);
	case 'e':
		o->replace = true;
		return true;
	case 'h':
		o->help = true;
		return true;
	default:
		return false; /* getopt has said what */
	}
}

static bool
options_read(struct options *o, int argc, char **argv)
{
	int option;

	memset(o, 0, sizeof(*o));
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (!option_take(o, option))
			return false;
	if (o->help)
		return true;
	if (optind < argc) {
		complain(argv[optind], "this is no option");
		return false;
	}
	if (o->service == NULL || o->out == NULL || o->count == 0) {
		complain("options",
		    "--service, --count and --out are needed (see --help)");
		return false;
	}
	if (o->tcti != NULL && o->count != 1) {
		complain("--count", "a TPM holds one device");
		return false;
	}
	if (o->tcti == NULL && o->replace) {
		complain("--replace", "there is only something to replace "
				      "with --rot tpm2:TCTI");
		return false;
	}
	return true;
}

static uint64_t
uid_number(const uint8_t uid[UID_LEN])
{
	struct reader r;

	reader_init(&r, bytes_make(uid, UID_LEN));
	return reader_u64(&r);
}

/* The first uid: as told, or 0002 and six random bytes. */
static enum err
first_uid(const struct options *o, uint64_t *ret_uid)
{
	uint8_t uid[UID_LEN] = {0x00, 0x02};
	enum err err = ERR_OK;

	if (!o->has_start)
		err = crypto_random(uid + 2, UID_LEN - 2);
	else
		memcpy(uid, o->start, UID_LEN);
	*ret_uid = uid_number(uid);
	if (err == ERR_OK && *ret_uid > UINT64_MAX - (o->count - 1))
		return ERR_INVALID;
	return err;
}

static int
import_open(const char *dir)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/import.jsonl", dir);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(
	    path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum err
line_write(int fd, const char *line)
{
	size_t len = strlen(line), done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, line + done, len - done);
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		if (n > 0)
			done += (size_t)n;
	}
	return ERR_OK;
}

/* Makes one device: its state first, so that no line is without one. */
static enum err
device_make(const struct factory_place *place,
    const struct factory_service *service, uint64_t number, int import_fd)
{
	char line[FACTORY_RECORD_SIZE];
	struct factory_device device;
	uint8_t uid[UID_LEN];
	struct writer w;
	enum err err;

	writer_init(&w, uid, sizeof(uid));
	writer_u64(&w, number);
	err = factory_device_make(
	    uid, service, &crypto_random_source, place->tpm != NULL, &device);
	if (err == ERR_OK)
		err = factory_device_store(place, &device);
	if (err == ERR_OK)
		err = factory_record_write(
		    &device, service, &crypto_random_source, line);
	if (err == ERR_OK)
		err = line_write(import_fd, line);
	wipe(&device, sizeof(device));
	return err;
}

static const char *
reason(enum err err)
{
	switch (err) {
	case ERR_EXISTS:
		return "there is such a device already";
	case ERR_IO:
		return "cannot write (disk full? no permission?)";
	case ERR_CONFLICT:
		return "the TPM holds a device (--replace erases it)";
	case ERR_DENIED:
		return "the TPM's owner has an authorisation; it must be empty";
	case ERR_SPACE:
		return "no room (in the TPM? path too long?)";
	case ERR_RANDOM:
		return "the random generator failed";
	default:
		return err_name(err);
	}
}

static int
produce(const struct options *o, const struct factory_place *place,
    const struct factory_service *service, uint64_t first, int import_fd)
{
	char uid[HEX_SIZE(UID_LEN)];
	unsigned long i;
	enum err err;

	for (i = 0; i < o->count; i++) {
		err = device_make(place, service, first + i, import_fd);
		if (err != ERR_OK) {
			snprintf(uid, sizeof(uid), "%016llX",
			    (unsigned long long)(first + i));
			return complain(uid, reason(err));
		}
	}
	if (fsync(import_fd) != 0)
		return complain("import.jsonl", strerror(errno));
	return 0;
}

static int
run(const struct options *o)
{
	struct factory_place place = {.dir = o->out, .replace = o->replace};
	struct factory_service service;
	struct factory_error error;
	struct tpm2_relay relay;
	uint64_t first;
	int fd, status;

	if (crypto_init() != ERR_OK)
		return complain("crypto", "the library does not start");
	if (factory_service_read(o->service, &service, &error) != ERR_OK)
		return complain("--service", error.text);
	if (o->boot_key != NULL &&
	    firmware_key_read(o->boot_key, &service.boot_key, &error) != ERR_OK)
		return complain("--boot-key", error.text);
	service.has_boot_key = o->boot_key != NULL;
	service.boot_version = (uint32_t)o->boot_version;
	if (first_uid(o, &first) != ERR_OK)
		return complain("--start", "no room for that many above it");
	if (mkdir(o->out, 0700) != 0 && errno != EEXIST)
		return complain(o->out, strerror(errno));
	fd = import_open(o->out);
	if (fd < 0)
		return complain(o->out, strerror(errno));
	if (o->tcti != NULL &&
	    tpm2_relay_start(o->tcti, TPM2_RELAY_WAIT_MS, &relay) != ERR_OK) {
		(void)close(fd);
		return complain(o->tcti, "no TPM answers there");
	}
	if (o->tcti != NULL)
		place.tpm = &relay;
	status = produce(o, &place, &service, first, fd);
	if (o->tcti != NULL)
		tpm2_relay_stop(&relay);
	if (close(fd) != 0 && status == 0)
		status = complain("import.jsonl", strerror(errno));
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;

	if (argc > 1 && strcmp(argv[1], "sign") == 0)
		return firmware_sign_main(argc - 1, argv + 1);
	if (!options_read(&options, argc, argv))
		return 2;
	if (options.help) {
		fputs(usage, stdout);
		return 0;
	}
	return run(&options);
}
