/*
 * The packets between the front end and the TEE, both directions side by
 * side. Decoders are strict: unknown numbers, bytes left over and values out
 * of range are refused, since each end distrusts the other.
 */
#include "tee.h"
#include "tee_c2c.h"

#define ANSWER_BIT 0x80
#define ERR_LAST (-ERR_CRITICAL)

enum {
	INFO_MODULE_REGISTERED = 1,
	INFO_DEVICE_REGISTERED = 2,
	INFO_ACTIVATED = 4,
	INFO_SEALED = 8,
	INFO_BOOTSTRAPPING = 16,
	INFO_E2E_V2 = 32,
	INFO_ALL = 63
};

enum err
tee_ask(const struct tee *tee, const struct tee_request *request,
    struct tee_answer *ret_answer)
{
	enum err err = tee->call(tee->ctx, request, ret_answer);

	return err != ERR_OK ? err : ret_answer->err;
}

bool
tee_op_has_data(enum tee_op op)
{
	return op == TEE_E2E || op == TEE_E2E_OPEN || op == TEE_LOCAL_SEAL ||
	       op == TEE_LOCAL_OPEN || op == TEE_VAULT_SEAL ||
	       op == TEE_VAULT_OPEN;
}

/* --- requests --- */

enum err
tee_request_encode(const struct tee_request *request, struct writer *out)
{
	writer_u8(out, (uint8_t)request->op);
	switch (request->op) {
	case TEE_NETWORK:
		writer_u8(out, request->u.up ? 1 : 0);
		break;
	case TEE_RECEIVE:
		writer_put(out, request->u.datagram);
		break;
	case TEE_SEAL:
		writer_put(out, BYTES_OF(request->u.seal.profile));
		writer_put(out, request->u.seal.serial);
		break;
	case TEE_PSK:
		writer_u32(out, request->u.psk_len);
		break;
	case TEE_E2E:
	case TEE_E2E_OPEN:
		writer_u32(out, (uint32_t)request->data.len);
		break;
	case TEE_LOCAL_SEAL:
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_SEAL:
	case TEE_VAULT_OPEN:
		writer_u32(out, (uint32_t)request->data.len);
		writer_put(out, request->u.file);
		break;
	case TEE_E2E_VERSION:
		writer_u8(out, (uint8_t)request->u.e2e_version);
		break;
	case TEE_ZTP_GET:
		writer_u8(out, (uint8_t)request->u.ztp);
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_ERASE:
		tee_c2c_request_write(out, request->op, &request->u.c2c);
		break;
	case TEE_INFO:
	case TEE_POLL:
	case TEE_HEARTBEAT:
	case TEE_HEARTBEAT_RESULT:
	case TEE_RESET:
	case TEE_BOOT:
	case TEE_C2C_CLOSE:
		break;
	default:
		writer_fail(out, ERR_INVALID);
		break;
	}
	return out->err;
}

static bool
flag_read(struct reader *r)
{
	uint8_t v = reader_u8(r);

	if (v > 1)
		reader_fail(r, ERR_FORMAT);
	return v == 1;
}

static struct bytes
data_len_read(struct reader *r, size_t max)
{
	struct bytes data = bytes_make(NULL, reader_u32(r));

	if (data.len > max)
		reader_fail(r, ERR_FORMAT);
	return data;
}

static struct bytes
file_read(struct reader *r)
{
	struct bytes name = reader_rest(r);

	if (name.len < 1 || name.len > LOCAL_NAME_MAX)
		reader_fail(r, ERR_FORMAT);
	return name;
}

static enum tee_ztp
ztp_read(struct reader *r)
{
	uint8_t which = reader_u8(r);

	if (which > TEE_ZTP_CA)
		reader_fail(r, ERR_FORMAT);
	return (enum tee_ztp)which;
}

enum err
tee_request_decode(struct bytes in, struct tee_request *ret_request)
{
	struct reader r;

	reader_init(&r, in);
	ret_request->op = (enum tee_op)reader_u8(&r);
	switch (ret_request->op) {
	case TEE_NETWORK:
		ret_request->u.up = flag_read(&r);
		break;
	case TEE_RECEIVE:
		ret_request->u.datagram = reader_rest(&r);
		if (ret_request->u.datagram.len > DATAGRAM_MAX)
			reader_fail(&r, ERR_FORMAT);
		break;
	case TEE_SEAL:
		reader_copy(&r, ret_request->u.seal.profile, PROFILE_UID_LEN);
		ret_request->u.seal.serial = reader_rest(&r);
		break;
	case TEE_PSK:
		ret_request->u.psk_len = reader_u32(&r);
		break;
	case TEE_E2E:
	case TEE_E2E_OPEN:
		ret_request->data = data_len_read(&r, E2E_PLAINTEXT_MAX);
		break;
	case TEE_LOCAL_SEAL:
	case TEE_VAULT_SEAL:
		ret_request->data = data_len_read(&r, LOCAL_PLAINTEXT_MAX);
		ret_request->u.file = file_read(&r);
		break;
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_OPEN:
		ret_request->data = data_len_read(&r, E2E_PLAINTEXT_MAX);
		ret_request->u.file = file_read(&r);
		break;
	case TEE_E2E_VERSION:
		ret_request->u.e2e_version = flag_read(&r) ? 1 : 0;
		break;
	case TEE_ZTP_GET:
		ret_request->u.ztp = ztp_read(&r);
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_ERASE:
		tee_c2c_request_read(&r, ret_request->op, &ret_request->u.c2c);
		break;
	case TEE_INFO:
	case TEE_POLL:
	case TEE_HEARTBEAT:
	case TEE_HEARTBEAT_RESULT:
	case TEE_RESET:
	case TEE_BOOT:
	case TEE_C2C_CLOSE:
		break;
	default:
		reader_fail(&r, ERR_FORMAT);
		break;
	}
	return reader_end(&r);
}

/* --- answers --- */

/* An error as a positive number; 0 is good. */
static uint8_t
err_to_wire(enum err err)
{
	int n = -(int)err;

	return n < 0 || n > ERR_LAST ? (uint8_t)-ERR_INTERNAL : (uint8_t)n;
}

static enum err
err_read(struct reader *r)
{
	uint8_t n = reader_u8(r);

	if (n > ERR_LAST) {
		reader_fail(r, ERR_FORMAT);
		return ERR_INTERNAL;
	}
	return (enum err) - (int)n;
}

static void
info_write(struct writer *out, const struct tee_info *info)
{
	unsigned flags = 0;

	flags |= info->module_registered ? INFO_MODULE_REGISTERED : 0;
	flags |= info->device_registered ? INFO_DEVICE_REGISTERED : 0;
	flags |= info->activated ? INFO_ACTIVATED : 0;
	flags |= info->sealed ? INFO_SEALED : 0;
	flags |= info->bootstrapping ? INFO_BOOTSTRAPPING : 0;
	flags |= info->e2e_version == 1 ? INFO_E2E_V2 : 0;
	writer_put(out, BYTES_OF(info->uid));
	writer_u8(out, (uint8_t)flags);
	writer_u32(out, info->generation);
	writer_u32(out, info->features);
	writer_u8(out, (uint8_t)info->refused);
	writer_u8(out, err_to_wire(info->local_data));
}

static void
info_read(struct reader *r, struct tee_info *ret)
{
	unsigned flags;

	reader_copy(r, ret->uid, UID_LEN);
	flags = reader_u8(r);
	if ((flags & ~(unsigned)INFO_ALL) != 0)
		reader_fail(r, ERR_FORMAT);
	ret->module_registered = (flags & INFO_MODULE_REGISTERED) != 0;
	ret->device_registered = (flags & INFO_DEVICE_REGISTERED) != 0;
	ret->activated = (flags & INFO_ACTIVATED) != 0;
	ret->sealed = (flags & INFO_SEALED) != 0;
	ret->bootstrapping = (flags & INFO_BOOTSTRAPPING) != 0;
	ret->e2e_version = (flags & INFO_E2E_V2) != 0 ? 1 : 0;
	ret->generation = reader_u32(r);
	ret->features = reader_u32(r);
	ret->refused = reader_u8(r);
	ret->local_data = err_read(r);
}

static void
poll_read(struct reader *r, struct tee_answer *ret)
{
	struct bytes datagram;

	ret->u.poll.delay_ms = reader_u64(r);
	datagram = reader_rest(r);
	if (datagram.len > sizeof(ret->u.poll.datagram)) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	ret->u.poll.len = datagram.len;
	if (datagram.len > 0)
		memcpy(ret->u.poll.datagram, datagram.ptr, datagram.len);
}

static void
psk_write(struct writer *out, const struct tee_answer *answer)
{
	if (answer->u.psk.key_len > PSK_MAX) {
		writer_fail(out, ERR_INVALID);
		return;
	}
	writer_put(out, BYTES_OF(answer->u.psk.id));
	writer_put(out, bytes_make(answer->u.psk.key, answer->u.psk.key_len));
}

static void
psk_read(struct reader *r, struct tee_answer *ret)
{
	size_t len;

	reader_copy(r, ret->u.psk.id, PSK_ID_LEN);
	len = reader_left(r);
	if (len != 16 && len != 32) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	ret->u.psk.key_len = len;
	reader_copy(r, ret->u.psk.key, len);
}

static void
boot_write(struct writer *out, const struct tee_boot *boot)
{
	writer_u8(out, (uint8_t)boot->state);
	writer_u32(out, boot->version);
	writer_put(out, bytes_str(boot->name));
}

static void
boot_read(struct reader *r, struct tee_boot *ret)
{
	uint8_t state = reader_u8(r);
	struct bytes name;

	ret->version = reader_u32(r);
	name = reader_rest(r);
	if (state >= TEE_BOOT_STATES || name.len > FIRMWARE_MAX) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	ret->state = (enum tee_boot_state)state;
	memset(ret->name, 0, sizeof(ret->name));
	if (name.len > 0)
		memcpy(ret->name, name.ptr, name.len);
	if (strlen(ret->name) != name.len)
		reader_fail(r, ERR_FORMAT);
}

enum err
tee_answer_encode(
    enum tee_op op, const struct tee_answer *answer, struct writer *out)
{
	writer_u8(out, (uint8_t)(op | ANSWER_BIT));
	writer_u8(out, err_to_wire(answer->err));
	if (answer->err != ERR_OK)
		return out->err;
	switch (op) {
	case TEE_INFO:
		info_write(out, &answer->u.info);
		break;
	case TEE_POLL:
		writer_u64(out, answer->u.poll.delay_ms);
		writer_put(out,
		    bytes_make(answer->u.poll.datagram, answer->u.poll.len));
		break;
	case TEE_HEARTBEAT_RESULT:
		writer_u8(out, err_to_wire(answer->u.heartbeat));
		break;
	case TEE_PSK:
		psk_write(out, answer);
		break;
	case TEE_E2E:
	case TEE_E2E_OPEN:
	case TEE_LOCAL_SEAL:
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_SEAL:
	case TEE_VAULT_OPEN:
		writer_u32(out, (uint32_t)answer->u.data.len);
		break;
	case TEE_BOOT:
		boot_write(out, &answer->u.boot);
		break;
	case TEE_ZTP_GET:
		writer_put(
		    out, bytes_make(answer->u.ztp.der, answer->u.ztp.len));
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_ERASE:
		tee_c2c_answer_write(out, op, &answer->u.c2c);
		break;
	case TEE_NETWORK:
	case TEE_RECEIVE:
	case TEE_SEAL:
	case TEE_HEARTBEAT:
	case TEE_E2E_VERSION:
	case TEE_RESET:
	case TEE_C2C_CLOSE:
		break;
	default:
		writer_fail(out, ERR_INVALID);
		break;
	}
	return out->err;
}

static void
data_answer_read(struct reader *r, struct tee_answer *ret)
{
	ret->u.data.ptr = NULL;
	ret->u.data.len = reader_u32(r);
	if (ret->u.data.len >
	    E2E_PLAINTEXT_MAX + E2E_V1_HEADER_LEN + E2E_V1_TAG_LEN)
		reader_fail(r, ERR_FORMAT);
}

static void
ztp_answer_read(struct reader *r, struct tee_answer *ret)
{
	size_t len = reader_left(r);

	if (len < 1 || len > sizeof(ret->u.ztp.der)) {
		reader_fail(r, ERR_FORMAT);
		return;
	}
	ret->u.ztp.len = len;
	reader_copy(r, ret->u.ztp.der, len);
}

enum err
tee_answer_decode(
    enum tee_op op, struct bytes in, struct tee_answer *ret_answer)
{
	struct reader r;

	reader_init(&r, in);
	if (reader_u8(&r) != (uint8_t)(op | ANSWER_BIT))
		reader_fail(&r, ERR_FORMAT);
	ret_answer->err = err_read(&r);
	if (ret_answer->err != ERR_OK)
		return reader_end(&r);
	switch (op) {
	case TEE_INFO:
		info_read(&r, &ret_answer->u.info);
		break;
	case TEE_POLL:
		poll_read(&r, ret_answer);
		break;
	case TEE_HEARTBEAT_RESULT:
		ret_answer->u.heartbeat = err_read(&r);
		break;
	case TEE_PSK:
		psk_read(&r, ret_answer);
		break;
	case TEE_E2E:
	case TEE_E2E_OPEN:
	case TEE_LOCAL_SEAL:
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_SEAL:
	case TEE_VAULT_OPEN:
		data_answer_read(&r, ret_answer);
		break;
	case TEE_BOOT:
		boot_read(&r, &ret_answer->u.boot);
		break;
	case TEE_ZTP_GET:
		ztp_answer_read(&r, ret_answer);
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_ERASE:
		tee_c2c_answer_read(&r, op, &ret_answer->u.c2c);
		break;
	case TEE_NETWORK:
	case TEE_RECEIVE:
	case TEE_SEAL:
	case TEE_HEARTBEAT:
	case TEE_E2E_VERSION:
	case TEE_RESET:
	case TEE_C2C_CLOSE:
		break;
	default:
		reader_fail(&r, ERR_FORMAT);
		break;
	}
	return reader_end(&r);
}
