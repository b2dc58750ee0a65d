/*
 * One sync at a time; the state says whose turn it is.
 */
#include "syncer.h"

#include <signal.h>

static void
turn(struct syncer *s, enum syncer_state state)
{
	s->state = state;
	(void)pthread_cond_broadcast(&s->turned);
}

static void *
work(void *arg)
{
	struct syncer *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->state != SYNCER_ASKED && s->state != SYNCER_ENDS)
			(void)pthread_cond_wait(&s->turned, &s->lock);
		if (s->state == SYNCER_ENDS)
			break;
		(void)pthread_mutex_unlock(&s->lock);
		s->synced = store_sync_run(s->store);
		if (s->synced)
			s->send(s->ctx);
		(void)pthread_mutex_lock(&s->lock);
		turn(s, SYNCER_DONE);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

enum err
syncer_start(
    struct syncer *s, struct store *store, void (*send)(void *ctx), void *ctx)
{
	sigset_t all, was;

	s->store = store;
	s->send = send;
	s->ctx = ctx;
	s->state = SYNCER_IDLE;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->turned, NULL);
	/* Signals are the main thread's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	s->runs = pthread_create(&s->thread, NULL, work, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	return s->runs ? ERR_OK : ERR_NOMEM;
}

void
syncer_stop(struct syncer *s)
{
	if (!s->runs)
		return;
	(void)pthread_mutex_lock(&s->lock);
	while (s->state == SYNCER_ASKED)
		(void)pthread_cond_wait(&s->turned, &s->lock);
	turn(s, SYNCER_ENDS);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	s->runs = false;
}

bool
syncer_begin(struct syncer *s)
{
	if (!store_sync_start(s->store))
		return false;
	(void)pthread_mutex_lock(&s->lock);
	turn(s, SYNCER_ASKED);
	(void)pthread_mutex_unlock(&s->lock);
	return true;
}

enum err
syncer_wait(struct syncer *s, bool *ret_sent)
{
	(void)pthread_mutex_lock(&s->lock);
	while (s->state == SYNCER_ASKED)
		(void)pthread_cond_wait(&s->turned, &s->lock);
	s->state = SYNCER_IDLE;
	(void)pthread_mutex_unlock(&s->lock);
	*ret_sent = s->synced;
	return store_sync_end(s->store, s->synced);
}
