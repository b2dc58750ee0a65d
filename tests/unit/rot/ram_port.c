/* The platform in memory: see ram_port.h. */
#include "ram_port.h"

#include "crypto/crypto.h"

static enum err
slot_read(void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct ram_port *ram = ctx;

	if (!ram->slot_there[slot])
		return ERR_NOT_FOUND;
	if (ram->slot_len[slot] > cap)
		return ERR_IO;
	memcpy(out, ram->slot[slot], ram->slot_len[slot]);
	*ret_len = ram->slot_len[slot];
	return ERR_OK;
}

static void
slot_set(struct ram_port *ram, unsigned slot, struct bytes record, size_t len)
{
	memcpy(ram->slot[slot], record.ptr, len);
	ram->slot_len[slot] = record.len;
	ram->slot_there[slot] = true;
}

static void
slot_tear(struct ram_port *ram, unsigned slot, struct bytes record)
{
	switch (ram->tear) {
	case RAM_ERASED:
		ram->slot_there[slot] = false;
		break;
	case RAM_HALF:
		slot_set(ram, slot, record, record.len / 2);
		break;
	case RAM_WHOLE:
		slot_set(ram, slot, record, record.len);
		break;
	case RAM_NOTHING:
	case RAM_TEARS:
		break;
	}
}

static enum err
slot_write(void *ctx, unsigned slot, struct bytes record)
{
	struct ram_port *ram = ctx;

	if (ram->dead || record.len > ROT_RECORD_MAX)
		return ERR_IO;
	if (++ram->writes == ram->cut_at) {
		ram->dead = true;
		slot_tear(ram, slot, record);
		return ERR_IO;
	}
	slot_set(ram, slot, record, record.len);
	return ERR_OK;
}

static enum err
counter_raise(void *ctx, uint64_t *ret_value)
{
	struct ram_port *ram = ctx;

	if (!ram->has_counter)
		return ERR_UNSUPPORTED;
	if (ram->dead)
		return ERR_IO;
	*ret_value = ++ram->counter;
	return ERR_OK;
}

static enum err
huk(void *ctx, uint8_t ret_huk[32])
{
	const struct ram_port *ram = ctx;

	memcpy(ret_huk, ram->huk, sizeof(ram->huk));
	return ERR_OK;
}

/* SHA-256 of the seed and a count: the same run draws the same bytes. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	struct ram_port *ram = ctx;
	uint8_t block[SHA256_LEN];
	uint64_t in[2];
	struct bytes part = {(const uint8_t *)in, sizeof(in)};
	size_t n;

	while (len > 0) {
		in[0] = ram->seed;
		in[1] = ++ram->drawn;
		if (sha256(&part, 1, block) != ERR_OK)
			return ERR_RANDOM;
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	return ERR_OK;
}

void
ram_port_init(struct ram_port *ram, uint64_t seed)
{
	memset(ram, 0, sizeof(*ram));
	memset(ram->huk, 0x5a, sizeof(ram->huk));
	ram->seed = seed;
	ram->port.ctx = ram;
	ram->port.slot_read = slot_read;
	ram->port.slot_write = slot_write;
	ram->port.counter_raise = counter_raise;
	ram->port.huk = huk;
	ram->port.random.fill = draw;
	ram->port.random.ctx = ram;
}

void
ram_boot(struct ram_port *ram)
{
	if (ram->dead)
		ram->cut_at = 0;
	ram->dead = false;
}
