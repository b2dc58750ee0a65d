/*
 * See tee_c2c.h. As strict as all that crosses between the two processes.
 */
#include "tee_c2c.h"

void
tee_c2c_request_write(
    struct writer *out, enum tee_op op, const struct tee_c2c_request *request)
{
	writer_put(out, BYTES_OF(request->te_secret));
	writer_u8(out, (uint8_t)request->terminal.len);
	writer_put(out, request->terminal);
	if (op == TEE_C2C_PAIR || op == TEE_C2C_OPEN)
		writer_u8(out, request->version);
	if (op == TEE_C2C_PAIR)
		writer_u8(out, request->rekey ? 1 : 0);
	if (op == TEE_C2C_ERASE)
		writer_u8(out, request->all ? 1 : 0);
	if (op == TEE_C2C_CONFIRM)
		writer_put(out, BYTES_OF(request->confirm));
	writer_put(out, request->db);
}

static uint8_t
version_read(struct reader *r)
{
	uint8_t version = reader_u8(r);

	if (version < HF_C2C_V1 || version > HF_C2C_V3)
		reader_fail(r, ERR_FORMAT);
	return version;
}

static bool
flag_read(struct reader *r)
{
	uint8_t flag = reader_u8(r);

	if (flag > 1)
		reader_fail(r, ERR_FORMAT);
	return flag == 1;
}

void
tee_c2c_request_read(
    struct reader *r, enum tee_op op, struct tee_c2c_request *ret_request)
{
	memset(ret_request, 0, sizeof(*ret_request));
	reader_copy(r, ret_request->te_secret, HF_C2C_TE_LEN);
	ret_request->terminal = reader_take(r, reader_u8(r));
	if (ret_request->terminal.len == 0 ||
	    ret_request->terminal.len > TERMINAL_NAME_MAX)
		reader_fail(r, ERR_FORMAT);
	if (op == TEE_C2C_PAIR || op == TEE_C2C_OPEN)
		ret_request->version = version_read(r);
	if (op == TEE_C2C_PAIR)
		ret_request->rekey = flag_read(r);
	if (op == TEE_C2C_ERASE)
		ret_request->all = flag_read(r);
	if (op == TEE_C2C_CONFIRM)
		reader_copy(r, ret_request->confirm, HF_C2C_CONFIRM_LEN);
	ret_request->db = reader_rest(r);
	if (ret_request->db.len > TEE_C2C_DB_MAX)
		reader_fail(r, ERR_FORMAT);
}

void
tee_c2c_answer_write(
    struct writer *out, enum tee_op op, const struct tee_c2c_answer *answer)
{
	if (op == TEE_C2C_PAIR || op == TEE_C2C_OPEN) {
		writer_u8(out, answer->pair.version);
		writer_put(out, BYTES_OF(answer->pair.key));
		writer_put(out, BYTES_OF(answer->pair.hmac_key));
	}
	if (op == TEE_C2C_PAIR)
		writer_put(out, BYTES_OF(answer->tag));
	if (op != TEE_C2C_OPEN)
		writer_put(out, bytes_make(answer->db, answer->db_len));
}

static void
db_read(struct reader *r, struct tee_c2c_answer *ret_answer)
{
	size_t len = reader_left(r);

	if (len > TEE_C2C_DB_MAX) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	ret_answer->db_len = len;
	reader_copy(r, ret_answer->db, len);
}

void
tee_c2c_answer_read(
    struct reader *r, enum tee_op op, struct tee_c2c_answer *ret_answer)
{
	memset(ret_answer, 0, sizeof(*ret_answer));
	if (op == TEE_C2C_PAIR || op == TEE_C2C_OPEN) {
		ret_answer->pair.version = version_read(r);
		reader_copy(r, ret_answer->pair.key, HF_C2C_KEY_LEN);
		reader_copy(r, ret_answer->pair.hmac_key, HF_C2C_KEY_LEN);
	}
	if (op == TEE_C2C_PAIR)
		reader_copy(r, ret_answer->tag, HF_C2C_TAG_LEN);
	if (op != TEE_C2C_OPEN)
		db_read(r, ret_answer);
}
