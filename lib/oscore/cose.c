/*
 * Nonce, additional data and the AEAD of one message. Knows nothing of CoAP:
 * it sees a plaintext and what it is bound to.
 */
#include "cose.h"

#include "cbor/cbor.h"

#define NONCE_PIV_AT (OSCORE_IV_LEN - OSCORE_PIV_MAX)
#define AAD_ARRAY_MAX 19 /* heads 4, version 1, algorithm 1, kid 7, PIV 5 */
#define AAD_MAX (AAD_ARRAY_MAX + 12) /* array, "Encrypt0", two heads */

struct bytes
oscore_id_bytes(const struct oscore_id *id)
{
	return bytes_make(id->id, id->len);
}

struct oscore_bind
oscore_bind_request(struct bytes kid, struct bytes piv)
{
	struct oscore_bind bind = {kid, piv, kid, piv};

	return bind;
}

struct oscore_bind
oscore_bind_response(const struct oscore_request_ref *ref,
    const struct oscore_id *responder, struct bytes piv)
{
	struct bytes kid = oscore_id_bytes(&ref->kid);
	struct bytes request_piv = bytes_make(ref->piv, ref->piv_len);
	struct oscore_bind bind = oscore_bind_request(kid, request_piv);

	/* "If the Partial IV is not present in a response, the nonce from
	 * the request is used": 5.2. */
	if (piv.len > 0) {
		bind.nonce_id = oscore_id_bytes(responder);
		bind.nonce_piv = piv;
	}
	return bind;
}

void
oscore_ref_fill(
    struct oscore_request_ref *ref, struct bytes kid, struct bytes piv)
{
	memset(ref, 0, sizeof(*ref));
	if (kid.len > 0)
		memcpy(ref->kid.id, kid.ptr, kid.len);
	ref->kid.len = kid.len;
	memcpy(ref->piv, piv.ptr, piv.len);
	ref->piv_len = piv.len;
}

bool
oscore_ref_valid(const struct oscore_request_ref *ref)
{
	return ref->kid.len <= OSCORE_ID_MAX && ref->piv_len >= 1 &&
	       ref->piv_len <= OSCORE_PIV_MAX;
}

/*
 * Nonce: length of the ID, ID and Partial IV both padded on their left, XOR
 * Common IV. Spec: RFC 8613, section 5.2.
 */
static void
nonce_make(const struct oscore_context *context, const struct oscore_bind *bind,
    uint8_t ret_nonce[OSCORE_IV_LEN])
{
	struct bytes id = bind->nonce_id;
	struct bytes piv = bind->nonce_piv;
	size_t i;

	memset(ret_nonce, 0, OSCORE_IV_LEN);
	ret_nonce[0] = (uint8_t)id.len;
	for (i = 0; i < id.len; i++)
		ret_nonce[NONCE_PIV_AT - id.len + i] = id.ptr[i];
	for (i = 0; i < piv.len; i++)
		ret_nonce[OSCORE_IV_LEN - piv.len + i] = piv.ptr[i];
	for (i = 0; i < OSCORE_IV_LEN; i++)
		ret_nonce[i] ^= context->common_iv[i];
}

/*
 * Enc_structure of RFC 9052, 5.3 around the aad_array of RFC 8613, 5.4:
 * version 1, the algorithm, kid and PIV of the request, class I options, of
 * which there are none.
 */
static enum err
aad_make(
    const struct oscore_bind *bind, uint8_t buf[AAD_MAX], struct bytes *ret_aad)
{
	uint8_t array[AAD_ARRAY_MAX];
	struct writer inner;
	struct writer outer;

	writer_init(&inner, array, sizeof(array));
	cbor_put_array(&inner, 5);
	cbor_put_uint(&inner, 1);
	cbor_put_array(&inner, 1);
	cbor_put_uint(&inner, OSCORE_ALG);
	cbor_put_bstr(&inner, bind->request_kid);
	cbor_put_bstr(&inner, bind->request_piv);
	cbor_put_bstr(&inner, BYTES_NONE);
	if (inner.err != ERR_OK)
		return inner.err;

	writer_init(&outer, buf, AAD_MAX);
	cbor_put_array(&outer, 3);
	cbor_put_str(&outer, "Encrypt0");
	cbor_put_bstr(&outer, BYTES_NONE);
	cbor_put_bstr(&outer, writer_bytes(&inner));
	return writer_end(&outer, ret_aad);
}

enum err
oscore_seal(const struct oscore_context *context,
    const struct oscore_bind *bind, uint8_t *text, size_t len)
{
	uint8_t nonce[OSCORE_IV_LEN];
	uint8_t buf[AAD_MAX];
	struct bytes aad;
	enum err err;

	err = aad_make(bind, buf, &aad);
	if (err != ERR_OK)
		return err;
	nonce_make(context, bind, nonce);
	return aead_seal(AEAD_CCM_16_64_128, BYTES_OF(context->sender_key),
	    BYTES_OF(nonce), aad, bytes_make(text, len), text);
}

enum err
oscore_unseal(const struct oscore_context *context,
    const struct oscore_bind *bind, struct bytes ciphertext, uint8_t *ret_text)
{
	uint8_t nonce[OSCORE_IV_LEN];
	uint8_t buf[AAD_MAX];
	struct bytes aad;
	enum err err;

	err = aad_make(bind, buf, &aad);
	if (err != ERR_OK)
		return err;
	nonce_make(context, bind, nonce);
	return aead_open(AEAD_CCM_16_64_128, BYTES_OF(context->recipient_key),
	    BYTES_OF(nonce), aad, ciphertext, ret_text);
}
