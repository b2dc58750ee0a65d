/*
 * Frames between a terminal and its line while a chip-to-chip session is
 * open: bytes in, text out, and the other way round.
 *
 * Spec: PROTOCOL.md, "Chip-to-chip".
 */
#ifndef MODULE_FRAMES_H
#define MODULE_FRAMES_H

#include "buffer.h"
#include "holdfast/c2c.h"

struct frames {
	bool open;
	struct hf_c2c_session session;
	struct hf_c2c_decoder decoder;
	uint8_t in[HF_C2C_HOST_FRAME_MAX];
	struct bytes text; /* of the last frame, not taken yet; in in */
	bool heard; /* a frame opened: the host knows of the session */
	enum frames_plain { /* what stands before the next byte, till then */
		PLAIN_START, /* the start of a line */
		PLAIN_A, /* a line that begins with A */
		PLAIN_OTHER
	} before;
	unsigned refused; /* frames that did not open */
};

/* Takes a session over and starts with it; the caller's copy is wiped. */
void frames_start(struct frames *f, struct hf_c2c_session *session);

/* Ends the session and wipes everything. */
void frames_stop(struct frames *f);

/* Forgets half a frame: the host is another. */
void frames_hangup(struct frames *f);

/*
 * Takes bytes up to the end of the first frame and says how many; f->text is
 * what was in it, if it opened. Only while f->text is empty.
 */
size_t frames_feed(struct frames *f, struct bytes in);

/*
 * Looks at a byte before frames_feed has it, and says whether it makes the AT
 * of a plain line. A session that no frame of the host's has come through may
 * be one that it does not know of: its OK got lost.
 */
bool frames_see_plain(struct frames *f, uint8_t byte);

/*
 * Seals as much of plain as fits one frame, and moves it to out. What cannot
 * be sealed is dropped: never does it leave as it is.
 */
void frames_seal(struct frames *f, struct buffer *plain, struct buffer *out);

#endif
