/*
 * Pairs with the module when FILE is not there yet, and keeps the pair in
 * it; then asks the module for its name and for the state of the device
 * through a chip-to-chip session.
 *
 *	hello-c2c LINE FILE [1|2|3]
 *
 * The version is that of a new pair, 3 when it is not given. An MCU keeps its
 * pair where nobody else can read it; here it is a file of its owner's. Until
 * the module has confirmed it, the tag for that stands behind it: whatever goes
 * wrong on the way, the next start confirms the pair again.
 */
#include <errno.h>
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

/* What the file holds. */
struct kept {
	struct hf_c2c_pair pair;
	uint8_t tag[HF_C2C_TAG_LEN]; /* not there any more once confirmed */
};

enum there { THERE_NONE, THERE_BAD, THERE_PAIR, THERE_TAG };

static enum there
kept_load(const char *path, struct kept *kept)
{
	uint8_t in[sizeof(*kept) + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? THERE_NONE : THERE_BAD;
	n = read(fd, in, sizeof(in));
	close(fd);
	if (n != (ssize_t)sizeof(kept->pair) && n != (ssize_t)sizeof(*kept))
		return THERE_BAD;
	memcpy(kept, in, (size_t)n);
	return n == (ssize_t)sizeof(*kept) ? THERE_TAG : THERE_PAIR;
}

/* Stored for good before the module is told that it was. */
static bool
kept_store(const char *path, const struct kept *kept, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, kept, len) == (ssize_t)len && fsync(fd) == 0;
	return close(fd) == 0 && good;
}

static int
pair_make(struct hf_host *h, const struct hf_crypto *crypto, const char *path,
    enum hf_c2c_version version, struct kept *kept)
{
	uint8_t te_secret[HF_C2C_TE_LEN];
	enum hf_err err = hf_c2c_te_secret(crypto, te_secret);

	if (err == HF_OK)
		err =
		    hf_c2c_pair(h, version, te_secret, &kept->pair, kept->tag);
	if (err != HF_OK)
		return host_failed(h, "AT+USECC2C=0", err);
	/* V1 has no tag. */
	if (!kept_store(path, kept,
		version == HF_C2C_V1 ? sizeof(kept->pair) : sizeof(*kept))) {
		perror(path);
		return 1;
	}
	return 0;
}

/* May be repeated: the tag goes when the module has said OK, not before. */
static int
pair_confirm(struct hf_host *h, const struct hf_crypto *crypto,
    const char *path, const struct kept *kept)
{
	enum hf_err err = hf_c2c_confirm(h, crypto, &kept->pair, kept->tag);

	if (err != HF_OK) {
		(void)host_failed(h, "AT+USECC2C=4", err);
		fprintf(stderr,
		    "%s: run this again to confirm it again, or "
		    "remove it to pair anew\n",
		    path);
		return 1;
	}
	if (truncate(path, sizeof(kept->pair)) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

/* An answer that was lost must not leave the module in the session. */
static enum hf_err
session_close(struct hf_host *h)
{
	enum hf_err err = hf_c2c_close(h);

	return err == HF_ERR_TIMEOUT ? hf_sync(h, 3) : err;
}

/* Everything between opening and closing crosses the line in frames. */
static int
session(struct hf_host *h, const struct hf_crypto *crypto,
    const struct hf_c2c_pair *pair)
{
	static struct hf_c2c c2c;
	struct hf_device_info info;
	uint8_t uid[8];
	enum hf_err err = hf_c2c_open(h, &c2c, crypto, pair), end;
	size_t i;

	if (err != HF_OK)
		return host_failed(h, "AT+USECC2C=1", err);
	err = hf_rot_uid(h, uid);
	if (err == HF_OK)
		err = hf_device_info(h, &info);
	end = session_close(h);
	if (err != HF_OK)
		return host_failed(h, "in the session", err);
	if (end != HF_OK)
		return host_failed(h, "AT+USECC2C=2", end);
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
	struct hf_crypto crypto;
	struct hf_host host;
	struct kept kept;
	struct line line;
	enum there there;
	int result = 0;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: hello-c2c LINE FILE [1|2|3]\n");
		return 2;
	}
	if (argc == 4)
		version = (enum hf_c2c_version)(argv[3][0] - '0');
	there = kept_load(argv[2], &kept);
	if (there == THERE_BAD) {
		fprintf(stderr, "%s: no pair\n", argv[2]);
		return 1;
	}
	hf_soft_init(&crypto, random_bytes, NULL);
	if (!host_open(&host, &line, argv[1]))
		return 1;
	if (there == THERE_NONE) {
		result = pair_make(&host, &crypto, argv[2], version, &kept);
		there = version == HF_C2C_V1 ? THERE_PAIR : THERE_TAG;
	}
	if (result == 0 && there == THERE_TAG)
		result = pair_confirm(&host, &crypto, argv[2], &kept);
	if (result == 0)
		result = session(&host, &crypto, &kept.pair);
	line_close(&line);
	return result;
}
