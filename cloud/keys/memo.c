/*
 * Check-in keys that have just been opened. A check-in asks twice about one
 * blob: CHECKIN opens it for the request, ADVANCE moves it on once the
 * request has proved authentic. In between it stands here, in clear, so that
 * the second question costs half. What ADVANCE has taken is gone; what it
 * never asked for the process wipes within two seconds.
 */
#include "memo.h"

#include "base/wipe.h"

/* A nonce is random: so is the place that two of its bytes give. */
static struct keys_memo_entry *
entry_of(struct keys_memo *memo, const struct keysproto_blob *blob)
{
	size_t place = (size_t)blob->b[2] << 8 | blob->b[3];

	return &memo->entry[place % KEYS_MEMO_MAX];
}

void
memo_keep(struct keys_memo *memo, const struct blob_name *name,
    const struct keysproto_blob *blob, const struct wrapping_key *key,
    const uint8_t secret[KEY_LEN])
{
	struct keys_memo_entry *e;

	if (memo == NULL)
		return;
	e = entry_of(memo, blob);
	e->is = true;
	e->generation = name->generation;
	memcpy(e->uid, name->uid, UID_LEN);
	memcpy(e->blob, blob->b, BLOB_MAX);
	memcpy(e->secret, secret, KEY_LEN);
	e->key = *key;
	memo->used = true;
}

bool
memo_take(struct keys_memo *memo, const struct blob_name *name,
    const struct keysproto_blob *blob, struct wrapping_key *ret_key,
    uint8_t ret_secret[KEY_LEN])
{
	struct keys_memo_entry *e;

	if (memo == NULL || blob->len != BLOB_MAX)
		return false;
	e = entry_of(memo, blob);
	if (!e->is || e->generation != name->generation ||
	    memcmp(e->uid, name->uid, UID_LEN) != 0 ||
	    memcmp(e->blob, blob->b, BLOB_MAX) != 0)
		return false;
	memcpy(ret_secret, e->secret, KEY_LEN);
	*ret_key = e->key;
	wipe(e, sizeof(*e));
	return true;
}

void
keys_memo_wipe(struct keys_memo *memo)
{
	wipe(memo, sizeof(*memo));
}
