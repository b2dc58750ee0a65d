/*
 * The chip-to-chip frame: F9, length, body, FCS-16, F9. Nothing is escaped:
 * the length frames.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip"; RFC 1662, appendix C, for the FCS.
 */
#ifndef C2C_FRAME_H
#define C2C_FRAME_H

#include "base/bytes.h"
#include "base/err.h"
#include "holdfast/c2c.h"

#define C2C_FLAG 0xF9
#define C2C_BODY_AT 3 /* where the body starts in its frame */
#define C2C_FRAME_OVERHEAD 6
#define C2C_BODY_MAX (HF_C2C_MODULE_FRAME_MAX - C2C_FRAME_OVERHEAD)

/* FCS-16: 906E for the digits 1 to 9. Never fails. */
uint16_t c2c_fcs16(struct bytes data);

/*
 * Puts a frame around a body of body_len bytes, 1 to 65,535, that stands at
 * frame + C2C_BODY_AT: body_len + C2C_FRAME_OVERHEAD bytes in all.
 */
void c2c_frame_close(uint8_t *frame, size_t body_len);

/*
 * Starts to look for frames. buf, of cap bytes, belongs to the decoder from
 * now on, and bounds the frames that it finds: HF_C2C_HOST_FRAME_MAX for what
 * hosts send, HF_C2C_MODULE_FRAME_MAX for what modules send.
 */
void c2c_decoder_init(struct hf_c2c_decoder *d, uint8_t *buf, size_t cap);

/*
 * Takes bytes up to the end of the first whole frame, or all of them, and
 * returns how many it took. *ret_body is the frame's body, inside the
 * decoder's buffer, where the caller may change it until the next call; its
 * ptr is NULL when no frame ended.
 *
 * A frame is delivered with its last byte, also out of the middle of what a
 * damaged length made look like a longer frame; that longer one is still
 * delivered when it ends well after all. Everything else is counted in
 * dropped. How the stream was cut into calls makes no difference.
 */
size_t c2c_decoder_feed(
    struct hf_c2c_decoder *d, struct bytes in, struct bytes *ret_body);

/* Says whether a frame may have begun that has not ended. */
bool c2c_decoder_pending(const struct hf_c2c_decoder *d);

#endif
