/*
 * The key file on the disk. Its text passes through one buffer, which is
 * wiped.
 */
#include "keyfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cloud/log.h"
#include "file/file.h"

#define PUBLIC_TEXT_MAX 1024

static enum err
refuse(const struct config *config, const char *why, enum err err)
{
	log_error("keys-refused", log_text("file", config->key_file),
	    log_text("why", why), log_err(err));
	return err;
}

static const char *
why_bad(enum err err)
{
	switch (err) {
	case ERR_AUTH:
		return "its checksum is wrong: it is damaged";
	case ERR_UNSUPPORTED:
		return "it is of a version that this program does not know";
	default:
		return "it is damaged";
	}
}

/* A key file is its owner's alone. */
static enum err
mode_check(const struct config *config)
{
	struct stat st;

	if (stat(config->key_file, &st) != 0)
		return refuse(config, "it cannot be read", ERR_IO);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		return refuse(config,
		    "others may read it: its mode must be 0600", ERR_DENIED);
	return ERR_OK;
}

static enum err
keyfile_decode(const struct config *config, struct bytes text,
    struct keys_state *ret_state)
{
	enum err err = mode_check(config);

	if (err != ERR_OK)
		return err;
	err = keys_state_decode(text, &crypto_random_source, ret_state);
	if (err != ERR_OK)
		return refuse(config, why_bad(err), err);
	return ERR_OK;
}

/* Writes new keys, which must not replace any. */
static enum err
keyfile_write(const struct config *config, const struct keys_state *state)
{
	uint8_t text[KEYS_TEXT_MAX];
	struct writer w;
	char *dir = file_dirname(config->key_file);
	enum err err;

	if (dir == NULL)
		return ERR_NOMEM;
	writer_init(&w, text, sizeof(text));
	err = keys_state_encode(state, &w);
	if (err == ERR_OK)
		err = file_make_dir(dir);
	if (err == ERR_OK)
		err = file_replace(config->key_file, writer_bytes(&w), 0600);
	wipe(text, sizeof(text));
	free(dir);
	return err;
}

static enum err
keyfile_make(const struct config *config, struct keys_state *ret_state)
{
	enum err err;

	if (access(config->database, F_OK) == 0 || errno != ENOENT)
		return refuse(config,
		    "it is missing, but there is a database: put it back",
		    ERR_NOT_FOUND);
	err = keys_state_generate(&crypto_random_source, ret_state);
	if (err != ERR_OK)
		return refuse(config, "keys cannot be made", err);
	err = keyfile_write(config, ret_state);
	if (err != ERR_OK) {
		keys_state_done(ret_state);
		return refuse(config, "it cannot be written", err);
	}
	log_info("keys-made", log_text("file", config->key_file));
	return ERR_OK;
}

enum err
keyfile_open(const struct config *config, struct keys_state *ret_state)
{
	uint8_t text[KEYS_TEXT_MAX];
	size_t len = 0;
	enum err err;

	err = file_read(config->key_file, text, sizeof(text), &len);
	if (err == ERR_NOT_FOUND)
		return keyfile_make(config, ret_state);
	if (err == ERR_OK)
		err = keyfile_decode(config, bytes_make(text, len), ret_state);
	else
		err = refuse(config,
		    err == ERR_SPACE ? why_bad(err) : "it cannot be read", err);
	wipe(text, sizeof(text));
	return err;
}

enum err
keyfile_publish(const struct config *config, const struct keys_state *state)
{
	uint8_t text[PUBLIC_TEXT_MAX];
	struct writer w;
	char *path;
	enum err err;

	if (asprintf(&path, "%s/service.json", config->data) < 0)
		return ERR_NOMEM;
	writer_init(&w, text, sizeof(text));
	err = keys_state_public_json(state, &w);
	if (err == ERR_OK)
		err = file_replace(path, writer_bytes(&w), 0644);
	if (err != ERR_OK)
		log_error(
		    "publish-failed", log_text("file", path), log_err(err));
	free(path);
	return err;
}
