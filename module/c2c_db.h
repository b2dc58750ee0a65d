/*
 * The file USR/usec/c2c_db in the module's state: the records of chip-to-chip
 * as the TEE has sealed them. The front end keeps it and cannot read it.
 */
#ifndef MODULE_C2C_DB_H
#define MODULE_C2C_DB_H

#include "base/bytes.h"

/*
 * Reads it, up to cap bytes; 0 of them where there is none. Errors:
 * ERR_CONFLICT (it is longer than it can be), ERR_IO.
 */
MUST_CHECK enum err c2c_db_read(
    int state_fd, uint8_t *out, size_t cap, size_t *ret_len);

/*
 * Writes it durably, the folders too. After a power cut it is as it was or
 * as it is now. Error: ERR_IO.
 */
MUST_CHECK enum err c2c_db_write(int state_fd, struct bytes db);

/*
 * Puts it aside durably, as c2c_db.damaged; one that was there before is
 * gone. Error: ERR_IO.
 */
MUST_CHECK enum err c2c_db_set_aside(int state_fd);

#endif
