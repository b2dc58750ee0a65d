/*
 * Pairs with the module when FILE is not there yet, and keeps the pair in
 * it; then asks the module for its name and for the state of the device
 * through a chip-to-chip session.
 *
 *	hello-c2c LINE FILE [1|2|3]
 *
 * The version is that of a new pair, 3 when it is not given. An MCU keeps its
 * pair where nobody else can read it; here it is a file of its owner's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holdfast/soft.h"
#include "line.h"

static int
random_bytes(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return getrandom(out, len, 0) == (ssize_t)len ? 0 : -1;
}

/* 1 when the pair was read, 0 when there is no file, -1 when it is none. */
static int
pair_load(const char *path, struct hf_c2c_pair *pair)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, pair, sizeof(*pair));
	close(fd);
	return n == (ssize_t)sizeof(*pair) ? 1 : -1;
}

/* Stored for good before the module is told that it was. */
static bool
pair_store(const char *path, const struct hf_c2c_pair *pair)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, pair, sizeof(*pair)) == (ssize_t)sizeof(*pair) &&
	       fsync(fd) == 0;
	return close(fd) == 0 && good;
}

static int
pair_make(struct hf_host *h, const struct hf_crypto *crypto, const char *path,
    enum hf_c2c_version version, struct hf_c2c_pair *pair)
{
	uint8_t te_secret[HF_C2C_TE_LEN], tag[HF_C2C_TAG_LEN];
	enum hf_err err = hf_c2c_te_secret(crypto, te_secret);

	if (err == HF_OK)
		err = hf_c2c_pair(h, version, te_secret, pair, tag);
	if (err != HF_OK)
		return host_failed(h, "AT+USECC2C=0", err);
	if (!pair_store(path, pair)) {
		perror(path);
		return 1;
	}
	if (version != HF_C2C_V1)
		err = hf_c2c_confirm(h, crypto, pair, tag);
	return err == HF_OK ? 0 : host_failed(h, "AT+USECC2C=4", err);
}

/* Everything between opening and closing crosses the line in frames. */
static int
session(struct hf_host *h, const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair)
{
	static struct hf_c2c c2c;
	struct hf_device_info info;
	uint8_t uid[8];
	enum hf_err err = hf_c2c_open(h, &c2c, crypto, pair);
	size_t i;

	if (err != HF_OK)
		return host_failed(h, "AT+USECC2C=1", err);
	err = hf_rot_uid(h, uid);
	if (err == HF_OK)
		err = hf_device_info(h, &info);
	if (err != HF_OK)
		return host_failed(h, "in the session", err);
	err = hf_c2c_close(h);
	if (err != HF_OK)
		return host_failed(h, "AT+USECC2C=2", err);
	printf("uid ");
	for (i = 0; i < sizeof(uid); i++)
		printf("%02X", uid[i]);
	printf("\nmodule registered %d\ndevice registered %d\n"
	       "device activated %d\n",
	    info.module_registered, info.device_registered,
	    info.device_activated);
	return 0;
}

int
main(int argc, char **argv)
{
	enum hf_c2c_version version = HF_C2C_V3;
	struct hf_c2c_pair pair;
	struct hf_crypto crypto;
	struct hf_host host;
	struct line line;
	int result = 0, there;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: hello-c2c LINE FILE [1|2|3]\n");
		return 2;
	}
	if (argc == 4)
		version = (enum hf_c2c_version)(argv[3][0] - '0');
	there = pair_load(argv[2], &pair);
	if (there < 0) {
		fprintf(stderr, "%s: no pair\n", argv[2]);
		return 1;
	}
	hf_soft_init(&crypto, random_bytes, NULL);
	if (!host_open(&host, &line, argv[1]))
		return 1;
	if (there == 0)
		result = pair_make(&host, &crypto, argv[2], version, &pair);
	if (result == 0)
		result = session(&host, &crypto, &pair);
	line_close(&line);
	return result;
}
