/*
 * The loop of the keys process over its two sockets.
 */
#ifndef CLOUD_KEYS_SERVE_H
#define CLOUD_KEYS_SERVE_H

#include "budget.h"
#include "cloud/keys.h"
#include "cloud/process.h"

/* One end that asks. out holds an answer that its socket had no room for. */
struct asker {
	enum keysproto_asker id;
	const char *name;
	int fd;
	struct budget budget;
	uint8_t out[KEYSPROTO_MESSAGE_MAX];
	size_t out_len; /* 0: none waits */
	bool gone; /* the other end was closed */
};

struct server {
	const struct keys_state *state;
	struct asker askers[2];
	int64_t forgotten; /* the second in which opened keys were wiped */
	uint8_t in[KEYSPROTO_MESSAGE_MAX];
	struct keysproto_request requests[KEYSPROTO_BATCH_MAX];
	struct keysproto_answer answers[KEYSPROTO_BATCH_MAX];
};

void server_init(struct server *s, const struct keys_state *state,
    int devices_fd, long devices_budget, int api_fd, long api_budget);

/* Says hello on both sockets: whatever was not answered is lost. */
void server_hello(struct server *s);

/*
 * Serves at most one message of each asker, in turn, without waiting; second
 * is the time that budgets count.
 */
void server_turn(struct server *s, int64_t second);

/* Turns until stop_fd is readable or both askers are gone. */
void server_run(struct server *s, int stop_fd);

#endif
