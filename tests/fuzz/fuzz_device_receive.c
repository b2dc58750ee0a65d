/*
 * A device that waits for message_2 gets any datagrams: the input is a
 * sequence of them, each after its length in one byte, with the message id
 * put right so that they get past the first door. It must stay upright, and
 * never register.
 */
#include "device/state.h"
#include "fuzz.h"

static uint8_t slots[2][ROT_RECORD_MAX];
static size_t slot_len[2];

static enum err
slot_read(void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	(void)ctx;
	if (slot_len[slot] == 0)
		return ERR_NOT_FOUND;
	fuzz_check(slot_len[slot] <= cap);
	memcpy(out, slots[slot], slot_len[slot]);
	*ret_len = slot_len[slot];
	return ERR_OK;
}

static enum err
slot_write(void *ctx, unsigned slot, struct bytes record)
{
	(void)ctx;
	memcpy(slots[slot], record.ptr, record.len);
	slot_len[slot] = record.len;
	return ERR_OK;
}

static enum err
huk(void *ctx, uint8_t ret_huk[32])
{
	(void)ctx;
	memset(ret_huk, 0x5a, 32);
	return ERR_OK;
}

/* The same bytes in every run: what is found can be found again. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	static uint8_t next;

	(void)ctx;
	while (len-- > 0)
		*out++ = next++;
	return ERR_OK;
}

static struct rot rot;
static struct device device;
static const struct rot_port port = {
    .slot_read = slot_read,
    .slot_write = slot_write,
    .huk = huk,
    .random = {draw, NULL},
};

static void
device_make(void)
{
	static const struct device_config config = {
	    .heartbeat_min_s = 300, .heartbeat_s = 604800, .firmware = "03.15"};
	struct rot_birth birth = {.credential_count = 1};
	struct p256_secret service = {{[31] = 9}};

	birth.key.d[31] = 7;
	birth.credential[0].kid = 1;
	fuzz_check(crypto_init() == ERR_OK);
	fuzz_check(
	    p256_public(&service, &birth.credential[0].public_key) == ERR_OK);
	slot_len[0] = slot_len[1] = 0;
	fuzz_check(rot_open(&rot, &port) == ERR_OK);
	fuzz_check(rot_provision(&rot, &birth) == ERR_OK);
	fuzz_check(device_init(&device, &rot, &config) == ERR_OK);
	device_network(&device, true, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t datagram[256];
	struct device_info info;
	struct bytes out, next;
	struct reader r;
	uint64_t now_ms = 0, next_ms;

	if (size > 4096)
		return 0;
	device_make();
	reader_init(&r, bytes_make(data, size));
	while (reader_left(&r) > 0) {
		fuzz_check(
		    device_poll(&device, now_ms, 0, &out, &next_ms) == ERR_OK);
		next = reader_take(&r, reader_u8(&r));
		if (r.err != ERR_OK)
			break;
		if (next.len > 0)
			memcpy(datagram, next.ptr, next.len);
		if (next.len >= 4) {
			datagram[2] = (uint8_t)(device.exchange.id >> 8);
			datagram[3] = (uint8_t)device.exchange.id;
		}
		device_receive(
		    &device, now_ms, 0, bytes_make(datagram, next.len));
		now_ms += 1000;
	}
	device_info(&device, &info);
	fuzz_check(!info.module_registered && info.refused == 0);
	device_done(&device);
	rot_done(&rot);
	return 0;
}
