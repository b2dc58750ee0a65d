/*
 * Any text as a configuration file: it is taken, and every setting is then
 * there and in its range, or a sentence says what is wrong.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "cloud/address.h"
#include "cloud/config.h"
#include "fuzz.h"

static void
check(const struct config *c)
{
	struct address a;

	fuzz_check(c->database[0] == '/' && c->key_file[0] == '/');
	fuzz_check(address_parse(c->api_listen, &a) == ERR_OK);
	fuzz_check(address_parse(c->devices_listen, &a) == ERR_OK);
	fuzz_check(c->api_connections >= 1 && c->api_connections <= 65536);
	fuzz_check(c->heartbeat_s >= 60);
	fuzz_check(c->devices_budget >= 1 && c->api_budget >= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CONFIG_ERROR_MAX] = "", path[32];
	struct config config;
	int fd = memfd_create("config", 0);

	fuzz_check(fd >= 0);
	fuzz_check(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (config_load("/data", path, NULL, 0, &config, error) == ERR_OK) {
		check(&config);
		config_done(&config);
	} else {
		fuzz_check(strncmp(error, path, strlen(path)) == 0);
	}
	close(fd);
	return 0;
}
