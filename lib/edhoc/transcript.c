/*
 * Transcript hashes. They are computed over parts, so that nothing has to be
 * gathered in one place first.
 */
#include "internal.h"

/* The head of a byte string of SHA256_LEN, and of EDHOC_SHARE_LEN, bytes. */
static const uint8_t BSTR_32[] = {0x58, 32};

STATIC_ASSERT(SHA256_LEN == 32 && EDHOC_SHARE_LEN == 32, head_says_32);

/* TH_2 = H( G_Y, H(message_1) ), both as byte strings: section 5.3.2. */
enum err
edhoc_th_2(const uint8_t g_y[EDHOC_SHARE_LEN],
    const uint8_t h_message_1[SHA256_LEN], uint8_t ret_th[SHA256_LEN])
{
	struct bytes parts[] = {
	    BYTES_OF(BSTR_32),
	    bytes_make(g_y, EDHOC_SHARE_LEN),
	    BYTES_OF(BSTR_32),
	    bytes_make(h_message_1, SHA256_LEN),
	};

	return sha256(parts, ARRAY_LEN(parts), ret_th);
}

/*
 * TH_3 = H(TH_2, PLAINTEXT_2, CRED_R), TH_4 = H(TH_3, PLAINTEXT_3, CRED_I):
 * sections 5.4.2 and 5.5.2.
 */
enum err
edhoc_th_next(const uint8_t th[SHA256_LEN], struct bytes plaintext,
    const struct edhoc_cred *cred, uint8_t ret_th[SHA256_LEN])
{
	uint8_t head[9];
	struct writer w;
	struct bytes parts[5];

	writer_init(&w, head, sizeof(head));
	if (cred->is_der)
		cbor_put_bstr_head(&w, cred->cred.len);
	parts[0] = BYTES_OF(BSTR_32);
	parts[1] = bytes_make(th, SHA256_LEN);
	parts[2] = plaintext;
	parts[3] = writer_bytes(&w);
	parts[4] = cred->cred;
	return sha256(parts, ARRAY_LEN(parts), ret_th);
}

void
edhoc_cred_write(struct writer *w, const struct edhoc_cred *cred)
{
	if (cred->is_der)
		cbor_put_bstr_head(w, cred->cred.len);
	writer_put(w, cred->cred);
}
