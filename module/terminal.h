/*
 * One terminal: a host's side of the AT interface, whatever carries its
 * bytes. It collects lines, echoes them, runs their commands, asks for data
 * with a prompt, and queues what goes back. No I/O of its own.
 */
#ifndef MODULE_TERMINAL_H
#define MODULE_TERMINAL_H

#include "at_parse.h"
#include "at_result.h"
#include "buffer.h"
#include "frames.h"

struct module;

enum terminal_state {
	TERMINAL_LINE, /* collects a command line */
	TERMINAL_OVERLONG, /* drops one that is too long, up to its CR */
	TERMINAL_DATA, /* collects what a prompt asked for */
	TERMINAL_WAIT /* a command goes on; input stays where it is */
};

enum terminal_switch { SWITCH_NONE, SWITCH_OPEN, SWITCH_CLOSE };

enum { REG_CREG, REG_CGREG, REG_CEREG, REG_COUNT };

/* What a reset sets back: a host's choices for its terminal. */
struct terminal_settings {
	bool echo;
	unsigned cmee; /* +CMEE: 0, 1 or 2 */
	unsigned reg[REG_COUNT]; /* +CREG and its like */
	unsigned cops_format;
	unsigned context_reports; /* +CGEREP */
};

struct terminal {
	char name[TERMINAL_NAME_MAX + 1]; /* as commands name it */
	struct module *module; /* for the commands */
	uint64_t number; /* of all terminals there have been, its own */
	struct terminal *sibling; /* the module's next */
	struct terminal_settings settings;
	enum terminal_state state;
	bool lf_ends; /* a line may also end with LF (standard input) */
	uint64_t now_ms;
	uint64_t idle_ms; /* how long a prompt or an open quote waits */
	uint64_t deadline_ms; /* UINT64_MAX: none */
	enum at_result late; /* what a prompt or a wait ends with then */

	uint8_t line[AT_LINE_MAX];
	size_t line_len;
	bool in_quotes;
	bool bad; /* a control byte was in the line */
	bool unfit; /* part of its answer did not fit, and was left out */
	bool skip_cr; /* hosts end the data of a prompt with a CR too many */
	struct at_line rest; /* what is left of the line */
	struct at_command command; /* the one that runs */

	struct buffer data;
	size_t data_size;
	enum at_result (*on_data)(struct terminal *t, struct bytes data);
	enum at_result (*on_wait)(struct terminal *t);

	struct buffer output; /* as it goes to the host */
	struct buffer plain; /* of an open session, not in frames yet */
	struct buffer urcs;

	/* Chip-to-chip: what comes once the line has been answered. */
	struct frames frames;
	enum terminal_switch next;
	struct hf_c2c_session next_session;
};

/*
 * Starts a terminal. idle_ms: how long it waits for the next byte of a
 * prompt's data, or for the end of an open quote.
 */
void terminal_init(struct terminal *t, const char *name, struct module *module,
    uint64_t idle_ms);

/*
 * The module's terminal with a number; NULL when it has gone. What happens
 * later, and was asked for on a terminal, is told there: its number is kept,
 * never a pointer to it.
 */
struct terminal *terminal_find(const struct module *module, uint64_t number);

/* Wipes and frees what it holds. */
void terminal_done(struct terminal *t);

/*
 * Takes input and says how much of it: less than all while a command goes on
 * or the host does not read its answers. Hand the rest in again later.
 */
MUST_CHECK size_t terminal_input(
    struct terminal *t, uint64_t now_ms, struct bytes in);

/* Looks again at a command that goes on, and at the time. */
void terminal_poll(struct terminal *t, uint64_t now_ms);

/* What is to be sent to the host, and that len bytes of it were. */
struct bytes terminal_output(const struct terminal *t);
void terminal_sent(struct terminal *t, size_t len);

/* Nothing is going on and nothing is to be sent. */
bool terminal_idle(const struct terminal *t);

/*
 * The host has gone: half a line, a prompt or a wait are dropped, and what
 * was to be sent too. Settings stay, and a chip-to-chip session, which whoever
 * comes next must have the keys of, once a frame of the host's has come.
 */
void terminal_hangup(struct terminal *t);

/*
 * The module was reset: hangup, but answers leave, default settings, and no
 * chip-to-chip session.
 */
void terminal_reset(struct terminal *t);

/* --- for commands --- */

/*
 * One information line of the answer, TERMINAL_INFO_MAX bytes at most. Of
 * this and the next two: what does not fit the output is left out whole, and
 * makes the line end with "memory full".
 */
void terminal_info(struct terminal *t, const char *format, ...) PRINTF(2, 3);

/* An information line of any length: head, then rest. */
void terminal_info_bytes(
    struct terminal *t, const char *head, struct bytes rest);

/* An information line that ends in quoted raw bytes: head"data". */
void terminal_info_data(
    struct terminal *t, const char *head, struct bytes data);

/* A result code that nobody asked for: a line of its own at a quiet moment. */
void terminal_urc(struct terminal *t, const char *format, ...) PRINTF(2, 3);

/*
 * Prompts for exactly size bytes (FILE_SIZE_MAX at most) and gives them to
 * on_data, whose result ends the command. Returns what the command has to
 * return. When they do not come it is CME_ABORTED, unless the command then
 * says in `late` what else it is; so for waits.
 */
MUST_CHECK enum at_result terminal_prompt(struct terminal *t, size_t size,
    enum at_result (*on_data)(struct terminal *t, struct bytes data));

/* The same with a prompt of another look. */
MUST_CHECK enum at_result terminal_prompt_with(struct terminal *t,
    const char *prompt, size_t size,
    enum at_result (*on_data)(struct terminal *t, struct bytes data));

/*
 * Lets the command go on: on_wait is asked again whenever something changed,
 * until it says something else than AT_LATER; CME_TIMEOUT after timeout_ms.
 */
MUST_CHECK enum at_result terminal_wait(struct terminal *t,
    enum at_result (*on_wait)(struct terminal *t), uint64_t timeout_ms);

/* The chip-to-chip session that is open, or NULL. */
const struct hf_c2c_session *terminal_session(const struct terminal *t);

/*
 * A session begins, or ends, as soon as the command's line has been answered
 * with OK; with an error nothing changes. The caller's copy is wiped.
 */
void terminal_session_open(struct terminal *t, struct hf_c2c_session *session);
void terminal_session_close(struct terminal *t);

#endif
