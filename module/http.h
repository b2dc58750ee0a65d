/*
 * The module's HTTP client: what a request is, and who carries it out. One
 * request at a time on each profile, all profiles at once. The response, as
 * it came, goes to a file of the module.
 */
#ifndef MODULE_HTTP_H
#define MODULE_HTTP_H

#include "base/bytes.h"
#include "files.h"
#include "maxima.h"

struct curl_loop;
struct module;

#define HTTP_PROFILES 4
#define HTTP_SERVER_MAX 256 /* name or address */
#define HTTP_CREDENTIAL_MAX 64 /* user name, password */
#define HTTP_PATH_MAX 2000
#define HTTP_TYPE_MAX 64 /* a content type of the host's own */
#define HTTP_TIMEOUT_S 180 /* of silence: the most, and the default */
#define HTTP_LONGEST_S 3600 /* of a whole request */

enum http_command {
	HTTP_HEAD,
	HTTP_GET,
	HTTP_DELETE,
	HTTP_PUT,
	HTTP_POST_FILE,
	HTTP_POST_DATA,
	HTTP_COMMANDS
};

/* What +UHTTPER says of the last request of a profile. */
#define HTTP_CLASS_NONE 0
#define HTTP_CLASS_PROTOCOL 3
#define HTTP_CLASS_USAGE 10
enum http_code {
	HTTP_CODE_NONE = 0,
	HTTP_CODE_FILE = 4, /* the response could not be stored */
	HTTP_CODE_CONNECT = 11, /* no such name, refused, lost */
	HTTP_CODE_TIMEOUT = 14,
	HTTP_CODE_PROTOCOL = 16, /* what came is no HTTP */
	HTTP_CODE_NO_SERVER = 22, /* class 10: the profile names none */
	HTTP_CODE_NETWORK = 34, /* the network went */
	HTTP_CODE_SECURE = 73 /* TLS did not come about */
};

/* +UHTTP; all zeros but the timeout after a reset. */
struct http_profile {
	char server[HTTP_SERVER_MAX + 1]; /* empty: none */
	bool address; /* it is an address, no name */
	char user[HTTP_CREDENTIAL_MAX + 1];
	char password[HTTP_CREDENTIAL_MAX + 1];
	unsigned authentication; /* 0 none, 1 basic */
	unsigned port; /* 0: 80, or 443 */
	unsigned secure; /* 1: HTTPS */
	unsigned security_profile;
	unsigned timeout_s;
	unsigned error_class; /* of the last request */
	unsigned error_code;
};

/* A request as +UHTTPC asks for it; views are copied before start returns. */
struct http_job {
	unsigned number; /* of the profile */
	const struct http_profile *profile;
	enum http_command command;
	const char *path; /* printable, begins with a slash */
	const struct file_name *response;
	struct bytes body; /* of PUT and POST */
	const char *type; /* its content type */
	const char *form_name; /* not NULL: as a file of this name in a form */
	uint64_t terminal; /* that hears +UUHTTPCR */
};

/*
 * The way to the client: starts a request. Errors: ERR_STATE (one is under
 * way on the profile), ERR_BUSY (too many names are being looked up),
 * ERR_NOMEM, ERR_IO, ERR_INVALID (a server that is none).
 */
struct http_port {
	enum err (*start)(void *ctx, const struct http_job *job);
	void *ctx;
};

/* As after power-on. */
void http_profile_reset(struct http_profile *profile);

/* The port that requests go to. */
unsigned http_profile_port(const struct http_profile *profile);

/* A request has ended: keeps why, and tells the host. */
void at_http_ended(struct module *module, unsigned number,
    enum http_command command, uint64_t terminal, enum http_code code);

/* --- http.c: the client, over the network of the host --- */

struct http;

/* Errors: ERR_NOMEM. */
MUST_CHECK enum err http_new(
    struct curl_loop *cl, struct module *module, struct http **ret_http);
/* Ends what is under way without a word. */
void http_free(struct http *http);

struct http_port http_port(struct http *http);

/* Ends requests whose network has gone, or whose name is not found in time. */
void http_settle(struct http *http, uint64_t now_ms);

/* When to come again (UINT64_MAX: never); a new request changes it. */
uint64_t http_due(const struct http *http);

/* Ends what is under way without a word: the module was reset. */
void http_reset(struct http *http);

#endif
