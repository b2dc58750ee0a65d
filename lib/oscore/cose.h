/*
 * Inside the room: the COSE_Encrypt0 object that OSCORE makes of a message
 * (RFC 8613, section 5), on both of its sides.
 */
#ifndef OSCORE_LIB_COSE_H
#define OSCORE_LIB_COSE_H

#include "oscore/oscore.h"

#define OSCORE_ALG 10 /* COSE: AES-CCM-16-64-128, RFC 9053, 4.2 */

/*
 * What a message is bound to: the request, by additional data, and the
 * endpoint and Partial IV that its nonce is made of.
 */
struct oscore_bind {
	struct bytes request_kid;
	struct bytes request_piv;
	struct bytes nonce_id;
	struct bytes nonce_piv;
};

/* The binding of a request, and of a response; piv empty: none of its own. */
struct oscore_bind oscore_bind_request(struct bytes kid, struct bytes piv);
struct oscore_bind oscore_bind_response(const struct oscore_request_ref *ref,
    const struct oscore_id *responder, struct bytes piv);

/*
 * Fills the reference to a request. Both must fit: kid OSCORE_ID_MAX, piv
 * OSCORE_PIV_MAX bytes.
 */
void oscore_ref_fill(
    struct oscore_request_ref *ref, struct bytes kid, struct bytes piv);

/* Says whether a reference holds lengths that a request can have. */
bool oscore_ref_valid(const struct oscore_request_ref *ref);

/* A view of an ID. */
struct bytes oscore_id_bytes(const struct oscore_id *id);

/*
 * Encrypt len bytes at text, in place, with OSCORE_TAG_LEN more bytes after
 * them for the tag. Errors: ERR_SPACE (never, with lengths in bounds),
 * ERR_CRYPTO. Spec: RFC 8613, sections 5.2, 5.3, 5.4.
 */
MUST_CHECK enum err oscore_seal(const struct oscore_context *context,
    const struct oscore_bind *bind, uint8_t *text, size_t len);

/*
 * Opens ciphertext to ciphertext.len - OSCORE_TAG_LEN bytes at ret_text.
 * Errors: ERR_AUTH, ERR_CRYPTO. Spec: as oscore_seal.
 */
MUST_CHECK enum err oscore_unseal(const struct oscore_context *context,
    const struct oscore_bind *bind, struct bytes ciphertext, uint8_t *ret_text);

#endif
