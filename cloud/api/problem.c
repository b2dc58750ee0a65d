/*
 * Problems as RFC 9457 wants them: one table of kinds, each with a stable
 * type that can be looked up here. 5xx is never the caller's mistake.
 */
#include <stdarg.h>

#include "cloud/log.h"

#include "api.h"

struct problem_kind {
	const char *name; /* last segment of its type */
	unsigned status;
	const char *title;
	const char *meaning; /* the detail, unless there is a better one */
};

static const struct problem_kind kinds[PROBLEM_COUNT] = {
    [PROBLEM_BAD_REQUEST] = {"bad-request", 400, "Bad request",
	"The body is not JSON."},
    [PROBLEM_INVALID_BODY] = {"invalid-body", 400, "Invalid body",
	"Fields of the body are missing, unknown or not what they must be."},
    [PROBLEM_INVALID_PARAMETER] = {"invalid-parameter", 400,
	"Invalid parameter", "A parameter of the query is not allowed."},
    [PROBLEM_UNAUTHENTICATED] = {"unauthenticated", 401, "Unauthenticated",
	"The AuthToken is missing, unknown, revoked or expired."},
    [PROBLEM_BAD_CREDENTIALS] = {"bad-credentials", 401, "Bad credentials",
	"The API key, its secret or the RefreshToken is not good."},
    [PROBLEM_FORBIDDEN] = {"forbidden", 403, "Forbidden",
	"The caller has no right to do this."},
    [PROBLEM_NOT_FOUND] = {"not-found", 404, "Not found",
	"There is no such thing."},
    [PROBLEM_UNKNOWN_DEVICE] = {"unknown-device", 404, "Unknown device",
	"No device of this account has this identity."},
    [PROBLEM_SERVICE_DISABLED] = {"service-disabled", 403,
	"Service not enabled", "The service is not enabled on this device."},
    [PROBLEM_DEVICE_SUSPENDED] = {"device-suspended", 403, "Device suspended",
	"The device is suspended or in quarantine."},
    [PROBLEM_DEVICE_INACTIVE] = {"device-inactive", 409, "Device not active",
	"The account's plan has no room for the device: it is not active."},
    [PROBLEM_DEVICE_STATE] = {"device-state", 409, "Not in this state",
	"The device has never registered, or has been decommissioned."},
    [PROBLEM_DECOMMISSIONED] = {"decommissioned", 403, "Decommissioned",
	"The device has been decommissioned: its keys are given out no more."},
    [PROBLEM_NOT_IN_PLAN] = {"not-in-plan", 403, "Not in the plan",
	"The account's plan does not include this service."},
    [PROBLEM_TRANSFERRED] = {"transferred", 403, "Device transferred",
	"The device has another owner. What it has protected before opens "
	"when it has made its new root, and as the offer says."},
    [PROBLEM_TRANSFER_STATE] = {"transfer-state", 409,
	"Not possible with this offer",
	"The offer is accepted, declined, withdrawn or expired, or a device "
	"cannot be offered now."},
    [PROBLEM_METHOD] = {"method-not-allowed", 405, "Method not allowed",
	"The path has no such method; the Allow header has those it has."},
    [PROBLEM_CONFLICT] = {"conflict", 409, "Conflict",
	"Something changed meanwhile: read it again and repeat the call."},
    [PROBLEM_PRECONDITION] = {"precondition-failed", 412, "Precondition failed",
	"It is not as If-Match says: read it again and repeat the call."},
    [PROBLEM_TOO_LARGE] = {"too-large", 413, "Body too large",
	"A body has at most 64 KiB, a file of factory records 16 MiB."},
    [PROBLEM_MEDIA_TYPE] = {"media-type", 415, "Unsupported media type",
	"The call does not take a body of this Content-Type."},
    [PROBLEM_RECORDS] = {"invalid-records", 400, "Invalid records",
	"Lines of the file are not factory records that can be imported. "
	"Nothing was imported."},
    [PROBLEM_SETUP_TOKEN] = {"setup-token", 403, "Set-up token refused",
	"The set-up token is wrong or has been used."},
    [PROBLEM_INTERNAL] = {"internal", 500, "Internal error",
	"The service failed; the request id finds the reason in its log."},
    [PROBLEM_UNAVAILABLE] = {"unavailable", 503, "Unavailable",
	"The service cannot do this now: try again."},
};

unsigned
problem_status(enum problem problem)
{
	return kinds[problem].status;
}

void
problem_field(struct request *r, const char *pointer, const char *fmt, ...)
{
	if (r->problem_count >= API_PROBLEMS_MAX)
		return;
	struct field_problem *p = &r->problems[r->problem_count++];
	va_list ap;

	(void)snprintf(p->pointer, sizeof(p->pointer), "%s", pointer);
	va_start(ap, fmt);
	(void)vsnprintf(p->detail, sizeof(p->detail), fmt, ap);
	va_end(ap);
}

static json_t *
fields_json(const struct request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->problem_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s%}", "pointer", r->problems[i].pointer,
			"detail", r->problems[i].detail,
			strlen(r->problems[i].detail)));
	return list;
}

/* What every problem has; lines of an import come from its own handler. */
static json_t *
problem_json(struct request *r, const struct problem_kind *kind,
    const char *detail, const char *id)
{
	char type[64];

	(void)snprintf(type, sizeof(type), "/problems/%s", kind->name);
	json_t *body = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type,
	    "title", kind->title, "status", (int)kind->status, "detail",
	    detail != NULL ? detail : kind->meaning, "requestId", id);

	if (r->problem_count > 0)
		(void)json_object_set_new(body, "errors", fields_json(r));
	if (r->import != NULL)
		import_job_report(r->import, body);
	return body;
}

static void
problem_headers(struct request *r, enum problem problem)
{
	if (r->status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(
		    r->response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (problem == PROBLEM_UNAVAILABLE)
		(void)MHD_add_response_header(
		    r->response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

void
problem_answer(struct request *r, enum problem problem, const char *detail)
{
	const struct problem_kind *kind = &kinds[problem];
	char id[40];
	size_t len = 0;

	(void)snprintf(id, sizeof(id), "%016llx-%llx",
	    (unsigned long long)r->api->boot, (unsigned long long)r->id);
	json_t *body = problem_json(r, kind, detail, id);
	char *text = json_dumps(body, JSON_INDENT(2));

	json_decref(body);
	if (text != NULL) {
		len = strlen(text);
		text[len++] = '\n';
	}
	answer_bytes(r, kind->status, "application/problem+json",
	    text != NULL ? text : "", len);
	free(text);
	problem_headers(r, problem);
	/* 503 is counted in the metrics: a flood of it may not fill the log. */
	if (problem == PROBLEM_INTERNAL)
		log_error("request-failed", log_text("id", id),
		    log_text("path", r->route != NULL ? r->route->path : ""),
		    log_text("problem", kind->name),
		    log_text("detail", detail));
}

void
problem_err(struct request *r, enum err err)
{
	switch (err) {
	case ERR_NOT_FOUND:
		problem_answer(r, PROBLEM_NOT_FOUND, NULL);
		return;
	case ERR_CONFLICT:
	case ERR_EXISTS:
		problem_answer(r, PROBLEM_CONFLICT, NULL);
		return;
	case ERR_BUSY:
		problem_answer(r, PROBLEM_UNAVAILABLE,
		    "The database or the keys process is busy: try again.");
		return;
	case ERR_TIMEOUT:
		problem_answer(r, PROBLEM_UNAVAILABLE,
		    "The keys process did not answer in time: try again.");
		return;
	default:
		log_error("error", log_err(err),
		    log_text("store", store_why(r->api->service.store)));
		problem_answer(r, PROBLEM_INTERNAL, NULL);
		return;
	}
}

void
problem_get(struct request *r)
{
	for (size_t i = 0; i < PROBLEM_COUNT; i++) {
		if (strcmp(kinds[i].name, r->item) != 0)
			continue;
		answer_json_tagged(
		    r, json_pack("{s:s, s:i, s:s}", "title", kinds[i].title,
			   "status", (int)kinds[i].status, "meaning",
			   kinds[i].meaning));
		return;
	}
	problem_answer(r, PROBLEM_NOT_FOUND, NULL);
}
