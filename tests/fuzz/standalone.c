/*
 * Runs a fuzz target without a fuzzer: over every file that is named, or
 * that lies in a directory that is named, then over each of its prefixes and
 * over copies with one bit flipped in each byte. Any compiler and sanitizer
 * will do. Fails when there was nothing to run.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

#define SEED_MAX 65536
#define MUTATE_MAX 512 /* longer seeds run as they are: time is bounded */

/* Runs a copy of exactly this size, so that a sanitizer sees its end. */
static void
run_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void
run_seed(uint8_t *data, size_t len)
{
	size_t i;

	run_copy(data, len);
	if (len > MUTATE_MAX)
		return;
	for (i = 0; i < len; i++) {
		uint8_t bit = (uint8_t)(1u << (i % 8));

		run_copy(data, i);
		data[i] ^= bit;
		run_copy(data, len);
		data[i] ^= bit;
	}
}

/* Runs one file; 1 when it could be read, else 0. */
static size_t
run_file(const char *path)
{
	static uint8_t data[SEED_MAX];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL) {
		perror(path);
		return 0;
	}
	len = fread(data, 1, sizeof(data), file);
	fclose(file);
	run_seed(data, len);
	return 1;
}

/* Runs the files of a directory; how many there were. */
static size_t
run_dir(const char *path)
{
	char name[4096];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir(path);

	if (dir == NULL) {
		perror(path);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		count += run_file(name);
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	struct stat st;
	size_t count = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			count += run_dir(argv[i]);
		else
			count += run_file(argv[i]);
	}
	printf("%zu seeds\n", count);
	return count > 0 ? 0 : 1;
}
