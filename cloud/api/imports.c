/*
 * Imports of factory records. The request stays suspended while its records
 * go to keys a few at a time, so that other calls fit in between; one import
 * is under way at once, which bounds the memory they take.
 */
#include "base/text.h"

#include "api.h"

struct import_job {
	struct request *request;
	struct import import;
	size_t next; /* record to ask for */
	size_t waiting; /* calls under way */
	enum err err; /* the first that no record is to blame for */
	size_t index[IMPORT_WINDOW];
	struct keys_call calls[IMPORT_WINDOW];
};

void
import_job_free(struct import_job *job)
{
	if (job == NULL)
		return;
	job->request->api->importing = false;
	import_done(&job->import);
	free(job);
}

void
import_job_report(const struct import_job *job, json_t *problem)
{
	const struct import *import = &job->import;
	size_t count = import->problem_count < IMPORT_PROBLEMS_MAX
			   ? import->problem_count
			   : IMPORT_PROBLEMS_MAX;
	json_t *lines = json_array();

	if (count == 0) {
		json_decref(lines);
		return;
	}
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    lines, json_pack("{s:i, s:s}", "line",
			       (int)import->problems[i].line, "detail",
			       import->problems[i].why));
	(void)json_object_set_new(problem, "lines", lines);
	(void)json_object_set_new(problem, "lineProblems",
	    json_integer((json_int_t)import->problem_count));
}

static json_t *
import_json(const struct store_import *i)
{
	return json_pack("{s:I, s:I, s:I, s:o}", "ImportID", (json_int_t)i->id,
	    "Total", (json_int_t)i->total, "Remaining",
	    (json_int_t)i->remaining, "CreateDate",
	    json_date((uint64_t)i->created));
}

static void
job_finish(struct import_job *job)
{
	struct request *r = job->request;
	struct store_import made;
	char source[SERVICE_SOURCE_MAX];
	enum err err = job->err;

	request_source(r, source, sizeof(source));
	if (err == ERR_OK && job->import.problem_count == 0)
		err = import_finish(
		    &r->api->service, &r->actor, source, &job->import);
	if (job->import.problem_count > 0) {
		problem_answer(r, PROBLEM_RECORDS, NULL);
		return;
	}
	if (err == ERR_OK)
		err = store_import_get(r->api->service.store, r->actor.tenant,
		    job->import.id, &made);
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	r->api->metrics.import_records += job->import.count;
	answer_json(r, MHD_HTTP_CREATED, import_json(&made));
}

static void job_call_done(struct keys_call *call);

/* Asks for the next record through a call that is free. */
static void
job_ask(struct import_job *job, struct keys_call *call)
{
	struct api *api = job->request->api;

	if (job->err != ERR_OK || job->next == job->import.count)
		return;
	call->owner = job;
	call->done = job_call_done;
	struct keysproto_request *ask =
	    keys_queue_ask(&api->keys, call, api->now_ms);

	if (ask == NULL) {
		job->err = ERR_BUSY;
		return;
	}
	job->index[call - job->calls] = job->next;
	import_record_request(&job->import, job->next++, ask);
	job->waiting++;
}

static void
job_call_done(struct keys_call *call)
{
	struct import_job *job = call->owner;
	enum err err = call->err;

	job->waiting--;
	if (err == ERR_OK)
		err = import_record_answer(
		    &job->import, job->index[call - job->calls], &call->answer);
	if (err != ERR_OK && job->err == ERR_OK)
		job->err = err;
	job_ask(job, call);
	if (job->waiting > 0)
		return;
	job_finish(job);
	request_resume(job->request);
}

/* Keys has made the import's key: now the records. */
static void
job_key_done(struct request *r)
{
	struct import_job *job = r->import;
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	job->import.key.len = r->call.answer.u.blob.len;
	memcpy(job->import.key.b, r->call.answer.u.blob.b,
	    r->call.answer.u.blob.len);
	for (size_t i = 0; i < IMPORT_WINDOW; i++)
		job_ask(job, &job->calls[i]);
	if (job->waiting == 0)
		job_finish(job);
}

static void
import_read_err(struct request *r, enum err err)
{
	if (err == ERR_TRUNCATED)
		problem_answer(
		    r, PROBLEM_RECORDS, "The file has no record in it.");
	else if (err == ERR_SPACE)
		problem_answer(
		    r, PROBLEM_TOO_LARGE, "A file has at most 65,536 records.");
	else
		problem_err(r, err);
}

void
imports_post(struct request *r)
{
	struct api *api = r->api;
	struct keysproto_request ask;

	if (api->importing) {
		problem_answer(r, PROBLEM_UNAVAILABLE,
		    "Another import is under way: try again.");
		return;
	}
	struct import_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		problem_err(r, ERR_NOMEM);
		return;
	}
	job->request = r;
	r->import = job;
	api->importing = true;
	enum err err = import_read(&api->service, &r->actor,
	    bytes_make(r->body, r->body_len), &job->import);

	if (err != ERR_OK) {
		import_read_err(r, err);
	} else if (job->import.problem_count > 0) {
		problem_answer(r, PROBLEM_RECORDS, NULL);
	} else {
		import_key_request(&job->import, &ask);
		request_ask(r, &ask, job_key_done);
	}
}

/* --- list and get --- */

static enum err
import_read_page(struct request *r, uint64_t after, void *ret_rows, size_t cap,
    size_t *ret_count)
{
	return store_import_list(r->api->service.store, r->actor.tenant, after,
	    ret_rows, cap, ret_count);
}

static json_t *
import_show(struct request *r, const void *row)
{
	(void)r;
	return import_json(row);
}

void
imports_list(struct request *r)
{
	static const struct numbered_list list = {sizeof(struct store_import),
	    offsetof(struct store_import, id), import_read_page, import_show};

	numbered_list_answer(r, &list);
}

void
imports_get(struct request *r)
{
	struct store_import import;
	char *end;
	unsigned long long id = strtoull(r->item, &end, 10);

	if (*end != '\0' || r->item[0] < '0' || r->item[0] > '9' ||
	    id > INT64_MAX) {
		problem_answer(r, PROBLEM_NOT_FOUND, NULL);
		return;
	}
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = store_import_get(
		    r->api->service.store, r->actor.tenant, id, &import);
	if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, import_json(&import));
}
