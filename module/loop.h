/*
 * The emulator's one loop: descriptors that become ready, one at a time, and
 * after each the module's own work, which also says how long to sleep.
 */
#ifndef MODULE_LOOP_H
#define MODULE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A descriptor in the loop; the memory is its owner's. */
struct loop_source {
	int fd;
	uint32_t events; /* EPOLLIN and EPOLLOUT that are waited for */
	void (*on_ready)(struct loop_source *source, uint32_t events);
	void *owner;
	bool file; /* a regular file: always ready */
	bool added;
};

struct loop {
	int epoll_fd;
	struct loop_source *file; /* the one regular file there may be */
	bool stopped;
};

/* Errors: ERR_IO. */
MUST_CHECK enum err loop_init(struct loop *loop);
void loop_done(struct loop *loop);

/* Adds a source whose fields are filled in. Error: ERR_IO. */
MUST_CHECK enum err loop_add(struct loop *loop, struct loop_source *source);

/* Waits for other events of it from now on; 0 for none but its end. */
void loop_change(
    struct loop *loop, struct loop_source *source, uint32_t events);

/* Forgets it; the descriptor stays open. */
void loop_remove(struct loop *loop, struct loop_source *source);

/*
 * Runs until loop->stopped. settle is called before every sleep and says
 * until when (loop_now_ms; UINT64_MAX: for ever). Error: ERR_IO.
 */
MUST_CHECK enum err loop_run(struct loop *loop,
    uint64_t (*settle)(void *ctx, uint64_t now_ms), void *ctx);

/* The clock of the loop: monotonic, counts also while the host sleeps. */
uint64_t loop_now_ms(void);

#endif
