/*
 * Commands of sockets. What they need of the network is asked first, so that
 * a host learns that it is not registered before anything else.
 */
#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "conn.h"
#include "module.h"

#define CONNECT_WAIT_MS 65000 /* the connection gives up before */
#define PROMPT "@"
#define LINGER_LEVEL 65535 /* of +USOSO */
#define LINGER_NAME 128
#define LINGER_MAX_MS 32767

/* The socket at the first place, if it is the terminal's. */
static enum at_result
socket_param(
    struct terminal *t, const struct at_command *c, struct socket **ret_socket)
{
	uint32_t number;

	if (!at_param_number(c, 0, 0, SOCKETS_MAX - 1, &number))
		return CME_BAD_PARAMETERS;
	*ret_socket = socket_find(t, number);
	return *ret_socket == NULL ? CME_NOT_ALLOWED : AT_DONE;
}

/* A host's name or address at place i, with its NUL. */
static bool
host_param(
    const struct at_command *c, size_t i, char ret_host[CONN_HOST_MAX + 1])
{
	struct bytes text;

	if (!at_param_text(c, i, &text) || text.len == 0 ||
	    text.len > RESOLVE_HOST_MAX)
		return false;
	memcpy(ret_host, text.ptr, text.len);
	ret_host[text.len] = '\0';
	return true;
}

/* The service that a secure socket's profile needs; 0: none. */
static unsigned
needed(const struct socket *s)
{
	const struct profile *p = &s->module->profiles[s->profile];

	if (!s->secure)
		return 0;
	if (p->rot_psk)
		return TEE_FEATURE_PSK;
	return p->ztp == ZTP_OFF ? 0 : TEE_FEATURE_ZTP;
}

/* Whether it waits for a bootstrap, before which no service is on or off. */
static bool
too_early(struct terminal *t, const struct socket *s)
{
	struct tee_answer answer;

	return needed(s) != 0 && at_tee_ask(t, TEE_INFO, &answer) == ERR_OK &&
	       answer.u.info.generation == 0;
}

/* What went wrong with a connection, as its host is told. */
static enum at_result
connect_result(struct terminal *t, const struct socket *s, enum err err)
{
	switch (err) {
	case ERR_OK:
	case ERR_NOT_FOUND:
	case ERR_TIMEOUT:
	case ERR_UNSUPPORTED:
	case ERR_NOMEM:
		return at_result_of(err);
	case ERR_DISABLED:
		return at_feature_result(t, err, needed(s));
	default:
		/* +USOER tells more. */
		return too_early(t, s) ? CME_SEC_NOT_BOOTSTRAPPED
				       : CME_NOT_ALLOWED;
	}
}

/* --- +USOCR, +USOSEC, +USOCL --- */

/* +USOCR=<6|17>[,<local port>] */
static enum at_result
create_set(struct terminal *t, const struct at_command *c)
{
	enum at_result result;
	struct socket *s;
	uint32_t protocol, port;
	enum err err;

	if (c->count > 2 || !at_param_number(c, 0, 0, 255, &protocol) ||
	    (protocol != SOCKET_TCP && protocol != SOCKET_UDP) ||
	    !at_param_number_or(c, 1, 0, 65535, 0, &port))
		return CME_BAD_PARAMETERS;
	result = at_network_need(t);
	if (result != AT_DONE)
		return result;
	err = socket_make(t, (int)protocol, (uint16_t)port, &s);
	if (err != ERR_OK)
		return CME_NOT_ALLOWED;
	terminal_info(t, "+USOCR: %u", s->number);
	return AT_DONE;
}

/* +USOSEC=<socket>[,<0|1>[,<profile>]] */
static enum at_result
secure_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t secure, profile;

	if (result != AT_DONE)
		return result;
	if (c->count == 1) {
		if (s->secure)
			terminal_info(
			    t, "+USOSEC: %u,1,%u", s->number, s->profile);
		else
			terminal_info(t, "+USOSEC: %u,0", s->number);
		return AT_DONE;
	}
	if (c->count > 3 || !at_param_number(c, 1, 0, 1, &secure) ||
	    !at_param_number_or(c, 2, 0, PROFILES_MAX - 1, 0, &profile))
		return CME_BAD_PARAMETERS;
	if (s->state != SOCKET_IDLE)
		return CME_NOT_ALLOWED;
	s->secure = secure == 1;
	s->profile = profile;
	return AT_DONE;
}

/* +USOCL=<socket>[,<asynchronous>] */
static enum at_result
close_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t later;

	if (result != AT_DONE)
		return result;
	if (c->count > 2 || !at_param_number_or(c, 1, 0, 1, 0, &later))
		return CME_BAD_PARAMETERS;
	socket_close(s);
	if (later == 1)
		terminal_urc(t, "+UUSOCL: %u", s->number);
	return AT_DONE;
}

/* --- +USOCO --- */

static enum at_result
connect_look(struct terminal *t)
{
	struct socket *s;
	enum at_result result = socket_param(t, &t->command, &s);

	if (result != AT_DONE)
		return result;
	if (s->state == SOCKET_CONNECTING)
		return AT_LATER;
	/* A peer that has hung up by now was there. */
	return connect_result(t, s, s->failed);
}

/* +USOCO=<socket>,"<host>",<port>[,<asynchronous>] */
static enum at_result
connect_set(struct terminal *t, const struct at_command *c)
{
	char host[CONN_HOST_MAX + 1];
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t port, later;
	enum err err;

	if (result == CME_BAD_PARAMETERS || c->count > 4 ||
	    !host_param(c, 1, host) ||
	    !at_param_number(c, 2, 1, 65535, &port) ||
	    !at_param_number_or(c, 3, 0, 1, 0, &later))
		return CME_BAD_PARAMETERS;
	if (at_network_need(t) != AT_DONE)
		return CME_NO_CONNECTION;
	if (result != AT_DONE)
		return result;
	err = socket_connect(s, host, (uint16_t)port, later == 1);
	if (err != ERR_OK)
		return connect_result(t, s, err);
	if (later == 1)
		return AT_DONE;
	return terminal_wait(t, connect_look, CONNECT_WAIT_MS);
}

/* --- +USOWR, +USOST --- */

/* Sends what the command that runs announced. */
static enum at_result
write_data(struct terminal *t, struct bytes data)
{
	struct socket *s;
	enum at_result result = socket_param(t, &t->command, &s);
	size_t len;

	if (result != AT_DONE)
		return result;
	if (socket_write(s, data, &len) != ERR_OK)
		return CME_NOT_ALLOWED;
	terminal_info(t, "+USOWR: %u,%zu", s->number, len);
	return AT_DONE;
}

static enum at_result
send_data(struct terminal *t, struct bytes data)
{
	char host[CONN_HOST_MAX + 1];
	struct socket *s;
	enum at_result result = socket_param(t, &t->command, &s);
	uint32_t port = 0;
	enum err err;

	if (result != AT_DONE)
		return result;
	if (!host_param(&t->command, 1, host) ||
	    !at_param_number(&t->command, 2, 1, 65535, &port))
		return CME_BAD_PARAMETERS;
	err = socket_send_to(s, host, (uint16_t)port, data);
	if (err != ERR_OK)
		return err == ERR_FORMAT ? CME_BAD_PARAMETERS : CME_NOT_ALLOWED;
	terminal_info(t, "+USOST: %u,%zu", s->number, data.len);
	return AT_DONE;
}

/*
 * The data of a command: at a prompt, or as its last parameter, which with
 * +UDCONF=1,1 is hex digits. The length stands before it, at place i.
 */
static enum at_result
data_take(struct terminal *t, const struct at_command *c, size_t i,
    enum at_result (*send)(struct terminal *t, struct bytes data))
{
	uint8_t raw[SOCKET_DATA_MAX];
	struct bytes data;
	uint32_t size;
	size_t len;

	if (!at_param_number(c, i, 1, SOCKET_DATA_MAX, &size) ||
	    c->count > i + 2)
		return CME_BAD_PARAMETERS;
	if (c->count == i + 1)
		return terminal_prompt_with(t, PROMPT, size, send);
	if (!at_param_text(c, i + 1, &data))
		return CME_BAD_PARAMETERS;
	if (t->module->sockets.hex) {
		if (hex_decode(data, raw, sizeof(raw), &len) != ERR_OK)
			return CME_BAD_PARAMETERS;
		data = bytes_make(raw, len);
	}
	return data.len == size ? send(t, data) : CME_BAD_PARAMETERS;
}

/* +USOWR=<socket>,<n>[,"<data>"] */
static enum at_result
write_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);

	if (result != AT_DONE)
		return result;
	if (s->state != SOCKET_CONNECTED)
		return CME_NOT_ALLOWED;
	return data_take(t, c, 1, write_data);
}

/* +USOST=<socket>,"<address>",<port>,<n>[,"<data>"] */
static enum at_result
send_set(struct terminal *t, const struct at_command *c)
{
	char host[CONN_HOST_MAX + 1];
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t port;

	if (result != AT_DONE)
		return result;
	if (!host_param(c, 1, host) || !at_param_number(c, 2, 1, 65535, &port))
		return CME_BAD_PARAMETERS;
	if (s->protocol != SOCKET_UDP || s->state != SOCKET_IDLE || s->secure)
		return CME_NOT_ALLOWED;
	return data_take(t, c, 3, send_data);
}

/* --- +USORD, +USORF --- */

/* Tells data behind a head, raw or as hex digits. */
static void
data_tell(struct terminal *t, const char *head, struct bytes data)
{
	char hex[HEX_SIZE(SOCKET_DATA_MAX)];

	if (t->module->sockets.hex) {
		hex_encode(data, hex);
		data = bytes_str(hex);
	}
	terminal_info_data(t, head, data);
	wipe(hex, sizeof(hex));
}

/* Both commands: named as the one that runs; with an address or without. */
static enum at_result
receive_set(struct terminal *t, const struct at_command *c)
{
	char head[120];
	struct socket_address from;
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	bool with_address = strcmp(c->name, "+USORF") == 0;
	struct bytes data;
	uint32_t size;

	if (result != AT_DONE)
		return result;
	if (c->count != 2 || !at_param_number(c, 1, 0, SOCKET_DATA_MAX, &size))
		return CME_BAD_PARAMETERS;
	if (with_address && s->protocol != SOCKET_UDP)
		return CME_NOT_ALLOWED;
	if (size == 0) {
		terminal_info(
		    t, "%s: %u,%zu", c->name, s->number, socket_waiting(s));
		return AT_DONE;
	}
	data = socket_peek(s, size, &from);
	if (with_address && data.len > 0)
		(void)snprintf(head, sizeof(head), "%s: %u,\"%s\",%u,%zu,",
		    c->name, s->number, from.ip, from.port, data.len);
	else
		(void)snprintf(head, sizeof(head), "%s: %u,%zu,", c->name,
		    s->number, data.len);
	data_tell(t, head, data);
	socket_read(s, data.len);
	return AT_DONE;
}

/* --- +USOLI, +USOSO, +USOGO, +USOCTL, +USOER --- */

/* +USOLI=<socket>,<port> */
static enum at_result
listen_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t port;

	if (result != AT_DONE)
		return result;
	if (c->count != 2 || !at_param_number(c, 1, 1, 65535, &port))
		return CME_BAD_PARAMETERS;
	if (s->secure || s->protocol != SOCKET_TCP)
		return CME_NOT_SUPPORTED;
	return socket_listen(s, (uint16_t)port) == ERR_OK ? AT_DONE
							  : CME_NOT_ALLOWED;
}

static enum at_result
option_result(enum err err)
{
	return err == ERR_IO ? CME_NOT_ALLOWED : at_result_of(err);
}

/* <level>,<option> of the one option that has two values */
static bool
is_linger(uint32_t level, uint32_t name)
{
	return level == LINGER_LEVEL && name == LINGER_NAME;
}

/* <0 off, 1 on>[,<milliseconds>] */
static enum at_result
linger_set(struct socket *s, const struct at_command *c)
{
	uint32_t on, ms;

	if (!at_param_number(c, 3, 0, 1, &on) ||
	    !at_param_number_or(c, 4, 0, LINGER_MAX_MS, 0, &ms))
		return CME_BAD_PARAMETERS;
	if (s->protocol != SOCKET_TCP)
		return CME_NOT_SUPPORTED;
	s->linger = (struct socket_linger){.on = on == 1, .ms = ms};
	return AT_DONE;
}

/* +USOSO=<socket>,<level>,<option>,<value>[,<second value>] */
static enum at_result
option_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t level, name, value;

	if (result != AT_DONE)
		return result;
	if (c->count < 4 || c->count > 5 ||
	    !at_param_number(c, 1, 0, UINT32_MAX, &level) ||
	    !at_param_number(c, 2, 0, UINT32_MAX, &name))
		return CME_BAD_PARAMETERS;
	if (is_linger(level, name))
		return linger_set(s, c);
	if (c->count != 4 || !at_param_number(c, 3, 0, UINT32_MAX, &value))
		return CME_BAD_PARAMETERS;
	return option_result(socket_option_set(s, level, name, value));
}

/* +USOGO=<socket>,<level>,<option> */
static enum at_result
option_tell(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t level, name, value;
	enum err err;

	if (result != AT_DONE)
		return result;
	if (c->count != 3 || !at_param_number(c, 1, 0, UINT32_MAX, &level) ||
	    !at_param_number(c, 2, 0, UINT32_MAX, &name))
		return CME_BAD_PARAMETERS;
	if (is_linger(level, name) && s->protocol == SOCKET_TCP) {
		terminal_info(
		    t, "+USOGO: %d,%u", s->linger.on ? 1 : 0, s->linger.ms);
		return AT_DONE;
	}
	err = socket_option_get(s, level, name, &value);
	if (err == ERR_OK)
		terminal_info(t, "+USOGO: %u", value);
	return option_result(err);
}

/* The states of TCP that a host can see, by the numbers of +USOCTL. */
static unsigned
tcp_state(const struct socket *s)
{
	switch (s->state) {
	case SOCKET_LISTENING:
		return 1;
	case SOCKET_CONNECTING:
		return 2;
	case SOCKET_CONNECTED:
		return 4;
	case SOCKET_ENDED:
		return 7;
	default:
		return 0;
	}
}

/* +USOCTL=<socket>,<0|1|2|3|4|10|11> */
static enum at_result
control_set(struct terminal *t, const struct at_command *c)
{
	struct socket *s;
	enum at_result result = socket_param(t, c, &s);
	uint32_t what;
	uint64_t value = 0;

	if (result != AT_DONE)
		return result;
	if (c->count != 2 || !at_param_number(c, 1, 0, UINT32_MAX, &what))
		return CME_BAD_PARAMETERS;
	if (what >= 10 && s->protocol != SOCKET_TCP)
		return CME_NOT_ALLOWED;
	if (what == 4) {
		terminal_info(t, "+USOCTL: %u,4,\"%s\",%u", s->number,
		    s->peer.ip, s->peer.port);
		return AT_DONE;
	}
	if (what == 0)
		value = (uint64_t)s->protocol;
	else if (what == 1)
		value = (uint64_t)s->error;
	else if (what == 2)
		value = s->sent;
	else if (what == 3)
		value = s->received;
	else if (what == 10)
		value = tcp_state(s);
	else if (what == 11)
		value = s->conn == NULL ? 0 : conn_queued(s->conn);
	else
		return CME_NOT_SUPPORTED;
	terminal_info(t, "+USOCTL: %u,%u,%llu", s->number, (unsigned)what,
	    (unsigned long long)value);
	return AT_DONE;
}

static enum at_result
error_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+USOER: %d", t->module->sockets.error);
	return AT_DONE;
}

const struct at_entry at_socket[] = {
    {"+USOCR", NULL, create_set, NULL, "(6,17),(0-65535)"},
    {"+USOSEC", NULL, secure_set, NULL, "(0-7),(0,1),(0-4)"},
    {"+USOCO", NULL, connect_set, NULL, "(0-7),\"host\",(1-65535),(0,1)"},
    {"+USOWR", NULL, write_set, NULL, "(0-7),(1-1024),\"data\""},
    {"+USOST", NULL, send_set, NULL,
	"(0-7),\"address\",(1-65535),(1-1024),\"data\""},
    {"+USORD", NULL, receive_set, NULL, "(0-7),(0-1024)"},
    {"+USORF", NULL, receive_set, NULL, "(0-7),(0-1024)"},
    {"+USOCL", NULL, close_set, NULL, "(0-7),(0,1)"},
    {"+USOLI", NULL, listen_set, NULL, "(0-7),(1-65535)"},
    {"+USOSO", NULL, option_set, NULL, "(0-7),(0,6,65535)"},
    {"+USOGO", NULL, option_tell, NULL, "(0-7),(0,6,65535)"},
    {"+USOCTL", NULL, control_set, NULL, "(0-7),(0-4,10,11)"},
    {"+USOER", error_execute, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
