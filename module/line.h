/*
 * What carries a terminal's bytes: a pseudo-terminal with a link to it, a
 * TCP connection, or standard input and output.
 */
#ifndef MODULE_LINE_H
#define MODULE_LINE_H

#include "loop.h"
#include "terminal.h"

#define LINE_CHUNK 16384 /* bytes read at a time */

enum line_kind { LINE_PTY, LINE_TCP, LINE_STDIO };

struct line {
	enum line_kind kind;
	struct loop *loop;
	struct terminal terminal;
	struct loop_source in;
	struct loop_source out; /* standard output; else in does both */
	uint8_t chunk[LINE_CHUNK];
	size_t pos; /* what of the chunk the terminal has taken */
	size_t len;
	bool eof;
	bool broken;

	/* LINE_PTY: the slave is held open while no host has it. */
	const char *link;
	char slave[64];
	int slave_fd; /* -1: a host has it */
};

/* What a line is made with. */
struct line_config {
	struct loop *loop;
	struct module *module;
	const char *name; /* of its terminal */
	uint64_t idle_ms; /* as terminal_init */
};

/*
 * Makes a pseudo-terminal and a symbolic link to its slave. An older link
 * there is replaced, another kind of file is not: ERR_EXISTS. Also ERR_IO,
 * ERR_NOMEM.
 */
MUST_CHECK enum err line_new_pty(
    const struct line_config *config, const char *link, struct line **ret_line);

/* Takes a connected non-blocking socket. Errors: ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err line_new_tcp(
    const struct line_config *config, int fd, struct line **ret_line);

/* Takes standard input and output. Errors: ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err line_new_stdio(
    const struct line_config *config, struct line **ret_line);

/* Closes it; a pseudo-terminal's link goes too. */
void line_free(struct line *line);

/* Moves bytes as far as they go, and says when to come again at the latest. */
uint64_t line_settle(struct line *line, uint64_t now_ms);

/* Says whether its host has got all that was sent. */
bool line_drained(const struct line *line);

/* Says whether its host is gone for good. */
bool line_ended(const struct line *line);

#endif
