/*
 * Certificates and keys: +USECMNG. Sessions that were made with the old ones
 * are forgotten with every change.
 */
#include <time.h>

#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "credentials.h"
#include "module.h"
#include "tls.h"

enum { OP_STORE, OP_IMPORT, OP_REMOVE, OP_LIST, OP_MD5 };

static const char *const type_names[CREDENTIAL_TYPES] = {
    [CREDENTIAL_CA] = "CA",
    [CREDENTIAL_CLIENT_CERT] = "CC",
    [CREDENTIAL_CLIENT_KEY] = "PK",
    [CREDENTIAL_SERVER_CERT] = "SC",
    [CREDENTIAL_VERIFY_CERT] = "VC",
    [CREDENTIAL_VERIFY_KEY] = "PU",
};

/* <op>,<type>,"<name>": what all but the list begin with. */
static bool
params_read(
    const struct at_command *c, uint32_t *ret_type, struct bytes *ret_name)
{
	return at_param_number(c, 1, 0, CREDENTIAL_TYPES - 1, ret_type) &&
	       at_param_text(c, 2, ret_name);
}

static void
md5_tell(struct terminal *t, const struct credential *c, uint32_t op)
{
	char hex[HEX_SIZE(CREDENTIAL_MD5_LEN)];

	hex_encode_lower(BYTES_OF(c->md5), hex);
	terminal_info(
	    t, "+USECMNG: %u,%d,\"%s\",\"%s\"", op, (int)c->type, c->name, hex);
}

/* --- storing --- */

/* Keeps what the command that runs names, and tells its hash. */
static enum at_result
content_keep(struct terminal *t, struct bytes content)
{
	const struct at_command *c = &t->command;
	struct credential *kept = malloc(sizeof(*kept));
	struct bytes name = BYTES_NONE, password = BYTES_NONE;
	uint32_t type = 0;
	enum err err = ERR_NOMEM;

	(void)params_read(c, &type, &name);
	(void)at_param_text(c, 4, &password);
	if (kept == NULL)
		return CME_CREDENTIAL_NO_MEMORY;
	err = credential_read(
	    (enum credential_type)type, name, content, password, kept);
	if (err == ERR_OK)
		err = tls_sessions_forget(t->module);
	if (err == ERR_OK)
		err = credential_put(t->module, kept);
	if (err == ERR_OK)
		md5_tell(t, kept, c->params[0].number);
	credential_wipe(kept);
	free(kept);
	return at_result_of_credential(err);
}

/* The password, which may be left out. */
static bool
password_ok(const struct at_command *c, uint32_t type)
{
	struct bytes password;

	if (c->count == 4)
		return true;
	return c->count == 5 && at_param_text(c, 4, &password) &&
	       password.len <= PROFILE_SECRET_MAX &&
	       (type == CREDENTIAL_CLIENT_KEY || password.len == 0);
}

/* 0,<type>,"<name>",<size>[,"<password>"], then the bytes at a prompt */
static enum at_result
store(struct terminal *t, const struct at_command *c)
{
	enum at_result result;
	struct bytes name;
	uint32_t type, size;

	if (!params_read(c, &type, &name) || !password_ok(c, type) ||
	    !at_param_number(c, 3, 1, UINT32_MAX, &size))
		return CME_BAD_PARAMETERS;
	if (!credential_name_ok(name))
		return name.len > CREDENTIAL_NAME_MAX ? CME_TOO_LONG
						      : CME_BAD_PARAMETERS;
	if (size > CREDENTIAL_SIZE_MAX)
		return CME_CREDENTIAL_TOO_LARGE;
	result = terminal_prompt(t, size, content_keep);
	t->late = CME_CREDENTIAL_TIMEOUT;
	return result;
}

/* 1,<type>,"<name>","<file>"[,"<password>"] */
static enum at_result
import(struct terminal *t, const struct at_command *c)
{
	struct file_name file;
	struct bytes name;
	enum at_result result;
	uint8_t *data;
	uint32_t type;
	size_t len;

	if (!params_read(c, &type, &name) || !password_ok(c, type))
		return CME_BAD_PARAMETERS;
	result = at_file_param(c, 3, &file);
	if (result == AT_DONE)
		result = at_file_read(t, &file, &data, &len);
	if (result != AT_DONE)
		return result;
	result = content_keep(t, bytes_make(data, len));
	if (len > 0)
		wipe(data, len);
	free(data);
	return result;
}

/* --- looking --- */

/* Text of a certificate's that cannot break the line it is told in. */
static void
subject_copy(X509 *x, char *out, size_t size)
{
	X509_NAME *subject = X509_get_subject_name(x);
	int len =
	    X509_NAME_get_text_by_NID(subject, NID_commonName, out, (int)size);
	char *p;

	if (len < 0)
		(void)X509_NAME_oneline(subject, out, (int)size);
	for (p = out; *p != '\0'; p++) {
		if (*p < 0x20 || *p >= 0x7f || *p == '"')
			*p = '?';
	}
}

static void
certificate_tell(struct terminal *t, const struct credential *c, X509 *x)
{
	char subject[256] = "", date[40] = "";
	struct tm tm;

	subject_copy(x, subject, sizeof(subject));
	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
		(void)strftime(date, sizeof(date), "%Y/%m/%d %H:%M:%S", &tm);
	terminal_info(t, "\"%s\",\"%s\",\"%s\",\"%s\"", type_names[c->type],
	    c->name, subject, date);
}

struct list {
	struct terminal *terminal;
	uint32_t type; /* CREDENTIAL_TYPES: all */
};

static enum err
list_one(void *ctx, const struct credential *c)
{
	const struct list *list = ctx;
	X509 *x;

	if (list->type != CREDENTIAL_TYPES && list->type != c->type)
		return ERR_OK;
	if (c->type == CREDENTIAL_CLIENT_KEY ||
	    c->type == CREDENTIAL_VERIFY_KEY) {
		terminal_info(list->terminal, "\"%s\",\"%s\"",
		    type_names[c->type], c->name);
		return ERR_OK;
	}
	x = credential_certificate(c);
	if (x != NULL)
		certificate_tell(list->terminal, c, x);
	X509_free(x);
	return ERR_OK;
}

/* 3[,<type>] */
static enum at_result
list_all(struct terminal *t, const struct at_command *c)
{
	struct list list = {t, CREDENTIAL_TYPES};

	if (c->count > 2 || !at_param_number_or(c, 1, 0, CREDENTIAL_TYPES - 1,
				CREDENTIAL_TYPES, &list.type))
		return CME_BAD_PARAMETERS;
	return at_result_of(credential_each(t->module, list_one, &list));
}

/* 4,<type>,"<name>" */
static enum at_result
md5_read(struct terminal *t, const struct at_command *c)
{
	struct credential *found;
	struct bytes name;
	uint32_t type;
	enum err err;

	if (c->count != 3 || !params_read(c, &type, &name))
		return CME_BAD_PARAMETERS;
	found = malloc(sizeof(*found));
	if (found == NULL)
		return CME_CREDENTIAL_NO_MEMORY;
	err =
	    credential_get(t->module, (enum credential_type)type, name, found);
	if (err == ERR_OK)
		md5_tell(t, found, OP_MD5);
	credential_wipe(found);
	free(found);
	return err == ERR_AUTH ? CME_MEMORY_FAILURE : at_result_of(err);
}

/* 2,<type>,"<name>" */
static enum at_result
remove_one(struct terminal *t, const struct at_command *c)
{
	struct bytes name;
	uint32_t type;
	enum err err;

	if (c->count != 3 || !params_read(c, &type, &name))
		return CME_BAD_PARAMETERS;
	err = tls_sessions_forget(t->module);
	if (err == ERR_OK)
		err = credential_remove(
		    t->module, (enum credential_type)type, name);
	return at_result_of(err);
}

static enum at_result
manage_set(struct terminal *t, const struct at_command *c)
{
	uint32_t op;

	if (!at_param_number(c, 0, OP_STORE, OP_MD5, &op))
		return CME_BAD_PARAMETERS;
	switch (op) {
	case OP_STORE:
		return store(t, c);
	case OP_IMPORT:
		return import(t, c);
	case OP_REMOVE:
		return remove_one(t, c);
	case OP_LIST:
		return list_all(t, c);
	default:
		return md5_read(t, c);
	}
}

const struct at_entry at_credential[] = {
    {"+USECMNG", NULL, manage_set, NULL, "(0-4),(0-5)"},
    {NULL, NULL, NULL, NULL, NULL},
};
