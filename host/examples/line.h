/*
 * A line to a module on Linux: the I/O port of libholdfast-host over a
 * serial device, the pty of an emulated module, or TCP.
 */
#ifndef EXAMPLES_LINE_H
#define EXAMPLES_LINE_H

#include "holdfast/host.h"

struct line {
	struct hf_port port;
	int fd;
};

/*
 * Opens a path, or HOST:PORT. Says on stderr why it could not, and returns
 * false.
 */
bool line_open(struct line *line, const char *where);

void line_close(struct line *line);

/* Opens the line, finds the module, and prints URCs to stderr. */
bool host_open(struct hf_host *h, struct line *line, const char *where);

/* Says on stderr what failed and why; returns 1, for main. */
int host_failed(const struct hf_host *h, const char *what, enum hf_err err);

#endif
