/*
 * What the files of the api process share: the process itself, one request,
 * the route table's rows and the ways to answer.
 *
 * The process is one loop in one thread. libmicrohttpd parses HTTP and calls
 * us; whatever needs the keys process goes there with everything else that
 * was ready in the same turn of the loop, as few batches. The loop waits for
 * them a little before its next turn; only what keys has not answered by then
 * is suspended, for that costs three more system calls a request.
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <microhttpd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "cloud/process.h"
#include "service/cas.h"
#include "service/features.h"
#include "service/imports.h"
#include "service/keyrights.h"
#include "service/service.h"
#include "service/profiles.h"
#include "service/setup.h"

#include "keysqueue.h"

#define API_BODY_MAX (64u << 10) /* of most calls */
#define API_IMPORT_MAX (16u << 20) /* of a file of factory records */
#define API_LARGE_MAX 8 /* bodies over API_BODY_MAX at once */
#define API_AWAIT_MAX (2u << 20) /* of one that is refused before it comes */
#define API_REFUSED_MAX (17u << 20) /* of a body that is only read away */
#define API_BODY_INLINE 1024 /* bodies up to this need no allocation */
#define API_OUT_INLINE 320 /* and so do answers */
#define API_PROBLEMS_MAX 16 /* bad fields that one answer names */
#define API_IDLE_S 15 /* silence that a connection may keep */
#define API_HEADER_S 30 /* from one request to the next one's header */
#define API_BODY_S 30 /* for a body; an import has ten times this */
#define IMPORT_WINDOW 32 /* records of an import that are with keys at once */
#define API_STOP_S 10 /* for requests in flight after SIGTERM */

struct api;
struct request;

/* What a route demands of its caller. */
enum route_access { ROUTE_OPEN, ROUTE_TENANT };

/*
 * One row of the route table. {Name} in a path, once at most and a segment
 * of its own, stands for any segment, which is the request's item.
 */
struct route {
	const char *method;
	const char *path;
	enum route_access access;
	const char *media; /* of the body; NULL: no body is taken */
	size_t body_max;
	void (*handle)(struct request *r);
};

/* One connection, for the clocks that libmicrohttpd does not keep. */
struct connection {
	struct connection *prev, *next;
	struct MHD_Connection *http;
	int64_t deadline_ms; /* of the header or the body that is awaited */
	bool busy; /* a request has been read whole */
	bool cut; /* told to go away */
};

enum request_state {
	REQUEST_BODY, /* its body is being read */
	REQUEST_REFUSED, /* the same, and the answer is known already */
	REQUEST_WAITING, /* for its answer; libmicrohttpd will ask again */
	REQUEST_SUSPENDED, /* the same, until libmicrohttpd is told */
	REQUEST_ANSWERED,
	REQUEST_ORPHANED /* its connection ended while keys had its call */
};

/* One bad field of a body: its JSON pointer and what is wrong. */
struct field_problem {
	char pointer[48];
	char detail[112];
};

struct request {
	struct api *api;
	struct MHD_Connection *http;
	struct connection *connection;
	const struct route *route;
	uint64_t id; /* number since the start */
	enum request_state state;
	char item[PKI_NAME_MAX +
		  1]; /* the segment that {Name} of the path stands for */
	struct actor actor; /* of ROUTE_TENANT */
	struct MHD_Response *response; /* ready, not queued yet */
	unsigned status;

	uint8_t *body; /* body_small, or from the heap */
	size_t body_len;
	size_t body_cap;
	bool large; /* its body counts in api->large_count */
	size_t body_seen; /* bytes that came, kept or not */
	uint8_t body_small[API_BODY_INLINE];
	json_t *json; /* the body, once body_read has read it */

	struct field_problem problems[API_PROBLEMS_MAX];
	size_t problem_count;

	struct keys_call call;
	bool called; /* call is with keys */
	void (*on_keys)(struct request *r); /* call has its answer */
	union {
		uint8_t uid[UID_LEN]; /* GetPSK */
		struct e2e_parameters e2e;
		struct store_profile profile;
		struct store_ca ca;
		struct setup_plan setup;
	} kept; /* what a handler keeps for on_keys; wiped */
	struct import_job *import; /* of POST /v1/imports only */
	struct transfer_job *transfer; /* while an offer is accepted */

	char out[API_OUT_INLINE];
	struct request *next; /* in the pool */
};

/* Counters for /metrics. */
struct api_metrics {
	uint64_t requests[6]; /* by status class, 1 to 5 */
	uint64_t auth_failures;
	uint64_t psk_served;
	uint64_t e2e_served;
	uint64_t import_records;
};

struct api {
	const struct config *config;
	struct service service;
	struct keys_queue keys;
	struct MHD_Daemon *http;
	int listen_fd;
	int epoll_fd;
	bool stopping;
	int64_t now_ms; /* monotonic, of this turn */
	uint64_t boot; /* random: first half of every request id */
	uint64_t request_count;
	struct api_metrics metrics;
	struct connection *connections;
	size_t connection_count;
	struct request *pool;
	size_t pool_count;
	size_t active; /* requests between first call and completion */
	size_t waiting; /* requests in REQUEST_WAITING without an answer */
	bool keys_late; /* the last wait for keys was in vain */
	bool importing; /* one import at a time */
	bool transferring; /* and one acceptance of an offer */
	unsigned large_count; /* bodies over API_BODY_MAX being read */
	int64_t next_sweep_ms;
	int64_t next_minute_ms;
	int64_t next_log_ms; /* of what libmicrohttpd has to say */
	int64_t stop_ms;
};

/* --- http.c: libmicrohttpd's side --- */

/* Starts HTTP on listen_fd. Errors: ERR_IO. */
MUST_CHECK enum err http_start(struct api *api);
/* Stops taking connections; those that are there go on. */
void http_quiesce(struct api *api);
void http_stop(struct api *api);
/*
 * Says in a sentence why a request's header must not be acted upon, as two
 * readers may see different ends of it; NULL: nothing is wrong.
 */
MUST_CHECK const char *framing_wrong(
    struct MHD_Connection *http, const char *version);
/*
 * Decodes %XX in a text, in place, and returns its new length. What is no
 * escape, and %00, stays as it stands, so that no name is cut short by it.
 */
size_t framing_unescape(void *ctx, struct MHD_Connection *http, char *text);
/* Ends connections whose deadline has passed. */
void http_sweep(struct api *api);
/* The call of a request that was left without a connection has ended. */
void http_orphan_end(struct request *r);

/* --- answer.c: ways to answer --- */

/* Answers with len bytes at body, which are copied and then wiped. */
void answer_bytes(struct request *r, unsigned status, const char *type,
    const void *body, size_t len);
/* Answers with len bytes that lie in r->out already. */
void answer_out(struct request *r, unsigned status, size_t len);
/* Seconds since 1970 as 2020-07-03T09:07:44Z; null for 0. */
json_t *json_date(uint64_t time);
/* Answers with a JSON value, which is used up. */
void answer_json(struct request *r, unsigned status, json_t *value);
/* The same with an ETag; 304 when the caller has it. */
void answer_json_tagged(struct request *r, json_t *value);
/*
 * Whether the caller's If-Match, if there is one, names the value, which is
 * used up, by the ETag that answer_json_tagged gives it.
 */
MUST_CHECK bool request_matches(const struct request *r, json_t *value);

/* --- problem.c: problem+json (RFC 9457) --- */

/* The kinds of problem: each has a stable type, a title and a status. */
enum problem {
	PROBLEM_BAD_REQUEST,
	PROBLEM_INVALID_BODY,
	PROBLEM_INVALID_PARAMETER,
	PROBLEM_UNAUTHENTICATED,
	PROBLEM_BAD_CREDENTIALS,
	PROBLEM_FORBIDDEN,
	PROBLEM_NOT_FOUND,
	PROBLEM_UNKNOWN_DEVICE,
	PROBLEM_SERVICE_DISABLED,
	PROBLEM_DEVICE_SUSPENDED,
	PROBLEM_DEVICE_INACTIVE,
	PROBLEM_DEVICE_STATE,
	PROBLEM_DECOMMISSIONED,
	PROBLEM_NOT_IN_PLAN,
	PROBLEM_TRANSFERRED,
	PROBLEM_TRANSFER_STATE,
	PROBLEM_METHOD,
	PROBLEM_CONFLICT,
	PROBLEM_PRECONDITION,
	PROBLEM_TOO_LARGE,
	PROBLEM_MEDIA_TYPE,
	PROBLEM_RECORDS,
	PROBLEM_SETUP_TOKEN,
	PROBLEM_INTERNAL,
	PROBLEM_UNAVAILABLE,
	PROBLEM_COUNT
};

/* Answers with a problem; detail may be NULL. */
void problem_answer(
    struct request *r, enum problem problem, const char *detail);
/* Notes a bad field, for PROBLEM_INVALID_BODY. */
void problem_field(struct request *r, const char *pointer, const char *fmt, ...)
    PRINTF(3, 4);
/* Answers for an error that a service function returned. */
void problem_err(struct request *r, enum err err);
/* GET /problems/NAME: what a type means. */
void problem_get(struct request *r);
unsigned problem_status(enum problem problem);

/* --- body.c: bodies and query parameters, checked by a table --- */

enum field_kind {
	FIELD_STRING,
	FIELD_NUMBER, /* an integer */
	FIELD_STRING_OR_NUMBER, /* text, or an integer taken as its text */
	FIELD_OBJECT,
	FIELD_ARRAY
};

struct field {
	const char *name;
	enum field_kind kind;
	bool required;
	size_t max; /* of the text, in bytes */
};

/*
 * What was read for a field: text is empty and there false without it.
 * Views and the object live until the request ends.
 */
struct field_value {
	bool there;
	struct bytes text;
	int64_t number;
	const json_t *object; /* or the array */
	char digits[24];
};

/*
 * Makes the JSON pointer to a name below base, cut to cap bytes with its NUL
 * but never inside a character. Spec: RFC 6901.
 */
void pointer_make(const char *base, const char *name, char *out, size_t cap);
/*
 * Reads the body as one object that has the fields and no others. Answers
 * with a problem naming each bad field, and returns false, when it is not.
 */
MUST_CHECK bool body_read(struct request *r, const struct field *fields,
    size_t count, struct field_value *ret_values);
/* Answers and returns false when problem_field has noted something. */
MUST_CHECK bool body_good(struct request *r);

#define PAGE_LIMIT_MAX 1000
#define PAGE_LIMIT_DEFAULT 100

/* limit and cursor of a list. */
struct page {
	size_t limit;
	uint8_t after[16]; /* key of the last item before this page */
	size_t after_len; /* 0: this is the first */
	bool has_device; /* only what concerns this device is wanted */
	uint8_t device[UID_LEN];
};
/*
 * Reads them for items whose keys have key_len bytes. Answers and returns
 * false when one is bad or the query has anything else.
 */
MUST_CHECK bool page_read(
    struct request *r, size_t key_len, struct page *ret_page);
/* The same for a list that takes device, a ROTPublicUID, too. */
MUST_CHECK bool page_read_of_device(
    struct request *r, size_t key_len, struct page *ret_page);
/* The number of a cursor that is one, in 8 bytes; 0 for the first page. */
uint64_t page_number(const struct page *page);
/* The number in the path; 0: it is none, and nobody has it. */
uint64_t item_number(const struct request *r);
/* Answers with items, which are used up; after: key of the last, if more. */
void page_answer(struct request *r, json_t *items, struct bytes after);

/*
 * A list whose rows have numbers, which count up or down. read gets up to cap
 * rows of those after a number (0: from the first on); row is the size of
 * one, number where it has its number.
 */
struct numbered_list {
	size_t row, number;
	enum err (*read)(struct request *r, uint64_t after, void *ret_rows,
	    size_t cap, size_t *ret_count);
	json_t *(*show)(struct request *r, const void *row);
};
/* Answers with the page that is asked for. */
void numbered_list_answer(struct request *r, const struct numbered_list *list);

/* --- routes.c --- */

extern const struct route api_routes[];
extern const size_t api_route_count;
/*
 * Whether a route is for a path. Writes the segment at its {Name}, if it has
 * one, with its NUL, to ret_item of cap bytes; one that does not fit, and an
 * empty one, is for no route.
 */
MUST_CHECK bool route_takes(
    const struct route *route, const char *path, char *ret_item, size_t cap);

/* --- the handlers, a file per noun --- */

void authenticate_post(struct request *r);
void token_refresh_post(struct request *r);
void init_post(struct request *r);
void psk_post(struct request *r);
void e2e_decryption_post(struct request *r);
void e2e_uplink_post(struct request *r);
void e2e_downlink_post(struct request *r);
void profiles_post(struct request *r);
void profiles_list(struct request *r);
void profiles_get(struct request *r);
void profiles_patch(struct request *r);
void devices_list(struct request *r);
void devices_get(struct request *r);
void device_generations_list(struct request *r);
json_t *device_json(const struct store_device *device);
/* The ROTPublicUID of the path; false: it is answered that it is none. */
MUST_CHECK bool device_item_read(struct request *r, uint8_t uid[UID_LEN]);
/* operations.c */
void device_suspend(struct request *r);
void device_resume(struct request *r);
void device_rotate(struct request *r);
void device_release(struct request *r);
void device_decommission(struct request *r);
/* features.c */
void device_features_set(struct request *r);
void device_features_get(struct request *r);
void profile_features_set(struct request *r);
void profile_features_get(struct request *r);
/* {"LocalDataProtection": {"Enabled": true}, ...}, every feature. */
json_t *features_json(uint32_t features);
/* The same with what the device has confirmed. */
json_t *features_json_of_device(const struct store_device *d);
/*
 * Reads the same from a body's /Features, as far as it is named there, and
 * notes what is wrong. allowed: bits that may be named. object may be NULL.
 */
struct feature_change features_read(
    struct request *r, const json_t *object, uint32_t allowed);
/* cas.c */
void cas_create(struct request *r);
void cas_pop(struct request *r);
void cas_list(struct request *r);
void cas_get(struct request *r);
void cas_remove(struct request *r);
/* events.c */
void events_list(struct request *r);
void imports_post(struct request *r);
void imports_list(struct request *r);
void imports_get(struct request *r);
void import_job_free(struct import_job *job);
/* Adds what is wrong with the lines of the file to a problem. */
void import_job_report(const struct import_job *job, json_t *problem);
/* tenants.c */
void tenants_post(struct request *r);
void tenants_list(struct request *r);
void tenants_get(struct request *r);
void tenants_plan(struct request *r);
/* transfers.c */
void transfers_post(struct request *r);
void transfers_list(struct request *r);
void transfers_get(struct request *r);
void transfers_devices(struct request *r);
void transfers_accept(struct request *r);
void transfers_decline(struct request *r);
void transfers_withdraw(struct request *r);
void transfer_job_free(struct transfer_job *job);
/* apikeys.c */
void apikeys_post(struct request *r);
void apikeys_list(struct request *r);
void apikeys_end(struct request *r);
void health_get(struct request *r);
void metrics_get(struct request *r);
void openapi_get(struct request *r);

/* --- loop.c: what a handler may ask of the loop --- */

/*
 * Asks keys; on_keys is called when r->call holds what came of it. Answers
 * with a problem when too much is under way.
 */
void request_ask(struct request *r, const struct keysproto_request *ask,
    void (*on_keys)(struct request *r));

/* The request has its answer: libmicrohttpd may go on with it. */
void request_resume(struct request *r);

/* Where the request came from, as text, for the audit log. */
void request_source(const struct request *r, char *out, size_t cap);

#endif
