/*
 * The UDP end: batches of datagrams in and out of one socket, which serves
 * IPv6 and, bound to [::], IPv4 too. An answer leaves from the address that
 * its request came to.
 */
#ifndef CLOUD_DEVICES_SOCKET_H
#define CLOUD_DEVICES_SOCKET_H

#include <netinet/in.h>

#include "cloud/address.h"
#include "handler.h"

/* Longer datagrams are no requests of ours: dropped. */
#define UDP_DATAGRAM_MAX 1280
#define UDP_CONTROL_MAX 128

struct udp_peer {
	struct sockaddr_storage from;
	char address[ADDRESS_TEXT_MAX];
	/* Where it came to. */
	_Alignas(struct cmsghdr) uint8_t control[UDP_CONTROL_MAX];
	size_t control_len;
};

struct udp {
	int fd;
	uint64_t dropped; /* answers that the kernel did not take */
};

/* Datagrams that came together, and then their answers. */
struct udp_batch {
	size_t count;
	struct udp_peer peer[DEVICES_BATCH_MAX];
	struct devices_in in[DEVICES_BATCH_MAX];
	struct bytes out[DEVICES_BATCH_MAX]; /* empty: none */
	uint8_t data[DEVICES_BATCH_MAX][UDP_DATAGRAM_MAX];
};

/*
 * Opens a socket, does not block, bound to an address of HOST:PORT. Errors:
 * ERR_FORMAT (the address), ERR_IO (with errno).
 */
MUST_CHECK enum err udp_open(struct udp *udp, const char *listen);
void udp_close(struct udp *udp);

/*
 * Reads what is there and adds it to the batch, up to DEVICES_BATCH_MAX
 * datagrams in all; says how many came. in points into the batch.
 */
size_t udp_receive(struct udp *udp, struct udp_batch *b);

/*
 * Copies the answers, of DATAGRAM_MAX bytes at most, to where the datagrams
 * were, so that they can be sent later.
 */
void udp_keep(struct udp_batch *b);

/* Sends out[i], unless it is empty, to where in[i] is from. */
void udp_send(struct udp *udp, const struct udp_batch *b);

#endif
