/*
 * Commands of the HTTP client: profiles, requests, what went wrong. A
 * request's end comes as a result code of its own.
 */
#include "at_table.h"
#include "base/wipe.h"
#include "host_name.h"
#include "module.h"

#define DEFAULT_NAME "http_last_response_"

/* Operations of +UHTTP. */
enum {
	OP_ADDRESS,
	OP_NAME,
	OP_USER,
	OP_PASSWORD,
	OP_AUTHENTICATION,
	OP_PORT,
	OP_SECURE,
	OP_TIMEOUT,
	OP_COUNT
};

/* Content types of +UHTTPC; the last is the host's own. */
static const char *const types[] = {
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/octet-stream",
    "multipart/form-data",
    "application/json",
    "application/xml",
};
#define TYPE_FORM 3
#define TYPE_OWN 6

void
http_profile_reset(struct http_profile *profile)
{
	wipe(profile, sizeof(*profile));
	profile->timeout_s = HTTP_TIMEOUT_S;
}

static struct http_profile *
profile_read(struct terminal *t, const struct at_command *c, uint32_t *number)
{
	if (!at_param_number(c, 0, 0, HTTP_PROFILES - 1, number))
		return NULL;
	return &t->module->http_profiles[*number];
}

/* --- +UHTTP --- */

static enum at_result
server_set(struct http_profile *p, const struct at_command *c, bool address)
{
	char server[HTTP_SERVER_MAX + 1];

	if (c->count != 3 || !at_param_copy(c, 2, server, sizeof(server)))
		return CME_BAD_PARAMETERS;
	if (!(address ? host_is_address(server) : host_is_name(server)))
		return CME_BAD_PARAMETERS;
	memcpy(p->server, server, sizeof(p->server));
	p->address = address;
	return AT_DONE;
}

/* A user's name goes to the server with a colon behind it. */
static enum at_result
user_set(struct http_profile *p, const struct at_command *c)
{
	char user[HTTP_CREDENTIAL_MAX + 1];

	if (c->count != 3 || !at_param_copy(c, 2, user, sizeof(user)) ||
	    strchr(user, ':') != NULL)
		return CME_BAD_PARAMETERS;
	memcpy(p->user, user, sizeof(p->user));
	return AT_DONE;
}

static enum at_result
secure_set(struct http_profile *p, const struct at_command *c)
{
	uint32_t secure, profile;

	if (c->count > 4 || !at_param_number(c, 2, 0, 1, &secure) ||
	    !at_param_number_or(c, 3, 0, 4, 0, &profile))
		return CME_BAD_PARAMETERS;
	p->secure = secure;
	p->security_profile = profile;
	return AT_DONE;
}

static enum at_result
number_set(const struct at_command *c, uint32_t min, uint32_t max, unsigned *at)
{
	uint32_t value;

	if (c->count != 3 || !at_param_number(c, 2, min, max, &value))
		return CME_BAD_PARAMETERS;
	*at = value;
	return AT_DONE;
}

static enum at_result
profile_set(struct http_profile *p, const struct at_command *c, uint32_t op)
{
	switch (op) {
	case OP_ADDRESS:
	case OP_NAME:
		return server_set(p, c, op == OP_ADDRESS);
	case OP_USER:
		return user_set(p, c);
	case OP_PASSWORD:
		if (c->count != 3 ||
		    !at_param_copy(c, 2, p->password, sizeof(p->password)))
			return CME_BAD_PARAMETERS;
		return AT_DONE;
	case OP_AUTHENTICATION:
		return number_set(c, 0, 1, &p->authentication);
	case OP_PORT:
		return number_set(c, 1, 65535, &p->port);
	case OP_SECURE:
		return secure_set(p, c);
	default:
		return number_set(c, 1, HTTP_TIMEOUT_S, &p->timeout_s);
	}
}

unsigned
http_profile_port(const struct http_profile *p)
{
	if (p->port != 0)
		return p->port;
	return p->secure ? 443 : 80;
}

/* What was set; the password is told to nobody. */
static enum at_result
profile_tell(struct terminal *t, uint32_t number, uint32_t op)
{
	const struct http_profile *p = &t->module->http_profiles[number];
	unsigned value = 0;

	switch (op) {
	case OP_ADDRESS:
	case OP_NAME:
		terminal_info(t, "+UHTTP: %u,%u,\"%s\"", number, op,
		    p->address == (op == OP_ADDRESS) ? p->server : "");
		return AT_DONE;
	case OP_USER:
		terminal_info(t, "+UHTTP: %u,%u,\"%s\"", number, op, p->user);
		return AT_DONE;
	case OP_PASSWORD:
		return CME_NOT_ALLOWED;
	case OP_SECURE:
		if (p->secure) {
			terminal_info(t, "+UHTTP: %u,%u,1,%u", number, op,
			    p->security_profile);
			return AT_DONE;
		}
		break;
	case OP_AUTHENTICATION:
		value = p->authentication;
		break;
	case OP_PORT:
		value = http_profile_port(p);
		break;
	default:
		value = p->timeout_s;
		break;
	}
	terminal_info(t, "+UHTTP: %u,%u,%u", number, op, value);
	return AT_DONE;
}

static enum at_result
uhttp_set(struct terminal *t, const struct at_command *c)
{
	uint32_t number, op;
	struct http_profile *p = profile_read(t, c, &number);

	if (p == NULL)
		return CME_BAD_PARAMETERS;
	if (c->count == 1) {
		http_profile_reset(p);
		return AT_DONE;
	}
	if (!at_param_number(c, 1, 0, OP_COUNT - 1, &op))
		return CME_BAD_PARAMETERS;
	return c->count == 2 ? profile_tell(t, number, op)
			     : profile_set(p, c, op);
}

/* --- +UHTTPC --- */

/* A path is printable, without spaces, and begins with a slash. */
static bool
path_read(const struct at_command *c, char path[HTTP_PATH_MAX + 1])
{
	size_t i;

	if (!at_param_copy(c, 2, path, HTTP_PATH_MAX + 1) || path[0] != '/')
		return false;
	for (i = 0; path[i] != '\0'; i++) {
		if (path[i] <= ' ' || path[i] > '~')
			return false;
	}
	return true;
}

/* The file that was named, or the one of the profile. */
static enum at_result
response_read(
    const struct at_command *c, uint32_t number, struct file_name *ret_name)
{
	struct bytes text;

	if (c->count <= 3 || c->params[3].type == AT_OMITTED ||
	    (at_param_text(c, 3, &text) && text.len == 0)) {
		(void)snprintf(ret_name->text, sizeof(ret_name->text),
		    DEFAULT_NAME "%u", number);
		return AT_DONE;
	}
	return at_file_param(c, 3, ret_name);
}

/* The content type: a number, and for 6 a text of the host's own. */
static bool
type_read(const struct at_command *c, char own[HTTP_TYPE_MAX + 1],
    const char **ret_type, uint32_t *ret_number)
{
	if (!at_param_number(c, 5, 0, TYPE_OWN, ret_number) ||
	    c->count != (*ret_number == TYPE_OWN ? 7u : 6u))
		return false;
	if (*ret_number < TYPE_OWN) {
		*ret_type = types[*ret_number];
		return true;
	}
	*ret_type = own;
	return at_param_copy(c, 6, own, HTTP_TYPE_MAX + 1) && own[0] != '\0';
}

/* Starts; what a profile lacks is remembered for +UHTTPER. */
static enum at_result
job_start(struct terminal *t, struct http_job *job)
{
	struct http_profile *p = &t->module->http_profiles[job->number];
	enum at_result result = at_network_need(t);

	if (result != AT_DONE)
		return result;
	if (p->server[0] == '\0') {
		p->error_class = HTTP_CLASS_USAGE;
		p->error_code = HTTP_CODE_NO_SERVER;
		return CME_NOT_ALLOWED;
	}
	job->profile = p;
	job->terminal = t->number;
	return at_result_of(t->module->http.start(t->module->http.ctx, job));
}

/* PUT and POST of a file: its content is read now. */
static enum at_result
job_start_file(
    struct terminal *t, const struct at_command *c, struct http_job *job)
{
	struct file_name name;
	enum at_result result = at_file_param(c, 4, &name);
	uint8_t *data;
	size_t len;

	if (result == AT_DONE)
		result = at_file_read(t, &name, &data, &len);
	if (result != AT_DONE)
		return result;
	job->body = bytes_make(data, len);
	if (job->form_name != NULL)
		job->form_name = name.text;
	result = job_start(t, job);
	free(data);
	return result;
}

static enum at_result
job_start_body(
    struct terminal *t, const struct at_command *c, struct http_job *job)
{
	char own[HTTP_TYPE_MAX + 1];
	uint32_t type;

	if (!type_read(c, own, &job->type, &type))
		return CME_BAD_PARAMETERS;
	if (job->command != HTTP_POST_DATA) {
		if (job->command == HTTP_POST_FILE && type == TYPE_FORM)
			job->form_name = ""; /* its name, once it is read */
		return job_start_file(t, c, job);
	}
	if (!at_param_text(c, 4, &job->body))
		return CME_BAD_PARAMETERS;
	return job_start(t, job);
}

/*
 * +UHTTPC=<profile>,<command>,"<path>"[,"<response>"[,"<file or data>",
 * <type>[,"<own type>"]]]
 */
static enum at_result
uhttpc_set(struct terminal *t, const struct at_command *c)
{
	struct http_job job = {.path = NULL};
	char path[HTTP_PATH_MAX + 1];
	struct file_name response;
	enum at_result result;
	uint32_t number, command;

	if (profile_read(t, c, &number) == NULL ||
	    !at_param_number(c, 1, 0, HTTP_COMMANDS - 1, &command) ||
	    !path_read(c, path))
		return CME_BAD_PARAMETERS;
	result = response_read(c, number, &response);
	if (result != AT_DONE)
		return result;
	job.number = number;
	job.command = (enum http_command)command;
	job.path = path;
	job.response = &response;
	if (command >= HTTP_PUT)
		return job_start_body(t, c, &job);
	return c->count > 4 ? CME_BAD_PARAMETERS : job_start(t, &job);
}

void
at_http_ended(struct module *module, unsigned number, enum http_command command,
    uint64_t terminal, enum http_code code)
{
	struct http_profile *p = &module->http_profiles[number];
	struct terminal *t = terminal_find(module, terminal);

	p->error_class =
	    code == HTTP_CODE_NONE ? HTTP_CLASS_NONE : HTTP_CLASS_PROTOCOL;
	p->error_code = code;
	if (t != NULL)
		terminal_urc(t, "+UUHTTPCR: %u,%d,%d", number, (int)command,
		    code == HTTP_CODE_NONE);
}

/* --- +UHTTPER --- */

static enum at_result
uhttper_set(struct terminal *t, const struct at_command *c)
{
	uint32_t number;
	const struct http_profile *p = profile_read(t, c, &number);

	if (p == NULL || c->count != 1)
		return CME_BAD_PARAMETERS;
	terminal_info(
	    t, "+UHTTPER: %u,%u,%u", number, p->error_class, p->error_code);
	return AT_DONE;
}

const struct at_entry at_http[] = {
    {"+UHTTP", NULL, uhttp_set, NULL, "(0-3),(0-7)"},
    {"+UHTTPC", NULL, uhttpc_set, NULL, "(0-3),(0-5),,,,(0-6)"},
    {"+UHTTPER", NULL, uhttper_set, NULL, "(0-3)"},
    {NULL, NULL, NULL, NULL, NULL},
};
