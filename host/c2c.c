/*
 * Pairs and sessions of chip-to-chip, seen from the host. A session is open
 * from the plain OK of =1 to the OK of =2 or =3 in its last frame. When one of
 * these does not arrive the host cannot know whether the module is in the
 * session. It is in doubt then, and its keys are kept until hf_sync has ended
 * it. Only a session that the caller has not, or wants to end, is ever in
 * doubt; so nothing that was meant for frames is sent, or heard, without them.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#include <string.h>

#include "base/wipe.h"
#include "c2c/frame.h"
#include "c2c/session.h"
#include "internal.h"

#define PREFIX "+USECC2C:"
#define SYNC_TRIES 3u
#define KEYS_TEXT_MAX 128 /* 3,0 and three times 32 digits in quotes */

/* What a pairing answered. */
struct keys {
	uint8_t key[HF_C2C_KEY_LEN];
	uint8_t hmac_key[HF_C2C_KEY_LEN];
	uint8_t tag[HF_C2C_TAG_LEN];
};

/* <op>,0,"<key>"; behind V1's there is nothing, else "<hmac>","<tag>". */
static enum hf_err
keys_read(struct bytes text, size_t op, bool v1, struct keys *ret)
{
	struct reader r;

	memset(ret, 0, sizeof(*ret));
	reader_init(&r, text);
	if (answer_number(&r) != op)
		reader_fail(&r, ERR_FORMAT);
	answer_comma(&r);
	if (answer_number(&r) != 0)
		reader_fail(&r, ERR_FORMAT);
	answer_comma(&r);
	answer_hex(&r, ret->key, sizeof(ret->key));
	if (!v1) {
		answer_comma(&r);
		answer_hex(&r, ret->hmac_key, sizeof(ret->hmac_key));
		answer_comma(&r);
		answer_hex(&r, ret->tag, sizeof(ret->tag));
	}
	return reader_end(&r) == ERR_OK ? HF_OK : HF_ERR_FORMAT;
}

/* Runs a command that is answered with keys. */
static enum hf_err
run_keys(struct hf_host *h, struct command *c, size_t op,
    struct hf_c2c_pair *pair, uint8_t ret_tag[HF_C2C_TAG_LEN])
{
	uint8_t text[KEYS_TEXT_MAX];
	struct hf_call call = {
	    .prefix = PREFIX, .out = text, .out_cap = sizeof(text)};
	enum hf_err err = command_run(h, c, &call);
	struct keys keys;

	if (err == HF_OK)
		err = keys_read(bytes_make(text, call.out_len), op,
		    pair->version == HF_C2C_V1, &keys);
	if (err == HF_OK) {
		memcpy(pair->key, keys.key, sizeof(pair->key));
		memcpy(pair->hmac_key, keys.hmac_key, sizeof(pair->hmac_key));
		memcpy(ret_tag, keys.tag, sizeof(keys.tag));
	}
	wipe(&keys, sizeof(keys));
	wipe(text, sizeof(text));
	return err;
}

enum hf_err
hf_c2c_te_secret(
    const struct hf_crypto *crypto, uint8_t ret_te_secret[HF_C2C_TE_LEN])
{
	return crypto->random(crypto->ctx, ret_te_secret, HF_C2C_TE_LEN) == 0
		   ? HF_OK
		   : HF_ERR_CRYPTO;
}

enum hf_err
hf_c2c_pair(struct hf_host *h, enum hf_c2c_version version,
    const uint8_t te_secret[HF_C2C_TE_LEN], struct hf_c2c_pair *ret_pair,
    uint8_t ret_tag[HF_C2C_TAG_LEN])
{
	struct hf_c2c_pair pair;
	struct command c;
	enum hf_err err;

	if (version < HF_C2C_V1 || version > HF_C2C_V3)
		return HF_ERR_INVALID;
	if (h->c2c != NULL)
		return HF_ERR_STATE;
	pair.version = (uint8_t)version;
	memcpy(pair.te_secret, te_secret, HF_C2C_TE_LEN);
	command_init(&c, "AT+USECC2C=0,");
	command_hex(&c, bytes_make(te_secret, HF_C2C_TE_LEN));
	if (version == HF_C2C_V3)
		command_text(&c, ",3");
	err = run_keys(h, &c, 0, &pair, ret_tag);
	if (err == HF_OK)
		*ret_pair = pair;
	wipe(&pair, sizeof(pair));
	return err;
}

enum hf_err
hf_c2c_confirm(struct hf_host *h, const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair, const uint8_t tag[HF_C2C_TAG_LEN])
{
	uint8_t confirm[HF_C2C_CONFIRM_LEN];
	struct command c;

	if (h->c2c != NULL)
		return HF_ERR_STATE;
	if (c2c_confirm_make(crypto, pair, tag, confirm) != ERR_OK)
		return HF_ERR_CRYPTO;
	command_init(&c, "AT+USECC2C=4,");
	command_hex(&c, BYTES_OF(pair->te_secret));
	command_text(&c, ",");
	command_hex(&c, BYTES_OF(confirm));
	return command_run(h, &c, NULL);
}

enum hf_err
hf_c2c_erase(struct hf_host *h, const uint8_t te_secret[HF_C2C_TE_LEN])
{
	struct command c;

	if (h->c2c != NULL)
		return HF_ERR_STATE;
	command_init(&c, "AT+USECC2C=5");
	if (te_secret != NULL) {
		command_text(&c, ",");
		command_hex(&c, bytes_make(te_secret, HF_C2C_TE_LEN));
	}
	return command_run(h, &c, NULL);
}

/* Everything from here on is in frames; what arrived already, too. */
static void
session_start(struct hf_host *h, struct hf_c2c *c2c)
{
	c2c_decoder_init(&c2c->decoder, c2c->in, sizeof(c2c->in));
	c2c->text = NULL;
	c2c->text_len = 0;
	c2c->plain_len = 0;
	c2c->refused = 0;
	link_use(h, c2c);
}

void
hf_c2c_forget(struct hf_host *h)
{
	struct hf_c2c *c2c = h->c2c != NULL ? h->c2c : h->doubt;

	if (c2c == NULL)
		return;
	c2c_session_done(&c2c->session);
	wipe(c2c, sizeof(*c2c));
	h->doubt = NULL;
	link_use(h, NULL);
}

/* A session was to end: it has, it was refused, or nobody knows. */
static void
session_end(struct hf_host *h, enum hf_err err)
{
	if (err == HF_OK)
		hf_c2c_forget(h);
	else if (err != HF_ERR_MODULE)
		h->doubt = h->c2c;
}

/* 1,"<module's nonce>" of the answer to a V3 opening. */
static enum hf_err
open_v3(
    struct hf_host *h, struct command *c, uint8_t ret_nonce[HF_C2C_NONCE_LEN])
{
	uint8_t text[48];
	struct hf_call call = {
	    .prefix = PREFIX, .out = text, .out_cap = sizeof(text)};
	struct reader r;
	enum hf_err err = command_run(h, c, &call);

	if (err != HF_OK)
		return err;
	reader_init(&r, bytes_make(text, call.out_len));
	if (answer_number(&r) != 1)
		reader_fail(&r, ERR_FORMAT);
	answer_comma(&r);
	answer_hex(&r, ret_nonce, HF_C2C_NONCE_LEN);
	return reader_end(&r) == ERR_OK ? HF_OK : HF_ERR_FORMAT;
}

static enum hf_err
session_err(enum err err)
{
	if (err == ERR_OK)
		return HF_OK;
	return err == ERR_INVALID ? HF_ERR_INVALID : HF_ERR_CRYPTO;
}

/* The module may be in the session, and the host is not. */
static void
session_doubt(struct hf_host *h, struct hf_c2c *c2c)
{
	session_start(h, c2c);
	link_use(h, NULL);
	h->doubt = c2c;
}

/*
 * Runs the command of V1 and V2, whose sessions have the keys of the pair. So
 * there are keys for one that is perhaps open, too.
 */
static enum hf_err
agree_v2(struct hf_host *h, struct command *c, struct hf_c2c *c2c,
    const struct hf_crypto *crypto, const struct hf_c2c_pair *pair)
{
	enum hf_err err = session_err(
	    c2c_session_init(&c2c->session, crypto, C2C_HOST, pair));

	if (err != HF_OK)
		return err;
	err = command_run(h, c, NULL);
	if (err == HF_ERR_MODULE)
		c2c_session_done(&c2c->session);
	else if (err != HF_OK)
		session_doubt(h, c2c);
	return err;
}

/*
 * Adds the nonce to the command, runs it, and makes the keys. Without the
 * module's nonce there are none, nor are they needed: a module that knows V3
 * ends a session when a plain line comes instead of its first frame.
 */
static enum hf_err
agree_v3(struct hf_host *h, struct command *c, struct hf_c2c *c2c,
    const struct hf_crypto *crypto, const struct hf_c2c_pair *pair)
{
	uint8_t ours[HF_C2C_NONCE_LEN], theirs[HF_C2C_NONCE_LEN];
	enum hf_err err;

	if (crypto->random(crypto->ctx, ours, sizeof(ours)) != 0)
		return HF_ERR_CRYPTO;
	command_text(c, ",");
	command_hex(c, BYTES_OF(ours));
	memset(&c2c->session, 0, sizeof(c2c->session));
	err = open_v3(h, c, theirs);
	if (err == HF_OK)
		err = session_err(c2c_session_init_v3(
		    &c2c->session, crypto, C2C_HOST, pair, ours, theirs));
	if (err != HF_OK && err != HF_ERR_MODULE)
		session_doubt(h, c2c);
	return err;
}

enum hf_err
hf_c2c_open(struct hf_host *h, struct hf_c2c *c2c,
    const struct hf_crypto *crypto, const struct hf_c2c_pair *pair)
{
	struct command c;
	enum hf_err err = HF_OK;

	if (pair->version < HF_C2C_V1 || pair->version > HF_C2C_V3)
		return HF_ERR_INVALID;
	if (h->doubt != NULL)
		err = hf_sync(h, SYNC_TRIES);
	if (err != HF_OK)
		return err;
	if (h->c2c != NULL)
		return HF_ERR_STATE;
	command_init(&c, "AT+USECC2C=1,");
	command_hex(&c, BYTES_OF(pair->te_secret));
	if (pair->version == HF_C2C_V3)
		err = agree_v3(h, &c, c2c, crypto, pair);
	else
		err = agree_v2(h, &c, c2c, crypto, pair);
	if (err == HF_OK)
		session_start(h, c2c);
	return err;
}

enum hf_err
hf_c2c_close(struct hf_host *h)
{
	struct command c;
	enum hf_err err;

	if (h->c2c == NULL)
		return HF_ERR_STATE;
	command_init(&c, "AT+USECC2C=2");
	err = command_run(h, &c, NULL);
	session_end(h, err);
	return err;
}

enum hf_err
hf_c2c_rekey(struct hf_host *h, struct hf_c2c_pair *ret_pair,
    uint8_t ret_tag[HF_C2C_TAG_LEN])
{
	struct hf_c2c_pair pair;
	struct command c;
	enum hf_err err;

	if (h->c2c == NULL || h->c2c->session.version == HF_C2C_V1)
		return HF_ERR_STATE;
	pair.version = h->c2c->session.version;
	memcpy(pair.te_secret, h->c2c->session.te_secret, HF_C2C_TE_LEN);
	command_init(&c, "AT+USECC2C=3");
	err = run_keys(h, &c, 3, &pair, ret_tag);
	if (err == HF_OK)
		*ret_pair = pair;
	session_end(h, err);
	wipe(&pair, sizeof(pair));
	return err;
}
