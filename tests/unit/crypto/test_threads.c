/*
 * OpenSSL's side only: processes that fork and threads that compute at the
 * same time share neither random numbers nor contexts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define THREADS 4
#define ROUNDS 200

/* Draws in a child, which hands its bytes back over a pipe. */
static void
draw_in_child(uint8_t out[64])
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (crypto_random(out, 64) != ERR_OK ||
		    write(ends[1], out, 64) != 64)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ends[0], out, 64), 64);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(ends[0]);
	close(ends[1]);
}

static void
test_children_draw_their_own(void **state)
{
	uint8_t one[64], two[64], own[64];

	(void)state;
	/* The pool is half full: a copied one would give equal numbers. */
	assert_int_equal(crypto_random(own, sizeof(own)), ERR_OK);
	draw_in_child(one);
	draw_in_child(two);
	assert_int_equal(crypto_random(own, sizeof(own)), ERR_OK);
	assert_memory_not_equal(one, two, sizeof(one));
	assert_memory_not_equal(one, own, sizeof(one));
	assert_memory_not_equal(two, own, sizeof(two));
}

/* What one thread computes; the same bytes in give the same bytes out. */
static enum err
compute(uint8_t seed, uint8_t out[80])
{
	uint8_t key[32], shared[P256_LEN];
	struct p256_secret d;
	struct p256_point q;
	enum err err;

	memset(key, seed, sizeof(key));
	memset(d.d, seed, sizeof(d.d));
	err = hkdf_expand(BYTES_OF(key), BYTES_OF(key), out, 64);
	if (err == ERR_OK)
		err = p256_public(&d, &q);
	if (err == ERR_OK)
		err = p256_ecdh(&d, &q, shared);
	if (err == ERR_OK)
		err = aead_seal(AEAD_CCM_16_128_128, bytes_make(key, 16),
		    bytes_make(shared, 13), BYTES_OF(shared),
		    bytes_make(out, 64), out);
	return err;
}

struct job {
	uint8_t seed;
	uint8_t want[80];
	uint8_t random[64];
	size_t good;
};

static void *
work(void *arg)
{
	struct job *job = arg;
	uint8_t out[80];
	size_t i;

	if (crypto_random(job->random, sizeof(job->random)) != ERR_OK)
		return NULL;
	for (i = 0; i < ROUNDS; i++) {
		if (compute(job->seed, out) == ERR_OK &&
		    memcmp(out, job->want, sizeof(out)) == 0)
			job->good++;
	}
	return NULL;
}

static void
test_threads_do_not_meet(void **state)
{
	pthread_t threads[THREADS];
	struct job jobs[THREADS] = {{0}};
	size_t i, j;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		jobs[i].seed = (uint8_t)(i + 1);
		assert_int_equal(compute(jobs[i].seed, jobs[i].want), ERR_OK);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(jobs[i].good, ROUNDS);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(
			    jobs[i].random, jobs[j].random, 64);
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_children_draw_their_own),
	    cmocka_unit_test(test_threads_do_not_meet),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
