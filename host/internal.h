/*
 * What the files of libholdfast-host share: the bytes of the line (link.c),
 * the answer to one command (answer.c), and text (text.c).
 */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "holdfast/host.h"

#define TIMEOUT_MS 10000u
#define TIMEOUT_BOOTSTRAP_MS 180000u
#define TIMEOUT_HEARTBEAT_MS 310000u

/* Reads one byte of the line, or of the session on it. */
HF_MUST_CHECK enum hf_err link_read(
    struct hf_host *h, uint8_t *ret_byte, uint32_t *timeout_ms);

/* Sends bytes; within a session they may wait for link_flush. */
HF_MUST_CHECK enum hf_err link_write(struct hf_host *h, struct bytes data);
HF_MUST_CHECK enum hf_err link_flush(struct hf_host *h);

/*
 * Speaks in the frames of a session from now on, or in plain text: NULL. What
 * has arrived of a line is dropped, what waits to be sealed too.
 */
void link_use(struct hf_host *h, struct hf_c2c *c2c);

/* Lets time pass; what arrives meanwhile is kept. */
HF_MUST_CHECK enum hf_err link_pause(struct hf_host *h, uint32_t timeout_ms);

/* What a byte brought the answer to. */
enum answer_event {
	ANSWER_MORE,
	ANSWER_PROMPT, /* the module waits for the data */
	ANSWER_FINAL, /* the result stands in the answer's err */
};

/* The answer to one command, while it arrives. */
struct answer {
	struct hf_host *host;
	struct hf_call *call; /* NULL: nothing was asked */
	enum answer_part {
		PART_LINE, /* a line of which nothing is known yet */
		PART_INFO, /* the answer's line, behind its prefix */
		PART_NAME, /* a quoted name in front of binary data */
		PART_DATA, /* data_left bytes, or up to the next quote */
		PART_TAIL, /* the rest of such a line */
		PART_END /* the LF of the final result */
	} part;
	size_t data_left;
	size_t number; /* digits before the quote that starts the data */
	size_t digits;
	bool comma; /* the number and a comma came last */
	bool spaced; /* the prefix and its space are over */
	bool prompted;
	bool seen; /* a line of the answer */
	bool over; /* out was too small */
	bool bad; /* no answer of this shape */
	enum hf_err err;
};

/* Starts an answer to call; its out_len becomes 0. */
void answer_init(struct answer *a, struct hf_host *host, struct hf_call *call);

/* Takes the next byte of the line. */
enum answer_event answer_feed(struct answer *a, uint8_t byte);

/* Says whether only the line end of the final result is missing. */
bool answer_complete(const struct answer *a);

/* A command that is being written. */
struct command {
	char text[HF_COMMAND_MAX + 1];
	struct writer writer;
};

/* Start a command: "AT+NAME=" as it stands; then parameters. */
void command_init(struct command *c, const char *start);
void command_text(struct command *c, const char *text); /* as it stands */
void command_number(struct command *c, size_t number);
void command_quoted(struct command *c, const char *text);
void command_hex(struct command *c, struct bytes data); /* quoted */

/*
 * Runs the command with what call says beside it, which may be NULL, and
 * wipes it. HF_ERR_INVALID when it could not be written.
 */
HF_MUST_CHECK enum hf_err command_run(
    struct hf_host *h, struct command *c, struct hf_call *call);

/* Read parts of an answer; the reader's error is ERR_FORMAT. */
size_t answer_number(struct reader *r);
void answer_comma(struct reader *r);
struct bytes answer_quoted(struct reader *r);
void answer_hex(struct reader *r, uint8_t *out, size_t len); /* quoted */

#endif
