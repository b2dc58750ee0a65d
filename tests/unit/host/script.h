/*
 * A module that follows a script: it checks each byte that the host sends,
 * and answers when it has all of a step. No time passes while there is
 * something to read; all of it does when there is nothing.
 */
#ifndef TESTS_HOST_SCRIPT_H
#define TESTS_HOST_SCRIPT_H

#include "base/bytes.h"
#include "holdfast/host.h"

#define SCRIPT_STEPS 16

struct step {
	struct bytes expect, answer;
};

struct script {
	struct hf_port port;
	struct step steps[SCRIPT_STEPS];
	size_t count, at; /* of the steps */
	size_t got; /* bytes of this step's expect */
	struct bytes ready; /* what can be read */
	size_t piece; /* bytes a read gives at most */
	bool broken; /* reads and writes fail from now on */
	uint32_t waited_ms;
	char urcs[512]; /* each with a LF */
};

/* A host at the end of an empty script. */
void script_init(struct script *s, struct hf_host *h);

/* Adds a step: what the host has to send next, and what it gets for it. */
void script_add(struct script *s, struct bytes expect, struct bytes answer);
void script_text(struct script *s, const char *expect, const char *answer);

/* Fails the test unless all steps were taken and all was read. */
void script_done(const struct script *s);

#endif
