/*
 * The hash chain of the audit log:
 *
 *	hash = SHA-256(hash before | tenant 8 | time 8 | each text with its
 *	length in 4 bytes before it)
 */
#include "service/audit.h"

#include "base/wipe.h"
#include "crypto/crypto.h"
#include "store/audit.h"

#define AUDIT_TEXTS 5

/* All numbers are big-endian. */
static enum err
entry_hash(const uint8_t before[AUDIT_HASH_LEN], const struct store_audit *e,
    uint8_t ret_hash[AUDIT_HASH_LEN])
{
	const struct bytes texts[AUDIT_TEXTS] = {
	    e->actor, e->action, e->object, e->detail, e->source};
	uint8_t numbers[16 + 4 * AUDIT_TEXTS];
	struct bytes parts[2 + 2 * AUDIT_TEXTS];
	size_t count = 0;
	struct writer w;

	writer_init(&w, numbers, sizeof(numbers));
	writer_u64(&w, e->tenant);
	writer_u64(&w, (uint64_t)e->time);
	parts[count++] = bytes_make(before, AUDIT_HASH_LEN);
	parts[count++] = bytes_make(numbers, 16);
	for (size_t i = 0; i < AUDIT_TEXTS; i++) {
		parts[count++] = bytes_make(numbers + w.len, 4);
		writer_u32(&w, (uint32_t)texts[i].len);
		parts[count++] = texts[i];
	}
	return sha256(parts, count, ret_hash);
}

enum err
audit_add(struct service *s, const struct audit_change *change)
{
	struct store_audit entry = {.tenant = change->tenant,
	    .time = service_now(s),
	    .actor = bytes_str(change->actor),
	    .action = bytes_str(change->action),
	    .object = bytes_str(change->object),
	    .detail = bytes_str(change->detail),
	    .source = bytes_str(change->source)};
	uint8_t before[AUDIT_HASH_LEN];
	enum err err = store_audit_last(s->store, before);

	if (err == ERR_OK)
		err = entry_hash(before, &entry, entry.hash);
	if (err == ERR_OK)
		err = store_audit_add(s->store, &entry);
	return err;
}

enum err
audit_add_by(struct service *s, const struct actor *actor, const char *source,
    const char *action, const char *object, const char *detail)
{
	char name[sizeof(actor->name) + 8];

	(void)snprintf(name, sizeof(name), "apikey:%s", actor->name);
	return audit_add(s, &(struct audit_change){.tenant = actor->tenant,
				.actor = name,
				.action = action,
				.object = object,
				.detail = detail,
				.source = source});
}

static enum err
verify_one(void *ctx, const struct store_audit *entry)
{
	uint8_t *before = ctx;
	uint8_t hash[AUDIT_HASH_LEN];
	enum err err = entry_hash(before, entry, hash);

	if (err != ERR_OK)
		return err;
	if (!ct_equal(hash, entry->hash, sizeof(hash)))
		return ERR_AUTH;
	memcpy(before, hash, sizeof(hash));
	return ERR_OK;
}

enum err
audit_verify(struct service *s)
{
	uint8_t before[AUDIT_HASH_LEN] = {0};

	return store_audit_each(s->store, verify_one, before);
}
