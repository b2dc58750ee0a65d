/*
 * Security commands: identity, sealing, bootstrap state, heartbeat, PSK. All
 * keys are the TEE's; what passes here is what its host asked for.
 */
#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "module.h"

#define HEARTBEAT_WAIT_MS (5 * 60 * 1000u) /* seed, 4.4.1.2 */
#define BOOTSTRAP_WAIT_MS (5 * 60 * 1000u)

#define PROFILE_TEXT_LEN 22 /* 16 bytes in base64url */

enum err
at_tee_ask(struct terminal *t, enum tee_op op, struct tee_answer *ret_answer)
{
	struct tee_request request = {.op = op};

	return tee_ask(&t->module->tee, &request, ret_answer);
}

enum at_result
at_feature_result(struct terminal *t, enum err err, unsigned needed)
{
	struct tee_answer answer;
	unsigned off = 0;

	if (err != ERR_DISABLED)
		return at_result_of_security(err);
	/* Before the bootstrap there are no features yet. */
	if (at_tee_ask(t, TEE_INFO, &answer) == ERR_OK &&
	    answer.u.info.generation > 0)
		off = needed & ~answer.u.info.features;
	/* A suspended device has its features still: they are not at fault. */
	return off == 0 ? at_result_of_security(err)
			: at_result_off(off & (~off + 1));
}

/* --- +USECMODE, +USECROTUID --- */

static enum at_result
mode_apply(struct settings *s, const struct at_command *c)
{
	uint32_t on;

	if (c->count != 1 || !at_param_number(c, 0, 0, 1, &on))
		return CME_BAD_PARAMETERS;
	s->security_off = on == 0;
	return AT_DONE;
}

static void
mode_write(const struct settings *s, struct writer *out)
{
	setting_put(out, "AT+USECMODE=%d", s->security_off ? 0 : 1);
}

/* The service is left, or looked for, at once. */
static enum at_result
mode_set(struct terminal *t, const struct at_command *c)
{
	enum at_result result = at_setting_set(t, c);

	t->module->tee_changed = true;
	return result;
}

static enum at_result
mode_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(
	    t, "+USECMODE: %d", t->module->settings.security_off ? 0 : 1);
	return AT_DONE;
}

static enum at_result
rotuid_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	char hex[HEX_SIZE(UID_LEN)];

	hex_encode(BYTES_OF(t->module->uid), hex);
	terminal_info(t, "+USECROTUID: \"%s\"", hex);
	return AT_DONE;
}

/* --- +USECDEVINFO --- */

/*
 * +USECDEVINFO="<DeviceProfileUID>","<serial>": the TEE checks the serial
 * and that this is the first time.
 */
static enum at_result
devinfo_set(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_SEAL};
	struct tee_answer answer;
	struct bytes profile;
	size_t len;
	enum err err;

	if (c->count != 2 || !at_param_text(c, 0, &profile) ||
	    !at_param_text(c, 1, &request.u.seal.serial))
		return CME_BAD_PARAMETERS;
	if (profile.len != PROFILE_TEXT_LEN ||
	    request.u.seal.serial.len > SERIAL_MAX ||
	    base64url_decode(profile, request.u.seal.profile, PROFILE_UID_LEN,
		&len) != ERR_OK ||
	    len != PROFILE_UID_LEN)
		return CME_BAD_PARAMETERS;
	err = tee_ask(&t->module->tee, &request, &answer);
	if (err == ERR_EXISTS)
		return AT_DONE; /* sealed once and for ever */
	if (err == ERR_OK)
		t->module->tee_changed = true;
	return at_result_of_security(err);
}

/* A service that does not answer bootstraps nobody. */
static bool
reachable(const struct module *m)
{
	return network_up(&m->network) && !m->service_silent;
}

/*
 * The three states of the seed's table. While a bootstrap is under way, or
 * when the service refused it, there is none of them to tell.
 */
static enum at_result
devinfo_look(struct terminal *t)
{
	struct tee_answer answer;
	const struct tee_info *info = &answer.u.info;
	enum err err = at_tee_ask(t, TEE_INFO, &answer);

	if (err != ERR_OK)
		return at_result_of_security(err);
	if (info->bootstrapping && reachable(t->module))
		return AT_LATER;
	if (info->refused != 0)
		return CME_SEC_NOT_AUTHORIZED;
	terminal_info(t, "+USECDEVINFO: %d,%d,%d", info->module_registered,
	    info->device_registered, info->activated);
	return AT_DONE;
}

static enum at_result
devinfo_read(struct terminal *t, UNUSED const struct at_command *c)
{
	enum at_result result = devinfo_look(t);

	if (result != AT_LATER)
		return result;
	if (!t->module->model->devinfo_blocks)
		return CME_SEC_BUSY;
	result = terminal_wait(t, devinfo_look, BOOTSTRAP_WAIT_MS);
	t->late = CME_SEC_TIMEOUT;
	return result;
}

/* --- +USECCONN --- */

/* A heartbeat that has ended: what it is told depends on why it failed. */
static enum at_result
conn_result(struct terminal *t, enum err err)
{
	struct tee_answer answer;

	if (err != ERR_TIMEOUT)
		return at_result_of_security(err);
	if (!network_up(&t->module->network))
		return CME_SEC_CONNECTION_LOST;
	if (at_tee_ask(t, TEE_INFO, &answer) == ERR_OK &&
	    answer.u.info.refused != 0)
		return CME_SEC_NOT_AUTHORIZED;
	return CME_SEC_TIMEOUT;
}

static enum at_result
conn_look(struct terminal *t)
{
	struct tee_answer answer;
	enum err err = at_tee_ask(t, TEE_HEARTBEAT_RESULT, &answer);

	if (err != ERR_OK)
		return at_result_of_security(err);
	if (answer.u.heartbeat == ERR_BUSY)
		return AT_LATER;
	return conn_result(t, answer.u.heartbeat);
}

/*
 * Asks for a heartbeat. The module may be at an exchange of its own, which is
 * over in a moment: it is waited for.
 */
static enum at_result
conn_start(struct terminal *t)
{
	struct tee_answer answer;
	enum err err = at_tee_ask(t, TEE_HEARTBEAT, &answer);

	if (err == ERR_BUSY)
		return AT_LATER;
	if (err != ERR_OK)
		return at_result_of_security(err);
	t->module->tee_changed = true;
	if (!t->module->model->usecconn_blocks)
		return AT_DONE;
	t->on_wait = conn_look;
	return AT_LATER;
}

static enum at_result
conn_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	enum at_result result;

	if (!network_up(&t->module->network))
		return CME_NO_CONNECTION;
	t->on_wait = conn_start;
	result = conn_start(t);
	if (result != AT_LATER)
		return result;
	result = terminal_wait(t, t->on_wait, HEARTBEAT_WAIT_MS);
	t->late = CME_SEC_TIMEOUT;
	return result;
}

/* --- +USECPSK, +USECPK --- */

static void
psk_tell(struct terminal *t, const char *name, const struct tee_answer *answer)
{
	char id[HEX_SIZE(PSK_ID_LEN)], key[HEX_SIZE(PSK_MAX)];

	hex_encode(BYTES_OF(answer->u.psk.id), id);
	hex_encode(bytes_make(answer->u.psk.key, answer->u.psk.key_len), key);
	terminal_info(t, "%s: \"%s\",\"%s\"", name, id, key);
	wipe(key, sizeof(key));
}

static enum at_result
psk_set(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_PSK};
	struct tee_answer answer;
	enum err err;

	if (c->count != 1 ||
	    !at_param_number(c, 0, 16, 32, &request.u.psk_len) ||
	    (request.u.psk_len != 16 && request.u.psk_len != 32))
		return CME_BAD_PARAMETERS;
	err = tee_ask(&t->module->tee, &request, &answer);
	if (err == ERR_OK)
		psk_tell(t, c->name, &answer);
	wipe(&answer, sizeof(answer));
	return at_feature_result(t, err, TEE_FEATURE_PSK);
}

const struct setting settings_usec[] = {
    {"+USECMODE", mode_apply, mode_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_client[] = {
    {"+USECMODE", NULL, mode_set, mode_read, "(0,1)"},
    {"+USECROTUID", rotuid_execute, NULL, rotuid_execute, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct at_entry at_usec[] = {
    {"+USECDEVINFO", NULL, devinfo_set, devinfo_read, NULL},
    {"+USECCONN", conn_execute, NULL, NULL, NULL},
    {"+USECPSK", NULL, psk_set, NULL, "(16,32)"},
    {"+USECPK", NULL, psk_set, NULL, "(16,32)"},
    {NULL, NULL, NULL, NULL, NULL},
};
