/*
 * Certificate authorities: the original's two calls; list, get and remove.
 */
#include "pki/pem.h"
#include "service/cas.h"

#include "api.h"

static const char *
pem_make(struct bytes der, char pem[PKI_PEM_MAX])
{
	/* The store holds none that is longer. */
	return pki_pem_write("CERTIFICATE", der, pem) == ERR_OK ? pem : "";
}

static json_t *
ca_json(const struct store_ca *ca)
{
	char pem[PKI_PEM_MAX];

	return json_pack("{s:s, s:I, s:I, s:s, s:o}", "CAName", ca->name,
	    "CACertificateValidity", (json_int_t)ca->days,
	    "DeviceCertificateValidity", (json_int_t)ca->device_days,
	    "Certificate",
	    pem_make(bytes_make(ca->certificate, ca->certificate_len), pem),
	    "CreateDate", json_date((uint64_t)ca->created));
}

/* --- POST /v1/ztp/rootca/create --- */

static void
create_refuse(struct request *r, enum err err)
{
	if (err == ERR_EXISTS)
		problem_answer(
		    r, PROBLEM_CONFLICT, "There is a CA of this name.");
	else if (err == ERR_EXHAUSTED)
		problem_answer(r, PROBLEM_CONFLICT,
		    "The account has as many CAs as it may.");
	else
		problem_err(r, err);
}

static void
create_finish(struct request *r)
{
	struct store_ca *ca = &r->kept.ca;
	char source[SERVICE_SOURCE_MAX];
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = r->call.answer.err;
	request_source(r, source, sizeof(source));
	if (err == ERR_OK)
		err = ca_finish(
		    &r->api->service, &r->actor, source, ca, &r->call.answer);
	if (err == ERR_OK)
		answer_json(r, MHD_HTTP_OK, ca_json(ca));
	else
		create_refuse(r, err);
}

static void
days_check(struct request *r, const char *pointer, int64_t days, int64_t max)
{
	if (days < 1 || days > max)
		problem_field(r, pointer, "has to be 1 to %d days", (int)max);
}

static void
name_check(struct request *r, const char *pointer, struct bytes name)
{
	if (!name_is_good(name, PKI_NAME_MAX))
		problem_field(r, pointer,
		    "has to be 1 to 64 bytes without control characters");
	else if (memchr(name.ptr, '/', name.len) != NULL)
		problem_field(r, pointer, "must not have a slash in it");
}

void
cas_create(struct request *r)
{
	static const struct field fields[] = {
	    {"CAName", FIELD_STRING, true, PKI_NAME_MAX},
	    {"CACertificateValidity", FIELD_NUMBER, true, 0},
	    {"DeviceCertificateValidity", FIELD_NUMBER, true, 0},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct keysproto_request ask;
	enum err err;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	name_check(r, "/CAName", v[0].text);
	days_check(r, "/CACertificateValidity", v[1].number, CA_DAYS_MAX);
	days_check(r, "/DeviceCertificateValidity", v[2].number,
	    v[1].number < CA_DAYS_MAX ? v[1].number : CA_DAYS_MAX);
	if (!body_good(r))
		return;
	err = ca_begin(&r->api->service, &r->actor, v[0].text,
	    (uint32_t)v[1].number, (uint32_t)v[2].number, &r->kept.ca, &ask);
	if (err == ERR_OK)
		request_ask(r, &ask, create_finish);
	else
		create_refuse(r, err);
}

/* --- POST /v1/ztp/rootca/popcertificate/generate --- */

static void
pop_finish(struct request *r)
{
	const struct keysproto_answer *a = &r->call.answer;
	char pem[PKI_PEM_MAX];
	enum err err = r->call.err;

	if (err == ERR_OK)
		err = a->err;
	if (err != ERR_OK) {
		problem_err(r, err);
		return;
	}
	answer_json(r, MHD_HTTP_OK,
	    json_pack("{s:s, s:s}", "CAName", r->kept.ca.name, "PoPCertificate",
		pem_make(bytes_make(a->u.certificate.der, a->u.certificate.len),
		    pem)));
}

void
cas_pop(struct request *r)
{
	static const struct field fields[] = {
	    {"CAName", FIELD_STRING, true, PKI_NAME_MAX},
	    {"RegistrationCode", FIELD_STRING, true, PKI_NAME_MAX},
	};
	struct field_value v[ARRAY_LEN(fields)];
	struct keysproto_request ask;
	enum err err;

	if (!body_read(r, fields, ARRAY_LEN(fields), v))
		return;
	name_check(r, "/CAName", v[0].text);
	name_check(r, "/RegistrationCode", v[1].text);
	if (!body_good(r))
		return;
	err = ca_pop_begin(&r->api->service, &r->actor, v[0].text, v[1].text,
	    &r->kept.ca, &ask);
	if (err != ERR_OK)
		problem_err(r, err);
	else
		request_ask(r, &ask, pop_finish);
}

/* --- list, get, remove --- */

static enum err
ca_read_page(struct request *r, uint64_t after, void *ret_rows, size_t cap,
    size_t *ret_count)
{
	return store_ca_list(r->api->service.store, r->actor.tenant, after,
	    ret_rows, cap, ret_count);
}

static json_t *
ca_show(struct request *r, const void *row)
{
	(void)r;
	return ca_json(row);
}

void
cas_list(struct request *r)
{
	static const struct numbered_list list = {sizeof(struct store_ca),
	    offsetof(struct store_ca, id), ca_read_page, ca_show};

	numbered_list_answer(r, &list);
}

void
cas_get(struct request *r)
{
	struct store_ca ca;
	enum err err = service_read(&r->api->service);

	if (err == ERR_OK)
		err = store_ca_get(r->api->service.store, r->actor.tenant,
		    bytes_str(r->item), &ca);
	if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json_tagged(r, ca_json(&ca));
}

void
cas_remove(struct request *r)
{
	char source[SERVICE_SOURCE_MAX];
	enum err err;

	request_source(r, source, sizeof(source));
	err =
	    ca_remove(&r->api->service, &r->actor, source, bytes_str(r->item));
	if (err == ERR_STATE)
		problem_answer(r, PROBLEM_CONFLICT,
		    "A profile or a device has this CA: name another there "
		    "first.");
	else if (err != ERR_OK)
		problem_err(r, err);
	else
		answer_json(r, MHD_HTTP_OK,
		    json_pack("{s:s, s:b}", "CAName", r->item, "Removed", 1));
}
