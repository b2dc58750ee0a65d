/*
 * Keys and data: PSKs, end-to-end messages, and what the module encrypts for
 * itself.
 */
#include <string.h>

#include "base/wipe.h"
#include "internal.h"

#define IDENTITY_DIGITS 28

/* "<identity>","<key>" of an answer. */
static enum hf_err
psk_read(struct bytes text, size_t key_len, struct hf_psk *ret_psk)
{
	struct bytes identity;
	struct hf_psk psk;
	struct reader r;
	enum hf_err err = HF_OK;

	memset(&psk, 0, sizeof(psk));
	reader_init(&r, text);
	identity = answer_quoted(&r);
	answer_comma(&r);
	answer_hex(&r, psk.key, key_len);
	psk.key_len = key_len;
	if (reader_end(&r) != ERR_OK || identity.len != IDENTITY_DIGITS)
		err = HF_ERR_FORMAT;
	if (err == HF_OK) {
		memcpy(psk.identity, identity.ptr, identity.len);
		*ret_psk = psk;
	}
	wipe(&psk, sizeof(psk));
	return err;
}

enum hf_err
hf_psk(struct hf_host *h, size_t key_len, struct hf_psk *ret_psk)
{
	uint8_t text[IDENTITY_DIGITS + 64 + 8];
	struct hf_call call = {
	    .prefix = "+USECPSK:", .out = text, .out_cap = sizeof(text)};
	struct command c;
	enum hf_err err;

	if (key_len != 16 && key_len != 32)
		return HF_ERR_INVALID;
	command_init(&c, "AT+USECPSK=");
	command_number(&c, key_len);
	err = command_run(h, &c, &call);
	if (err == HF_OK)
		err =
		    psk_read(bytes_make(text, call.out_len), key_len, ret_psk);
	wipe(text, sizeof(text));
	return err;
}

enum hf_err
hf_e2e_version_set(struct hf_host *h, unsigned version)
{
	struct command c;

	if (version != 1 && version != 2)
		return HF_ERR_INVALID;
	command_init(&c, "AT+USECOPCMD=\"e2e_enc\",");
	command_number(&c, version - 1);
	return command_run(h, &c, NULL);
}

enum hf_err
hf_e2e_version(struct hf_host *h, unsigned *ret_version)
{
	uint8_t text[24];
	struct hf_call call = {
	    .prefix = "+USECOPCMD:", .out = text, .out_cap = sizeof(text)};
	struct command c;
	struct bytes name;
	struct reader r;
	enum hf_err err;
	size_t n;

	command_init(&c, "AT+USECOPCMD=\"e2e_enc\"");
	err = command_run(h, &c, &call);
	if (err != HF_OK)
		return err;
	reader_init(&r, bytes_make(text, call.out_len));
	name = answer_quoted(&r);
	answer_comma(&r);
	n = answer_number(&r);
	if (reader_end(&r) != ERR_OK || n > 1 ||
	    !bytes_equal(name, BYTES_LIT("e2e_enc")))
		return HF_ERR_FORMAT;
	*ret_version = (unsigned)n + 1;
	return HF_OK;
}

/* What goes in and what comes out of a command with binary data. */
struct transfer {
	const char *start, *prefix;
	const uint8_t *data; /* with a prompt, or NULL */
	size_t len;
	const char *file; /* or NULL */
	uint8_t *out;
	size_t cap;
};

static enum hf_err
transfer_run(struct hf_host *h, const struct transfer *t, size_t *ret_len)
{
	struct hf_call call = {.prefix = t->prefix,
	    .shape = HF_SHAPE_BINARY,
	    .prompt = t->data == NULL ? '\0' : '>',
	    .data = t->data,
	    .data_len = t->len,
	    .out = t->out,
	    .out_cap = t->cap};
	struct command c;
	enum hf_err err;

	command_init(&c, t->start);
	if (t->data != NULL)
		command_number(&c, t->len);
	if (t->data != NULL && t->file != NULL)
		command_text(&c, ",");
	if (t->file != NULL)
		command_quoted(&c, t->file);
	err = command_run(h, &c, &call);
	if (err == HF_OK)
		*ret_len = call.out_len;
	return err;
}

enum hf_err
hf_e2e_encrypt(struct hf_host *h, const uint8_t *data, size_t len,
    uint8_t *ret_message, size_t cap, size_t *ret_len)
{
	const struct transfer t = {.start = "AT+USECE2EDATAENC=",
	    .prefix = "+USECE2EDATAENC:",
	    .data = data,
	    .len = len,
	    .out = ret_message,
	    .cap = cap};

	return transfer_run(h, &t, ret_len);
}

enum hf_err
hf_e2e_encrypt_file(struct hf_host *h, const char *file, uint8_t *ret_message,
    size_t cap, size_t *ret_len)
{
	const struct transfer t = {.start = "AT+USECE2EFILEENC=",
	    .prefix = "+USECE2EFILEENC:",
	    .file = file,
	    .out = ret_message,
	    .cap = cap};

	return transfer_run(h, &t, ret_len);
}

enum hf_err
hf_e2e_decrypt(struct hf_host *h, const uint8_t *message, size_t len,
    uint8_t *ret_data, size_t cap, size_t *ret_len)
{
	const struct transfer t = {.start = "AT+USECE2EDATADEC=",
	    .prefix = "+USECE2EDATADEC:",
	    .data = message,
	    .len = len,
	    .out = ret_data,
	    .cap = cap};

	return transfer_run(h, &t, ret_len);
}

enum hf_err
hf_local_encrypt(
    struct hf_host *h, const uint8_t *data, size_t len, const char *file)
{
	const struct transfer t = {
	    .start = "AT+USECDATAENC=", .data = data, .len = len, .file = file};
	size_t none;

	return transfer_run(h, &t, &none);
}

enum hf_err
hf_local_decrypt(struct hf_host *h, const char *file, uint8_t *ret_data,
    size_t cap, size_t *ret_len)
{
	const struct transfer t = {.start = "AT+USECFILEDEC=",
	    .prefix = "+USECFILEDEC:",
	    .file = file,
	    .out = ret_data,
	    .cap = cap};

	return transfer_run(h, &t, ret_len);
}
