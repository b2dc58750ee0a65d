/*
 * How many chip-to-chip frames one core seals, and opens again, in a second:
 * one line for each version and length. Not a test: `make bench` divides it
 * by what openssl speed says of the cryptography alone.
 *
 *	bench_c2c [BYTES ...]
 */
#include <time.h>

#include "c2c/frame.h"
#include "c2c/port.h"
#include "c2c/session.h"
#include "crypto/crypto.h"

#define SECONDS_EACH 0.5
#define BATCH 200

/* Processor time, as openssl speed counts. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Host and module of a session that both know. */
struct two {
	struct hf_c2c_session host, module;
};

static enum err
two_start(struct two *t, const struct hf_crypto *port, uint8_t version)
{
	static const uint8_t nonce[HF_C2C_NONCE_LEN];
	struct hf_c2c_pair pair = {.version = version};
	enum err err;

	if (version != HF_C2C_V3) {
		err = c2c_session_init(&t->host, port, C2C_HOST, &pair);
		return err == ERR_OK ? c2c_session_init(
					   &t->module, port, C2C_MODULE, &pair)
				     : err;
	}
	err =
	    c2c_session_init_v3(&t->host, port, C2C_HOST, &pair, nonce, nonce);
	return err == ERR_OK ? c2c_session_init_v3(&t->module, port, C2C_MODULE,
				   &pair, nonce, nonce)
			     : err;
}

/* Seals, finds the frame in a stream, and opens it. */
static enum err
there(struct two *t, struct hf_c2c_decoder *d, struct bytes text)
{
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	struct bytes body, opened;
	size_t len;
	enum err err = c2c_seal(&t->host, text, frame, sizeof(frame), &len);

	if (err != ERR_OK)
		return err;
	(void)c2c_decoder_feed(d, bytes_make(frame, len), &body);
	if (body.ptr == NULL)
		return ERR_INTERNAL;
	return c2c_open(
	    &t->module, d->buf + (body.ptr - d->buf), body.len, &opened);
}

static double
per_second(const struct hf_crypto *port, uint8_t version, struct bytes text)
{
	uint8_t buf[HF_C2C_HOST_FRAME_MAX];
	struct hf_c2c_decoder d;
	struct two t;
	double start, end;
	unsigned done = 0, i;

	c2c_decoder_init(&d, buf, sizeof(buf));
	if (two_start(&t, port, version) != ERR_OK)
		return 0;
	start = end = now();
	while (end - start < SECONDS_EACH) {
		for (i = 0; i < BATCH; i++) {
			if (there(&t, &d, text) != ERR_OK)
				return 0;
		}
		done += BATCH;
		end = now();
	}
	return done / (end - start);
}

int
main(int argc, char **argv)
{
	static uint8_t text[HF_C2C_HOST_MAX];
	static struct c2c_kept kept;
	struct hf_crypto port;
	size_t len;
	int i;

	if (crypto_init() != ERR_OK)
		return 1;
	c2c_port_init(&port, &crypto_random_source);
	c2c_port_keep(&port, &kept);
	for (i = 1; i < argc; i++) {
		len = strtoul(argv[i], NULL, 10);
		if (len > sizeof(text))
			return 1;
		printf("%zu %.0f %.0f %.0f\n", len,
		    per_second(&port, HF_C2C_V1, bytes_make(text, len)),
		    per_second(&port, HF_C2C_V2, bytes_make(text, len)),
		    per_second(&port, HF_C2C_V3, bytes_make(text, len)));
	}
	c2c_kept_done(&kept);
	return 0;
}
