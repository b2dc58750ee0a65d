/*
 * Reads AT command lines. Pure: bytes in, commands out; what it gives back
 * points into the line.
 *
 * A line is AT followed by any number of commands: basic ones (E0, I9, &C1,
 * S3=13) stand side by side, extended ones (+NAME, +NAME=..., +NAME?,
 * +NAME=?) end with a semicolon or the line. Spaces count only in quotes.
 * A parameter is a decimal number, a quoted string, or left out. A quoted
 * string holds any bytes but the quote.
 *
 * Spec: ITU-T V.250, sections 5.2 to 5.4.
 */
#ifndef MODULE_AT_PARSE_H
#define MODULE_AT_PARSE_H

#include "base/bytes.h"
#include "maxima.h"

enum at_form {
	AT_EXECUTE, /* +NAME, E */
	AT_SET, /* +NAME=..., E0 */
	AT_READ, /* +NAME? */
	AT_TEST /* +NAME=? */
};

enum at_param_type { AT_OMITTED, AT_NUMBER, AT_TEXT };

struct at_param {
	enum at_param_type type;
	uint32_t number; /* AT_NUMBER */
	struct bytes text; /* AT_TEXT, without the quotes */
};

struct at_command {
	char
	    name[AT_NAME_MAX + 1]; /* upper case, as "+CMEE", "E", "&C", "S3" */
	enum at_form form;
	size_t count; /* AT_SET has one at least, which may be omitted */
	struct at_param params[AT_PARAMS_MAX];
};

/* Where reading a line stands. */
struct at_line {
	struct bytes in;
	size_t pos;
};

/*
 * Starts a line, without its CR. Error: ERR_FORMAT when it does not begin
 * with AT in either case.
 */
MUST_CHECK enum err at_line_start(struct at_line *line, struct bytes in);

/* Says whether another command stands on the line. */
bool at_line_more(struct at_line *line);

/*
 * Reads the next command; at_line_more has said that there is one. After an
 * error the rest of the line means nothing.
 *
 * Errors: ERR_FORMAT (not a command), ERR_TRUNCATED (quote not closed),
 * ERR_SPACE (name, number or parameter list too long).
 */
MUST_CHECK enum err at_line_next(
    struct at_line *line, struct at_command *ret_command);

/*
 * The number at place i: false when it is not there, not a number, or not
 * within min and max.
 */
bool at_param_number(const struct at_command *command, size_t i, uint32_t min,
    uint32_t max, uint32_t *ret_number);

/* The same for a number that may be left out for a default. */
bool at_param_number_or(const struct at_command *command, size_t i,
    uint32_t min, uint32_t max, uint32_t otherwise, uint32_t *ret_number);

/* The string at place i: false when it is not there or not a string. */
bool at_param_text(
    const struct at_command *command, size_t i, struct bytes *ret_text);

/*
 * The string at place i, copied with a NUL: false also when it does not fit
 * size bytes or has control bytes in it.
 */
bool at_param_copy(
    const struct at_command *command, size_t i, char *out, size_t size);

#endif
