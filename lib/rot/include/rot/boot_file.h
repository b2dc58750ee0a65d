/*
 * A program's image in a file, measured for secure boot: for hosts.
 */
#ifndef ROT_BOOT_FILE_H
#define ROT_BOOT_FILE_H

#include "rot/boot.h"

/*
 * Measures the file at path: its size and its SHA-256. Errors: ERR_IO (it
 * cannot be read, is empty or no file), ERR_CRYPTO.
 */
MUST_CHECK enum err boot_file_measure(
    const char *path, struct boot_image *ret_image);

#endif
