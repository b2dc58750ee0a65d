/*
 * The route table: every path and method that there is, the busiest first.
 * openapi.yaml has the same, which a test compares.
 */
#include "api.h"

#define JSON "application/json"
#define LINES                                                                  \
	"application/x-ndjson application/jsonl application/json "             \
	"application/octet-stream text/plain"

const struct route api_routes[] = {
    {"POST", "/v1/GetPSK", ROUTE_TENANT, JSON, API_BODY_MAX, psk_post},
    {"POST", "/v1/GetE2EDecryptionParameters", ROUTE_TENANT, JSON, API_BODY_MAX,
	e2e_decryption_post},
    {"POST", "/v1/e2e/uplink/protectionparameters/get", ROUTE_TENANT, JSON,
	API_BODY_MAX, e2e_uplink_post},
    {"POST", "/v1/e2e/downlink/protectionparameters/get", ROUTE_TENANT, JSON,
	API_BODY_MAX, e2e_downlink_post},
    {"POST", "/v1/authenticate", ROUTE_OPEN, JSON, API_BODY_MAX,
	authenticate_post},
    {"POST", "/v1/Authorize", ROUTE_OPEN, JSON, API_BODY_MAX,
	authenticate_post},
    {"POST", "/v1/token/refresh", ROUTE_OPEN, JSON, API_BODY_MAX,
	token_refresh_post},
    {"POST", "/v1/init", ROUTE_OPEN, JSON, API_BODY_MAX, init_post},
    {"GET", "/v1/deviceprofiles", ROUTE_TENANT, NULL, API_BODY_MAX,
	profiles_list},
    {"POST", "/v1/deviceprofiles", ROUTE_TENANT, JSON, API_BODY_MAX,
	profiles_post},
    {"GET", "/v1/deviceprofiles/{DeviceProfileUID}", ROUTE_TENANT, NULL,
	API_BODY_MAX, profiles_get},
    {"PATCH", "/v1/deviceprofiles/{DeviceProfileUID}", ROUTE_TENANT, JSON,
	API_BODY_MAX, profiles_patch},
    {"POST", "/v1/deviceprofile/bootstrapprovisioning/set", ROUTE_TENANT, JSON,
	API_BODY_MAX, profile_features_set},
    {"POST", "/v1/deviceprofile/bootstrapprovisioning/get", ROUTE_TENANT, JSON,
	API_BODY_MAX, profile_features_get},
    {"POST", "/v1/device/provisioning/set", ROUTE_TENANT, JSON, API_BODY_MAX,
	device_features_set},
    {"POST", "/v1/device/provisioning/get", ROUTE_TENANT, JSON, API_BODY_MAX,
	device_features_get},
    {"GET", "/v1/devices", ROUTE_TENANT, NULL, API_BODY_MAX, devices_list},
    {"GET", "/v1/devices/{ROTPublicUID}", ROUTE_TENANT, NULL, API_BODY_MAX,
	devices_get},
    {"GET", "/v1/devices/{ROTPublicUID}/generations", ROUTE_TENANT, NULL,
	API_BODY_MAX, device_generations_list},
    {"POST", "/v1/devices/{ROTPublicUID}/suspend", ROUTE_TENANT, NULL,
	API_BODY_MAX, device_suspend},
    {"POST", "/v1/devices/{ROTPublicUID}/resume", ROUTE_TENANT, NULL,
	API_BODY_MAX, device_resume},
    {"POST", "/v1/devices/{ROTPublicUID}/rotate", ROUTE_TENANT, NULL,
	API_BODY_MAX, device_rotate},
    {"POST", "/v1/devices/{ROTPublicUID}/release", ROUTE_TENANT, JSON,
	API_BODY_MAX, device_release},
    {"POST", "/v1/devices/{ROTPublicUID}/decommission", ROUTE_TENANT, JSON,
	API_BODY_MAX, device_decommission},
    {"POST", "/v1/ztp/rootca/create", ROUTE_TENANT, JSON, API_BODY_MAX,
	cas_create},
    {"POST", "/v1/ztp/rootca/popcertificate/generate", ROUTE_TENANT, JSON,
	API_BODY_MAX, cas_pop},
    {"GET", "/v1/cas", ROUTE_TENANT, NULL, API_BODY_MAX, cas_list},
    {"GET", "/v1/cas/{CAName}", ROUTE_TENANT, NULL, API_BODY_MAX, cas_get},
    {"DELETE", "/v1/cas/{CAName}", ROUTE_TENANT, NULL, API_BODY_MAX,
	cas_remove},
    {"GET", "/v1/events", ROUTE_TENANT, NULL, API_BODY_MAX, events_list},
    {"GET", "/v1/imports", ROUTE_TENANT, NULL, API_BODY_MAX, imports_list},
    {"POST", "/v1/imports", ROUTE_TENANT, LINES, API_IMPORT_MAX, imports_post},
    {"GET", "/v1/imports/{ImportID}", ROUTE_TENANT, NULL, API_BODY_MAX,
	imports_get},
    {"POST", "/v1/tenants", ROUTE_TENANT, JSON, API_BODY_MAX, tenants_post},
    {"GET", "/v1/tenants", ROUTE_TENANT, NULL, API_BODY_MAX, tenants_list},
    {"GET", "/v1/tenants/{TenantID}", ROUTE_TENANT, NULL, API_BODY_MAX,
	tenants_get},
    {"POST", "/v1/tenants/{TenantID}/plan", ROUTE_TENANT, JSON, API_BODY_MAX,
	tenants_plan},
    {"POST", "/v1/transfers", ROUTE_TENANT, JSON, API_BODY_MAX, transfers_post},
    {"GET", "/v1/transfers", ROUTE_TENANT, NULL, API_BODY_MAX, transfers_list},
    {"GET", "/v1/transfers/{TransferID}", ROUTE_TENANT, NULL, API_BODY_MAX,
	transfers_get},
    {"GET", "/v1/transfers/{TransferID}/devices", ROUTE_TENANT, NULL,
	API_BODY_MAX, transfers_devices},
    {"POST", "/v1/transfers/{TransferID}/accept", ROUTE_TENANT, JSON,
	API_BODY_MAX, transfers_accept},
    {"POST", "/v1/transfers/{TransferID}/decline", ROUTE_TENANT, NULL,
	API_BODY_MAX, transfers_decline},
    {"POST", "/v1/transfers/{TransferID}/withdraw", ROUTE_TENANT, NULL,
	API_BODY_MAX, transfers_withdraw},
    {"POST", "/v1/apikeys", ROUTE_TENANT, NULL, API_BODY_MAX, apikeys_post},
    {"GET", "/v1/apikeys", ROUTE_TENANT, NULL, API_BODY_MAX, apikeys_list},
    {"DELETE", "/v1/apikeys/{APIKey}", ROUTE_TENANT, NULL, API_BODY_MAX,
	apikeys_end},
    {"GET", "/healthz", ROUTE_OPEN, NULL, API_BODY_MAX, health_get},
    {"GET", "/metrics", ROUTE_OPEN, NULL, API_BODY_MAX, metrics_get},
    {"GET", "/openapi.yaml", ROUTE_OPEN, NULL, API_BODY_MAX, openapi_get},
    {"GET", "/problems/{Name}", ROUTE_OPEN, NULL, API_BODY_MAX, problem_get},
};

const size_t api_route_count = ARRAY_LEN(api_routes);

bool
route_takes(
    const struct route *route, const char *path, char *ret_item, size_t cap)
{
	size_t head = strcspn(route->path, "{");

	if (strncmp(route->path, path, head) != 0)
		return false;
	path += head;
	if (route->path[head] == '\0')
		return *path == '\0';
	size_t len = strcspn(path, "/");
	const char *tail = strchr(route->path + head, '}');

	if (len == 0 || len >= cap || strcmp(path + len, tail + 1) != 0)
		return false;
	memcpy(ret_item, path, len);
	ret_item[len] = '\0';
	return true;
}
