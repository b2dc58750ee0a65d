/*
 * What api asks for a file of production records: a key for the import, and
 * each factory secret out of the factory's seal and under that key, so that
 * all secrets of an import go when its key goes.
 */
#include "answers.h"

#include "base/wipe.h"
#include "crypto/hpke.h"
#include "wrap.h"

enum err
answer_import(const struct keys_state *state, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	uint8_t number[UID_LEN], key[KEY_LEN];
	struct blob_name name = {.kind = BLOB_IMPORT, .uid = number};
	struct writer w;
	enum err err;

	writer_init(&w, number, sizeof(number));
	writer_u64(&w, q->u.factory.import_id);
	err = random_fill(state->random, key, sizeof(key));
	if (err == ERR_OK)
		err = wrap_seal(state, &name, key, &a->u.blob);
	wipe(key, sizeof(key));
	return err;
}

/* Opens the factory's seal. Additional data is uid | PublicKey. */
static enum err
factory_open(const struct keys_state *state, const struct keysproto_request *q,
    struct keys_salt *ret_f)
{
	uint8_t aad[UID_LEN + P256_POINT_LEN];
	struct p256_point device;
	enum err err;

	/* A device key that is none would fail at its first bootstrap. */
	err = p256_point_decode(BYTES_OF(q->u.factory.public_key), &device);
	if (err != ERR_OK)
		return err;
	memcpy(aad, q->u.factory.uid, UID_LEN);
	memcpy(aad + UID_LEN, q->u.factory.public_key, P256_POINT_LEN);
	return hpke_open(&state->import_secret, &state->import_public,
	    q->u.factory.enc, BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
	    BYTES_OF(q->u.factory.sealed), ret_f->k);
}

enum err
answer_factory(const struct keys_state *state,
    const struct keysproto_request *q, struct keysproto_answer *a)
{
	struct blob_name name = {.kind = BLOB_FACTORY, .uid = q->u.factory.uid};
	uint8_t import_key[KEY_LEN];
	struct keys_salt f;
	enum err err;

	err = factory_open(state, q, &f);
	if (err != ERR_OK)
		return err;
	err = wrap_open_import_key(state, q->u.factory.import_id,
	    &q->u.factory.import_key, import_key);
	if (err == ERR_OK)
		err =
		    wrap_seal_import(state, import_key, &name, f.k, &a->u.blob);
	wipe(&f, sizeof(f));
	wipe(import_key, sizeof(import_key));
	return err;
}
