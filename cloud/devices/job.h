/*
 * The inside of the handler: one job a datagram, and the steps that it takes
 * between rounds of questions to the keys process.
 *
 * A pass starts every waiting job. Jobs step until they are done, ask the
 * keys, or find that another job of the pass holds their device or session;
 * these wait for the next pass. At the end of a pass all changes are one
 * transaction, and only what it has made durable is answered.
 */
#ifndef CLOUD_DEVICES_JOB_H
#define CLOUD_DEVICES_JOB_H

#include "answers.h"
#include "challenge.h"
#include "coap/coap.h"
#include "handler.h"
#include "pool.h"
#include "recent.h"
#include "service/certificates.h"
#include "service/clones.h"
#include "service/devices.h"
#include "service/events.h"
#include "service/tickets.h"
#include "session.h"

#define JOB_EVENTS_MAX 3
#define JOB_ASKS_MAX 2 /* questions of one job in one round */
#define ROUND_ASKS_MAX (DEVICES_BATCH_MAX * JOB_ASKS_MAX)
#define CRED_MAX 128 /* a CCS of ours has 107 bytes at most */

enum step {
	STEP_ASK, /* it has asked the keys: next runs with the answers */
	STEP_AGREE, /* it wants its agreement: next runs when it is computed */
	STEP_WAIT, /* next runs again in the next pass */
	STEP_DONE /* with an answer or without */
};

enum effect {
	EFFECT_NONE,
	EFFECT_PEND,
	EFFECT_ADOPT, /* and pend */
	EFFECT_ADVANCE,
	EFFECT_COMMIT,
	EFFECT_CERTIFICATE,
	EFFECT_ERASE /* uid is decommissioned and has confirmed it */
};

struct job;
typedef enum step step_fn(struct devices *d, struct job *job);
/* Goes on with what became of something. */
typedef enum step outcome_fn(struct devices *d, struct job *job, enum err err);

/* A check-in context that may have protected a request. */
struct attempt {
	enum attempt_kind {
		ATTEMPT_CURRENT, /* ck(n) */
		ATTEMPT_LAST, /* ck(n - 1) */
		ATTEMPT_PENDING,
		ATTEMPT_LEFT
	} kind;
	uint32_t generation;
	struct store_blob ck;
};

struct job {
	const struct devices_in *in;
	struct coap_message message;
	struct bytes oscore; /* the OSCORE option, empty value allowed */
	step_fn *next;
	bool waiting; /* for a pass */
	bool done;
	bool goes_on; /* next runs in the next round */
	bool failed; /* its changes could not be made */
	bool again; /* waits for the next pass once its changes are made */
	uint8_t uid[UID_LEN];
	/* Questions of this round. */
	size_t ask_at;
	size_t ask_count;
	size_t agreement_at;
	/* What becomes of it. */
	enum effect effect;
	union {
		struct store_pending pending;
		struct store_advance advance;
		struct service_commit commit;
		struct service_certificate certificate;
	} change;
	bool quarantines; /* uid, until an operator decides */
	struct service_event event[JOB_EVENTS_MAX];
	size_t event_count;
	uint64_t *counter; /* counted when it has been made durable */
	/* What a duplicate will be answered from. */
	struct answers *keep;
	uint8_t hash[SHA256_LEN];
	bool has_hash;
	/* Working state of the bootstrap. */
	struct session *session;
	bool ends_session; /* with its answer */
	bool combined;
	bool formats; /* answer with content formats */
	struct bytes message_3, ciphertext;
	struct edhoc_ephemeral pair; /* until the session has it */
	struct p256_point sender; /* the likely one of message_3 */
	bool by_value; /* its credential came by value */
	step_fn *begun; /* the step that reads message_3 */
	outcome_fn *proven; /* what follows when it was verified or not */
	struct judge_device known;
	bool is_known; /* of this pass */
	bool resyncs; /* a clone that gets a root of its own */
	uint8_t plain[DATAGRAM_MAX]; /* the request, opened */
	struct oscore_inner inner;
	struct oscore_request_ref ref;
	struct bootstrap_request request;
	uint8_t response[BOOTSTRAP_RESPONSE_MAX];
	size_t response_len;
	bool adopts; /* adoption counts, and known is what it makes */
	struct service_adoption adoption;
	/* Working state of the check-in. */
	uint8_t alias[ALIAS_LEN];
	struct attempt attempt[2];
	size_t attempt_count, attempt_at;
	struct store_pending pending;
	struct checkin_request checkin;
	struct service_terms terms;
	uint8_t ticket[TICKET_LEN]; /* for the answer, if has_ticket */
	bool has_ticket;
	struct oscore_context context;
	/* The answer. */
	uint8_t out[DATAGRAM_MAX];
	size_t out_len;
};

/* A device that a job holds: by itself, as all of them are looked through. */
struct hold {
	uint8_t uid[UID_LEN];
	bool is;
};

/* The terms of a profile, which many devices of a pass share. */
struct terms_memo {
	bool is; /* of this pass */
	uint8_t profile[PROFILE_UID_LEN];
	struct service_terms terms;
};

struct devices {
	struct devices_config config;
	struct store *store;
	struct keysproto_port keys;
	const struct random_source *random;
	struct devices_counters counters;
	uint8_t kid; /* of our credential */
	struct p256_point public_key;
	uint8_t cred[CRED_MAX];
	size_t cred_len;
	struct sessions sessions;
	struct answers first; /* of message_1 and message_3 alone */
	struct answers second; /* of exchange 2 */
	struct answers repeats; /* of check-ins that changed nothing */
	struct challenges challenges;
	struct recent recent; /* events */
	struct recent bulk; /* answers of the bulk channel */
	struct pool pool;
	uint16_t message_id; /* of answers to NON requests */
	uint64_t changes; /* number of the last change */
	uint64_t journal_ms; /* when it was last seen empty */
	uint64_t pass;
	bool reading; /* a read transaction is open */
	bool unchanged; /* what the pass has read of devices still stands */
	struct devices_clock now;
	struct terms_memo memo;
	struct job job[DEVICES_BATCH_MAX];
	struct hold hold[DEVICES_BATCH_MAX]; /* of each job */
	size_t job_count;
	struct keysproto_request request[ROUND_ASKS_MAX];
	struct keysproto_answer answer[ROUND_ASKS_MAX];
	size_t request_count;
	struct p256_agreement agreement[DEVICES_BATCH_MAX]; /* of the pass */
	size_t agreement_count;
	size_t proving; /* half-open sessions that this pass proves, or drops */
};

STATIC_ASSERT(DEVICES_ASK_MAX <= KEYSPROTO_BATCH_MAX, questions_fit_a_message);

/* --- handler.c --- */

/* A zeroed question of the job for this round, JOB_ASKS_MAX at most. */
struct keysproto_request *job_ask(struct devices *d, struct job *job);
/* The answer to the job's question number i of the round before. */
struct keysproto_answer *job_answer(
    struct devices *d, const struct job *job, size_t i);

/*
 * Has an agreement computed at the end of this round, together with those of
 * other jobs, for next. One in a pass; its secret and peer stay where they
 * are.
 */
enum step job_agree(struct devices *d, struct job *job,
    const struct p256_agreement *agreement, step_fn *next);
/* That agreement, until the pass ends. */
const struct p256_agreement *job_agreed(
    const struct devices *d, const struct job *job);

/* Hashes what is protected by OSCORE into job->hash. Error: ERR_CRYPTO. */
MUST_CHECK enum err job_hash(struct job *job);

/*
 * Takes the device for this job until the pass ends; false when another job
 * of the pass has it.
 */
bool job_lock(struct devices *d, struct job *job, const uint8_t uid[UID_LEN]);
/* Gives it back before that. */
void job_unlock(struct devices *d, const struct job *job);

/* Opens the pass's read transaction, once. */
MUST_CHECK enum err job_reads(struct devices *d);

/*
 * Adds an event for the job's end. NULL when the device had one of this kind
 * within the last minute, or the job has JOB_EVENTS_MAX.
 */
struct service_event *job_event(struct devices *d, struct job *job,
    const char *kind, const uint8_t uid[UID_LEN], uint64_t tenant);

/* A decommissioned device has its last word: all of its keys go with it. */
void job_erase(struct devices *d, struct job *job);

/*
 * Evidence of a clone of job->known is on record: says what follows, and sees
 * to it that a quarantine begins with it. generation, may_resync: as for
 * clone_decide; the errors too.
 */
MUST_CHECK enum err job_evidence(struct devices *d, struct job *job,
    uint32_t generation, bool may_resync, enum clone_outcome *ret_outcome);

/* The outcome in a word, for the event. */
const char *clone_outcome_name(enum clone_outcome outcome);

/* Ends without an answer because something of ours failed. */
enum step job_fail(struct devices *d, struct job *job);

/* --- pass.c --- */

/* Makes a job ready for a pass: what it did in the last one is forgotten. */
void job_reset(struct job *job);

/* Runs what waits; says whether something still does. */
bool pass_run(struct devices *d);

/* --- changes.c --- */

/* Makes what the jobs of this pass want changed; those that cannot fail. */
void changes_make(struct devices *d);

/* After its changes are durable: keeps its answer, ends its session. */
void job_conclude(struct devices *d, struct job *job);

/* --- reply.c: answers, all of which end the job --- */

/* A plain answer without options or payload; an empty RST. */
enum step reply_code(struct devices *d, struct job *job, uint8_t code);
enum step reply_reset(struct devices *d, struct job *job);
/* With a payload of a content format; COAP_FORMAT_NONE: no option. */
#define COAP_FORMAT_NONE UINT32_MAX
enum step reply_payload(struct devices *d, struct job *job, uint8_t code,
    uint32_t format, struct bytes payload);
/* With an Echo option and nothing else. */
enum step reply_echo(struct devices *d, struct job *job, struct bytes echo);
/* EDHOC error 1 in 4.00. */
enum step reply_edhoc_error(struct devices *d, struct job *job);
/* A kept answer, under the header of this request. */
enum step reply_kept(
    struct devices *d, struct job *job, const struct answer *answer);
/*
 * Protected, under the job's session (own_piv false) or check-in context
 * (own_piv true: with a fresh random Partial IV).
 */
enum step reply_protected(struct devices *d, struct job *job,
    const struct oscore_context *context, bool own_piv, uint8_t code,
    struct bytes options, struct bytes payload);

/* --- the first steps --- */

step_fn step_start; /* start.c: any datagram */
step_fn step_plain; /* plain.c: requests without OSCORE */
step_fn step_message_1; /* edhoc.c: EDHOC on its resource */
step_fn step_message_3;
step_fn step_exchange; /* exchange.c: OSCORE under an EDHOC session */
step_fn step_checkin; /* checkin.c: OSCORE under an alias */
step_fn step_objects; /* objects.c: the same with an ID Context */

/*
 * exchange.c: refuses, or says that nothing is to be done; makes a pending
 * on the device as job->known has it.
 */
enum step answer_status(
    struct devices *d, struct job *job, enum bootstrap_status status);
enum step act_on(struct devices *d, struct job *job, const struct judgement *j);
struct service_event *device_event(
    struct devices *d, struct job *job, const char *kind);

/* tickets.c: nothing known fits the request: does its ticket help? */
enum step ticket_open(struct devices *d, struct job *job);

/*
 * tickets.c: a question for the recovery ticket of the context that the
 * check-in came under, if it asks for one. Errors: those of the store.
 */
MUST_CHECK enum err ticket_ask(struct devices *d, struct job *job);
/* Takes its answer, which is question i of the round, if it was asked. */
void ticket_take(struct devices *d, struct job *job, size_t i);

/*
 * Verifies job->message_3 against all that is known of its sender, makes the
 * job's session proven, and goes on with proven. Errors that it is told:
 * ERR_BUSY (the device is locked: wait), ERR_AUTH (not verified: ignore),
 * others: fail.
 */
enum step session_prove(struct devices *d, struct job *job, outcome_fn *proven);

/* Reads the device of job->uid, once a pass. ERR_BUSY: it is locked. */
MUST_CHECK enum err job_load(struct devices *d, struct job *job);

/* Store and protocol use the same blobs under two names. */
struct keysproto_blob blob_ask(const struct store_blob *blob);
struct store_blob blob_store(const struct keysproto_blob *blob);

#endif
