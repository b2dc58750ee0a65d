/*
 * The one table of AT commands, and the handlers in it.
 */
#ifndef MODULE_AT_TABLE_H
#define MODULE_AT_TABLE_H

#include "files.h"
#include "tee.h"
#include "terminal.h"

/* Runs one form of a command. */
struct at_entry {
	const char *name;
	enum at_result (*execute)(
	    struct terminal *t, const struct at_command *c);
	enum at_result (*set)(struct terminal *t, const struct at_command *c);
	enum at_result (*read)(struct terminal *t, const struct at_command *c);
	const char *values; /* what the test form prints; NULL: only OK */
};

/*
 * Runs a command of a terminal. CME_UNKNOWN when there is none of its name,
 * CME_NOT_SUPPORTED when it has not the form; else as the command says.
 */
MUST_CHECK enum at_result at_run(
    struct terminal *t, const struct at_command *c);

/*
 * What a host is told of an error of the TEE: as at_result_of_security, but
 * where a feature is off that the command needs (bits), it is named.
 */
enum at_result at_feature_result(
    struct terminal *t, enum err err, unsigned needed);

/* Asks the TEE for what has no parameters. */
MUST_CHECK enum err at_tee_ask(
    struct terminal *t, enum tee_op op, struct tee_answer *ret_answer);

/* The set form of a command whose value is kept: see settings.h. */
enum at_result at_setting_set(struct terminal *t, const struct at_command *c);

/* The file name at place i of a command; AT_DONE, or what is wrong with it. */
MUST_CHECK enum at_result at_file_param(
    const struct at_command *c, size_t i, struct file_name *ret_name);

/* Reads a file as files_read; AT_DONE, or what went wrong. */
MUST_CHECK enum at_result at_file_read(struct terminal *t,
    const struct file_name *name, uint8_t **ret_data, size_t *ret_len);

/* What a host is told of writing a file. */
enum at_result at_file_written(enum err err);

/*
 * AT_DONE when data can pass; else CME_NO_CONNECTION, and +CEER tells why.
 */
MUST_CHECK enum at_result at_network_need(struct terminal *t);

/* A group of commands, one file each, ends with an entry without a name. */
extern const struct at_entry at_general[];
extern const struct at_entry at_power[];
extern const struct at_entry at_sim[];
extern const struct at_entry at_network[];
extern const struct at_entry at_packet[];
extern const struct at_entry at_file[];
extern const struct at_entry at_http[];
extern const struct at_entry at_profile[];
extern const struct at_entry at_credential[];
extern const struct at_entry at_mqtt[];
extern const struct at_entry at_socket[];
extern const struct at_entry at_dns[];
extern const struct at_entry at_client[];
extern const struct at_entry at_usec[]; /* while the client is on */
extern const struct at_entry at_e2e[]; /* while the client is on */
extern const struct at_entry at_c2c[]; /* of models with chip-to-chip */
extern const struct at_entry at_local[]; /* while the client is on */
extern const struct at_entry at_ztp[]; /* while the client is on */

#endif
