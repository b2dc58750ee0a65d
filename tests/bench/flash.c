/*
 * Flash in memory for virtual devices, and the file that holds a fleet.
 */
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flash.h"

_Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void
must(enum err err, const char *what)
{
	if (err != ERR_OK) {
		fprintf(stderr, "bench: %s: %s\n", what, err_name(err));
		exit(1);
	}
}

uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- the root of trust's platform --- */

static enum err
flash_read(void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct flash *f = ctx;

	if (f->len[slot] == 0)
		return ERR_NOT_FOUND;
	if (f->len[slot] > cap)
		return ERR_SPACE;
	memcpy(out, f->slot[slot], f->len[slot]);
	*ret_len = f->len[slot];
	return ERR_OK;
}

static enum err
flash_write(void *ctx, unsigned slot, struct bytes record)
{
	struct flash *f = ctx;

	if (record.len > sizeof(f->slot[slot]))
		return ERR_SPACE;
	memcpy(f->slot[slot], record.ptr, record.len);
	f->len[slot] = (uint32_t)record.len;
	return ERR_OK;
}

static enum err
flash_counter(void *ctx UNUSED, uint64_t *ret_value UNUSED)
{
	return ERR_UNSUPPORTED;
}

static enum err
flash_huk(void *ctx, uint8_t ret_huk[32])
{
	memcpy(ret_huk, ((struct flash *)ctx)->huk, HUK_LEN);
	return ERR_OK;
}

struct rot_port
flash_port(struct flash *f)
{
	struct rot_port port = {
	    .ctx = f,
	    .slot_read = flash_read,
	    .slot_write = flash_write,
	    .counter_raise = flash_counter,
	    .huk = flash_huk,
	    .random = crypto_random_source,
	};

	return port;
}

/* --- the file --- */

void
path_in(const char *dir, const char *name, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= cap)
		die("path too long");
}

void
flash_save(const char *dir, const struct flash *flash, size_t count)
{
	char path[512];
	FILE *f;

	path_in(dir, "fleet.bin", path, sizeof(path));
	f = fopen(path, "wb");
	/* On the disk: what it still has to write delays the service's syncs. */
	if (f == NULL || fwrite(flash, sizeof(*flash), count, f) != count ||
	    fflush(f) != 0 || fsync(fileno(f)) != 0 || fclose(f) != 0)
		die("cannot write fleet.bin");
}

struct flash *
flash_load(const char *dir, size_t *ret_count)
{
	struct flash *flash;
	char path[512];
	struct stat st;
	FILE *f;

	path_in(dir, "fleet.bin", path, sizeof(path));
	f = fopen(path, "rb");
	if (f == NULL || fstat(fileno(f), &st) != 0)
		die("cannot read fleet.bin: run fleet make first");
	*ret_count = (size_t)st.st_size / sizeof(*flash);
	flash = calloc(*ret_count, sizeof(*flash));
	if (flash == NULL ||
	    fread(flash, sizeof(*flash), *ret_count, f) != *ret_count)
		die("fleet.bin is damaged");
	fclose(f);
	return flash;
}

/* --- what the command lines share --- */

socklen_t
address_of(const char *text, struct sockaddr_storage *ret_to)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list;
	char host[256], *colon;
	socklen_t len;

	snprintf(host, sizeof(host), "%s", text);
	colon = strrchr(host, ':');
	if (colon == NULL)
		die("--to takes HOST:PORT");
	*colon = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		die("--to: no such address");
	memcpy(ret_to, list->ai_addr, list->ai_addrlen);
	len = list->ai_addrlen;
	freeaddrinfo(list);
	return len;
}

uint64_t
number_of(const char *text, int base)
{
	char *end;
	uint64_t v = strtoull(text, &end, base);

	if (*text == '\0' || *end != '\0')
		die("a number was expected");
	return v;
}
