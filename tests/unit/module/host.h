/*
 * A host at a terminal of a module, for tests: types, and sees what comes
 * back. The module has files in a fresh directory, a clock that the test
 * turns, and a TEE whose answers the test decides.
 */
#ifndef TEST_MODULE_HOST_H
#define TEST_MODULE_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "module.h"
#include "terminal.h"

#define HOST_IDLE_MS 60000
#define HOST_DB_DAMAGED 0xEE /* records that begin so do not open */

/* What the TEE has been asked last, and what it will answer. */
struct host_tee {
	struct tee_info info;
	enum err err; /* of every operation but TEE_INFO */
	enum err heartbeat;
	unsigned asked[32]; /* how often, by operation */
	uint8_t profile[PROFILE_UID_LEN];
	uint8_t serial[64];
	size_t serial_len;
	uint8_t plaintext[64];
	size_t plaintext_len;
	struct hf_c2c_pair pair; /* of TEE_C2C_OPEN and _PAIR */
	struct tee_c2c_request c2c; /* the last; its views mean nothing */
	uint8_t db_byte; /* what the records begin with; 0: there are none */
};

/* The request that was started last, and what the next start says. */
struct host_http {
	enum err err;
	unsigned started;
	enum http_command command;
	char path[64];
	char response[FILE_NAME_MAX + 1];
	char body[64];
	char type[64];
	char form[FILE_NAME_MAX + 1];
};

struct host {
	struct module module;
	struct terminal terminal;
	struct host_tee tee;
	struct host_http http;
	uint64_t now_ms;
	char dir[64];
};

/* A group's setup and teardown; *state is the host. */
int host_setup(void **state);
int host_teardown(void **state);

/* Sends bytes, all of which the terminal takes. */
void host_send(struct host *h, struct bytes bytes);
void host_type(struct host *h, const char *text);

/* What came back since the last time is exactly this. */
void host_see_bytes(struct host *h, struct bytes bytes);
void host_see(struct host *h, const char *text);

/* Types a line with its CR and sees what comes back, echo off. */
void host_ask(struct host *h, const char *line, const char *answer);

/* The clock goes on, and the terminal looks at it. */
void host_pass_ms(struct host *h, uint64_t ms);

#endif
