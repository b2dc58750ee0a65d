/*
 * One table of options, which is also the help.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>

#define HEARTBEAT_MIN_OF_MODEL UINT32_MAX

enum {
	OPTION_MODEL = 256,
	OPTION_STATE,
	OPTION_ROT,
	OPTION_SERVICE,
	OPTION_PTY,
	OPTION_TCP,
	OPTION_STDIN,
	OPTION_OFFLINE,
	OPTION_REGISTER,
	OPTION_IDLE,
	OPTION_C2C_V1,
	OPTION_HEARTBEAT,
	OPTION_TIME_RATE,
	OPTION_WELL_KNOWN,
	OPTION_MANIFEST,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct {
	const char *name;
	const char *value; /* NULL: none */
	int id;
	const char *help;
} table[] = {
    {"state", "DIR", OPTION_STATE,
	"directory of the module: root of trust (DIR/rot, made by\n"
	"holdfast-factory) and files (DIR/files); required"},
    {"rot", "KIND", OPTION_ROT,
	"where the root of trust is: file (all of it in DIR/rot), or\n"
	"tpm2:TCTI (its keys in a TPM 2.0), such as\n"
	"tpm2:device:/dev/tpmrm0 or tpm2:swtpm:host=127.0.0.1,port=2321\n"
	"(default file)"},
    {"service", "URI", OPTION_SERVICE,
	"coap://HOST[:PORT], HOST a name, an IPv4 address or an IPv6\n"
	"address in brackets (default coap://127.0.0.1:5683)"},
    {"model", "NAME", OPTION_MODEL,
	"which module: " MODEL_NAMES " (default " MODEL_DEFAULT ")"},
    {"pty", "PATH", OPTION_PTY,
	"a terminal on a pseudo-terminal, with a link to it at PATH"},
    {"tcp", "HOST:PORT", OPTION_TCP,
	"a terminal for each TCP connection; port 0: any free one"},
    {"stdin", NULL, OPTION_STDIN, "a terminal on standard input and output"},
    {"offline", NULL, OPTION_OFFLINE,
	"start with the radio off, as after AT+CFUN=0"},
    {"register-ms", "N", OPTION_REGISTER,
	"milliseconds from radio power to registration (default 300)"},
    {"idle-s", "N", OPTION_IDLE,
	"seconds that a prompt waits for its next byte (default 60)"},
    {"c2c-v1", NULL, OPTION_C2C_V1,
	"chip-to-chip V1 as old firmware has it: insecure"},
    {"heartbeat-min-s", "N", OPTION_HEARTBEAT,
	"least seconds between heartbeats of AT+USECCONN (default the\n"
	"model's)"},
    {"time-rate", "N", OPTION_TIME_RATE,
	"for tests: time goes N times faster for the life cycle, 1 to\n"
	"1,000 (default 1)"},
    {"well-known", NULL, OPTION_WELL_KNOWN,
	"bootstrap at /.well-known/edhoc instead of the short /e"},
    {"manifest", "FILE", OPTION_MANIFEST,
	"the vendor's signature of this program (default: the program's\n"
	"own path with .manifest behind it)"},
    {"verbose", NULL, OPTION_VERBOSE, "log to standard error"},
    {"help", NULL, OPTION_HELP, "print this and exit"},
    {"version", NULL, OPTION_VERSION, "print the version and exit"},
};

static void
help_print(void)
{
	const char *p;
	size_t i;

	printf("Usage: holdfast-module --state DIR [OPTION]...\n"
	       "Emulates a module with AT commands and a root of trust.\n\n");
	for (i = 0; i < ARRAY_LEN(table); i++) {
		printf("  --%s%s%s\n      ", table[i].name,
		    table[i].value == NULL ? "" : " ",
		    table[i].value == NULL ? "" : table[i].value);
		for (p = table[i].help; *p != '\0'; p++) {
			putchar(*p);
			if (*p == '\n')
				printf("      ");
		}
		putchar('\n');
	}
	printf("\n--pty and --tcp may stand up to %d times each. When it "
	       "serves it prints one line:\n"
	       "ready [pty=PATH]... [tcp=HOST:PORT]... uid=RoTPublicUID\n",
	    OPTIONS_LINES_MAX);
}

static enum err
number_read(const char *name, const char *text, uint32_t min, uint32_t max,
    uint32_t *ret_number)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    n < min || n > max) {
		fprintf(stderr,
		    "holdfast-module: --%s wants a number from %u to %u\n",
		    name, min, max);
		return ERR_INVALID;
	}
	*ret_number = (uint32_t)n;
	return ERR_OK;
}

static enum err
list_add(const char *name, const char *value, const char **list, size_t *count)
{
	if (*count >= OPTIONS_LINES_MAX) {
		fprintf(stderr, "holdfast-module: too many --%s\n", name);
		return ERR_INVALID;
	}
	list[(*count)++] = value;
	return ERR_OK;
}

static enum err
model_read(const char *value, struct options *o)
{
	o->model = model_find(value);
	if (o->model != NULL)
		return ERR_OK;
	fprintf(stderr, "holdfast-module: no model %s (there are: %s)\n", value,
	    MODEL_NAMES);
	return ERR_INVALID;
}

static enum err
rot_take(const char *value, struct options *o)
{
	static const char tpm2[] = "tpm2:";

	o->tcti = NULL;
	if (strcmp(value, "file") == 0)
		return ERR_OK;
	if (strncmp(value, tpm2, sizeof(tpm2) - 1) != 0 ||
	    value[sizeof(tpm2) - 1] == '\0') {
		fprintf(
		    stderr, "holdfast-module: --rot is file or tpm2:TCTI\n");
		return ERR_INVALID;
	}
	o->tcti = value + sizeof(tpm2) - 1;
	return ERR_OK;
}

static enum err
option_take(int id, const char *value, struct options *o)
{
	switch (id) {
	case OPTION_MODEL:
		return model_read(value, o);
	case OPTION_MANIFEST:
		o->manifest = value;
		return ERR_OK;
	case OPTION_STATE:
		o->state = value;
		return ERR_OK;
	case OPTION_ROT:
		return rot_take(value, o);
	case OPTION_SERVICE:
		o->service = value;
		return ERR_OK;
	case OPTION_PTY:
		return list_add("pty", value, o->pty, &o->pty_count);
	case OPTION_TCP:
		return list_add("tcp", value, o->tcp, &o->tcp_count);
	case OPTION_STDIN:
		o->stdio = true;
		return ERR_OK;
	case OPTION_OFFLINE:
		o->offline = true;
		return ERR_OK;
	case OPTION_REGISTER:
		return number_read(
		    "register-ms", value, 0, 600000, &o->register_ms);
	case OPTION_IDLE:
		return number_read("idle-s", value, 1, 86400, &o->idle_s);
	case OPTION_C2C_V1:
		o->c2c_v1 = true;
		return ERR_OK;
	case OPTION_HEARTBEAT:
		return number_read(
		    "heartbeat-min-s", value, 0, 86400, &o->heartbeat_min_s);
	case OPTION_TIME_RATE:
		return number_read("time-rate", value, 1, 1000, &o->time_rate);
	case OPTION_WELL_KNOWN:
		o->well_known = true;
		return ERR_OK;
	case OPTION_VERBOSE:
		o->verbose = true;
		return ERR_OK;
	case OPTION_HELP:
		help_print();
		return ERR_EXISTS;
	case OPTION_VERSION:
		printf("holdfast-module %s\n", HOLDFAST_VERSION);
		return ERR_EXISTS;
	default:
		fprintf(stderr, "Try holdfast-module --help\n");
		return ERR_INVALID;
	}
}

/* What has no default, and what makes no sense together. */
static enum err
options_check(const struct options *o)
{
	if (o->state == NULL) {
		fprintf(stderr, "holdfast-module: --state is missing\n");
		return ERR_INVALID;
	}
	if (o->pty_count == 0 && o->tcp_count == 0 && !o->stdio) {
		fprintf(stderr,
		    "holdfast-module: no terminal: give --pty, --tcp or "
		    "--stdin\n");
		return ERR_INVALID;
	}
	return ERR_OK;
}

enum err
options_read(int argc, char **argv, struct options *ret_options)
{
	struct option longs[ARRAY_LEN(table) + 1];
	struct options o = {.service = "coap://127.0.0.1:5683",
	    .register_ms = 300,
	    .idle_s = 60,
	    .time_rate = 1,
	    .heartbeat_min_s = HEARTBEAT_MIN_OF_MODEL};
	enum err err = ERR_OK;
	size_t i;
	int id;

	memset(longs, 0, sizeof(longs));
	for (i = 0; i < ARRAY_LEN(table); i++) {
		longs[i].name = table[i].name;
		longs[i].has_arg =
		    table[i].value == NULL ? no_argument : required_argument;
		longs[i].val = table[i].id;
	}
	o.model = model_find(MODEL_DEFAULT);
	while (err == ERR_OK &&
	       (id = getopt_long(argc, argv, "", longs, NULL)) != -1)
		err = option_take(id, optarg, &o);
	if (err == ERR_OK && optind < argc) {
		fprintf(stderr, "holdfast-module: what is %s?\n", argv[optind]);
		err = ERR_INVALID;
	}
	if (err == ERR_OK)
		err = options_check(&o);
	if (o.heartbeat_min_s == HEARTBEAT_MIN_OF_MODEL)
		o.heartbeat_min_s = o.model->heartbeat_min_s;
	if (err == ERR_OK)
		*ret_options = o;
	return err;
}
