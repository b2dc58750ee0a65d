/*
 * What the files of the program holdfast share: sub-commands, their options,
 * the way to the service and the credentials for it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

/* Exit statuses. */
#define CLI_OK 0
#define CLI_REFUSED 1 /* the service said no */
#define CLI_USAGE 2 /* the command line is wrong */
#define CLI_FAILED 3 /* a file, the network or the answer is no good */

#define CLI_ANSWER_MAX (64u << 20) /* of the service */
#define CLI_FILE_MAX ((1u << 24) + 64) /* of a message to decrypt */
#define CLI_PLAIN_MAX ((1u << 24) - 1 - 32) /* of one to encrypt */

/* --- options.c: one table a sub-command --- */

/* --NAME ARG sets value; without arg, --NAME sets flag. */
struct cli_option {
	const char *name;
	const char *arg; /* what the help calls it; NULL: a flag */
	const char *help;
	const char **value;
	bool *flag;
	bool required;
};

/* A sub-command: usage shows the words after its options. */
struct cli_usage {
	const char *name; /* such as "profiles create" */
	const char *words; /* such as "NAME"; "" for none */
	const char *help; /* a sentence or two */
	size_t min_words;
	size_t max_words;
};

/* Options that every sub-command has. */
struct cli_common {
	const char *service;
	const char *credentials;
};

/*
 * Reads the command line by the table, which common options are added to.
 * ret_words points to the words that are left. Returns -1 to go on, or the
 * status to exit with, after help or an error was printed.
 */
int cli_parse(int argc, char **argv, const struct cli_usage *usage,
    const struct cli_option *options, size_t count,
    struct cli_common *ret_common, char ***ret_words);

/* Prints "holdfast: ..." to standard error and returns status. */
int cli_fail(int status, const char *fmt, ...) PRINTF(2, 3);

/* --- credentials.c --- */

struct credentials {
	char service[512]; /* URL without a slash at its end */
	char apikey[65];
	char secret[65];
};

/* Where they are: --credentials, or below the home; ERR_SPACE, ERR_INVALID. */
MUST_CHECK enum err credentials_path(
    const struct cli_common *common, char *out, size_t cap);
/* Errors: ERR_NOT_FOUND, ERR_IO, ERR_FORMAT. */
MUST_CHECK enum err credentials_read(
    const char *path, struct credentials *ret_credentials);
/* Writes a new file, mode 0600, and its directory. Errors: ERR_IO. */
MUST_CHECK enum err credentials_write(
    const char *path, const struct credentials *credentials);

/*
 * Writes the API key of an answer, which is shown once, to a new file for
 * --credentials; to standard output when path is NULL or cannot be written.
 */
struct client;
int credentials_keep(
    const struct client *client, const json_t *answer, const char *path);

/* --- client.c: calls to the service --- */

struct client {
	void *curl;
	char service[512];
	char token[128]; /* AuthToken; empty: none */
};

struct answer {
	long status; /* of HTTP */
	json_t *json; /* NULL: the body was no JSON */
	char *text; /* the body, with a NUL */
	size_t len;
};

/*
 * Opens a client for a service without a token. On failure it has said why,
 * and returns the status to exit with; else CLI_OK.
 */
int client_open(struct client *client, const struct cli_common *common);
/* The same, and gets a token with the credentials. */
int client_login(struct client *client, const struct cli_common *common);
void client_close(struct client *client);

/*
 * Calls the service: body empty and type NULL for GET. Returns CLI_OK for
 * every answer of HTTP, else it has said why.
 */
int client_call(struct client *client, const char *method, const char *path,
    const char *type, struct bytes body, struct answer *ret_answer);
/* A call with a JSON body, which is used up, or NULL. 2xx or it has said. */
int client_json(struct client *client, const char *method, const char *path,
    json_t *body, struct answer *ret_answer);
/*
 * One call with a JSON body, which is used up, or NULL, as client_json, with a
 * client of its own that logs in with the credentials.
 */
int client_ask(const struct cli_common *common, const char *method,
    const char *path, json_t *body, struct answer *ret_answer);
void answer_free(struct answer *answer);
/* Prints the body of an answer and frees it; returns CLI_OK. */
int answer_show(struct answer *answer);

/*
 * Prints the problem in an answer, with its bad fields and lines, to
 * standard error; lines have line_base added. Returns CLI_REFUSED.
 */
int answer_problem(const struct answer *answer, long line_base);

/* A text of an object, or "". */
const char *json_text(const json_t *object, const char *name);

/*
 * Calls each with every item of a list of the service, page by page. path may
 * have a query.
 */
int client_list(struct client *client, const char *path,
    void (*each)(const json_t *item, void *ctx), void *ctx);

/* --- verbs.c: sub-commands over a resource --- */

struct cli_verb {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* Runs the verb that argv names, or prints which there are. */
int verb_main(const char *noun, const struct cli_verb *verbs, size_t count,
    int argc, char **argv);
/* Lists a resource: print is called for each item. Takes no words. */
int list_main(int argc, char **argv, const struct cli_usage *usage,
    const char *path, void (*print)(const json_t *item, void *ctx));
/* Shows the item of a resource that the one word names, as JSON. */
int item_main(
    int argc, char **argv, const struct cli_usage *usage, const char *path);

/*
 * Calls method for the item that the first word names, or for its action.
 * field: what the second word is, in the body; NULL: there is none. Shows
 * the answer, as JSON.
 */
int item_call_main(int argc, char **argv, const struct cli_usage *usage,
    const char *method, const char *path, const char *action,
    const char *field);
/*
 * Writes path/item/tail to out, where item is the one that words of the usage
 * name. CLI_OK, or it has said that there can be no such item.
 */
int item_path(char *out, size_t cap, const char *path, const char *item,
    const char *tail, const char *words);

/* --- files.c --- */

/* Reads a file, or standard input for "-". Errors: ERR_IO, ERR_SPACE. */
MUST_CHECK enum err file_slurp(
    const char *path, size_t max, uint8_t **ret_data, size_t *ret_len);
/*
 * Writes a file, or standard output for NULL. On failure it has said why, and
 * returns the status to exit with; else CLI_OK.
 */
int file_spill(const char *path, const uint8_t *data, size_t len);

/* --- envelope.c: messages of +USECE2EDATAENC, opened here --- */

struct envelope_key {
	uint8_t key[16];
	uint8_t nonce[12];
	size_t tag_len; /* 16 or 8 */
};

/* The length of a message's header, 16 or 11; 0: it is no message. */
size_t envelope_header(struct bytes message);
/* Reads the service's answer. Errors: ERR_FORMAT. */
MUST_CHECK enum err envelope_key_read(
    const json_t *answer, struct envelope_key *ret_key);
/*
 * Opens header | ciphertext | tag; ret_out has room for the message.
 * Errors: ERR_TRUNCATED, ERR_AUTH, ERR_CRYPTO.
 */
MUST_CHECK enum err envelope_decrypt(const struct envelope_key *key,
    struct bytes message, uint8_t *ret_out, size_t *ret_len);

/*
 * Makes header | ciphertext | tag; ret_out has room for all of it. Errors:
 * ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err envelope_encrypt(const struct envelope_key *key,
    struct bytes header, struct bytes plaintext, uint8_t *ret_out,
    size_t *ret_len);

/* --- the sub-commands, a file each --- */

int init_main(int argc, char **argv);
int token_main(int argc, char **argv);
int profiles_main(int argc, char **argv);
int devices_main(int argc, char **argv);
int cas_main(int argc, char **argv);
int features_main(int argc, char **argv);
int tenants_main(int argc, char **argv);
int transfers_main(int argc, char **argv);
int apikeys_main(int argc, char **argv);
int events_main(int argc, char **argv);
int import_main(int argc, char **argv);
int psk_main(int argc, char **argv);
int e2e_main(int argc, char **argv);
int decrypt_main(int argc, char **argv);
int downlink_main(int argc, char **argv);
int encrypt_main(int argc, char **argv);

/* holdfast itself, for main and for tests. */
int cli_run(int argc, char **argv);

#endif
