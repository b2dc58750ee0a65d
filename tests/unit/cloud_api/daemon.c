/*
 * The daemon of the tests and the client to it. Nothing sleeps: the daemon
 * says when it is ready, and every read waits for what has to come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon.h"
#include "keys/messages.h"

#define WAIT_MS 20000
#define LOG_PIPE (1 << 20)

static void
path_of(const struct daemon *d, const char *name, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s/%s", d->dir, name);
}

static size_t
file_read_text(const char *path, char *out, size_t cap)
{
	FILE *in = fopen(path, "rbe");

	assert_non_null(in);
	size_t len = fread(out, 1, cap - 1, in);

	(void)fclose(in);
	out[len] = '\0';
	return len;
}

/* --- start and stop --- */

static void
child_run(const struct daemon *d, const char *exe, int log)
{
	(void)dup2(log, STDERR_FILENO);
	(void)execl(exe, exe, "--data", d->dir, "--set",
	    "api.listen=127.0.0.1:0", "--set", "devices.listen=127.0.0.1:0",
	    (char *)NULL);
	_exit(127);
}

/* Reads the log until the daemon says "ready", and its port of the api. */
static int
port_read(int fd)
{
	char log[16384];
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, WAIT_MS) != 1 || len + 1 >= sizeof(log))
			fail_msg("no \"ready\" in: %.*s", (int)len, log);
		ssize_t n = read(fd, log + len, sizeof(log) - 1 - len);

		if (n <= 0)
			fail_msg("holdfastd ended: %.*s", (int)len, log);
		len += (size_t)n;
		log[len] = '\0';
		const char *ready = strstr(log, "event=ready");
		const char *api =
		    ready != NULL ? strstr(ready, "api=127.0.0.1:") : NULL;

		if (api != NULL && strchr(api, '\n') != NULL)
			return (int)strtol(
			    api + strlen("api=127.0.0.1:"), NULL, 10);
	}
}

static void
keys_load(struct daemon *d)
{
	char path[128], text[KEYS_TEXT_MAX];

	path_of(d, "keys/keys", path, sizeof(path));
	size_t len = file_read_text(path, text, sizeof(text));

	assert_int_equal(keys_state_decode(bytes_make(text, len),
			     &crypto_random_source, &d->keys),
	    ERR_OK);
}

void
daemon_start(struct daemon *d, const char *exe)
{
	int fds[2];
	char path[128];

	if (d->dir[0] == '\0') {
		(void)snprintf(
		    d->dir, sizeof(d->dir), "/tmp/holdfast-test-XXXXXX");
		assert_non_null(mkdtemp(d->dir));
	}
	assert_int_equal(crypto_init(), ERR_OK);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	(void)fcntl(fds[1], F_SETPIPE_SZ, LOG_PIPE);
	d->pid = fork();
	assert_true(d->pid >= 0);
	if (d->pid == 0)
		child_run(d, exe, fds[1]);
	(void)close(fds[1]);
	d->log_fd = fds[0];
	d->port = port_read(d->log_fd);
	keys_load(d);
	path_of(d, "db/holdfast.db", path, sizeof(path));
	assert_int_equal(store_open(path, &d->store, NULL), ERR_OK);
	d->fleet.keys = &d->keys;
	d->fleet.store = d->store;
	d->fleet.features = FEATURE_ALL;
}

static void
text_take(const struct http_answer *a, const char *name, char *out, size_t cap)
{
	const char *text = json_string_value(json_object_get(a->json, name));

	assert_non_null(text);
	(void)snprintf(out, cap, "%s", text);
}

void
daemon_init(struct daemon *d)
{
	char path[128], token[64], body[512], profile[64];
	size_t len;

	path_of(d, "setup-token", path, sizeof(path));
	(void)file_read_text(path, token, sizeof(token));
	token[strcspn(token, "\n")] = '\0';
	(void)snprintf(body, sizeof(body),
	    "{\"SetupToken\": \"%s\", \"TenantName\": \"first\", "
	    "\"AdminEmail\": \"a@example.com\", "
	    "\"DeviceProfileName\": \"default\"}",
	    token);
	struct http_answer a =
	    http_call(d, "POST", "/v1/init", NULL, NULL, body);

	assert_int_equal(a.status, 201);
	text_take(&a, "APIKey", d->apikey, sizeof(d->apikey));
	text_take(&a, "APISecret", d->secret, sizeof(d->secret));
	text_take(&a, "DeviceProfileUID", profile, sizeof(profile));
	assert_int_equal(base64url_decode(bytes_str(profile), d->fleet.profile,
			     PROFILE_UID_LEN, &len),
	    ERR_OK);
	d->fleet.tenant =
	    (uint64_t)json_integer_value(json_object_get(a.json, "TenantID"));
	http_free(&a);
	(void)snprintf(body, sizeof(body),
	    "{\"APIKey\": \"%s\", \"APISecret\": \"%s\"}", d->apikey,
	    d->secret);
	a = http_call(d, "POST", "/v1/authenticate", NULL, NULL, body);
	assert_int_equal(a.status, 200);
	text_take(&a, "AuthToken", d->token, sizeof(d->token));
	text_take(&a, "RefreshToken", d->refresh, sizeof(d->refresh));
	http_free(&a);
}

int
daemon_stop(struct daemon *d)
{
	int status = -1;

	store_close(d->store);
	d->store = NULL;
	assert_int_equal(kill(d->pid, SIGTERM), 0);
	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	(void)close(d->log_fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
entry_remove(const char *path, const struct stat *st UNUSED, int flag UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

void
daemon_remove(struct daemon *d)
{
	assert_int_equal(
	    nftw(d->dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --- the client --- */

int
http_connect(const struct daemon *d)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)d->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

void
http_send(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		/* A refusal may come, and the end, before all is sent. */
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static ssize_t
read_some(int fd, void *out, size_t cap)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, WAIT_MS) != 1)
		fail_msg("no answer in %d s", WAIT_MS / 1000);
	return recv(fd, out, cap, 0);
}

/* Byte by byte, so that the next answer stays in the socket. */
static bool
head_read(int fd, char *head, size_t cap)
{
	size_t len = 0;

	while (len + 1 < cap) {
		if (read_some(fd, head + len, 1) != 1)
			return false;
		head[++len] = '\0';
		if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0)
			return true;
	}
	fail_msg("the head of an answer is too long");
	return false;
}

bool
http_read(int fd, struct http_answer *ret_answer)
{
	struct http_answer a = {0};

	if (!head_read(fd, a.head, sizeof(a.head)))
		return false;
	assert_memory_equal(a.head, "HTTP/1.1 ", 9);
	a.status = (int)strtol(a.head + 9, NULL, 10);
	const char *length = strcasestr(a.head, "\r\nContent-Length: ");

	if (length != NULL)
		a.len = strtoul(length + 18, NULL, 10);
	a.body = calloc(1, a.len + 1);
	assert_non_null(a.body);
	for (size_t got = 0; got < a.len;) {
		ssize_t n = read_some(fd, a.body + got, a.len - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	a.json = json_loadb(a.body, a.len, 0, NULL);
	*ret_answer = a;
	return true;
}

void
http_free(struct http_answer *answer)
{
	json_decref(answer->json);
	free(answer->body);
	*answer = (struct http_answer){0};
}

struct http_answer
http_call(const struct daemon *d, const char *method, const char *path,
    const char *token, const char *headers, const char *body)
{
	char head[1024];
	struct http_answer a;
	size_t len = body != NULL ? strlen(body) : 0;
	int fd = http_connect(d);
	int n = snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: x\r\n%s%s%s%s"
	    "Content-Length: %zu\r\n\r\n",
	    method, path, token != NULL ? "Authorization: " : "",
	    token != NULL ? token : "", token != NULL ? "\r\n" : "",
	    headers != NULL ? headers : "", len);

	http_send(fd, head, (size_t)n);
	http_send(fd, body != NULL ? body : "", len);
	if (!http_read(fd, &a))
		fail_msg("%s %s: closed without an answer", method, path);
	(void)close(fd);
	return a;
}

struct http_answer
http_post(const struct daemon *d, const char *path, const char *body)
{
	return http_call(d, "POST", path, d->token,
	    "Content-Type: application/json\r\n", body);
}

struct http_answer
http_get(const struct daemon *d, const char *path)
{
	return http_call(d, "GET", path, d->token, NULL, NULL);
}
