/*
 * AT+USECC2C: pairing, confirmation, erasing, opening, closing, new keys. The
 * TEE decides and makes keys; here its records are stored before a host is
 * answered, and a session's keys go to the frames of its terminal.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#include "at_table.h"
#include "base/text.h"
#include "base/wipe.h"
#include "c2c/session.h"
#include "c2c_db.h"
#include "crypto/crypto.h"
#include "log.h"
#include "module.h"

/* The parameter at i is hex of exactly len bytes. */
static bool
param_hex(const struct at_command *c, size_t i, uint8_t *out, size_t len)
{
	struct bytes text;
	size_t got;

	return at_param_text(c, i, &text) && text.len == 2 * len &&
	       hex_decode(text, out, len, &got) == ERR_OK;
}

/* Asks with the records that there are, and stores those that come back. */
static enum err
ask_once(struct terminal *t, struct tee_request *request,
    struct tee_answer *ret_answer)
{
	struct module *m = t->module;
	uint8_t db[TEE_C2C_DB_MAX];
	size_t len;
	enum err err = c2c_db_read(m->state_fd, db, sizeof(db), &len);

	if (err != ERR_OK)
		return err;
	request->u.c2c.terminal = bytes_str(t->name);
	request->u.c2c.db = bytes_make(db, len);
	err = tee_ask(&m->tee, request, ret_answer);
	if (err == ERR_OK && request->op != TEE_C2C_OPEN &&
	    ret_answer->u.c2c.db_len > 0)
		err = c2c_db_write(m->state_fd,
		    bytes_make(ret_answer->u.c2c.db, ret_answer->u.c2c.db_len));
	return err;
}

/*
 * Records that the TEE cannot use are as good as none: who could damage them
 * could have removed them. They are kept beside, so that whoever mixed up two
 * modules' files loses nothing.
 */
static enum err
ask(struct terminal *t, struct tee_request *request,
    struct tee_answer *ret_answer)
{
	enum err err = ask_once(t, request, ret_answer);

	if (err != ERR_CONFLICT)
		return err;
	err = c2c_db_set_aside(t->module->state_fd);
	if (err != ERR_OK)
		return err;
	log_always("the chip-to-chip pairs in USR/usec/c2c_db are damaged, or "
		   "another root of trust's: they are now in "
		   "c2c_db.damaged, and hosts must pair again");
	return ask_once(t, request, ret_answer);
}

/* What a host is told of an answer about its pair. */
static enum at_result
pair_result(struct terminal *t, enum err err, unsigned needed)
{
	enum at_result result;

	switch (err) {
	case ERR_EXISTS:
		return CME_C2C_PAIRED;
	case ERR_SPACE:
		return CME_C2C_FULL;
	case ERR_NOT_FOUND:
	case ERR_STATE: /* there is one, but it was never confirmed */
		return CME_C2C_NOT_PAIRED;
	default:
		result = at_feature_result(t, err, needed);
		/* It holds for suspended devices too: what is off is V1. */
		return result == CME_SEC_WRONG_STATE ? CME_DISABLED : result;
	}
}

/* --- pairing --- */

static void
keys_tell(struct terminal *t, unsigned op, const struct tee_c2c_answer *answer)
{
	char key[HEX_SIZE(HF_C2C_KEY_LEN)], hmac_key[HEX_SIZE(HF_C2C_KEY_LEN)];
	char tag[HEX_SIZE(HF_C2C_TAG_LEN)];

	hex_encode(BYTES_OF(answer->pair.key), key);
	hex_encode(BYTES_OF(answer->pair.hmac_key), hmac_key);
	hex_encode(BYTES_OF(answer->tag), tag);
	if (answer->pair.version == HF_C2C_V1)
		terminal_info(t, "+USECC2C: %u,0,\"%s\"", op, key);
	else
		terminal_info(t, "+USECC2C: %u,0,\"%s\",\"%s\",\"%s\"", op, key,
		    hmac_key, tag);
	wipe(key, sizeof(key));
	wipe(hmac_key, sizeof(hmac_key));
	wipe(tag, sizeof(tag));
}

static enum at_result
pair(struct terminal *t, unsigned op, struct tee_request *request)
{
	struct tee_answer answer;
	enum err err;

	request->op = TEE_C2C_PAIR;
	err = ask(t, request, &answer);
	if (err == ERR_OK)
		keys_tell(t, op, &answer.u.c2c);
	wipe(&answer, sizeof(answer));
	return pair_result(t, err, TEE_FEATURE_C2C | TEE_FEATURE_C2C_PAIRING);
}

/* 0,"<TE_SECRET>"[,3]; firmware that has V1 has nothing else */
static enum at_result
do_pair(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_C2C_PAIR};
	uint32_t version = t->module->c2c_v1 ? HF_C2C_V1 : HF_C2C_V2;

	if (c->count > 3 ||
	    !param_hex(c, 1, request.u.c2c.te_secret, HF_C2C_TE_LEN))
		return CME_BAD_PARAMETERS;
	if (c->count == 3 &&
	    (t->module->c2c_v1 || !at_param_number(c, 2, 3, 3, &version)))
		return CME_BAD_PARAMETERS;
	request.u.c2c.version = (uint8_t)version;
	return pair(t, 0, &request);
}

/* 4,"<TE_SECRET>","<confirmation>" */
static enum at_result
do_confirm(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_C2C_CONFIRM};
	struct tee_answer answer;
	enum err err;

	if (c->count != 3 ||
	    !param_hex(c, 1, request.u.c2c.te_secret, HF_C2C_TE_LEN) ||
	    !param_hex(c, 2, request.u.c2c.confirm, HF_C2C_CONFIRM_LEN))
		return CME_BAD_PARAMETERS;
	/* ERR_AUTH: other keys, or a damaged line; the host may try again. */
	err = ask(t, &request, &answer);
	return pair_result(t, err, TEE_FEATURE_C2C | TEE_FEATURE_C2C_PAIRING);
}

/* 5[,"<TE_SECRET>"]: a pair of this terminal, or all of them */
static enum at_result
do_erase(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_C2C_ERASE};
	struct tee_answer answer;

	request.u.c2c.all = c->count == 1;
	if (c->count > 2 ||
	    (c->count == 2 &&
		!param_hex(c, 1, request.u.c2c.te_secret, HF_C2C_TE_LEN)))
		return CME_BAD_PARAMETERS;
	return pair_result(t, ask(t, &request, &answer),
	    TEE_FEATURE_C2C | TEE_FEATURE_C2C_PAIRING);
}

/* --- sessions --- */

/* Makes the session of a pair; theirs is the host's nonce, of V3 alone. */
static enum err
session_make(struct terminal *t, const struct hf_c2c_pair *pair,
    const uint8_t *theirs, struct hf_c2c_session *ret)
{
	const struct hf_crypto *crypto = &t->module->crypto;
	uint8_t ours[HF_C2C_NONCE_LEN];
	char hex[HEX_SIZE(HF_C2C_NONCE_LEN)];
	enum err err;

	if (pair->version != HF_C2C_V3)
		return c2c_session_init(ret, crypto, C2C_MODULE, pair);
	err = crypto_random(ours, sizeof(ours));
	if (err == ERR_OK)
		err = c2c_session_init_v3(
		    ret, crypto, C2C_MODULE, pair, theirs, ours);
	if (err != ERR_OK)
		return err;
	hex_encode(BYTES_OF(ours), hex);
	terminal_info(t, "+USECC2C: 1,\"%s\"", hex);
	return ERR_OK;
}

/* 1,"<TE_SECRET>"[,"<host's nonce>"] */
static enum at_result
do_open(struct terminal *t, const struct at_command *c)
{
	struct tee_request request = {.op = TEE_C2C_OPEN};
	uint8_t theirs[HF_C2C_NONCE_LEN] = {0};
	struct hf_c2c_session session;
	struct tee_answer answer;
	enum err err;

	if (c->count > 3 ||
	    !param_hex(c, 1, request.u.c2c.te_secret, HF_C2C_TE_LEN) ||
	    (c->count == 3 && !param_hex(c, 2, theirs, sizeof(theirs))))
		return CME_BAD_PARAMETERS;
	request.u.c2c.version = c->count == 3 ? HF_C2C_V3 : HF_C2C_V2;
	err = ask(t, &request, &answer);
	if (err == ERR_OK) {
		memcpy(answer.u.c2c.pair.te_secret, request.u.c2c.te_secret,
		    HF_C2C_TE_LEN);
		err = session_make(t, &answer.u.c2c.pair, theirs, &session);
	}
	wipe(&answer, sizeof(answer));
	if (err == ERR_OK)
		terminal_session_open(t, &session);
	return pair_result(t, err, TEE_FEATURE_C2C);
}

static enum err
close_tell(struct terminal *t)
{
	struct tee_request request = {.op = TEE_C2C_CLOSE};
	struct tee_answer answer;

	return tee_ask(&t->module->tee, &request, &answer);
}

/* 2[,"<TE_SECRET>"] */
static enum at_result
do_close(struct terminal *t, const struct at_command *c)
{
	uint8_t te_secret[HF_C2C_TE_LEN];
	enum err err;

	if (c->count > 2 ||
	    (c->count == 2 && !param_hex(c, 1, te_secret, sizeof(te_secret))))
		return CME_BAD_PARAMETERS;
	if (c->count == 2 && memcmp(te_secret, terminal_session(t)->te_secret,
				 sizeof(te_secret)) != 0)
		return CME_C2C_NOT_PAIRED;
	err = close_tell(t);
	if (err == ERR_OK)
		terminal_session_close(t);
	return at_result_of_security(err);
}

/* 3 */
static enum at_result
do_rekey(struct terminal *t, const struct at_command *c)
{
	const struct hf_c2c_session *session = terminal_session(t);
	struct tee_request request = {.op = TEE_C2C_PAIR};
	enum at_result result;

	if (c->count != 1)
		return CME_BAD_PARAMETERS;
	memcpy(request.u.c2c.te_secret, session->te_secret, HF_C2C_TE_LEN);
	request.u.c2c.version = session->version;
	request.u.c2c.rekey = true;
	result = pair(t, 3, &request);
	if (result == AT_DONE) {
		(void)close_tell(t); /* the new keys stand: it ends anyway */
		terminal_session_close(t);
	}
	return result;
}

/*
 * Pairs are made and erased, and sessions opened, outside of sessions; the
 * rest is for inside. Where a session begins or ends the line does, too.
 */
static enum at_result
c2c_set(struct terminal *t, const struct at_command *c)
{
	static const struct {
		enum at_result (*run)(
		    struct terminal *t, const struct at_command *c);
		bool inside, last;
	} ops[] = {
	    {do_pair, false, false},
	    {do_open, false, true},
	    {do_close, true, true},
	    {do_rekey, true, true},
	    {do_confirm, false, false},
	    {do_erase, false, false},
	};
	uint32_t op;

	if (!at_param_number(c, 0, 0, ARRAY_LEN(ops) - 1, &op))
		return CME_BAD_PARAMETERS;
	if (ops[op].inside != (terminal_session(t) != NULL) ||
	    (ops[op].last && at_line_more(&t->rest)))
		return CME_NOT_ALLOWED;
	return ops[op].run(t, c);
}

const struct at_entry at_c2c[] = {
    {"+USECC2C", NULL, c2c_set, NULL, "(0-5)"},
    {NULL, NULL, NULL, NULL, NULL},
};
