/*
 * Counters that no power cut repeats. A stride of values is reserved, by the
 * platform's monotonic counter where it has one and always in the record,
 * before its first value is used; what is left of it at power-off is lost.
 * Strides are counted from the commit of the generation, so that a new
 * alias starts near 0.
 */
#include "internal.h"

#include <string.h>

/* Strides of one generation: the 32-bit values of them all. */
#define STRIDES_MAX ((UINT32_C(1) << 24) - 1)

/* Raises in a row whose strides a power cut may have lost. */
#define STRIDES_LOST_MAX 8

void
counter_forget(struct rot *rot)
{
	memset(rot->stride, 0, sizeof(rot->stride));
}

/* The platform's counter, raised; 0 where it has none. */
static enum err
platform_raise(const struct rot *rot, uint64_t *ret_value)
{
	enum err err = ERR_UNSUPPORTED;

	if (rot->port->counter_raise != NULL)
		err = rot->port->counter_raise(rot->port->ctx, ret_value);
	if (err != ERR_UNSUPPORTED)
		return err;
	*ret_value = 0;
	return ERR_OK;
}

/* Refuses, and lets the device ask for a new root. */
static enum err
exhausted(struct rot *rot)
{
	if ((rot->rec.flags & CHECKIN_ROTATE) == 0) {
		change_begin(rot)->flags |= CHECKIN_ROTATE;
		if (change_commit(rot) != ERR_OK)
			return ERR_IO;
	}
	return ERR_EXHAUSTED;
}

/*
 * The platform's counter is further than this record can tell: an older one
 * has been put back, and its counters may have been used. The counter sees
 * to it that they are not used again; a new root ends what was (F17).
 */
static bool
is_put_back(const struct rot *rot, uint64_t stride)
{
	return rot->rec.stride != 0 &&
	       stride > (uint64_t)rot->rec.stride + 1 + STRIDES_LOST_MAX;
}

static enum err
stride_reserve(struct rot *rot, struct rot_stride *ret_stride)
{
	uint32_t first = rot->rec.cur.first_stride;
	struct rot_record *rec;
	uint64_t stride;
	enum err err;

	err = platform_raise(rot, &stride);
	if (err != ERR_OK)
		return err;
	if (stride <= rot->rec.stride)
		stride = (uint64_t)rot->rec.stride + 1;
	if (stride > UINT32_MAX || stride - first > STRIDES_MAX)
		return exhausted(rot);
	rec = change_begin(rot);
	if (is_put_back(rot, stride))
		rec->flags |= CHECKIN_ROTATE;
	rec->stride = (uint32_t)stride;
	err = change_commit(rot);
	if (err != ERR_OK)
		return err;
	ret_stride->next = (uint32_t)(stride - first) * ROT_STRIDE;
	ret_stride->end = ret_stride->next + (ROT_STRIDE - 1);
	ret_stride->valid = true;
	return ERR_OK;
}

enum err
counter_next(struct rot *rot, enum rot_counter kind, uint32_t *ret_value)
{
	struct rot_stride *stride = &rot->stride[kind];
	enum err err;

	if (!stride->valid) {
		err = stride_reserve(rot, stride);
		if (err != ERR_OK)
			return err;
	}
	*ret_value = stride->next;
	if (stride->next == stride->end)
		stride->valid = false;
	else
		stride->next++;
	return ERR_OK;
}
