/*
 * The table of EDHOC sessions: three lists over one array, and an index of
 * the short names. Long names are places in the array.
 */
#include "session.h"

#include "base/wipe.h"

static void
list_add(struct session_list *list, struct session *s)
{
	s->prev = list->newest;
	s->next = NULL;
	if (list->newest != NULL)
		list->newest->next = s;
	else
		list->oldest = s;
	list->newest = s;
	list->count++;
}

static void
list_remove(struct session_list *list, struct session *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		list->oldest = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		list->newest = s->prev;
	list->count--;
}

static struct session_list *
list_of(struct sessions *s, const struct session *session)
{
	switch (session->state) {
	case SESSION_HALF_OPEN:
		return &s->half_open;
	case SESSION_PROVEN:
		return &s->proven;
	default:
		return &s->unused;
	}
}

enum err
sessions_init(struct sessions *s, size_t cap)
{
	*s = (struct sessions){.cap = cap};
	s->all = calloc(cap, sizeof(*s->all));
	if (s->all == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < cap; i++)
		list_add(&s->unused, &s->all[i]);
	return ERR_OK;
}

void
sessions_done(struct sessions *s)
{
	if (s->all == NULL)
		return;
	while (s->half_open.oldest != NULL)
		sessions_drop(s, s->half_open.oldest);
	while (s->proven.oldest != NULL)
		sessions_drop(s, s->proven.oldest);
	free(s->all);
	*s = (struct sessions){.cap = 0};
}

/* The oldest of a list that this pass does not work on. */
static struct session *
oldest_idle(const struct session_list *list, uint64_t pass)
{
	struct session *s = list->oldest;

	while (s != NULL && s->pass == pass)
		s = s->next;
	return s;
}

/*
 * Who makes room: half-open sessions, unless proven ones have taken more than
 * their half. Anybody can prove a key of his own by value.
 */
static struct session *
least_wanted(const struct sessions *s, uint64_t pass)
{
	bool crowded = s->proven.count > s->cap / 2;
	const struct session_list *first = crowded ? &s->proven : &s->half_open;
	const struct session_list *second =
	    crowded ? &s->half_open : &s->proven;
	struct session *session = oldest_idle(first, pass);

	return session != NULL ? session : oldest_idle(second, pass);
}

/* The oldest half-open session of a network that has more than its share. */
static struct session *
over_share(const struct sessions *s, uint64_t pass, size_t net)
{
	struct session *session = s->half_open.oldest;

	if (net == 0 || s->half_open_of[net] <= s->cap / 4)
		return NULL;
	while (
	    session != NULL && (session->net != net || session->pass == pass))
		session = session->next;
	return session;
}

struct session *
sessions_take(struct sessions *s, uint64_t pass, uint64_t now_ms, size_t net)
{
	struct session *session = over_share(s, pass, net);

	if (session != NULL)
		sessions_drop(s, session);
	session = s->unused.oldest;
	if (session == NULL) {
		session = least_wanted(s, pass);
		if (session == NULL)
			return NULL;
		sessions_drop(s, session);
	}
	list_remove(&s->unused, session);
	session->state = SESSION_HALF_OPEN;
	session->since_ms = now_ms;
	session->pass = pass;
	session->c_r.len = 0;
	session->net = net;
	s->half_open_of[net]++;
	list_add(&s->half_open, session);
	return session;
}

/* One byte 00 to 17 or 20 to 37: the integers that CBOR puts in one. */
static uint8_t
short_byte(size_t i)
{
	return (uint8_t)(i < 24 ? i : 0x20 + (i - 24));
}

static bool
short_index(uint8_t byte, size_t *ret_i)
{
	if ((byte & 0x1f) > 23 || byte > 0x37)
		return false;
	*ret_i = byte < 0x20 ? byte : 24u + (byte & 0x1f);
	return true;
}

static bool
cid_equal(const struct edhoc_cid *a, const struct edhoc_cid *b)
{
	return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

void
sessions_name(
    struct sessions *s, struct session *session, const struct edhoc_cid *c_i)
{
	struct edhoc_cid *c_r = &session->c_r;
	size_t place = (size_t)(session - s->all);

	c_r->len = 1;
	for (size_t i = 0; i < SESSION_SHORT_CIDS; i++) {
		c_r->id[0] = short_byte(i);
		if (s->by_short[i] != NULL || cid_equal(c_r, c_i))
			continue;
		s->by_short[i] = session;
		return;
	}
	c_r->len = 2;
	c_r->id[0] = (uint8_t)(place >> 8);
	c_r->id[1] = (uint8_t)place;
	c_r->id[2] = 0;
	if (cid_equal(c_r, c_i))
		c_r->len = 3;
}

void
sessions_prove(struct sessions *s, struct session *session, uint64_t now_ms)
{
	list_remove(&s->half_open, session);
	s->half_open_of[session->net]--;
	session->since_ms = now_ms;
	session->state = SESSION_PROVEN;
	list_add(&s->proven, session);
}

void
sessions_drop(struct sessions *s, struct session *session)
{
	size_t i;

	list_remove(list_of(s, session), session);
	if (session->state == SESSION_HALF_OPEN)
		s->half_open_of[session->net]--;
	if (session->c_r.len == 1 && short_index(session->c_r.id[0], &i))
		s->by_short[i] = NULL;
	wipe(session, sizeof(*session));
	session->state = SESSION_FREE;
	list_add(&s->unused, session);
}

struct session *
sessions_find(struct sessions *s, struct bytes c_r)
{
	struct session *session;
	size_t i;

	if (c_r.len == 1 && short_index(c_r.ptr[0], &i))
		return s->by_short[i];
	if (c_r.len != 2 && c_r.len != 3)
		return NULL;
	i = (size_t)c_r.ptr[0] << 8 | c_r.ptr[1];
	if (i >= s->cap)
		return NULL;
	session = &s->all[i];
	if (session->state == SESSION_FREE ||
	    !bytes_equal(bytes_make(session->c_r.id, session->c_r.len), c_r))
		return NULL;
	return session;
}

static void
expire(struct sessions *s, struct session_list *list, uint64_t now_ms,
    uint64_t keep_ms)
{
	while (
	    list->oldest != NULL && now_ms - list->oldest->since_ms > keep_ms)
		sessions_drop(s, list->oldest);
}

void
sessions_expire(struct sessions *s, uint64_t now_ms, uint64_t keep_ms)
{
	expire(s, &s->half_open, now_ms, keep_ms);
	expire(s, &s->proven, now_ms, keep_ms);
}
