/*
 * Check-in keys between the two questions of one check-in.
 */
#ifndef CLOUD_KEYS_MEMO_H
#define CLOUD_KEYS_MEMO_H

#include "wrap.h"

/*
 * Keeps a secret that a blob of this name has just been opened to, and the
 * key it was opened with. memo may be NULL: nothing is kept, or found.
 */
void memo_keep(struct keys_memo *memo, const struct blob_name *name,
    const struct keysproto_blob *blob, const struct wrapping_key *key,
    const uint8_t secret[KEY_LEN]);

/* Takes both out again; false when this blob of this name is not there. */
bool memo_take(struct keys_memo *memo, const struct blob_name *name,
    const struct keysproto_blob *blob, struct wrapping_key *ret_key,
    uint8_t ret_secret[KEY_LEN]);

#endif
