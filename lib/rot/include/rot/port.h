/*
 * What a platform gives the root of trust. All of it is inside the trusted
 * environment; nothing here is reachable for the host application.
 */
#ifndef ROT_PORT_H
#define ROT_PORT_H

#include "base/bytes.h"
#include "base/random.h"

/* Bytes of one slot of the record. */
#define ROT_RECORD_MAX 4096

struct rot_vault;

struct rot_port {
	void *ctx;

	/*
	 * Reads slot 0 or 1 of the record, up to cap bytes. ERR_NOT_FOUND
	 * when it was never written. What a power cut has left reads as any
	 * bytes or as ERR_NOT_FOUND; ERR_IO says that the slot may be whole
	 * but cannot be read now, and keeps the root of trust closed.
	 */
	enum err (*slot_read)(void *ctx, unsigned slot, uint8_t *out,
	    size_t cap, size_t *ret_len);

	/*
	 * Writes a slot whole and durably before it returns. A power cut may
	 * leave this slot in any state, but never touches the other one.
	 */
	enum err (*slot_write)(void *ctx, unsigned slot, struct bytes record);

	/*
	 * A counter that never goes back, raised and read; it may skip values.
	 * ERR_UNSUPPORTED, or no function, where the platform has none: then
	 * the record alone counts.
	 */
	enum err (*counter_raise)(void *ctx, uint64_t *ret_value);

	/*
	 * A counter of the same hardware that guards the record: guard_raise
	 * adds exactly one, durably, and guard_read says where it stands. An
	 * older record that somebody put back is refused by it. No functions
	 * where the platform has none: then an old record opens.
	 */
	enum err (*guard_read)(void *ctx, uint64_t *ret_value);
	enum err (*guard_raise)(void *ctx);

	/* Keeps the keys; NULL: they lie in the record. See vault.h. */
	const struct rot_vault *vault;

	/* Hardware unique key: 32 bytes that never leave. */
	enum err (*huk)(void *ctx, uint8_t ret_huk[32]);

	/* Fresh entropy after every boot; never a stored seed alone. */
	struct random_source random;
};

#endif
