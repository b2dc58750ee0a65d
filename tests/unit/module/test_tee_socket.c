/*
 * Packets over a real socket, and memory files that nobody can change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tee_socket.h"

static int pair[2];

static int
pair_open(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int
pair_close(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void
test_packets(void **state)
{
	uint8_t out[8];
	size_t len;
	int fd;

	(void)state;
	assert_int_equal(
	    tee_socket_send(pair[0], BYTES_LIT("one"), -1), ERR_OK);
	assert_int_equal(
	    tee_socket_send(pair[0], BYTES_LIT("12345678"), -1), ERR_OK);
	assert_int_equal(
	    tee_socket_send(pair[0], BYTES_LIT("123456789"), -1), ERR_OK);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd), ERR_OK);
	assert_int_equal(len, 3);
	assert_int_equal(fd, -1);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd), ERR_OK);
	assert_int_equal(len, 8);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd),
	    ERR_FORMAT);
	assert_int_equal(shutdown(pair[0], SHUT_RDWR), 0);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd),
	    ERR_NOT_FOUND);
	assert_int_equal(tee_socket_send(pair[1], BYTES_LIT("x"), -1), ERR_IO);
}

/* The lowest number that is free tells whether one is left open. */
static int
next_fd(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

/* Sends a packet with descriptors, in one or more control messages. */
static void
send_fds(size_t messages, size_t each)
{
	union {
		struct cmsghdr align;
		char space[256];
	} control;
	char byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = messages * CMSG_SPACE(each * sizeof(int))};
	struct cmsghdr *c;
	int zero = 0;
	size_t i;

	memset(&control, 0, sizeof(control));
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(each * sizeof(int));
		for (i = 0; i < each; i++)
			memcpy(
			    CMSG_DATA(c) + i * sizeof(int), &zero, sizeof(int));
	}
	assert_int_equal(sendmsg(pair[0], &msg, 0), 1);
}

/* Descriptors that nobody asked for are closed. */
static void
test_descriptors(void **state)
{
	static const size_t many[][2] = {{1, 2}, {1, 3}, {1, 20}, {2, 1}};
	uint8_t out[8];
	size_t i, len;
	int free_fd = next_fd(), fd;

	(void)state;
	for (i = 0; i < ARRAY_LEN(many); i++) {
		send_fds(many[i][0], many[i][1]);
		assert_int_equal(
		    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd),
		    ERR_FORMAT);
		assert_int_equal(next_fd(), free_fd);
	}
	/* One beside a packet that is too long. */
	assert_int_equal(
	    tee_socket_send(pair[0], BYTES_LIT("123456789"), 0), ERR_OK);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd),
	    ERR_FORMAT);
	assert_int_equal(next_fd(), free_fd);
	send_fds(1, 1);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd), ERR_OK);
	assert_int_equal(fd, free_fd);
	assert_int_equal(close(fd), 0);
}

static void
test_memory(void **state)
{
	struct tee_memory made, mapped;
	uint8_t out[8];
	size_t len;
	int fd;

	(void)state;
	assert_int_equal(tee_memory_make(100, &made), ERR_OK);
	memcpy(made.ptr, "HELLO", 5);
	assert_int_equal(tee_memory_seal(&made, 5), ERR_OK);
	assert_int_equal(
	    tee_socket_send(pair[0], BYTES_LIT("x"), made.fd), ERR_OK);
	assert_int_equal(
	    tee_socket_receive(pair[1], out, sizeof(out), &len, &fd), ERR_OK);
	assert_true(fd >= 0);
	assert_int_equal(tee_memory_map(fd, 6, &mapped), ERR_FORMAT);
	assert_int_equal(tee_memory_map(fd, 4, &mapped), ERR_FORMAT);
	assert_int_equal(tee_memory_map(fd, 5, &mapped), ERR_OK);
	assert_memory_equal(mapped.ptr, "HELLO", 5);
	/* Sealed for its maker too. */
	assert_int_equal(ftruncate(made.fd, 4), -1);
	assert_int_equal(pwrite(made.fd, "J", 1, 0), -1);
	tee_memory_free(&mapped);
	tee_memory_free(&made);
}

/* One that could still change is refused, and so is no memory file at all. */
static void
test_memory_unsealed(void **state)
{
	struct tee_memory made, mapped;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(tee_memory_make(5, &made), ERR_OK);
	assert_int_equal(tee_memory_map(made.fd, 5, &mapped), ERR_FORMAT);
	assert_int_equal(tee_memory_map(fd, 0, &mapped), ERR_FORMAT);
	assert_int_equal(fcntl(made.fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(tee_memory_map(made.fd, 5, &mapped), ERR_FORMAT);
	tee_memory_free(&made);
	close(fd);
}

static void
test_memory_empty(void **state)
{
	struct tee_memory made, mapped;

	(void)state;
	assert_int_equal(tee_memory_make(0, &made), ERR_OK);
	assert_int_equal(tee_memory_seal(&made, 0), ERR_OK);
	assert_int_equal(tee_memory_map(dup(made.fd), 0, &mapped), ERR_OK);
	assert_null(mapped.ptr);
	tee_memory_free(&mapped);
	tee_memory_free(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_packets, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(
		test_descriptors, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(test_memory, pair_open, pair_close),
	    cmocka_unit_test(test_memory_unsealed),
	    cmocka_unit_test(test_memory_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
