/*
 * A ring of answers with a hash index. The hash is SHA-256 of the request,
 * so that its first bytes serve as the bucket's number.
 */
#include "answers.h"

enum err
answers_init(struct answers *a, size_t cap)
{
	*a = (struct answers){.cap = cap};
	if (cap == 0 || cap > UINT32_MAX / 2 || (cap & (cap - 1)) != 0)
		return ERR_INVALID;
	a->all = calloc(cap, sizeof(*a->all));
	a->buckets = calloc(cap, sizeof(*a->buckets));
	if (a->all != NULL && a->buckets != NULL)
		return ERR_OK;
	answers_done(a);
	return ERR_NOMEM;
}

void
answers_done(struct answers *a)
{
	free(a->all);
	free(a->buckets);
	*a = (struct answers){.cap = 0};
}

static uint32_t *
bucket_of(const struct answers *a, const uint8_t hash[SHA256_LEN])
{
	uint32_t i = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 |
		     (uint32_t)hash[2] << 8 | hash[3];

	return &a->buckets[i & (a->cap - 1)];
}

static void
forget(struct answers *a, size_t place)
{
	uint32_t *link = bucket_of(a, a->all[place].hash);

	while (*link != place + 1)
		link = &a->all[*link - 1].next;
	*link = a->all[place].next;
	a->all[place].len = 0;
}

void
answers_keep(struct answers *a, const uint8_t hash[SHA256_LEN], uint8_t code,
    struct bytes body, uint64_t now_ms)
{
	struct answer *answer = &a->all[a->at];
	uint32_t *bucket = bucket_of(a, hash);

	if (body.len > sizeof(answer->body) || body.len == 0)
		return;
	if (answer->len != 0)
		forget(a, a->at);
	memcpy(answer->hash, hash, SHA256_LEN);
	memcpy(answer->body, body.ptr, body.len);
	answer->len = (uint16_t)body.len;
	answer->code = code;
	answer->since_ms = now_ms;
	answer->next = *bucket;
	*bucket = (uint32_t)a->at + 1;
	a->at = (a->at + 1) & (a->cap - 1);
}

const struct answer *
answers_find(const struct answers *a, const uint8_t hash[SHA256_LEN],
    uint64_t now_ms, uint64_t keep_ms)
{
	const struct answer *answer;

	for (uint32_t i = *bucket_of(a, hash); i != 0; i = answer->next) {
		answer = &a->all[i - 1];
		if (memcmp(answer->hash, hash, SHA256_LEN) == 0)
			return now_ms - answer->since_ms <= keep_ms ? answer
								    : NULL;
	}
	return NULL;
}
