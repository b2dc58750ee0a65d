/*
 * libcurl in the module's loop: one multi handle, whose sockets and one timer
 * are the loop's. Names are looked up before (CURLOPT_RESOLVE); where libcurl
 * does so all the same, in a thread of its own, nobody waits for its end.
 */
#ifndef MODULE_CURL_LOOP_H
#define MODULE_CURL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct module;

/* Where a connection goes, and how. */
struct curl_target {
	struct module *module;
	const char *server; /* name or address; lives as long as the handle */
	unsigned port;
	bool secure;
	unsigned security_profile;
	unsigned timeout_s; /* until it stands */
};

/* What is behind each easy handle: CURLOPT_PRIVATE points to it. */
struct curl_client {
	struct curl_target target;
	/* The transfer has ended; the handle is still in the multi handle. */
	void (*on_done)(struct curl_client *client, CURLcode result);
};

struct curl_loop {
	struct loop *loop;
	CURLM *multi;
	uint64_t timer_ms; /* UINT64_MAX: off */
};

/* Errors: ERR_NOMEM. After an error there is nothing to be undone. */
MUST_CHECK enum err curl_loop_init(struct curl_loop *cl, struct loop *loop);
/* All easy handles have been removed. */
void curl_loop_done(struct curl_loop *cl);

/* Does what is due, and calls on_done for each transfer that has ended. */
void curl_loop_settle(struct curl_loop *cl, uint64_t now_ms);

/* When to come again (UINT64_MAX: never); a new transfer changes it. */
uint64_t curl_loop_due(const struct curl_loop *cl);

/*
 * What all handles have in common: the target of the client, TLS as its
 * security profile says, no proxy, a fresh connection. Error: ERR_NOMEM.
 */
MUST_CHECK enum err curl_loop_prepare(CURL *easy, struct curl_client *client);

#endif
