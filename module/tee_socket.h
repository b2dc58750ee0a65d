/*
 * One packet with at most one descriptor beside it over the socket between
 * the front end and the TEE, and the memory files that travel so.
 */
#ifndef MODULE_TEE_SOCKET_H
#define MODULE_TEE_SOCKET_H

#include "base/bytes.h"

/* Sends a packet, and fd unless it is -1. Error: ERR_IO. */
MUST_CHECK enum err tee_socket_send(int socket, struct bytes packet, int fd);

/*
 * Receives a packet of up to cap bytes, waiting for it; *ret_fd is -1 or the
 * caller's to close. Errors: ERR_NOT_FOUND (the other end is gone),
 * ERR_FORMAT (too long, or too many descriptors), ERR_IO.
 */
MUST_CHECK enum err tee_socket_receive(
    int socket, uint8_t *out, size_t cap, size_t *ret_len, int *ret_fd);

/* A memory file of len bytes in the making. */
struct tee_memory {
	int fd;
	uint8_t *ptr; /* NULL when len is 0 */
	size_t len;
};

/* Makes one, mapped for writing. Errors: ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err tee_memory_make(size_t len, struct tee_memory *ret_memory);

/*
 * Cuts it to len bytes and seals it: nobody can change it any more. The
 * mapping is gone afterwards. Error: ERR_IO.
 */
MUST_CHECK enum err tee_memory_seal(struct tee_memory *memory, size_t len);

/*
 * Maps a received memory file for reading. It must be sealed and have len
 * bytes. The descriptor becomes the memory's. Errors: ERR_FORMAT, ERR_NOMEM.
 */
MUST_CHECK enum err tee_memory_map(
    int fd, size_t len, struct tee_memory *ret_memory);

/* Unmaps and closes. */
void tee_memory_free(struct tee_memory *memory);

#endif
