/*
 * The simulator: one process, one seed, virtual time. The service is the
 * handler of the devices process over its real store, on a disk in memory;
 * the devices are lib/device over lib/rot with memories that lose power at
 * any write; between them is a network that does what networks do, and an
 * attacker who keeps what he has seen. Whatever happens follows from the
 * seed: a run that failed is run again, and fails again.
 */
#ifndef SIM_H
#define SIM_H

#include "chance.h"
#include "cloud/keys.h"
#include "device/state.h"
#include "disk.h"
#include "handler.h"
#include "owners.h"
#include "ram_port.h"
#include "service/devices.h"
#include "store/events.h"
#include "store/generations.h"

#define SIM_DEVICES_MAX 10000
#define SIM_START_UNIX UINT64_C(1700000000)
#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define MASKS_MAX 256 /* feature sets that one device was ever given */

struct sim;

/* --- monitor.c: what must never happen, and who says so --- */

/*
 * A promise is broken: says which and where, and how to see it again. The
 * run ends at its next step.
 */
void sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* With --verbose: what happens, with the virtual time. */
void sim_say(const struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Forgets all keys and nonces; sim hears of what is used twice. */
void monitor_reset(struct sim *sim);

/* A datagram goes out: what was sealed for it is used now. */
void monitor_sent(struct bytes datagram);

/* An identity that must never be used again. */
void monitor_identity(struct sim *sim, struct bytes identity);

/* --- service.c --- */

struct backup {
	bool there;
	uint8_t (*alias)[1 + PENDING_MAX][ALIAS_LEN]; /* of each device */
	unsigned *alias_count;
};

/* An answer that waits until what it says is durable. */
struct held {
	unsigned node;
	size_t len;
	uint8_t b[DATAGRAM_MAX];
};

struct service {
	struct chance chance;
	struct random_source random;
	struct keys_state keys;
	struct keys_memo memo;
	struct keys_direct as_devices, as_api;
	struct keysproto_port port, api;
	bool keys_fail;
	struct store_blob import_key;
	struct devices_config config;
	struct store *store;
	struct store *desk; /* of the api process, where operators work */
	struct devices *devices; /* NULL: the service is down */
	uint64_t up_ms; /* when it comes back */
	int64_t clock_s; /* how wrong its clock is */
	int log_pages; /* the log is carried over when it has so many */
	bool syncs_late; /* while it handles the next batch */
	bool syncing; /* what is held waits for that */
	struct held *held;
	size_t held_count;
	struct backup backup[DISK_COPIES];
	unsigned restores;
	uint64_t refused, evidence, checkins, bootstraps; /* for the summary */
};

void service_make(struct sim *sim);
void service_end(struct sim *sim);
void service_start(struct sim *sim);

/* Ends it: lose says whether the disk loses its power too. */
void service_kill(struct sim *sim, bool lose);
void service_backup(struct sim *sim);
void service_restore(struct sim *sim);
/* Answers for nodes leave when they are durable, by network_send. */
void service_handle(struct sim *sim, const struct devices_in *in,
    const unsigned *node, size_t count);
/* Sends what waits; without that it waits for the next batch. */
void service_answer(struct sim *sim);
uint64_t service_unix(const struct sim *sim);

/* How many events of a kind there are for a uid (NULL: for all). */
unsigned service_events(
    struct sim *sim, const char *kind, const uint8_t uid[UID_LEN]);

/* What an operator does to a device; it is remembered when it succeeds. */
struct node;
void service_set_features(
    struct sim *sim, struct node *node, uint32_t features);
void service_set_suspended(struct sim *sim, struct node *node, bool suspended);
void service_set_rotate(struct sim *sim, struct node *node);
/* Ends a quarantine: by the current generation, or one by chance. */
void service_release(struct sim *sim, struct node *node, bool current);
void service_decommission(struct sim *sim, struct node *node, bool now);
void service_transfer(struct sim *sim, struct node *node);

/* The tenants of the simulation, and what they ask. */
#define TENANT 1 /* and the next one */
struct owners service_owners(struct sim *sim);

/* The service forgot nothing that a device or an operator saw it do. */
void service_check(struct sim *sim);

/* --- node.c --- */

/* What operators have done to a device and the service has confirmed. */
struct wanted {
	bool features_known, suspended_known, rotate_known, ended_known;
	uint32_t features;
	bool suspended;
	uint32_t rotate_above; /* the generation at that time */
	uint64_t owner; /* after a transfer; 0: not known */
	unsigned adoptions; /* events that were seen */
	uint32_t mask[MASKS_MAX]; /* every feature set, in order */
	size_t mask_count;
};

/* A device's storage outside of its root of trust; power cuts spare it. */
struct outside {
	struct sim *sim;
	struct node *node;
	uint8_t b[DEVICE_TICKET_LEN];
	size_t len;
	bool spoilt; /* it is not what was written last */
};

struct node {
	unsigned number;
	const struct node *original; /* of a clone, else NULL */
	bool cloned;
	bool ended; /* an operator has decommissioned it, or tried to */
	bool unheard; /* at once, and the service no longer knew its keys */
	bool found; /* its clone, by an event */
	uint8_t uid[UID_LEN];
	struct ram_port ram;
	struct rot rot;
	struct device device;
	struct device_config config;
	struct outside outside;
	bool on;
	uint64_t on_ms; /* when it was, or will be, switched on */
	int64_t drift_ppm;
	int64_t wall_s; /* how wrong its clock is */
	bool has_wall;
	uint64_t wake_ms;
	char address[32];
	size_t mask_at; /* the feature set that it was last seen with */
	struct wanted wanted;
};

void node_make(struct sim *sim, struct node *node, unsigned number);
void node_copy(struct sim *sim, struct node *clone, struct node *node);
void node_done(struct node *node);
void node_boot(struct sim *sim, struct node *node);
void node_cut(struct sim *sim, struct node *node);
void node_poll(struct sim *sim, struct node *node);
void node_receive(struct sim *sim, struct node *node, struct bytes datagram);
enum err node_ask(struct sim *sim, struct node *node);
void node_move(struct sim *sim, struct node *node);
void node_psk(struct sim *sim, struct node *node);
void node_seal(struct sim *sim, struct node *node);

/* What it keeps outside of its root of trust is lost, or damaged. */
void node_spoil(struct sim *sim, struct node *node);

/* Whether a ticket of its present generation lies there. */
bool node_has_ticket(const struct node *node);

/* Fails the run unless both ends have erased all keys. */
void node_gone(struct sim *sim, struct node *node);

/* Fails the run unless both ends have the same keys and settings. */
void node_agree(struct sim *sim, struct node *node);

/* --- network.c --- */

struct packet {
	uint64_t due_ms;
	uint64_t order; /* of packets due at the same time */
	bool to_service;
	unsigned node; /* who sent it, or gets it */
	char address[32];
	size_t len;
	uint8_t b[DATAGRAM_MAX];
};

#define HISTORY 512

struct network {
	struct packet **queue;
	size_t count, cap;
	uint64_t order;
	struct packet *history[HISTORY];
	uint64_t seen;
	bool perfect;
	/* One in so many; 0: never. */
	unsigned lose, repeat, damage;
	uint64_t delay_ms; /* at most */
};

void network_done(struct sim *sim);
void network_send(struct sim *sim, const struct node *node, bool to_service,
    struct bytes datagram);
void network_replay(struct sim *sim);
uint64_t network_next(const struct sim *sim);
void network_deliver(struct sim *sim);

/* --- world.c --- */

struct recipe {
	bool clones, restores, quarantine, ends, transfers;
	unsigned fates; /* how many things happen */
	uint64_t pace_ms; /* between two of them, at most */
};

struct sim {
	uint64_t seed;
	bool verbose;
	bool failed;
	struct chance chance;
	struct chance owners; /* of its own: other seeds go on as before */
	struct chance tickets; /* likewise */
	struct recipe recipe;
	uint64_t now_ms;
	struct service service;
	struct network network;
	struct node *node;
	unsigned devices; /* the first of node; clones follow */
	unsigned nodes;
	uint64_t digest; /* of all datagrams */
	uint64_t datagrams;
};

/* Runs one seed; false: a promise was broken. */
bool sim_run(uint64_t seed, unsigned devices, bool verbose, bool quiet);

#endif
