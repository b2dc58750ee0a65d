/*
 * Name look-up takes seconds where the network is bad, so it runs in a
 * thread that knows nothing but the name and the pipe for its result.
 */
#include "resolve.h"

#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* One of the two ways: from a name, or from an address. */
struct resolve_job {
	void (*look)(const struct resolve_job *job);
	struct resolve_name name;
	struct resolve_address address;
	int fd;
};

#define SCHEME "coap://"

STATIC_ASSERT(sizeof(struct resolve_list) <= PIPE_BUF, a_result_is_one_write);

static atomic_uint threads; /* that run */

static enum err
port_copy(const char *port, struct resolve_name *name)
{
	size_t len = strlen(port);
	unsigned long n;
	char *end;

	if (len == 0 || len >= sizeof(name->port) || port[0] < '0' ||
	    port[0] > '9')
		return ERR_FORMAT;
	n = strtoul(port, &end, 10);
	if (*end != '\0' || n > 65535)
		return ERR_FORMAT;
	memcpy(name->port, port, len + 1);
	return ERR_OK;
}

static enum err
host_copy(const char *host, size_t len, struct resolve_name *name)
{
	if (len == 0)
		return ERR_FORMAT;
	if (len > RESOLVE_HOST_MAX)
		return ERR_SPACE;
	memcpy(name->host, host, len);
	name->host[len] = '\0';
	return ERR_OK;
}

/* Splits host and port; rest is what stands after the host: "" or ":1". */
static enum err
host_split(const char *text, struct resolve_name *name, const char **ret_rest)
{
	const char *end;
	enum err err;

	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL)
			return ERR_FORMAT;
		err = host_copy(text + 1, (size_t)(end - text - 1), name);
		*ret_rest = end + 1;
		return err;
	}
	end = text + strcspn(text, ":/");
	err = host_copy(text, (size_t)(end - text), name);
	*ret_rest = end;
	return err;
}

enum err
resolve_host_port(const char *text, struct resolve_name *ret_name)
{
	struct resolve_name name;
	const char *rest;
	enum err err = host_split(text, &name, &rest);

	if (err == ERR_OK)
		err = *rest == ':' ? port_copy(rest + 1, &name) : ERR_FORMAT;
	if (err == ERR_OK)
		*ret_name = name;
	return err;
}

enum err
resolve_uri(const char *uri, struct resolve_name *ret_name)
{
	struct resolve_name name;
	char port[sizeof(name.port) + 2];
	const char *rest;
	size_t len;
	enum err err;

	if (strncmp(uri, SCHEME, strlen(SCHEME)) != 0)
		return ERR_FORMAT;
	err = host_split(uri + strlen(SCHEME), &name, &rest);
	if (err != ERR_OK)
		return err;
	len = strlen(rest);
	if (len > 0 && rest[len - 1] == '/')
		len--; /* the path: the root */
	if (len >= sizeof(port))
		return ERR_FORMAT;
	memcpy(port, rest, len);
	port[len] = '\0';
	if (len == 0)
		err = port_copy(RESOLVE_PORT, &name);
	else
		err = port[0] == ':' ? port_copy(port + 1, &name) : ERR_FORMAT;
	if (err == ERR_OK)
		*ret_name = name;
	return err;
}

/* getaddrinfo's first answers. */
static enum err
lookup(const struct resolve_name *name, int flags, struct resolve_list *ret)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = flags | AI_NUMERICSERV};
	const struct addrinfo *one;
	struct addrinfo *list;

	memset(ret, 0, sizeof(*ret));
	if (getaddrinfo(name->host, name->port, &hints, &list) != 0)
		return ERR_NOT_FOUND;
	for (one = list; one != NULL && ret->count < RESOLVE_ADDRESSES_MAX;
	     one = one->ai_next) {
		memcpy(
		    &ret->all[ret->count].addr, one->ai_addr, one->ai_addrlen);
		ret->all[ret->count++].len = one->ai_addrlen;
	}
	freeaddrinfo(list);
	return ERR_OK;
}

enum err
resolve_numeric(
    const struct resolve_name *name, struct resolve_address *ret_address)
{
	struct resolve_list list;

	if (lookup(name, AI_NUMERICHOST, &list) != ERR_OK || list.count == 0)
		return ERR_FORMAT;
	*ret_address = list.all[0];
	return ERR_OK;
}

/*
 * Less than PIPE_BUF: written whole, or the reader is gone. Who has the result
 * finds room for the next look-up: the thread has nothing left to wait for.
 */
static void
result_write(const struct resolve_job *job, const void *ptr, size_t len)
{
	ssize_t n;

	atomic_fetch_sub(&threads, 1);
	n = write(job->fd, ptr, len);

	(void)n;
}

static void
name_look(const struct resolve_job *job)
{
	struct resolve_list list;

	if (lookup(&job->name, AI_ADDRCONFIG, &list) != ERR_OK)
		list.count = 0;
	result_write(job, &list, sizeof(list));
}

static void
address_look(const struct resolve_job *job)
{
	char host[RESOLVE_HOST_MAX + 1] = "";

	if (getnameinfo((const struct sockaddr *)&job->address.addr,
		job->address.len, host, sizeof(host), NULL, 0,
		NI_NAMEREQD) != 0)
		host[0] = '\0';
	result_write(job, host, sizeof(host));
}

static void *
job_run(void *arg)
{
	struct resolve_job *job = arg;

	job->look(job);
	(void)close(job->fd);
	free(job);
	return NULL;
}

static enum err
job_start(struct resolve_job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	int failed;

	if (pthread_attr_init(&attr) != 0)
		return ERR_NOMEM;
	atomic_fetch_add(&threads, 1);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	failed = pthread_create(&thread, &attr, job_run, job);
	(void)pthread_attr_destroy(&attr);
	if (failed != 0)
		atomic_fetch_sub(&threads, 1);
	return failed != 0 ? ERR_NOMEM : ERR_OK;
}

/* Starts a copy of the job; ret_fd is where its result will be. */
static enum err
job_begin(const struct resolve_job *what, int *ret_fd)
{
	struct resolve_job *job;
	enum err err;
	int pair[2];

	/* Threads only become fewer meanwhile: one thread starts them all. */
	if (atomic_load(&threads) >= RESOLVE_THREADS_MAX)
		return ERR_BUSY;
	job = malloc(sizeof(*job));
	if (job == NULL)
		return ERR_NOMEM;
	if (pipe2(pair, O_CLOEXEC) != 0) {
		free(job);
		return ERR_IO;
	}
	*job = *what;
	job->fd = pair[1];
	err = job_start(job);
	if (err != ERR_OK) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		free(job);
		return err;
	}
	*ret_fd = pair[0];
	return ERR_OK;
}

enum err
resolve_start(const struct resolve_name *name, int *ret_fd)
{
	const struct resolve_job job = {.look = name_look, .name = *name};

	return job_begin(&job, ret_fd);
}

enum err
resolve_reverse_start(const struct resolve_address *address, int *ret_fd)
{
	const struct resolve_job job = {
	    .look = address_look, .address = *address};

	return job_begin(&job, ret_fd);
}

enum err
resolve_end_list(int fd, struct resolve_list *ret_list)
{
	struct resolve_list list;
	ssize_t n = read(fd, &list, sizeof(list));

	(void)close(fd);
	if (n != (ssize_t)sizeof(list) || list.count == 0)
		return ERR_NOT_FOUND;
	*ret_list = list;
	return ERR_OK;
}

enum err
resolve_end(int fd, struct resolve_address *ret_address)
{
	struct resolve_list list;
	enum err err = resolve_end_list(fd, &list);

	if (err == ERR_OK)
		*ret_address = list.all[0];
	return err;
}

enum err
resolve_reverse_end(int fd, char ret_host[RESOLVE_HOST_MAX + 1])
{
	char host[RESOLVE_HOST_MAX + 1];
	ssize_t n = read(fd, host, sizeof(host));

	(void)close(fd);
	if (n != (ssize_t)sizeof(host) || host[0] == '\0')
		return ERR_NOT_FOUND;
	memcpy(ret_host, host, sizeof(host));
	return ERR_OK;
}
