/*
 * The UDP end over the loopback: both families, batches, and answers that
 * come from where their requests went.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

/* A fresh socket of ours at an address, and the port that it got. */
static struct udp *
open_at(const char *address, uint16_t *ret_port)
{
	struct udp *udp = calloc(1, sizeof(*udp));
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;
	struct address at;

	assert_non_null(udp);
	assert_int_equal(udp_open(udp, address), ERR_OK);
	assert_int_equal(address_of_socket(udp->fd, &at), ERR_OK);
	memcpy(&in4, &at.sa, sizeof(in4));
	memcpy(&in6, &at.sa, sizeof(in6));
	*ret_port =
	    ntohs(at.sa.ss_family == AF_INET ? in4.sin_port : in6.sin6_port);
	return udp;
}

static void
close_udp(struct udp *udp)
{
	udp_close(udp);
	free(udp);
}

/* A peer that only hears what comes from the address it speaks to. */
static int
peer_to(const char *host, uint16_t port)
{
	char text[ADDRESS_TEXT_MAX];
	struct address to;
	int fd;

	(void)snprintf(text, sizeof(text), "%s:%u", host, (unsigned)port);
	assert_int_equal(address_parse(text, &to), ERR_OK);
	fd = socket(to.sa.ss_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to.sa, to.len), 0);
	return fd;
}

static void
wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* Too large for a stack. */
static struct udp_batch batch;

static size_t
receive(struct udp *udp)
{
	batch.count = 0;
	return udp_receive(udp, &batch);
}

/* There and back; says how the peer's address was written. */
static void
echo(struct udp *udp, int fd, const char *prefix, struct bytes net)
{
	struct udp_batch *b = &batch;
	char got[16], world[] = "world";

	assert_int_equal(send(fd, "hello", 5, 0), 5);
	wait_for(udp->fd);
	assert_int_equal(receive(udp), 1);
	assert_true(bytes_equal(b->in[0].data, BYTES_LIT("hello")));
	assert_true(b->in[0].from.len > 0);
	if (strncmp(b->in[0].address, prefix, strlen(prefix)) != 0)
		fail_msg("%s is not from %s", b->in[0].address, prefix);
	assert_true(bytes_equal(b->in[0].net, net));
	b->out[0] = bytes_str(world);
	udp_keep(b);
	/* What was kept is the batch's own. */
	memset(world, 0, sizeof(world));
	udp_send(udp, b);
	wait_for(fd);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 5);
	assert_memory_equal(got, "world", 5);
	(void)close(fd);
}

static void
test_both_families(void **state)
{
	uint16_t port;
	struct udp *udp = open_at("[::]:0", &port);

	(void)state;
	echo(udp, peer_to("127.0.0.1", port),
	    "127.0.0.1:", BYTES_LIT("\x7f\0\0"));
	/* A connected peer would not hear an answer from 127.0.0.1. */
	echo(
	    udp, peer_to("127.0.0.5", port), "127.0.0.", BYTES_LIT("\x7f\0\0"));
	echo(
	    udp, peer_to("[::1]", port), "[::1]:", BYTES_LIT("\0\0\0\0\0\0\0"));
	close_udp(udp);
}

static void
test_ipv4_alone(void **state)
{
	uint16_t port;
	struct udp *udp = open_at("0.0.0.0:0", &port);

	(void)state;
	echo(udp, peer_to("127.0.0.1", port),
	    "127.0.0.1:", BYTES_LIT("\x7f\0\0"));
	echo(
	    udp, peer_to("127.0.0.5", port), "127.0.0.", BYTES_LIT("\x7f\0\0"));
	close_udp(udp);
}

static void
test_batches_and_silence(void **state)
{
	struct udp_batch *b = &batch;
	uint8_t large[UDP_DATAGRAM_MAX + 1] = {0};
	uint16_t port, number;
	struct udp *udp = open_at("127.0.0.1:0", &port);
	int fd = peer_to("127.0.0.1", port);
	size_t count;

	(void)state;
	assert_int_equal(receive(udp), 0);
	for (uint16_t i = 0; i < DEVICES_BATCH_MAX + 6; i++)
		assert_int_equal(send(fd, &i, sizeof(i), 0), sizeof(i));
	wait_for(udp->fd);
	count = receive(udp);
	assert_int_equal(count, DEVICES_BATCH_MAX);
	/* Every other one is answered. */
	for (size_t i = 0; i < count; i++)
		b->out[i] = i % 2 == 0 ? b->in[i].data : BYTES_NONE;
	udp_send(udp, b);
	for (size_t i = 0; i < count; i += 2) {
		wait_for(fd);
		assert_int_equal(
		    recv(fd, &number, sizeof(number), 0), sizeof(number));
		assert_int_equal(number, i);
	}
	assert_int_equal(receive(udp), 6);
	/* Too long: handed on as nothing, never cut. */
	assert_int_equal(
	    send(fd, large, sizeof(large), 0), (ssize_t)sizeof(large));
	assert_int_equal(
	    send(fd, large, sizeof(large) - 1, 0), (ssize_t)sizeof(large) - 1);
	wait_for(udp->fd);
	assert_int_equal(receive(udp), 2);
	assert_int_equal(b->in[0].data.len, 0);
	assert_int_equal(b->in[1].data.len, UDP_DATAGRAM_MAX);
	/* What comes later joins those that are there. */
	assert_int_equal(send(fd, "one", 3, 0), 3);
	wait_for(udp->fd);
	assert_int_equal(receive(udp), 1);
	assert_int_equal(send(fd, "other", 5, 0), 5);
	wait_for(udp->fd);
	assert_int_equal(udp_receive(udp, b), 1);
	assert_int_equal(b->count, 2);
	assert_true(bytes_equal(b->in[0].data, BYTES_LIT("one")));
	assert_true(bytes_equal(b->in[1].data, BYTES_LIT("other")));
	assert_int_equal(udp->dropped, 0);
	(void)close(fd);
	close_udp(udp);
}

static void
test_bad_addresses(void **state)
{
	uint16_t port;
	struct udp *udp = open_at("127.0.0.1:0", &port), other;
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_int_equal(udp_open(&other, "nowhere"), ERR_FORMAT);
	(void)snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)port);
	assert_int_equal(udp_open(&other, text), ERR_IO);
	assert_int_equal(errno, EADDRINUSE);
	close_udp(udp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_families),
	    cmocka_unit_test(test_ipv4_alone),
	    cmocka_unit_test(test_batches_and_silence),
	    cmocka_unit_test(test_bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
