/*
 * The platform of a virtual device: a directory stands in for the chip.
 *
 *	DIR/slot0, DIR/slot1	the record, sealed
 *	DIR/huk			the hardware unique key: fuses, in a chip
 *	DIR/counter		the monotonic counter
 *	DIR/ticket		the recovery ticket, sealed by the service
 *	DIR/lock		held while the directory is open
 *
 * Whoever can read the directory has the device, and whoever copies it has a
 * clone: nothing but hardware can promise more. Files have mode 0600, the
 * directory 0700.
 */
#ifndef ROT_PORT_FILE_H
#define ROT_PORT_FILE_H

#include "rot/port.h"

struct port_file {
	int dir_fd;
	int lock_fd;
	uint8_t huk[32];
	struct rot_port port; /* for rot_open; valid while this is open */
};

/*
 * Opens the directory of a device and locks it. The struct must stay where
 * it is until port_file_close.
 *
 * Errors: ERR_NOT_FOUND (no directory, no huk), ERR_BUSY (another process
 * has it open), ERR_FORMAT (huk is not 32 bytes), ERR_IO.
 */
MUST_CHECK enum err port_file_open(struct port_file *file, const char *dir);

/*
 * The same without the huk, for a platform that has its own: slots, lock and
 * random source are there, the counter and the huk of the port are not.
 */
MUST_CHECK enum err port_file_open_slots(
    struct port_file *file, const char *dir);

/*
 * Makes the directory (its parent must exist) with a fresh huk, and opens
 * it. Errors: ERR_EXISTS (the directory is there), ERR_RANDOM, ERR_IO.
 */
MUST_CHECK enum err port_file_create(struct port_file *file, const char *dir);

/*
 * A file for what the device keeps outside of its root of trust; ctx is an
 * int, the open directory. Written whole and durably; empty content removes it.
 *
 * Errors of reading: ERR_NOT_FOUND, ERR_SPACE (over cap), ERR_IO; of
 * writing: ERR_IO.
 */
MUST_CHECK enum err port_file_ticket_read(
    void *ctx, uint8_t *out, size_t cap, size_t *ret_len);
MUST_CHECK enum err port_file_ticket_write(void *ctx, struct bytes content);

/* Unlocks, and wipes the huk in memory. */
void port_file_close(struct port_file *file);

#endif
