/*
 * The file with the API key: JSON, readable by its owner only.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "file/file.h"

#include "cli.h"

enum err
credentials_path(const struct cli_common *common, char *out, size_t cap)
{
	const char *named = getenv("HOLDFAST_CREDENTIALS");
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n;

	if (common->credentials != NULL)
		n = snprintf(out, cap, "%s", common->credentials);
	else if (named != NULL && named[0] != '\0')
		n = snprintf(out, cap, "%s", named);
	else if (config != NULL && config[0] == '/')
		n = snprintf(out, cap, "%s/holdfast/credentials", config);
	else if (home != NULL && home[0] != '\0')
		n = snprintf(out, cap, "%s/.config/holdfast/credentials", home);
	else
		return ERR_INVALID;
	return n > 0 && (size_t)n < cap ? ERR_OK : ERR_SPACE;
}

static bool
text_copy(const json_t *object, const char *name, char *out, size_t cap)
{
	const char *text = json_text(object, name);
	size_t len = strlen(text);

	if (len == 0 || len >= cap)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

enum err
credentials_read(const char *path, struct credentials *ret_credentials)
{
	struct credentials c;
	uint8_t *data;
	size_t len;

	enum err err = file_slurp(path, 4096, &data, &len);

	if (err == ERR_IO && (errno == ENOENT || errno == ENOTDIR))
		return ERR_NOT_FOUND;
	if (err != ERR_OK)
		return err == ERR_SPACE ? ERR_FORMAT : err;
	json_t *json = json_loadb((const char *)data, len, 0, NULL);

	wipe(data, len);
	free(data);
	bool good = text_copy(json, "Service", c.service, sizeof(c.service)) &&
		    text_copy(json, "APIKey", c.apikey, sizeof(c.apikey)) &&
		    text_copy(json, "APISecret", c.secret, sizeof(c.secret));

	json_decref(json);
	if (good)
		*ret_credentials = c;
	wipe(&c, sizeof(c));
	return good ? ERR_OK : ERR_FORMAT;
}

/* Makes the directories above a path, the owner's alone. */
static enum err
parents_make(const char *path)
{
	char dir[4096];
	size_t len = strlen(path);

	if (len >= sizeof(dir))
		return ERR_IO;
	memcpy(dir, path, len + 1);
	for (char *p = dir + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(dir, S_IRWXU) != 0 && errno != EEXIST)
			return ERR_IO;
		*p = '/';
	}
	return ERR_OK;
}

enum err
credentials_write(const char *path, const struct credentials *credentials)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "Service",
	    credentials->service, "APIKey", credentials->apikey, "APISecret",
	    credentials->secret);
	char *text = json_dumps(json, JSON_INDENT(2));

	json_decref(json);
	if (text == NULL)
		return ERR_NOMEM;
	size_t len = strlen(text);
	enum err err = parents_make(path);

	if (err == ERR_OK)
		err = file_replace(path, bytes_str(text), 0600);
	wipe(text, len);
	free(text);
	return err;
}

int
credentials_keep(
    const struct client *client, const json_t *answer, const char *path)
{
	struct credentials c = {0};
	const char *apikey = json_text(answer, "APIKey");
	const char *secret = json_text(answer, "APISecret");
	enum err err = ERR_INVALID;

	(void)snprintf(c.service, sizeof(c.service), "%s", client->service);
	(void)snprintf(c.apikey, sizeof(c.apikey), "%s", apikey);
	(void)snprintf(c.secret, sizeof(c.secret), "%s", secret);
	if (path != NULL)
		err = credentials_write(path, &c);
	wipe(&c, sizeof(c));
	if (err == ERR_OK)
		return CLI_OK;
	(void)printf("APIKey:    %s\nAPISecret: %s\n", apikey, secret);
	return path == NULL ? CLI_OK
			    : cli_fail(CLI_FAILED, "cannot write %s", path);
}
