/*
 * Files that are read and written whole.
 */
#include <errno.h>

#include "base/wipe.h"

#include "cli.h"

enum err
file_slurp(const char *path, size_t max, uint8_t **ret_data, size_t *ret_len)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
	size_t len = 0, cap = 0;
	uint8_t *data = NULL;
	enum err err = in != NULL ? ERR_OK : ERR_IO;

	while (err == ERR_OK && !feof(in)) {
		if (len == cap) {
			cap = cap == 0 ? 65536 : 2 * cap;
			uint8_t *more = realloc(data, cap);

			if (more == NULL) {
				err = ERR_NOMEM;
				break;
			}
			data = more;
		}
		len += fread(data + len, 1, cap - len, in);
		if (ferror(in))
			err = ERR_IO;
		else if (len > max)
			err = ERR_SPACE;
	}
	int saved = errno;

	if (in != NULL && in != stdin)
		(void)fclose(in);
	if (err != ERR_OK) {
		if (data != NULL)
			wipe(data, len);
		free(data);
		errno = saved;
		return err;
	}
	*ret_data = data;
	*ret_len = len;
	return ERR_OK;
}

int
file_spill(const char *path, const uint8_t *data, size_t len)
{
	FILE *out = path != NULL ? fopen(path, "wbe") : stdout;

	if (out == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	bool good = fwrite(data, 1, len, out) == len && fflush(out) == 0;

	if (path != NULL)
		good = fclose(out) == 0 && good;
	return good ? CLI_OK : cli_fail(CLI_FAILED, "cannot write the output");
}
