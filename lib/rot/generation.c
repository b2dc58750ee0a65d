/*
 * Generations: request 2, the pending generation that response 2 makes, and
 * the chain of check-ins that commits and advances it. Here the rules D1 and
 * D2 hold: while a generation is pending, only its confirm exists, and a
 * request that was written is never replaced by another of the same n.
 */
#include "internal.h"

#include <string.h>

#include "base/wipe.h"

const struct rot_generation *
active_generation(const struct rot *rot)
{
	return rot->rec.has_pend ? &rot->rec.pend : &rot->rec.cur;
}

/* --- request 2 --- */

/* Names the present generation and proves where its chain stands. */
static enum err
claim_fill(const struct rot_generation *cur, struct bootstrap_request *m)
{
	m->has_claim = true;
	m->claim.generation = cur->number;
	memcpy(m->claim.alias, cur->alias, ALIAS_LEN);
	m->claim.n = cur->n;
	m->claim.has_request_id = cur->has_request;
	memcpy(m->claim.request_id, cur->request.id, REQUEST_ID_LEN);
	return keys_checkin_state(&cur->ck, m->claim.tag);
}

static void
resume_fill(const struct rot_record *rec, struct bootstrap_request *m)
{
	m->has_resume = true;
	memcpy(m->resume.alias, rec->pend.alias, ALIAS_LEN);
	memcpy(m->resume.tag, rec->resume, RESUME_LEN);
	m->resume.has_request_id = rec->pend.has_request;
	memcpy(m->resume.request_id, rec->pend.request.id, REQUEST_ID_LEN);
}

enum err
rot_request_write(const struct rot *rot, struct bytes firmware,
    struct bytes ticket, struct writer *w)
{
	const struct rot_record *rec = &rot->rec;
	struct bootstrap_request m;
	enum err err = ERR_OK;

	if (!rot->provisioned || !rec->has_instance || !rec->has_next_key)
		return ERR_STATE;
	if (firmware.len > FIRMWARE_MAX)
		return ERR_INVALID;
	memset(&m, 0, sizeof(m));
	memcpy(m.instance, rec->instance, INSTANCE_LEN);
	p256_point_compress(&rec->next_key.public_key, m.key);
	m.firmware = firmware;
	m.sealed = rec->sealed;
	memcpy(m.profile, rec->profile, PROFILE_UID_LEN);
	m.serial = bytes_make(rec->serial, rec->serial_len);
	m.ticket = ticket;
	if (rec->has_pend)
		resume_fill(rec, &m);
	if (rec->cur.number > 0)
		err = claim_fill(&rec->cur, &m);
	if (err != ERR_OK)
		return err;
	bootstrap_request_write(w, &m);
	return w->err;
}

/* --- W2 --- */

/* Says whether both payloads fit each other and the device as it stands. */
static enum err
pend_check(const struct rot_record *rec, const struct bootstrap_request *q,
    const struct bootstrap_response *a)
{
	uint8_t key[P256_COMPRESSED_LEN];

	p256_point_compress(&rec->next_key.public_key, key);
	if (memcmp(key, q->key, sizeof(key)) != 0)
		return ERR_INVALID;
	if (!bootstrap_status_is_new(a->status))
		return ERR_INVALID;
	return a->generation > rec->cur.number ? ERR_OK : ERR_INVALID;
}

/* Derives all that the new generation keeps; its root ends here. */
static enum err
pend_derive(const struct rot *rot, const uint8_t exporter[32],
    struct bytes request, struct bytes response, struct keys_children *ret)
{
	const struct rot_record *rec = &rot->rec;
	uint8_t input[KEYS_ROOT_INPUT_LEN];
	struct keys_root root;
	enum err err;

	err = keys_root_input(exporter, rec->uid, request, response, input);
	if (err == ERR_OK)
		err = vault_of(rot)->salt_hmac(
		    rot->port->ctx, &rec->cur.next, BYTES_OF(input), root.k);
	if (err == ERR_OK)
		err = keys_children_make(&root, ret);
	wipe(&root, sizeof(root));
	wipe(input, sizeof(input));
	return err;
}

/* Remembers the firmware that the service knows of. */
static void
firmware_set(struct rot_record *rec, struct bytes firmware)
{
	if (firmware.len > 0)
		memcpy(rec->firmware_reported, firmware.ptr, firmware.len);
	rec->firmware_reported_len = firmware.len;
}

static void
pend_fill(struct rot_record *rec, const struct keys_children *children,
    const struct rot_handle *next, const struct bootstrap_request *q,
    const struct bootstrap_response *a)
{
	struct rot_generation *pend = &rec->pend;

	memset(pend, 0, sizeof(*pend));
	pend->number = a->generation;
	memcpy(pend->alias, a->alias, ALIAS_LEN);
	pend->psk = children->psk;
	pend->up = children->up;
	pend->down = children->down;
	pend->next = *next;
	pend->ck = children->checkin;
	pend->status = a->status;
	pend->with_profile = q->sealed;
	memcpy(rec->resume, children->resume, RESUME_LEN);
	rec->pend_features = a->features;
	rec->has_pend = true;
	firmware_set(rec, q->firmware);
}

enum err
rot_pend_make(struct rot *rot, const uint8_t exporter[32], struct bytes request,
    struct bytes response)
{
	struct keys_children children;
	struct rot_handle next;
	struct bootstrap_request q;
	struct bootstrap_response a;
	enum err err;

	if (!rot->provisioned || !rot->rec.has_next_key)
		return ERR_STATE;
	err = bootstrap_request_read(request, &q);
	if (err == ERR_OK)
		err = bootstrap_response_read(response, &a);
	if (err == ERR_OK)
		err = pend_check(&rot->rec, &q, &a);
	if (err == ERR_OK)
		err = pend_derive(rot, exporter, request, response, &children);
	if (err == ERR_OK)
		err = vault_sweep(rot);
	if (err == ERR_OK)
		err = vault_of(rot)->salt_keep(
		    rot->port->ctx, &children.next, &next);
	if (err == ERR_OK) {
		pend_fill(change_begin(rot), &children, &next, &q, &a);
		err = change_commit(rot);
	}
	wipe(&children, sizeof(children));
	wipe(&next, sizeof(next));
	return err;
}

/* --- check-in --- */

/* Draws a request id: a Partial IV whose first byte is not zero. */
static enum err
request_id_draw(struct rot *rot, uint8_t id[REQUEST_ID_LEN])
{
	enum err err;

	do {
		err = rot_random(rot, id, REQUEST_ID_LEN);
	} while (err == ERR_OK && id[0] == 0);
	return err;
}

/* Says what changed since it was said last; mostly nothing. */
static enum err
request_fill(const struct rot_record *rec, struct bytes firmware,
    bool wants_ticket, struct rot_request *request)
{
	struct checkin_request m;
	struct writer w;

	memset(&m, 0, sizeof(m));
	m.has_features_version =
	    rec->features_version != rec->features_reported;
	m.features_version = rec->features_version;
	if (!bytes_equal(firmware,
		bytes_make(rec->firmware_reported, rec->firmware_reported_len)))
		m.firmware = firmware;
	m.wants_ticket = wants_ticket;
	writer_init(&w, request->payload, sizeof(request->payload));
	checkin_request_write(&w, &m);
	request->payload_len = w.len;
	return w.err;
}

enum err
rot_checkin_begin(struct rot *rot, struct bytes firmware, uint64_t heartbeat_s,
    bool wants_ticket)
{
	struct rot_request request;
	struct rot_generation *g;
	struct rot_record *rec;
	enum err err;

	if (!rot->provisioned || active_generation(rot)->number == 0)
		return ERR_STATE;
	if (active_generation(rot)->has_request)
		return ERR_OK;
	if (firmware.len > FIRMWARE_MAX)
		return ERR_INVALID;
	memset(&request, 0, sizeof(request));
	err = request_id_draw(rot, request.id);
	if (err == ERR_OK)
		err = request_fill(&rot->rec, firmware, wants_ticket, &request);
	if (err != ERR_OK)
		return err;
	rec = change_begin(rot);
	g = rec->has_pend ? &rec->pend : &rec->cur;
	g->request = request;
	g->has_request = true;
	if (heartbeat_s != 0)
		rec->heartbeat_s = heartbeat_s;
	return change_commit(rot);
}

enum err
rot_checkin_open(const struct rot *rot, struct rot_request *ret_request,
    struct oscore_context *ret_context)
{
	const struct rot_generation *g = active_generation(rot);
	uint8_t secret[16];
	enum err err;

	if (!rot->provisioned || !g->has_request)
		return ERR_STATE;
	err = keys_checkin_oscore(&g->ck, secret);
	if (err == ERR_OK)
		err = oscore_derive(ret_context, BYTES_OF(secret), BYTES_NONE,
		    NULL, BYTES_OF(g->alias), BYTES_NONE);
	if (err == ERR_OK)
		*ret_request = g->request;
	wipe(secret, sizeof(secret));
	return err;
}

/* Takes over what the service said; what it left out stays. */
static void
answer_take(struct rot_record *rec, const struct checkin_response *answer)
{
	rec->answered_s = answer->time;
	if (answer->has_period)
		rec->period_s = answer->period;
	if (answer->has_flags)
		rec->flags = answer->flags;
	if (answer->has_features &&
	    answer->features_version > rec->features_version) {
		rec->features = answer->features;
		rec->features_version = answer->features_version;
	} else if (answer->has_features &&
		   answer->features_version < rec->features_version) {
		/* A service out of a backup: it has to hear of ours (F5). */
		rec->features_reported = 0;
	}
}

/* What the answered request has reported need not be said again. */
static void
reported_take(struct rot_record *rec, const struct rot_request *request)
{
	struct checkin_request m;

	if (checkin_request_read(
		bytes_make(request->payload, request->payload_len), &m) !=
	    ERR_OK)
		return;
	if (m.has_features_version)
		rec->features_reported = m.features_version;
	if (m.firmware.len > 0)
		firmware_set(rec, m.firmware);
}

/* The pending generation takes the place of its predecessor. */
static void
pend_commit(struct rot_record *rec)
{
	rec->cur = rec->pend;
	rec->cur.first_stride = rec->stride;
	rec->key = rec->next_key;
	rec->features = rec->pend_features;
	rec->flags &= ~(uint32_t)CHECKIN_ROTATE;
	wipe(&rec->pend, sizeof(rec->pend));
	wipe(&rec->next_key, sizeof(rec->next_key));
	wipe(rec->resume, sizeof(rec->resume));
	memset(&rec->window_v1, 0, sizeof(rec->window_v1));
	memset(&rec->window_v2, 0, sizeof(rec->window_v2));
	rec->has_pend = false;
	rec->has_next_key = false;
}

void
keys_wipe(struct rot_record *rec)
{
	wipe(&rec->key, sizeof(rec->key));
	wipe(&rec->next_key, sizeof(rec->next_key));
	wipe(&rec->pend, sizeof(rec->pend));
	wipe(rec->resume, sizeof(rec->resume));
	wipe(&rec->cur.psk, sizeof(rec->cur.psk));
	wipe(&rec->cur.up, sizeof(rec->cur.up));
	wipe(&rec->cur.down, sizeof(rec->cur.down));
	wipe(&rec->cur.next, sizeof(rec->cur.next));
	rec->has_next_key = false;
	rec->has_pend = false;
	rec->features = 0;
}

enum err
rot_checkin_done(struct rot *rot, const struct checkin_response *answer)
{
	const struct rot_generation *g = active_generation(rot);
	struct keys_checkin next;
	struct rot_record *rec;
	bool commits = rot->rec.has_pend, erases;
	enum err err;

	if (!rot->provisioned || !g->has_request)
		return ERR_STATE;
	err = keys_checkin_next(&g->ck, g->request.id,
	    bytes_make(g->request.payload, g->request.payload_len), &next);
	if (err != ERR_OK)
		return err;
	rec = change_begin(rot);
	if (commits)
		pend_commit(rec);
	rec->cur.ck = next;
	rec->cur.n++;
	rec->cur.has_request = false;
	memset(&rec->cur.request, 0, sizeof(rec->cur.request));
	answer_take(rec, answer);
	reported_take(rec, &g->request);
	wipe(&next, sizeof(next));
	erases = (rec->flags & CHECKIN_ERASE) != 0;
	if (erases)
		keys_wipe(rec);
	err = commits || erases ? change_commit_both(rot) : change_commit(rot);
	if (err != ERR_OK || (!commits && !erases))
		return err;
	/* Counters start anew with an alias: no old stride may go on. */
	counter_forget(rot);
	vault_clean(rot);
	return ERR_OK;
}

enum err
rot_bulk_secret(const struct rot *rot, uint8_t ret_master_secret[16])
{
	if (!rot->provisioned || rot->rec.cur.number == 0 || rot->rec.has_pend)
		return ERR_STATE;
	return keys_checkin_bulk(&rot->rec.cur.ck, ret_master_secret);
}
