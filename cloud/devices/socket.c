/*
 * recvmmsg and sendmmsg around one socket. A datagram that cannot be sent is
 * lost, as datagrams may be: its device asks again.
 */
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for bursts; the kernel gives what its own limit allows. */
#define RECEIVE_BUFFER (4 << 20)

static enum err
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0
		   ? ERR_OK
		   : ERR_IO;
}

static enum err
set_options(int fd, int family)
{
	enum err err;

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVBUF, &(int){RECEIVE_BUFFER}, sizeof(int));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_SNDBUF, &(int){RECEIVE_BUFFER}, sizeof(int));
	if (family == AF_INET)
		return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
	err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (err == ERR_OK)
		err = set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return err;
}

enum err
udp_open(struct udp *udp, const char *listen)
{
	struct address a;
	enum err err = address_parse(listen, &a);
	int saved, fd;

	if (err != ERR_OK)
		return err;
	fd = socket(
	    a.sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	err = set_options(fd, a.sa.ss_family);
	if (err == ERR_OK &&
	    bind(fd, (const struct sockaddr *)&a.sa, a.len) != 0)
		err = ERR_IO;
	if (err != ERR_OK) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return err;
	}
	udp->fd = fd;
	udp->dropped = 0;
	return ERR_OK;
}

void
udp_close(struct udp *udp)
{
	(void)close(udp->fd);
	udp->fd = -1;
}

/* An IPv4 address in IPv6's clothes is shown as what it is. */
static void
format_peer(struct udp_peer *peer)
{
	struct address a = {.sa = peer->from};
	struct sockaddr_in6 in6;
	struct sockaddr_in in4 = {.sin_family = AF_INET};

	memcpy(&in6, &peer->from, sizeof(in6));
	if (a.sa.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		in4.sin_port = in6.sin6_port;
		memcpy(&in4.sin_addr, in6.sin6_addr.s6_addr + 12, 4);
		memset(&a.sa, 0, sizeof(a.sa));
		memcpy(&a.sa, &in4, sizeof(in4));
	}
	if (address_format(&a, peer->address) != ERR_OK)
		peer->address[0] = '\0';
}

/* A /24 of IPv4, a /56 of IPv6: what a customer or a small site is given. */
#define NET_LEN_4 3
#define NET_LEN_6 7

static struct bytes
net_of(const struct udp_peer *peer)
{
	const uint8_t *raw = (const uint8_t *)&peer->from;
	const uint8_t *in4 = raw + offsetof(struct sockaddr_in, sin_addr);
	const uint8_t *in6 = raw + offsetof(struct sockaddr_in6, sin6_addr);
	struct in6_addr address;

	if (peer->from.ss_family == AF_INET)
		return bytes_make(in4, NET_LEN_4);
	memcpy(&address, in6, sizeof(address));
	return IN6_IS_ADDR_V4MAPPED(&address) ? bytes_make(in6 + 12, NET_LEN_4)
					      : bytes_make(in6, NET_LEN_6);
}

/* Keeps where the datagram came to, for the answer to come from there. */
static void
keep_control(struct udp_peer *peer, struct msghdr *header)
{
	struct cmsghdr *c;
	struct in6_pktinfo info6;
	struct in_pktinfo info4;

	peer->control_len = 0;
	for (c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			/* The way back is the kernel's, but for link-local. */
			if (!IN6_IS_ADDR_LINKLOCAL(&info6.ipi6_addr))
				info6.ipi6_ifindex = 0;
			memcpy(CMSG_DATA(c), &info6, sizeof(info6));
		} else if (c->cmsg_level == IPPROTO_IP &&
			   c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			info4.ipi_ifindex = 0;
			info4.ipi_spec_dst = info4.ipi_addr;
			memcpy(CMSG_DATA(c), &info4, sizeof(info4));
		} else {
			continue;
		}
		memcpy(peer->control, c, c->cmsg_len);
		peer->control_len = CMSG_SPACE(c->cmsg_len - CMSG_LEN(0));
		return;
	}
}

size_t
udp_receive(struct udp *udp, struct udp_batch *b)
{
	struct mmsghdr message[DEVICES_BATCH_MAX];
	struct iovec iov[DEVICES_BATCH_MAX];
	_Alignas(struct cmsghdr)
	    uint8_t control[DEVICES_BATCH_MAX][UDP_CONTROL_MAX];
	size_t at = b->count, room = DEVICES_BATCH_MAX - at;
	int count;

	memset(message, 0, room * sizeof(message[0]));
	for (size_t i = 0; i < room; i++) {
		struct msghdr *h = &message[i].msg_hdr;

		iov[i] = (struct iovec){b->data[at + i], UDP_DATAGRAM_MAX};
		h->msg_iov = &iov[i];
		h->msg_iovlen = 1;
		h->msg_name = &b->peer[at + i].from;
		h->msg_namelen = sizeof(b->peer[at + i].from);
		h->msg_control = control[i];
		h->msg_controllen = UDP_CONTROL_MAX;
	}
	count = recvmmsg(udp->fd, message, (unsigned)room, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++, at++) {
		struct udp_peer *peer = &b->peer[at];
		struct msghdr *h = &message[i].msg_hdr;
		bool cut = (h->msg_flags & MSG_TRUNC) != 0;

		keep_control(peer, h);
		format_peer(peer);
		b->in[at] = (struct devices_in){
		    .data =
			bytes_make(b->data[at], cut ? 0 : message[i].msg_len),
		    .from = bytes_make(&peer->from, h->msg_namelen),
		    .address = peer->address,
		    .net = net_of(peer)};
	}
	b->count = at;
	return count > 0 ? (size_t)count : 0;
}

STATIC_ASSERT(DATAGRAM_MAX <= UDP_DATAGRAM_MAX, answers_fit_a_batch);

void
udp_keep(struct udp_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->out[i].len == 0)
			continue;
		memcpy(b->data[i], b->out[i].ptr, b->out[i].len);
		b->out[i].ptr = b->data[i];
	}
}

static socklen_t
name_len(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6);
}

void
udp_send(struct udp *udp, const struct udp_batch *b)
{
	struct mmsghdr message[DEVICES_BATCH_MAX];
	struct iovec iov[DEVICES_BATCH_MAX];
	unsigned ready = 0, at = 0;
	int sent;

	memset(message, 0, sizeof(message));
	for (size_t i = 0; i < b->count; i++) {
		struct msghdr *h = &message[ready].msg_hdr;
		const struct udp_peer *peer = &b->peer[i];

		if (b->out[i].len == 0)
			continue;
		iov[ready] = (struct iovec){
		    (void *)(uintptr_t)b->out[i].ptr, b->out[i].len};
		h->msg_iov = &iov[ready];
		h->msg_iovlen = 1;
		h->msg_name = (void *)(uintptr_t)&peer->from;
		h->msg_namelen = name_len(&peer->from);
		if (peer->control_len > 0) {
			h->msg_control = (void *)(uintptr_t)peer->control;
			h->msg_controllen = peer->control_len;
		}
		ready++;
	}
	while (at < ready) {
		sent = sendmmsg(udp->fd, message + at, ready - at, 0);
		if (sent <= 0) {
			/* This one does not go; the next may. */
			udp->dropped++;
			sent = 1;
		}
		at += (unsigned)sent;
	}
}
