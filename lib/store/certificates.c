/*
 * Rows of certificates and of the choice of a CA.
 */
#include "store/certificates.h"

#include "ca_row.h"

enum err
store_device_ca_set(
    struct store *store, const uint8_t uid[UID_LEN], uint64_t ca)
{
	static const struct sql set = {
	    "INSERT INTO device_cas (uid, ca) VALUES ($1, $2)"
	    " ON CONFLICT (uid) DO UPDATE SET ca = excluded.ca"};
	static const struct sql clear = {
	    "DELETE FROM device_cas WHERE uid = $1"};
	struct query q;

	query_start(&q, store, ca != 0 ? &set : &clear);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	if (ca != 0)
		query_bind_u64(&q, ca);
	return query_run(&q);
}

enum err
store_profile_ca_set(
    struct store *store, const uint8_t uid[PROFILE_UID_LEN], uint64_t ca)
{
	static const struct sql sql = {
	    "UPDATE profiles SET ca = $1 WHERE uid = $2"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64_or_null(&q, ca);
	query_bind_blob(&q, bytes_make(uid, PROFILE_UID_LEN));
	return query_run_one(&q);
}

enum err
store_device_ca(struct store *store, const uint8_t uid[UID_LEN],
    const uint8_t profile[PROFILE_UID_LEN], uint64_t tenant,
    struct store_ca *ret_ca)
{
	static const struct sql sql = {
	    "SELECT " CA_COLUMNS " FROM cas WHERE tenant = $1"
	    " AND removed IS NULL AND id ="
	    " coalesce((SELECT ca FROM device_cas"
	    " JOIN cas ON cas.id = device_cas.ca"
	    " WHERE uid = $2 AND cas.tenant = $1"
	    " AND cas.removed IS NULL),"
	    " (SELECT ca FROM profiles"
	    " WHERE uid = $3))"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_u64(&q, tenant);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_blob(&q, bytes_make(profile, PROFILE_UID_LEN));
	return query_one(&q, ca_row_read, ret_ca, sizeof(*ret_ca));
}

enum err
store_certificate_add(struct store *store, const struct store_certificate *c)
{
	static const struct sql sql = {
	    "INSERT INTO certificates (serial, uid, alias, ca, public_key,"
	    " certificate, created, expires)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, BYTES_OF(c->serial));
	query_bind_blob(&q, BYTES_OF(c->uid));
	query_bind_blob(&q, BYTES_OF(c->alias));
	query_bind_u64(&q, c->ca);
	query_bind_blob(&q, BYTES_OF(c->public_key));
	query_bind_blob(&q, bytes_make(c->der, c->der_len));
	query_bind_u64(&q, c->created);
	query_bind_u64(&q, c->expires);
	return query_run(&q);
}

static void
certificate_read(struct query *q, void *ret_row)
{
	struct store_certificate *c = ret_row;
	struct bytes der = query_blob(q, 5);

	(void)query_copy(q, 0, c->serial, sizeof(c->serial));
	(void)query_copy(q, 1, c->uid, sizeof(c->uid));
	(void)query_copy(q, 2, c->alias, sizeof(c->alias));
	c->ca = query_u64(q, 3);
	(void)query_copy(q, 4, c->public_key, sizeof(c->public_key));
	if (der.len > sizeof(c->der))
		query_fail(q, ERR_FORMAT);
	else if (der.len > 0)
		memcpy(c->der, der.ptr, der.len);
	c->der_len = der.len;
	c->created = query_u64(q, 6);
	c->expires = query_u64(q, 7);
}

enum err
store_certificate_get(struct store *store, const uint8_t uid[UID_LEN],
    const uint8_t alias[ALIAS_LEN], uint64_t ca,
    struct store_certificate *ret_certificate)
{
	static const struct sql sql = {
	    "SELECT serial, uid, alias, ca, public_key, certificate, created,"
	    " expires FROM certificates WHERE uid = $1 AND alias = $2"
	    " AND ca = $3 ORDER BY created DESC LIMIT 1"};
	struct query q;

	query_start(&q, store, &sql);
	query_bind_blob(&q, bytes_make(uid, UID_LEN));
	query_bind_blob(&q, bytes_make(alias, ALIAS_LEN));
	query_bind_u64(&q, ca);
	return query_one(
	    &q, certificate_read, ret_certificate, sizeof(*ret_certificate));
}
