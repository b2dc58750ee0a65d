/*
 * What operators and machines look at: health, metrics, the contract.
 */
#include "store/tenants.h"

#include "api.h"
#include "openapi.h"

static void
health_finish(struct request *r)
{
	uint64_t tenants = 0;
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	if (err == ERR_OK)
		err = service_read(&r->api->service);
	if (err == ERR_OK)
		err = store_tenant_count(r->api->service.store, &tenants);
	if (err != ERR_OK)
		problem_answer(r, PROBLEM_UNAVAILABLE,
		    "The keys process or the database does not answer.");
	else
		answer_json(r, MHD_HTTP_OK,
		    json_pack(
			"{s:s, s:b}", "Status", "ok", "SetUp", tenants > 0));
}

/* Healthy is who reaches keys and the database. */
void
health_get(struct request *r)
{
	request_ask(r, &(struct keysproto_request){.op = KEYSPROTO_INFO},
	    health_finish);
}

struct metric {
	const char *name;
	const char *type;
	const char *help;
	uint64_t value;
};

static int
metric_write(char *out, size_t cap, const struct metric *m)
{
	return snprintf(out, cap, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n",
	    m->name, m->help, m->name, m->type, m->name,
	    (unsigned long long)m->value);
}

static int
requests_write(char *out, size_t cap, const struct api_metrics *m)
{
	return snprintf(out, cap,
	    "# HELP holdfast_api_requests_total Requests answered, by class "
	    "of status.\n"
	    "# TYPE holdfast_api_requests_total counter\n"
	    "holdfast_api_requests_total{class=\"2xx\"} %llu\n"
	    "holdfast_api_requests_total{class=\"3xx\"} %llu\n"
	    "holdfast_api_requests_total{class=\"4xx\"} %llu\n"
	    "holdfast_api_requests_total{class=\"5xx\"} %llu\n",
	    (unsigned long long)m->requests[2],
	    (unsigned long long)m->requests[3],
	    (unsigned long long)m->requests[4],
	    (unsigned long long)m->requests[5]);
}

void
metrics_get(struct request *r)
{
	const struct api *api = r->api;
	const struct metric metrics[] = {
	    {"holdfast_api_connections", "gauge", "Connections that are open.",
		api->connection_count},
	    {"holdfast_api_requests_active", "gauge",
		"Requests that are being read or answered.", api->active},
	    {"holdfast_api_auth_failures_total", "counter",
		"Credentials and tokens that were refused.",
		api->metrics.auth_failures},
	    {"holdfast_api_psk_total", "counter", "PSKs handed out.",
		api->metrics.psk_served},
	    {"holdfast_api_e2e_keys_total", "counter",
		"Keys of E2E messages handed out.", api->metrics.e2e_served},
	    {"holdfast_api_import_records_total", "counter",
		"Factory records imported.", api->metrics.import_records},
	    {"holdfast_api_keys_batches_total", "counter",
		"Batches sent to the keys process.", api->keys.batches},
	    {"holdfast_api_keys_requests_total", "counter",
		"Requests in these batches.", api->keys.requests},
	    {"holdfast_api_keys_resent_total", "counter",
		"Batches sent again to a new keys process.", api->keys.resent},
	    {"holdfast_api_keys_timeouts_total", "counter",
		"Requests the keys process did not answer in time.",
		api->keys.timeouts},
	};
	char text[4096];
	int len = requests_write(text, sizeof(text), &api->metrics);

	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		len += metric_write(
		    text + len, sizeof(text) - (size_t)len, &metrics[i]);
	answer_bytes(
	    r, MHD_HTTP_OK, "text/plain; version=0.0.4", text, (size_t)len);
}

void
openapi_get(struct request *r)
{
	answer_bytes(
	    r, MHD_HTTP_OK, "application/yaml", openapi_yaml, openapi_yaml_len);
}
