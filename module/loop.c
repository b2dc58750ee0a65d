/*
 * One event at a time, so that what an event frees is never touched by the
 * next one of the same batch. A module has a dozen descriptors; nothing is
 * lost by it.
 */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum err
loop_init(struct loop *loop)
{
	loop->file = NULL;
	loop->stopped = false;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll_fd < 0 ? ERR_IO : ERR_OK;
}

void
loop_done(struct loop *loop)
{
	(void)close(loop->epoll_fd);
}

enum err
loop_add(struct loop *loop, struct loop_source *source)
{
	struct epoll_event event = {
	    .events = source->events, .data = {.ptr = source}};

	source->file = false;
	source->added = false;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) != 0) {
		/* epoll refuses regular files: they never block. */
		if (errno != EPERM || loop->file != NULL)
			return ERR_IO;
		source->file = true;
		loop->file = source;
	}
	source->added = true;
	return ERR_OK;
}

void
loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data = {.ptr = source}};

	if (!source->added || source->events == events)
		return;
	source->events = events;
	if (source->file)
		return;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) != 0)
		loop->stopped = true; /* a bug: better stop than spin */
}

void
loop_remove(struct loop *loop, struct loop_source *source)
{
	if (!source->added)
		return;
	source->added = false;
	if (source->file)
		loop->file = NULL;
	else
		(void)epoll_ctl(
		    loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

uint64_t
loop_now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Milliseconds to sleep, as epoll_wait wants them. */
static int
sleep_ms(const struct loop *loop, uint64_t now_ms, uint64_t until_ms)
{
	if (loop->file != NULL && loop->file->events != 0)
		return 0;
	if (until_ms == UINT64_MAX)
		return -1;
	if (until_ms <= now_ms)
		return 0;
	if (until_ms - now_ms > INT_MAX)
		return INT_MAX;
	return (int)(until_ms - now_ms);
}

static enum err
loop_once(struct loop *loop, int timeout_ms)
{
	struct loop_source *source;
	struct epoll_event event;
	int n = epoll_wait(loop->epoll_fd, &event, 1, timeout_ms);

	if (n < 0)
		return errno == EINTR ? ERR_OK : ERR_IO;
	if (n == 1) {
		source = event.data.ptr;
		source->on_ready(source, event.events);
	} else if (loop->file != NULL && loop->file->events != 0) {
		source = loop->file;
		source->on_ready(source, source->events);
	}
	return ERR_OK;
}

enum err
loop_run(struct loop *loop, uint64_t (*settle)(void *ctx, uint64_t now_ms),
    void *ctx)
{
	uint64_t now_ms, until_ms;
	enum err err;

	for (;;) {
		now_ms = loop_now_ms();
		until_ms = settle(ctx, now_ms);
		if (loop->stopped)
			return ERR_OK;
		err = loop_once(loop, sleep_ms(loop, now_ms, until_ms));
		if (err != ERR_OK)
			return err;
	}
}
