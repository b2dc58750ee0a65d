/*
 * The record as bytes. One walk over the fields serves both ways, so that
 * what is written is what is read; every count is checked on the way in.
 * Knows nothing of slots and keys.
 */
#include "internal.h"

#include <string.h>

/*
 * 1 had the services on the high bits of a set of features, and neither 1 nor
 * 2 had secure boot.
 */
#define RECORD_FORMAT 3

/* Writes when w is there, else reads. */
struct codec {
	struct writer *w;
	struct reader *r;
};

static void
code_bytes(const struct codec *c, uint8_t *bytes, size_t len)
{
	if (c->w != NULL)
		writer_put(c->w, bytes_make(bytes, len));
	else
		reader_copy(c->r, bytes, len);
}

static void
code_u64(const struct codec *c, uint64_t *v)
{
	if (c->w != NULL)
		writer_u64(c->w, *v);
	else
		*v = reader_u64(c->r);
}

static void
code_u32(const struct codec *c, uint32_t *v)
{
	if (c->w != NULL)
		writer_u32(c->w, *v);
	else
		*v = reader_u32(c->r);
}

static void
code_u16(const struct codec *c, uint16_t *v)
{
	if (c->w != NULL)
		writer_u16(c->w, *v);
	else
		*v = reader_u16(c->r);
}

/* A number of at most max, in one byte. */
static unsigned
code_small(const struct codec *c, unsigned v, unsigned max)
{
	if (c->w != NULL) {
		if (v > max)
			writer_fail(c->w, ERR_INTERNAL);
		writer_u8(c->w, (uint8_t)v);
		return v;
	}
	v = reader_u8(c->r);
	if (v > max) {
		reader_fail(c->r, ERR_FORMAT);
		return 0;
	}
	return v;
}

static void
code_bool(const struct codec *c, bool *v)
{
	*v = code_small(c, *v ? 1 : 0, 1) == 1;
}

static void
code_count(const struct codec *c, size_t *v, size_t max)
{
	*v = code_small(c, (unsigned)*v, (unsigned)max);
}

static void
code_point(const struct codec *c, struct p256_point *p)
{
	code_bytes(c, p->x, sizeof(p->x));
	code_bytes(c, p->y, sizeof(p->y));
}

static void
code_key(const struct codec *c, struct rot_key *key)
{
	code_bytes(c, key->handle.h, sizeof(key->handle.h));
	code_point(c, &key->public_key);
}

static void
code_generation(const struct codec *c, struct rot_generation *g)
{
	code_u32(c, &g->number);
	code_bytes(c, g->alias, sizeof(g->alias));
	code_bytes(c, g->psk.k, KEY_LEN);
	code_bytes(c, g->up.k, KEY_LEN);
	code_bytes(c, g->down.k, KEY_LEN);
	code_bytes(c, g->next.h, sizeof(g->next.h));
	code_bytes(c, g->ck.k, KEY_LEN);
	code_u64(c, &g->n);
	code_bool(c, &g->has_request);
	code_bytes(c, g->request.id, sizeof(g->request.id));
	code_count(c, &g->request.payload_len, CHECKIN_REQUEST_MAX);
	code_bytes(c, g->request.payload, sizeof(g->request.payload));
	g->status = code_small(c, g->status, 23);
	code_bool(c, &g->with_profile);
	code_u32(c, &g->first_stride);
}

static void
code_window(const struct codec *c, struct rot_window *window)
{
	size_t i;

	code_u64(c, &window->floor);
	code_count(c, &window->count, ROT_WINDOW);
	for (i = 0; i < ROT_WINDOW; i++)
		code_u64(c, &window->seen[i]);
}

static void
code_identity(const struct codec *c, struct rot_record *rec)
{
	size_t i;

	code_bytes(c, rec->uid, sizeof(rec->uid));
	code_bytes(c, rec->chip_id, sizeof(rec->chip_id));
	code_count(c, &rec->credential_count, ROT_CREDENTIALS);
	for (i = 0; i < ROT_CREDENTIALS; i++) {
		code_bytes(c, &rec->credential[i].kid, 1);
		code_point(c, &rec->credential[i].public_key);
	}
	code_bool(c, &rec->has_instance);
	code_bytes(c, rec->instance, sizeof(rec->instance));
	code_bool(c, &rec->sealed);
	code_bytes(c, rec->profile, sizeof(rec->profile));
	code_count(c, &rec->serial_len, SERIAL_MAX);
	code_bytes(c, rec->serial, sizeof(rec->serial));
	code_bool(c, &rec->erased);
}

static void
code_marks(const struct codec *c, struct rot_record *rec)
{
	size_t i;

	code_u32(c, &rec->stride);
	code_window(c, &rec->window_v1);
	code_window(c, &rec->window_v2);
	for (i = 0; i < ROT_ALLOWANCES; i++)
		code_u16(c, &rec->used[i]);
	code_u32(c, &rec->features);
	code_u64(c, &rec->features_version);
	code_u64(c, &rec->features_reported);
	code_count(c, &rec->firmware_reported_len, FIRMWARE_MAX);
	code_bytes(c, rec->firmware_reported, FIRMWARE_MAX);
	code_u32(c, &rec->flags);
	code_u32(c, &rec->period_s);
	code_u64(c, &rec->heartbeat_s);
	code_u64(c, &rec->answered_s);
	rec->e2e_version = code_small(c, rec->e2e_version, ENVELOPE_V2);
	code_bool(c, &rec->security_off);
}

static void
code_boot(const struct codec *c, struct rot_record *rec)
{
	code_bool(c, &rec->has_boot_key);
	code_point(c, &rec->boot_key);
	code_u32(c, &rec->boot_version);
}

/* A set of format 1: four features, then the two services. */
static uint32_t
features_of_1(uint32_t set)
{
	return (set & 0x0f) << 2 | (set >> 4 & 0x03);
}

static void
code_record(const struct codec *c, struct rot_record *rec)
{
	unsigned format = code_small(c, RECORD_FORMAT, RECORD_FORMAT);

	if (format == 0 && c->r != NULL)
		reader_fail(c->r, ERR_FORMAT);
	code_u64(c, &rec->sequence);
	code_identity(c, rec);
	code_key(c, &rec->key);
	code_generation(c, &rec->cur);
	code_bool(c, &rec->has_next_key);
	code_key(c, &rec->next_key);
	code_bool(c, &rec->has_pend);
	code_generation(c, &rec->pend);
	code_bytes(c, rec->resume, sizeof(rec->resume));
	code_u32(c, &rec->pend_features);
	code_marks(c, rec);
	if (format >= 3)
		code_boot(c, rec);
	if (format == 1) {
		rec->features = features_of_1(rec->features);
		rec->pend_features = features_of_1(rec->pend_features);
	}
}

enum err
record_encode(
    const struct rot_record *rec, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct bytes done;
	struct writer w;
	struct codec c = {&w, NULL};
	enum err err;

	writer_init(&w, out, cap);
	/* The walk writes to rec only when it reads. */
	code_record(&c, (struct rot_record *)(uintptr_t)rec);
	err = writer_end(&w, &done);
	if (err == ERR_OK)
		*ret_len = done.len;
	return err;
}

enum err
record_decode(struct bytes in, struct rot_record *ret_rec)
{
	struct reader r;
	struct codec c = {NULL, &r};

	memset(ret_rec, 0, sizeof(*ret_rec));
	reader_init(&r, in);
	code_record(&c, ret_rec);
	return reader_end(&r);
}
