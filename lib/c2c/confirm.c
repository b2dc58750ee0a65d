/*
 * The confirmation of a pairing: the host shows with a V2 body that it
 * received both keys and the tag as the module sent them. It is a body of V2
 * for pairs of V3, too.
 */
#include <string.h>

#include "base/wipe.h"
#include "c2c/session.h"
#include "internal.h"

static enum err
start(struct hf_c2c_session *s, const struct hf_crypto *crypto,
    enum c2c_side side, const struct hf_c2c_pair *pair)
{
	struct hf_c2c_pair v2 = *pair;
	enum err err;

	v2.version = HF_C2C_V2;
	err = c2c_session_init(s, crypto, side, &v2);
	wipe(&v2, sizeof(v2));
	return err;
}

enum err
c2c_confirm_make(const struct hf_crypto *crypto, const struct hf_c2c_pair *pair,
    const uint8_t tag[HF_C2C_TAG_LEN], uint8_t ret_confirm[HF_C2C_CONFIRM_LEN])
{
	uint8_t body[HF_C2C_CONFIRM_LEN];
	struct hf_c2c_session s;
	enum err err = start(&s, crypto, C2C_HOST, pair);

	memcpy(body + c2c_v2.text_at, tag, HF_C2C_TAG_LEN);
	if (err == ERR_OK)
		err = c2c_v2.seal(&s, body, HF_C2C_TAG_LEN);
	if (err == ERR_OK)
		memcpy(ret_confirm, body, sizeof(body));
	c2c_session_done(&s);
	wipe(body, sizeof(body));
	return err;
}

enum err
c2c_confirm_check(const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair, const uint8_t tag[HF_C2C_TAG_LEN],
    const uint8_t confirm[HF_C2C_CONFIRM_LEN])
{
	uint8_t body[HF_C2C_CONFIRM_LEN];
	struct hf_c2c_session s;
	struct bytes text = BYTES_NONE;
	enum err err = start(&s, crypto, C2C_MODULE, pair);

	memcpy(body, confirm, sizeof(body));
	if (err == ERR_OK)
		err = c2c_v2.open(&s, body, sizeof(body), &text);
	if (err == ERR_OK && (text.len != HF_C2C_TAG_LEN ||
				 !ct_equal(text.ptr, tag, HF_C2C_TAG_LEN)))
		err = ERR_AUTH;
	c2c_session_done(&s);
	wipe(body, sizeof(body));
	return err;
}
