/*
 * Transfers of devices: offer, list, get, accept, decline, withdraw. While
 * an offer is accepted, keys make the right of one device after another; one
 * acceptance is under way at once, which bounds the memory they take.
 */
#include "base/text.h"
#include "service/transfers.h"
#include "store/tenants.h"

#include "api.h"

#define TRIES_MAX 3 /* of an acceptance that devices overtake */

struct transfer_job {
	struct api *api;
	struct transfer_acceptance acceptance;
	uint64_t id;
	uint8_t profile[PROFILE_UID_LEN];
	unsigned tries;
};

void
transfer_job_free(struct transfer_job *job)
{
	if (job == NULL)
		return;
	job->api->transferring = false;
	transfer_acceptance_done(&job->acceptance);
	free(job);
}

/* --- as JSON --- */

static const char *
readers_name(uint8_t readers)
{
	if (readers == TRANSFER_READS_OLD)
		return "old";
	return readers == TRANSFER_READS_NEW ? "new" : "both";
}

static const char *
state_name(const struct request *r, const struct store_transfer *t)
{
	if (transfer_expired(t, (uint64_t)service_now(&r->api->service)))
		return "expired";
	switch (t->state) {
	case TRANSFER_OFFERED:
		return "offered";
	case TRANSFER_ACCEPTED:
		return "accepted";
	case TRANSFER_DECLINED:
		return "declined";
	case TRANSFER_WITHDRAWN:
		return "withdrawn";
	}
	return "unknown";
}

/* Who takes nothing is not named: from an offer nobody learns who there is. */
static json_t *
party_name(const struct request *r, const struct store_transfer *transfer,
    uint64_t tenant)
{
	struct store_tenant t;
	bool shown = tenant == r->actor.tenant || tenant == transfer->from ||
		     transfer->state == TRANSFER_ACCEPTED;

	if (!shown ||
	    store_tenant_get(r->api->service.store, tenant, &t) != ERR_OK)
		return json_null();
	return json_string(t.name);
}

static json_t *
transfer_json(const struct request *r, const struct store_transfer *t)
{
	char profile[BASE64_SIZE(PROFILE_UID_LEN)];
	/* Which profile it is, is the new owner's own business. */
	bool shown = t->has_profile && t->to == r->actor.tenant;

	base64url_encode(BYTES_OF(t->profile), profile);
	return json_pack("{s:I, s:I, s:o, s:I, s:o, s:s, s:s, s:o, s:o, s:o,"
			 " s:o, s:I, s:I, s:I}",
	    "TransferID", (json_int_t)t->id, "FromTenantID",
	    (json_int_t)t->from, "FromTenantName", party_name(r, t, t->from),
	    "ToTenantID", (json_int_t)t->to, "ToTenantName",
	    party_name(r, t, t->to), "Readers", readers_name(t->readers),
	    "State", state_name(r, t), "DeviceProfileUID",
	    shown ? json_string(profile) : json_null(), "CreateDate",
	    json_date(t->created), "ExpiryDate", json_date(t->expires),
	    "CloseDate", json_date(t->closed), "Devices",
	    (json_int_t)t->devices, "Waiting", (json_int_t)t->waiting, "Done",
	    (json_int_t)t->done);
}

static json_t *
transfer_device_json(const struct store_transfer_device *d)
{
	static const char *const states[] = {
	    [TRANSFER_DEVICE_OFFERED] = "offered",
	    [TRANSFER_DEVICE_WAITING] = "waiting",
	    [TRANSFER_DEVICE_DONE] = "done",
	    [TRANSFER_DEVICE_LEFT] = "left",
	};
	char uid[HEX_SIZE(UID_LEN)];

	hex_encode(BYTES_OF(d->uid), uid);
	return json_pack("{s:s, s:s, s:o, s:o}", "ROTPublicUID", uid, "State",
	    (size_t)d->state < ARRAY_LEN(states) ? states[d->state] : "", "Why",
	    d->why[0] != '\0' ? json_string(d->why) : json_null(), "DoneDate",
	    json_date(d->done));
}

/* --- refusals --- */

static void
refusal_answer(struct request *r, enum err err)
{
	if (err == ERR_STATE)
		problem_answer(r, PROBLEM_TRANSFER_STATE, NULL);
	else
		problem_err(r, err);
}

static void
offer_refuse(struct request *r, enum err err, const uint8_t bad[UID_LEN])
{
	char uid[HEX_SIZE(UID_LEN)], detail[160];

	hex_encode(bytes_make(bad, UID_LEN), uid);
	switch (err) {
	case ERR_INVALID:
		problem_field(r, "/ToTenantID", "has to be another tenant");
		break;
	case ERR_TRUNCATED:
		problem_field(r, "", "names no device that could be offered");
		break;
	case ERR_EXHAUSTED:
		problem_field(
		    r, "", "names more than %d devices", TRANSFER_DEVICES_MAX);
		break;
	case ERR_EXISTS:
		problem_field(
		    r, "/ROTPublicUIDs", "names %s more than once", uid);
		break;
	case ERR_SPACE:
		(void)snprintf(detail, sizeof(detail),
		    "%d offers of the account wait, or %d for this tenant: "
		    "more are not taken.",
		    TRANSFERS_STANDING_MAX, TRANSFERS_STANDING_PAIR_MAX);
		problem_answer(r, PROBLEM_CONFLICT, detail);
		return;
	case ERR_TOO_SOON:
		(void)snprintf(detail, sizeof(detail),
		    "%d offers to this tenant in the last day have not been "
		    "accepted: offer again later.",
		    TRANSFERS_IN_VAIN_MAX);
		problem_answer(r, PROBLEM_CONFLICT, detail);
		return;
	case ERR_STATE:
		(void)snprintf(detail, sizeof(detail),
		    "%s cannot be offered now: it has not bootstrapped, is in "
		    "quarantine, in another offer, or on its way from one.",
		    uid);
		problem_answer(r, PROBLEM_TRANSFER_STATE, detail);
		return;
	case ERR_NOT_FOUND:
		problem_answer(r, PROBLEM_UNKNOWN_DEVICE,
		    "A device or the profile is not of this account.");
		return;
	default:
		problem_err(r, err);
		return;
	}
	(void)!body_good(r);
}

/* --- POST /v1/transfers --- */

static uint8_t
readers_read(struct request *r, struct bytes text)
{
	if (bytes_equal(text, BYTES_LIT("old")))
		return TRANSFER_READS_OLD;
	if (bytes_equal(text, BYTES_LIT("new")))
		return TRANSFER_READS_NEW;
	if (!bytes_equal(text, BYTES_LIT("both")))
		problem_field(r, "/Readers", "has to be old, new or both");
	return TRANSFER_READS_OLD | TRANSFER_READS_NEW;
}

/* Reads ROTPublicUIDs; NULL without them, or when something is wrong. */
static uint8_t (*uids_read(
    struct request *r, const json_t *array, size_t *ret_count))[UID_LEN]
{
	size_t count = json_array_size(array), i, len;
	uint8_t(*uids)[UID_LEN];
	const json_t *item;
	char pointer[48];

	if (array == NULL || count == 0 || count > TRANSFER_DEVICES_MAX) {
		if (array != NULL)
			problem_field(r, "/ROTPublicUIDs",
			    "has to be 1 to %d devices", TRANSFER_DEVICES_MAX);
		return NULL;
	}
	uids = calloc(count, sizeof(*uids));
	json_array_foreach(array, i, item)
	{
		if (uids != NULL && json_is_string(item) &&
		    hex_decode(bytes_str(json_string_value(item)), uids[i],
			UID_LEN, &len) == ERR_OK &&
		    len == UID_LEN)
			continue;
		(void)snprintf(
		    pointer, sizeof(pointer), "/ROTPublicUIDs/%zu", i);
		problem_field(r, pointer, "has to be a ROTPublicUID");
	}
	*ret_count = count;
	return uids;
}

static bool
profile_uid_read(struct request *r, const struct field_value *v,
    uint8_t profile[PROFILE_UID_LEN])
{
	size_t len = 0;

	if (!v->there)
		return false;
	if (base64url_decode(v->text, profile, PROFILE_UID_LEN, &len) !=
		ERR_OK ||
	    len != PROFILE_UID_LEN)
		problem_field(
		    r, "/DeviceProfileUID", "has to be a DeviceProfileUID");
	return true;
}

static uint32_t
expiry_read(struct request *r, const struct field_value *v)
{
	if (!v->there)
		return TRANSFER_EXPIRES;
	if (v->number < TRANSFER_EXPIRES_MIN ||
	    v->number > TRANSFER_EXPIRES_MAX) {
		problem_field(r, "/ExpiresIn", "has to be %d to %u seconds",
		    TRANSFER_EXPIRES_MIN, TRANSFER_EXPIRES_MAX);
		return 0;
	}
	return (uint32_t)v->number;
}

static void
offer_make(struct request *r, const struct transfer_wish *wish)
{
	char source[SERVICE_SOURCE_MAX];
	struct store_transfer t;
	uint8_t bad[UID_LEN];
	enum err err;

	request_source(r, source, sizeof(source));
	err =
	    transfer_offer(&r->api->service, &r->actor, source, wish, &t, bad);
	if (err == ERR_OK)
		answer_json(r, MHD_HTTP_CREATED, transfer_json(r, &t));
	else
		offer_refuse(r, err, bad);
}

void
transfers_post(struct request *r)
{
	static const struct field fields[] = {
	    {"ToTenantID", FIELD_NUMBER, true, 0},
	    {"Readers", FIELD_STRING, true, 8},
	    {"ROTPublicUIDs", FIELD_ARRAY, false, 0},
	    {"DeviceProfileUID", FIELD_STRING, false, 32},
	    {"ExpiresIn", FIELD_NUMBER, false, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct transfer_wish wish = {0};
	uint8_t profile[PROFILE_UID_LEN], (*uids)[UID_LEN];

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	wish.to = v[0].number > 0 ? (uint64_t)v[0].number : 0;
	wish.readers = readers_read(r, v[1].text);
	wish.expires_s = expiry_read(r, &v[4]);
	if (profile_uid_read(r, &v[3], profile))
		wish.profile = profile;
	uids = uids_read(r, v[2].object, &wish.count);
	wish.uids = (const uint8_t(*)[UID_LEN])uids;
	if (v[2].there == v[3].there)
		problem_field(
		    r, "", "needs either ROTPublicUIDs or DeviceProfileUID");
	if (body_good(r))
		offer_make(r, &wish);
	free(uids);
}

/* --- list, get --- */

static enum err
transfer_read_page(struct request *r, uint64_t after, void *ret_rows,
    size_t cap, size_t *ret_count)
{
	return store_transfer_list(r->api->service.store, r->actor.tenant,
	    after, ret_rows, cap, ret_count);
}

static json_t *
transfer_row_json(struct request *r, const void *row)
{
	return transfer_json(r, row);
}

void
transfers_list(struct request *r)
{
	static const struct numbered_list list = {sizeof(struct store_transfer),
	    offsetof(struct store_transfer, id), transfer_read_page,
	    transfer_row_json};

	numbered_list_answer(r, &list);
}

/* The transfer in the path, for a party; else it has answered. */
static bool
item_read(struct request *r, struct store_transfer *ret_transfer)
{
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = store_transfer_get(r->api->service.store, r->actor.tenant,
		    item_number(r), ret_transfer);
	if (err == ERR_OK)
		return true;
	problem_err(r, err);
	return false;
}

void
transfers_get(struct request *r)
{
	struct store_transfer t;

	if (item_read(r, &t))
		answer_json_tagged(r, transfer_json(r, &t));
}

void
transfers_devices(struct request *r)
{
	struct store_transfer t;
	struct page page;
	size_t count = 0;
	enum err err;

	if (!page_read(r, UID_LEN, &page) || !item_read(r, &t))
		return;
	/* One more than is shown says whether there is a next page. */
	struct store_transfer_device *d = calloc(page.limit + 1, sizeof(*d));

	err = d == NULL ? ERR_NOMEM
			: store_transfer_devices(r->api->service.store, t.id,
			      bytes_make(page.after, page.after_len), d,
			      page.limit + 1, &count);
	if (err != ERR_OK) {
		free(d);
		problem_err(r, err);
		return;
	}
	json_t *items = json_array();
	bool more = count > page.limit;

	for (size_t i = 0; i < count && i < page.limit; i++)
		(void)json_array_append_new(items, transfer_device_json(&d[i]));
	page_answer(
	    r, items, more ? BYTES_OF(d[page.limit - 1].uid) : BYTES_NONE);
	free(d);
}

/* --- decline, withdraw --- */

static void
offer_close(struct request *r,
    enum err (*close)(struct service *s, const struct actor *actor,
	const char *source, uint64_t id, struct store_transfer *ret_transfer))
{
	char source[SERVICE_SOURCE_MAX];
	struct store_transfer t;
	enum err err;

	request_source(r, source, sizeof(source));
	err = close(&r->api->service, &r->actor, source, item_number(r), &t);
	if (err == ERR_OK)
		answer_json(r, MHD_HTTP_OK, transfer_json(r, &t));
	else
		refusal_answer(r, err);
}

void
transfers_decline(struct request *r)
{
	offer_close(r, transfer_decline);
}

void
transfers_withdraw(struct request *r)
{
	offer_close(r, transfer_withdraw);
}

/* --- accept --- */

static void accept_begin(struct request *r);

static void
accept_refuse(struct request *r, enum err err)
{
	if (err == ERR_INVALID) {
		problem_field(
		    r, "/DeviceProfileUID", "is not a profile of this account");
		(void)!body_good(r);
	} else {
		refusal_answer(r, err);
	}
}

static void
accept_finish(struct request *r)
{
	struct transfer_job *job = r->transfer;
	char source[SERVICE_SOURCE_MAX];
	enum err err;

	request_source(r, source, sizeof(source));
	err = transfer_accept_finish(
	    &r->api->service, &r->actor, source, &job->acceptance);
	if (err == ERR_CONFLICT && ++job->tries < TRIES_MAX) {
		transfer_acceptance_done(&job->acceptance);
		accept_begin(r);
		return;
	}
	if (err == ERR_OK)
		answer_json(r, MHD_HTTP_OK,
		    transfer_json(r, &job->acceptance.transfer));
	else
		accept_refuse(r, err);
}

static void accept_on_keys(struct request *r);

static void
accept_go_on(struct request *r)
{
	struct keysproto_request ask;

	if (transfer_accept_ask(&r->transfer->acceptance, &ask))
		request_ask(r, &ask, accept_on_keys);
	else
		accept_finish(r);
}

static void
accept_on_keys(struct request *r)
{
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = transfer_accept_answer(
		    &r->transfer->acceptance, &r->call.answer);
	if (err != ERR_OK)
		/* A refusal of keys is our own state, no caller's mistake. */
		problem_err(r,
		    err == ERR_BUSY || err == ERR_TIMEOUT ? err : ERR_INTERNAL);
	else
		accept_go_on(r);
}

static void
accept_begin(struct request *r)
{
	struct transfer_job *job = r->transfer;
	enum err err = transfer_accept_begin(&r->api->service, &r->actor,
	    job->id, job->profile, &job->acceptance);

	if (err == ERR_OK)
		accept_go_on(r);
	else
		accept_refuse(r, err);
}

void
transfers_accept(struct request *r)
{
	static const struct field fields[] = {
	    {"DeviceProfileUID", FIELD_STRING, true, 32},
	};
	struct field_value v;
	uint8_t profile[PROFILE_UID_LEN];

	if (!body_read(r, fields, ARRAY_LEN(fields), &v))
		return;
	(void)profile_uid_read(r, &v, profile);
	if (!body_good(r))
		return;
	if (r->api->transferring) {
		problem_err(r, ERR_BUSY);
		return;
	}
	r->transfer = calloc(1, sizeof(*r->transfer));
	if (r->transfer == NULL) {
		problem_err(r, ERR_NOMEM);
		return;
	}
	r->api->transferring = true;
	r->transfer->api = r->api;
	r->transfer->id = item_number(r);
	memcpy(r->transfer->profile, profile, sizeof(profile));
	accept_begin(r);
}
