/*
 * A TCTI of our own: a descriptor that carries one packet a command and one
 * an answer. read, write and poll are all it calls.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tcti.h>
#include <unistd.h>

#include "base/wipe.h"
#include "internal.h"

#define WIRE_MAGIC UINT64_C(0x484f4c4446415354)

struct wire {
	TSS2_TCTI_CONTEXT_COMMON_V2 common; /* first: tpm2-tss knows it only */
	int fd;
	int answer_ms;
	bool over; /* an answer did not come, or not as it should */
	size_t len; /* of an answer that waits in packet */
	uint8_t packet[TPM2_PACKET_MAX];
};

static struct wire *
wire_of(TSS2_TCTI_CONTEXT *context)
{
	return (struct wire *)(void *)context;
}

static TSS2_RC
wire_transmit(TSS2_TCTI_CONTEXT *context, size_t len, const uint8_t *command)
{
	struct wire *wire = wire_of(context);
	ssize_t n;

	if (len > TPM2_PACKET_MAX)
		return TSS2_TCTI_RC_BAD_VALUE;
	if (wire->over)
		return TSS2_TCTI_RC_IO_ERROR;
	do {
		n = write(wire->fd, command, len);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
}

/* Waits for the answer, into packet. */
static TSS2_RC
answer_take(struct wire *wire)
{
	struct pollfd p = {.fd = wire->fd, .events = POLLIN};
	ssize_t n;
	int got;

	do {
		got = poll(&p, 1, wire->answer_ms);
	} while (got < 0 && errno == EINTR);
	if (got != 1)
		return TSS2_TCTI_RC_IO_ERROR;
	do {
		n = read(wire->fd, wire->packet, sizeof(wire->packet));
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return TSS2_TCTI_RC_IO_ERROR;
	wire->len = (size_t)n;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
wire_receive(TSS2_TCTI_CONTEXT *context, size_t *len, uint8_t *answer,
    int32_t timeout_ms)
{
	struct wire *wire = wire_of(context);
	TSS2_RC rc = TSS2_RC_SUCCESS;

	(void)timeout_ms;
	if (wire->len == 0 && !wire->over)
		rc = answer_take(wire);
	if (rc != TSS2_RC_SUCCESS)
		wire->over = true;
	if (wire->over)
		return TSS2_TCTI_RC_IO_ERROR;
	if (answer != NULL && *len < wire->len)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	*len = wire->len;
	if (answer == NULL)
		return TSS2_RC_SUCCESS;
	memcpy(answer, wire->packet, wire->len);
	wire->len = 0;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
wire_cancel(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC
wire_locality(TSS2_TCTI_CONTEXT *context, uint8_t locality)
{
	(void)context;
	(void)locality;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC
wire_handles(
    TSS2_TCTI_CONTEXT *context, TSS2_TCTI_POLL_HANDLE *handles, size_t *count)
{
	(void)context;
	(void)handles;
	(void)count;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC
wire_sticky(TSS2_TCTI_CONTEXT *context, TPM2_HANDLE *handle, uint8_t sticky)
{
	(void)context;
	(void)handle;
	(void)sticky;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

/* The memory is wire_free's to free. */
static void
wire_finalize(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
}

enum err
wire_new(int fd, int answer_ms, TSS2_TCTI_CONTEXT **ret_wire)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (wire == NULL)
		return ERR_NOMEM;
	wire->fd = fd;
	wire->answer_ms = answer_ms;
	wire->common.v1.magic = WIRE_MAGIC;
	wire->common.v1.version = 2;
	wire->common.v1.transmit = wire_transmit;
	wire->common.v1.receive = wire_receive;
	wire->common.v1.finalize = wire_finalize;
	wire->common.v1.cancel = wire_cancel;
	wire->common.v1.getPollHandles = wire_handles;
	wire->common.v1.setLocality = wire_locality;
	wire->common.makeSticky = wire_sticky;
	*ret_wire = (TSS2_TCTI_CONTEXT *)(void *)wire;
	return ERR_OK;
}

void
wire_free(TSS2_TCTI_CONTEXT *wire)
{
	if (wire == NULL)
		return;
	wipe(wire, sizeof(struct wire));
	free(wire);
}
