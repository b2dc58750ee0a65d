/*
 * The commands of the root of trust and of the device's life: its name, its
 * seal, its heartbeat, its certificates.
 */
#include "internal.h"

enum hf_err
hf_rot_uid(struct hf_host *h, uint8_t ret_uid[8])
{
	uint8_t text[24], uid[8];
	struct hf_call call = {
	    .prefix = "+USECROTUID:", .out = text, .out_cap = sizeof(text)};
	struct command c;
	struct reader r;
	enum hf_err err;
	size_t i;

	command_init(&c, "AT+USECROTUID");
	err = command_run(h, &c, &call);
	if (err != HF_OK)
		return err;
	reader_init(&r, bytes_make(text, call.out_len));
	answer_hex(&r, uid, sizeof(uid));
	if (reader_end(&r) != ERR_OK)
		return HF_ERR_FORMAT;
	for (i = 0; i < sizeof(uid); i++)
		ret_uid[i] = uid[i];
	return HF_OK;
}

enum hf_err
hf_device_seal(struct hf_host *h, const char *profile_uid, const char *serial)
{
	struct command c;

	command_init(&c, "AT+USECDEVINFO=");
	command_quoted(&c, profile_uid);
	command_text(&c, ",");
	command_quoted(&c, serial);
	return command_run(h, &c, NULL);
}

/* Reads three numbers, each 0 or 1. */
static enum hf_err
three_flags(struct hf_host *h, const char *start, struct hf_call *call,
    size_t ret_flags[3])
{
	size_t flags[3], i;
	uint8_t text[16];
	struct command c;
	struct reader r;
	enum hf_err err;

	call->out = text;
	call->out_cap = sizeof(text);
	command_init(&c, start);
	err = command_run(h, &c, call);
	if (err != HF_OK)
		return err;
	reader_init(&r, bytes_make(text, call->out_len));
	for (i = 0; i < 3; i++) {
		if (i > 0)
			answer_comma(&r);
		flags[i] = answer_number(&r);
		if (flags[i] > 1)
			reader_fail(&r, ERR_FORMAT);
	}
	if (reader_end(&r) != ERR_OK)
		return HF_ERR_FORMAT;
	for (i = 0; i < 3; i++)
		ret_flags[i] = flags[i];
	return HF_OK;
}

enum hf_err
hf_device_info(struct hf_host *h, struct hf_device_info *ret_info)
{
	struct hf_call call = {
	    .prefix = "+USECDEVINFO:", .timeout_ms = TIMEOUT_BOOTSTRAP_MS};
	size_t flags[3];
	enum hf_err err = three_flags(h, "AT+USECDEVINFO?", &call, flags);

	if (err != HF_OK)
		return err;
	ret_info->module_registered = flags[0] == 1;
	ret_info->device_registered = flags[1] == 1;
	ret_info->device_activated = flags[2] == 1;
	return HF_OK;
}

enum hf_err
hf_heartbeat(struct hf_host *h)
{
	struct hf_call call = {.timeout_ms = TIMEOUT_HEARTBEAT_MS};
	struct command c;

	command_init(&c, "AT+USECCONN");
	return command_run(h, &c, &call);
}

enum hf_err
hf_security_mode(struct hf_host *h, bool on)
{
	struct command c;

	command_init(&c, "AT+USECMODE=");
	command_number(&c, on ? 1 : 0);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_certificates(struct hf_host *h, bool ret_present[3])
{
	struct hf_call call = {.prefix = "+USECDEVCERT:"};
	size_t flags[3], i;
	enum hf_err err = three_flags(h, "AT+USECDEVCERT?", &call, flags);

	if (err != HF_OK)
		return err;
	for (i = 0; i < 3; i++)
		ret_present[i] = flags[i] == 0;
	return HF_OK;
}

enum hf_err
hf_certificate_read(struct hf_host *h, enum hf_certificate which, char *ret_pem,
    size_t cap, size_t *ret_len)
{
	struct hf_call call = {.prefix = "+USECDEVCERT:",
	    .shape = HF_SHAPE_QUOTED,
	    .out = ret_pem,
	    .out_cap = cap};
	struct command c;
	enum hf_err err;

	command_init(&c, "AT+USECDEVCERT=");
	command_number(&c, (size_t)which);
	err = command_run(h, &c, &call);
	if (err == HF_OK && call.out_len == 0)
		err = HF_ERR_FORMAT;
	if (err == HF_OK)
		*ret_len = call.out_len;
	return err;
}
