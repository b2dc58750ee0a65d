/*
 * A thread that syncs the store's commits while the next batch is handled, and
 * sends what waits for that.
 */
#ifndef CLOUD_DEVICES_SYNCER_H
#define CLOUD_DEVICES_SYNCER_H

#include <pthread.h>

#include "store/store.h"

struct syncer {
	struct store *store;
	void (*send)(void *ctx);
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turned; /* state has changed */
	enum syncer_state {
		SYNCER_IDLE,
		SYNCER_ASKED,
		SYNCER_DONE,
		SYNCER_ENDS
	} state;
	bool synced; /* what the last run said */
	bool runs; /* there is a thread */
};

/*
 * Starts the thread, for a store that defers (store_defer). It calls send
 * after each sync that worked, between syncer_begin and syncer_wait. Errors:
 * ERR_NOMEM.
 */
MUST_CHECK enum err syncer_start(
    struct syncer *s, struct store *store, void (*send)(void *ctx), void *ctx);

/* Ends it; what was begun is finished first. */
void syncer_stop(struct syncer *s);

/* Begins to sync what was committed so far; false when there is nothing. */
bool syncer_begin(struct syncer *s);

/*
 * Waits until that is done, and sets ret_sent to whether send was called.
 * Errors: as store_sync_end: nothing that was committed may be relied on.
 */
MUST_CHECK enum err syncer_wait(struct syncer *s, bool *ret_sent);

#endif
