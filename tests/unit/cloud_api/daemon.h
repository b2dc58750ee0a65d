/*
 * A real holdfastd in a directory of its own, and a client that says exactly
 * what the test wants it to say.
 */
#ifndef TEST_DAEMON_H
#define TEST_DAEMON_H

#include <sys/types.h>

#include <jansson.h>

#include "fleet.h"

struct daemon {
	char dir[64];
	pid_t pid;
	int log_fd;
	int port;
	struct keys_state keys; /* the service's own, from its file */
	struct store *store; /* a connection to its database */
	struct fleet fleet;
	char token[64]; /* AuthToken of the first tenant */
	char refresh[64];
	char apikey[64];
	char secret[64];
};

/* An answer: body has a NUL behind it. */
struct http_answer {
	int status;
	char head[2048];
	char *body;
	size_t len;
	json_t *json; /* NULL: the body is no JSON */
};

/* Starts it, without a tenant. exe is the program's path. */
void daemon_start(struct daemon *d, const char *exe);
/* Makes the first tenant and gets its tokens. */
void daemon_init(struct daemon *d);
/* Ends it with SIGTERM; its exit status is returned. */
int daemon_stop(struct daemon *d);
/* Removes its directory. */
void daemon_remove(struct daemon *d);

/* Opens a connection. */
int http_connect(const struct daemon *d);
/* Sends all of it. */
void http_send(int fd, const char *data, size_t len);
/* Reads one whole answer; false: the connection was closed before. */
bool http_read(int fd, struct http_answer *ret_answer);
void http_free(struct http_answer *answer);

/*
 * One call on a connection of its own. token NULL: none; headers: further
 * ones, each with CR LF, or NULL; body NULL: none.
 */
struct http_answer http_call(const struct daemon *d, const char *method,
    const char *path, const char *token, const char *headers, const char *body);
/* POST of a JSON text by the first tenant. */
struct http_answer http_post(
    const struct daemon *d, const char *path, const char *body);
/* GET by the first tenant. */
struct http_answer http_get(const struct daemon *d, const char *path);

#endif
