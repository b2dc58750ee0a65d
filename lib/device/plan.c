/*
 * What the device does next and how long it waits before: back-off, doubt,
 * refusals and the heartbeat's period. Sends nothing itself.
 */
#include "internal.h"

#include <string.h>

#define BACKOFF_MIN_MS 5000u
#define BACKOFF_MAX_MS 3600000u
#define DOUBT_ATTEMPTS 3 /* D4: three unanswered attempts */
#define DOUBT_MS 3600000u /* over an hour */
#define REFUSED_MS 86400000u
/* Without a clock: how soon after power-up, as a part of the period. */
#define BLIND_PART 8
/* How much earlier than its period a heartbeat may come. */
#define JITTER_PART 10
#define LATE_MS 60000u /* one that is overdue starts within a minute */

/* A random number below limit; 0 if the source fails: jitter is no secret. */
static uint64_t
random_below(struct device *d, uint64_t limit)
{
	uint8_t raw[8];
	struct reader r;

	if (limit == 0 || random_fill(&d->random, raw, sizeof(raw)) != ERR_OK)
		return 0;
	reader_init(&r, BYTES_OF(raw));
	return reader_u64(&r) % limit;
}

/* --- how an attempt ends --- */

/* Between half of the step and the whole, and the step doubles. */
static void
back_off(struct device *d, uint64_t now_ms)
{
	unsigned doublings = d->failures < 16 ? d->failures : 16;
	uint64_t step = (uint64_t)BACKOFF_MIN_MS << doublings;

	if (step > BACKOFF_MAX_MS)
		step = BACKOFF_MAX_MS;
	d->not_before_ms = now_ms + step / 2 + random_below(d, step / 2 + 1);
	d->failures++;
}

static bool
asked_fails(const struct device *d)
{
	return d->asked &&
	       (d->phase == DEVICE_CHECKIN || d->phase == DEVICE_IDLE);
}

void
attempt_failed(struct device *d, uint64_t now_ms)
{
	struct rot_state s;

	if (asked_fails(d)) {
		d->asked = false;
		d->asked_result = ERR_TIMEOUT;
	}
	if (d->phase == DEVICE_CHECKIN)
		d->unanswered++;
	d->edhoc_failed =
	    d->phase == DEVICE_MESSAGE_1 || d->phase == DEVICE_MESSAGE_3;
	/* D4: not heard under its name, the device brings all it has. */
	if (d->phase == DEVICE_MESSAGE_3) {
		rot_state(d->rot, &s);
		d->by_value = !d->by_value && s.generation > 0;
	}
	back_off(d, now_ms);
	exchange_end(d);
}

void
attempt_succeeded(struct device *d)
{
	d->failures = 0;
	d->not_before_ms = 0;
	d->unanswered = 0;
	d->in_doubt = false;
	d->edhoc_failed = false;
	d->by_value = false;
	d->refused = 0;
	exchange_end(d);
}

void
attempt_refused(struct device *d, unsigned status, uint64_t now_ms)
{
	if (d->asked) {
		d->asked = false;
		d->asked_result = ERR_TIMEOUT;
	}
	d->refused = status;
	d->by_value = false;
	d->not_before_ms =
	    now_ms + REFUSED_MS + random_below(d, REFUSED_MS / JITTER_PART);
	exchange_end(d);
}

/* --- heartbeats --- */

uint64_t
wall_now(const struct device *d, uint64_t now_ms, uint64_t wall_s)
{
	if (wall_s != 0)
		return wall_s;
	if (!d->time_known)
		return 0;
	return d->time_s + (now_ms - d->time_ms) / 1000;
}

static uint64_t
period_ms(const struct device *d, const struct rot_state *s)
{
	return (s->period_s != 0 ? s->period_s : d->config.heartbeat_s) *
	       UINT64_C(1000);
}

void
heartbeat_plan(struct device *d, uint64_t now_ms)
{
	struct rot_state s;
	uint64_t period;

	rot_state(d->rot, &s);
	period = period_ms(d, &s);
	d->heartbeat_ms =
	    now_ms + period - random_below(d, period / JITTER_PART);
	d->scheduled = true;
}

/*
 * After power-up: what is left of the period since the service answered
 * last. A time in the future is a clock that was wrong, and counts as
 * elapsed; without a clock the device calls soon, for it may never run as
 * long as a period.
 */
static void
heartbeat_resume(struct device *d, const struct rot_state *s, uint64_t now_ms,
    uint64_t wall_s)
{
	uint64_t wall = wall_now(d, now_ms, wall_s);
	uint64_t period = period_ms(d, s);
	uint64_t elapsed_ms;

	d->scheduled = true;
	if (wall == 0) {
		d->heartbeat_ms =
		    now_ms + random_below(d, period / BLIND_PART + 1);
		return;
	}
	elapsed_ms =
	    wall >= s->answered_s && wall - s->answered_s < period / 1000
		? (wall - s->answered_s) * 1000
		: period;
	d->heartbeat_ms = now_ms + period - elapsed_ms;
	if (elapsed_ms >= period)
		d->heartbeat_ms += random_below(d, LATE_MS);
}

/* --- what comes next --- */

enum action { ACTION_NONE, ACTION_EDHOC, ACTION_CHECKIN, ACTION_OBJECTS };

/* D4: the service does not answer, or has said that it knows better. */
static bool
doubts(const struct device *d, uint64_t now_ms)
{
	if (d->in_doubt)
		return true;
	return d->unanswered >= DOUBT_ATTEMPTS &&
	       now_ms - d->unanswered_ms >= DOUBT_MS;
}

/* A new root is wanted: told so, or sealed since the last one was made. */
static bool
wants_root(const struct rot_state *s)
{
	return (s->flags & CHECKIN_ROTATE) != 0 ||
	       (s->sealed && !s->with_profile);
}

/* Something waits on the bulk channel, and there is a place for it. */
static bool
wants_objects(const struct device *d, const struct rot_state *s)
{
	return (s->flags & CHECKIN_OBJECTS) != 0 && d->config.port != NULL;
}

static enum action
action_choose(
    const struct device *d, const struct rot_state *s, uint64_t now_ms)
{
	if (s->erased || s->security_off)
		return ACTION_NONE;
	/* Decommissioned: it says so once, by the one key that is left. */
	if (s->erasing)
		return ACTION_CHECKIN;
	if (s->generation == 0 && !s->pending)
		return ACTION_EDHOC;
	/* In doubt, EDHOC and the check-in take turns: either may get through. */
	if (s->pending || s->has_request)
		return doubts(d, now_ms) && !d->edhoc_failed ? ACTION_EDHOC
							     : ACTION_CHECKIN;
	if (d->asked || (d->scheduled && now_ms >= d->heartbeat_ms))
		return ACTION_CHECKIN;
	/* The owner waits to see that the new features have arrived. */
	if (!s->features_told)
		return ACTION_CHECKIN;
	if (wants_root(s))
		return ACTION_EDHOC;
	if (ticket_wanted(d) && !d->ticket_denied)
		return ACTION_CHECKIN;
	return wants_objects(d, s) ? ACTION_OBJECTS : ACTION_NONE;
}

/* The ticket first: a cut before the end leaves the keys, which go later. */
enum err
device_erase(struct device *d)
{
	enum err err = ticket_forget(d);

	return err == ERR_OK ? rot_erase(d->rot) : err;
}

/* Starts what is wanted, unless it has to wait; *ret_next_ms says how long. */
static enum err
idle_poll(
    struct device *d, uint64_t now_ms, uint64_t wall_s, uint64_t *ret_next_ms)
{
	struct rot_state s;
	enum action action;

	rot_state(d->rot, &s);
	/* The service has erased before us, or is not there to hear it. */
	if (s.erasing && d->unanswered >= DOUBT_ATTEMPTS)
		return device_erase(d);
	if (s.generation > 0 && !d->scheduled)
		heartbeat_resume(d, &s, now_ms, wall_s);
	action = action_choose(d, &s, now_ms);
	*ret_next_ms = action == ACTION_NONE && d->scheduled && !s.erased &&
			       !s.security_off
			   ? d->heartbeat_ms
			   : UINT64_MAX;
	if (action == ACTION_NONE)
		return ERR_OK;
	*ret_next_ms = d->not_before_ms;
	if (now_ms < d->not_before_ms)
		return ERR_OK;
	*ret_next_ms = now_ms;
	if (action == ACTION_OBJECTS)
		return objects_start(d, now_ms);
	return action == ACTION_EDHOC ? bootstrap_start(d, now_ms)
				      : checkin_start(d, now_ms, wall_s);
}

enum err
device_poll(struct device *d, uint64_t now_ms, uint64_t wall_s,
    struct bytes *ret_datagram, uint64_t *ret_next_ms)
{
	struct bytes datagram = BYTES_NONE;
	uint64_t next_ms = UINT64_MAX;
	enum err err = ERR_OK;

	if (d->network && d->phase == DEVICE_IDLE)
		err = idle_poll(d, now_ms, wall_s, &next_ms);
	if (err != ERR_OK) {
		/* The platform fails: not again at once. */
		attempt_failed(d, now_ms);
		return err;
	}
	if (d->phase != DEVICE_IDLE) {
		if (!exchange_poll(d, now_ms, &datagram))
			attempt_failed(d, now_ms);
		next_ms = d->phase == DEVICE_IDLE ? d->not_before_ms
						  : d->exchange.due_ms;
	}
	*ret_datagram = datagram;
	*ret_next_ms = next_ms;
	return ERR_OK;
}
