/*
 * What no party may ever do, watched where it would happen: every AEAD seal
 * of the whole process comes by here (the linker puts this aead_seal before
 * the real one), and a key and nonce that were used for other bytes before
 * are seen whoever used them. What was sealed for the network counts when it
 * gets there: an answer whose transaction failed is thrown away, and may be
 * made anew. The monitor remembers digests only.
 */
#include <stdarg.h>

#include "sim.h"

struct seen {
	uint64_t what; /* digest of key and nonce, or of an identity; 0: free */
	uint64_t content; /* digest of what was sealed */
};

#define SEALED_MAX 256
#define OSCORE_NONCE 13
#define OSCORE_TAG 8

/* Sealed with OSCORE's nonce, and not sent yet. */
struct sealed {
	struct seen seen;
	uint8_t tag[OSCORE_TAG];
};

static struct {
	struct sim *sim;
	struct sealed sealed[SEALED_MAX];
	size_t sealed_count;
	struct seen *table;
	size_t cap, count;
} monitor;

static void __attribute__((format(printf, 2, 0)))
say(const struct sim *sim, const char *format, va_list args)
{
	printf("%10.3f s  ", (double)sim->now_ms / 1000);
	(void)vprintf(format, args);
	printf("\n");
}

void
sim_say(const struct sim *sim, const char *format, ...)
{
	va_list args;

	if (!sim->verbose)
		return;
	va_start(args, format);
	say(sim, format, args);
	va_end(args);
}

void
sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
{
	va_list args;

	if (sim->failed)
		return;
	sim->failed = true;
	printf(
	    "seed %llu breaks: %s\n", (unsigned long long)sim->seed, invariant);
	va_start(args, format);
	say(sim, format, args);
	va_end(args);
	printf("again: sim --seed %llu --verbose\n",
	    (unsigned long long)sim->seed);
}

void
monitor_reset(struct sim *sim)
{
	free(monitor.table);
	memset(&monitor, 0, sizeof(monitor));
	monitor.sim = sim;
}

static struct seen *
slot_of(struct seen *table, size_t cap, uint64_t what)
{
	size_t i = (size_t)what & (cap - 1);

	while (table[i].what != 0 && table[i].what != what)
		i = (i + 1) & (cap - 1);
	return &table[i];
}

static void
grow(void)
{
	size_t cap = monitor.cap == 0 ? 4096 : monitor.cap * 2;
	struct seen *table = calloc(cap, sizeof(*table));

	if (table == NULL)
		abort();
	for (size_t i = 0; i < monitor.cap; i++)
		if (monitor.table[i].what != 0)
			*slot_of(table, cap, monitor.table[i].what) =
			    monitor.table[i];
	free(monitor.table);
	monitor.table = table;
	monitor.cap = cap;
}

/* False when `what` was seen with another content. */
static bool
note(uint64_t what, uint64_t content)
{
	struct seen *s;

	if (monitor.count * 2 >= monitor.cap)
		grow();
	s = slot_of(monitor.table, monitor.cap, what);
	if (s->what == what)
		return s->content == content;
	*s = (struct seen){what, content};
	monitor.count++;
	return true;
}

static uint64_t
digest(const struct bytes *parts, size_t count)
{
	uint8_t hash[SHA256_LEN];
	struct reader r;

	if (sha256(parts, count, hash) != ERR_OK)
		abort();
	reader_init(&r, BYTES_OF(hash));
	return reader_u64(&r) | 1;
}

void
monitor_identity(struct sim *sim, struct bytes identity)
{
	const struct bytes parts[] = {BYTES_LIT("identity"), identity};
	uint64_t what = digest(parts, ARRAY_LEN(parts));

	if (!note(what, monitor.count + 2))
		sim_fail(sim, "no identity is used twice", "a PSK identity");
}

enum err __real_aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out);
enum err __wrap_aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out);

static void
use(struct seen seen)
{
	if (!note(seen.what, seen.content))
		sim_fail(monitor.sim, "no key and nonce is used twice",
		    "for different bytes");
}

void
monitor_sent(struct bytes datagram)
{
	for (size_t i = 0; i < SEALED_MAX; i++) {
		struct sealed *s = &monitor.sealed[i];

		if (s->seen.what == 0 || memmem(datagram.ptr, datagram.len,
					     s->tag, OSCORE_TAG) == NULL)
			continue;
		use(s->seen);
		s->seen.what = 0;
	}
}

static void
keep_sealed(struct seen seen, const uint8_t *end)
{
	struct sealed *s = &monitor.sealed[monitor.sealed_count++ % SEALED_MAX];

	s->seen = seen;
	memcpy(s->tag, end - OSCORE_TAG, OSCORE_TAG);
}

enum err
__wrap_aead_seal(enum aead aead, struct bytes key, struct bytes nonce,
    struct bytes aad, struct bytes plaintext, uint8_t *ret_out)
{
	const struct bytes name[] = {key, nonce};
	const struct bytes content[] = {
	    bytes_make(&aad.len, sizeof(aad.len)), aad, plaintext};
	size_t len = plaintext.len + aead_tag_len(aead);
	struct seen seen = {
	    digest(name, ARRAY_LEN(name)), digest(content, ARRAY_LEN(content))};
	enum err err;

	/* The plaintext may stand where the ciphertext goes. */
	err = __real_aead_seal(aead, key, nonce, aad, plaintext, ret_out);
	if (err != ERR_OK || monitor.sim == NULL)
		return err;
	if (nonce.len == OSCORE_NONCE)
		keep_sealed(seen, ret_out + len);
	else
		use(seen);
	return ERR_OK;
}
