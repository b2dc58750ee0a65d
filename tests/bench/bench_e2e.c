/*
 * How many messages of end-to-end protection V1 one core seals in a second,
 * each under its own key, which is derived for it: one line for each length.
 * Not a test: `make bench` divides it by what openssl speed says of
 * AES-128-CCM alone.
 *
 *	bench_e2e [BYTES ...]
 */
#include <time.h>

#include "base/wipe.h"
#include "crypto/crypto.h"
#include "keys/envelope.h"
#include "keys/schedule.h"

#define SECONDS_EACH 0.5
#define BATCH 200
#define TEXT_MAX 4096

/* Processor time, as openssl speed counts. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum err
seal_one(const struct keys_sender *sender, uint64_t counter, struct bytes text)
{
	static uint8_t out[TEXT_MAX + 64];
	struct envelope_header header = {.version = ENVELOPE_V1,
	    .direction = ENVELOPE_UP,
	    .counter = counter};
	uint8_t encoded[E2E_V1_HEADER_LEN], key[E2E_KEY_LEN];
	size_t len = 0;
	enum err err = envelope_header_encode(&header, encoded, &len);
	struct bytes head = bytes_make(encoded, len);

	if (err == ERR_OK)
		err = keys_sender_key(sender, head, key);
	if (err == ERR_OK)
		err = envelope_seal(head, key, text, out);
	wipe(key, sizeof(key));
	return err;
}

static double
per_second(struct bytes text)
{
	const struct keys_up up = {{1}};
	struct keys_sender sender;
	double start = now(), end = start;
	uint64_t done = 0;

	if (keys_sender_init(&up, &sender) != ERR_OK)
		return 0;

	while (end - start < SECONDS_EACH) {
		for (unsigned i = 0; i < BATCH; i++)
			if (seal_one(&sender, done++, text) != ERR_OK)
				return 0;
		end = now();
	}
	return (double)done / (end - start);
}

int
main(int argc, char **argv)
{
	static uint8_t text[TEXT_MAX];
	size_t len;

	if (crypto_init() != ERR_OK)
		return 1;
	for (int i = 1; i < argc; i++) {
		len = strtoul(argv[i], NULL, 10);
		if (len > sizeof(text))
			return 1;
		printf("%zu %.0f\n", len, per_second(bytes_make(text, len)));
	}
	return 0;
}
