/*
 * Two roles with drawn keys, and the steps of an exchange between them, for
 * any method and suite. Every step asserts that it works; tests stop before
 * the step that they are about.
 */
#ifndef TESTS_EDHOC_WORLD_H
#define TESTS_EDHOC_WORLD_H

#include "edhoc_test.h"
#include "prng.h"

/* One role's long-term key and credential. */
struct party {
	enum edhoc_suite suite;
	bool by_dh;
	struct p256_secret key;
	uint8_t cred_buf[EDHOC_CRED_MAX];
	struct edhoc_cred cred;
	uint8_t id_buf[EDHOC_ID_CRED_MAX];
	struct bytes id_cred;
	struct edhoc_signer signer;
};

struct message {
	uint8_t data[EDHOC_MESSAGE_MAX];
	size_t len;
};

struct world {
	struct prng prng;
	struct random_source source; /* draws from prng */
	enum edhoc_method method;
	enum edhoc_suite suite;
	struct party pi, pr;
	struct edhoc_cid c_i, c_r;
	struct edhoc i, r;
	struct message m1, m2, m3, m4;
	const struct edhoc_eads *ead_1, *ead_2, *ead_3; /* NULL: none */
};

/* Whether this crypto library has what a method and suite need. */
bool world_supported(enum edhoc_method method, enum edhoc_suite suite);

/* Draws the keys; prng goes on where it is. */
void world_init(struct world *w, const struct prng *prng,
    enum edhoc_method method, enum edhoc_suite suite);
void world_done(struct world *w);

/* Draws a party; who tells two parties of one world apart. */
void party_init(
    struct party *p, struct world *w, bool by_dh, char who, struct bytes kid);

struct bytes message_view(const struct message *m);

/* The steps, each of one role. */
void world_message_1(struct world *w);
void world_message_1_open(struct world *w);
void world_respond(struct world *w);
void world_message_2(struct world *w);
void world_message_2_open(struct world *w);
void world_message_2_verify(struct world *w);
void world_message_3(struct world *w);
void world_message_3_open(struct world *w);
void world_message_3_verify(struct world *w);
void world_message_4(struct world *w);
void world_message_4_open(struct world *w);

/* All steps up to and with the named one. */
enum step {
	STEP_MESSAGE_1,
	STEP_MESSAGE_1_OPEN,
	STEP_RESPOND,
	STEP_MESSAGE_2,
	STEP_MESSAGE_2_OPEN,
	STEP_MESSAGE_2_VERIFY,
	STEP_MESSAGE_3,
	STEP_MESSAGE_3_OPEN,
	STEP_MESSAGE_3_VERIFY,
	STEP_MESSAGE_4,
	STEP_MESSAGE_4_OPEN
};
void world_run(struct world *w, enum step last);

/* Answers edhoc_need with the party's key, if it is asked; NULL if not. */
const uint8_t *world_need(
    const struct party *p, const struct edhoc *e, uint8_t prk[SHA256_LEN]);

/*
 * The calls behind the writing steps, for what is to go wrong in them: prk
 * is answered or not, and the error is the caller's.
 */
enum err world_call_2(struct world *w, struct writer *out);
enum err world_call_3(struct world *w, struct writer *out);

/* Runs test for each method and suite that there is; prints what there isn't. */
void world_each(void (*test)(struct world *w), uint64_t seed);

#endif
