/*
 * A service in memory but for its database: the handler, the keys behind a
 * direct port, and real devices (lib/device) at its other end. One clock,
 * one seed; a test decides which datagrams arrive.
 */
#ifndef TEST_CLOUD_DEVICES_KIT_H
#define TEST_CLOUD_DEVICES_KIT_H

#include "cloud/keys.h"
#include "device/state.h"
#include "handler.h"
#include "ram_port.h"
#include "service/devices.h"
#include "store/events.h"
#include "store/generations.h"

#define KIT_PATH_MAX 160
#define KIT_IMPORT 7 /* of 1,000 devices */
#define KIT_TENANT 1

extern const uint8_t kit_profile[PROFILE_UID_LEN]; /* features all, no limit */
extern const uint8_t kit_small_profile[PROFILE_UID_LEN]; /* one device active */

struct kit {
	char dir[KIT_PATH_MAX];
	char path[KIT_PATH_MAX + 8];
	uint64_t seed, drawn;
	struct random_source random;
	struct keys_state keys;
	struct keys_memo memo;
	struct keys_direct as_devices, as_api;
	struct keysproto_port port; /* what the handler has */
	struct keysproto_port api;
	bool keys_fail; /* the handler's calls fail */
	unsigned keys_calls;
	bool tickets; /* devices made from now on can store them */
	enum keysproto_op asked; /* in the last call, first */
	void (*meanwhile)(struct kit *kit); /* at a call: what others do */
	struct store_blob import_key;
	struct store *store;
	struct devices_config config;
	struct devices *devices;
	struct devices_clock now;
};

/* cmocka's: *state is a struct kit, running. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* Ends the handler and the store as a crash would, and starts them anew. */
void kit_restart(struct kit *kit);

/* Keeps a copy of the database, and puts it back (with a restart). */
void kit_backup(struct kit *kit);
void kit_restore(struct kit *kit);

/* Handles one datagram; the answer lives until the next call. */
struct bytes kit_handle(
    struct kit *kit, struct bytes datagram, const char *address);

/* Gives a profile the record that says it is this tenant's. */
void kit_record(struct kit *kit, const uint8_t *profile, uint64_t tenant);

/* The first column of the first row, and text of it, behind the store. */
long long kit_number(struct kit *kit, const char *sql);
void kit_sql(struct kit *kit, const char *sql);

/* --- devices --- */

struct node {
	struct kit *kit;
	const char *address;
	uint8_t uid[UID_LEN];
	struct ram_port ram;
	struct rot rot;
	struct device device;
	struct device_config config;
	uint64_t offset_ms; /* its clock may be ahead */
	uint8_t outside[DEVICE_TICKET_LEN]; /* the ticket, as it is stored */
	size_t outside_len;
	bool outside_fails;
	/* The network: what happens to the next datagrams, one bit each. */
	uint32_t lose_requests, lose_answers, double_requests;
	unsigned requests, answers; /* that were handed on */
	size_t bytes; /* of both, with IPv4 and UDP headers */
	uint8_t sent[DATAGRAM_MAX]; /* the last one */
	size_t sent_len;
	uint8_t got[DATAGRAM_MAX]; /* the last answer */
	size_t got_len;
};

/* Makes device number i, imported and switched on. */
struct node *node_new(struct kit *kit, unsigned i);
/* The same once it has been erased: produced and imported anew. */
struct node *node_renew(struct kit *kit, unsigned i);
void node_free(struct node *node);

/* Another piece of silicon with the same memory, at another address. */
struct node *node_clone(const struct node *node, const char *address);

/* Switches off and on. */
void node_boot(struct node *node);

/* The next datagram that it sends, empty when it waits now. */
struct bytes node_poll(struct node *node);

/*
 * Sends what the device has to say and hands in the answers until it is
 * silent; time stands still. False when it said nothing.
 */
bool node_talk(struct node *node);

/*
 * Talks, and lets time go on to whatever it waits for next, up to a span.
 */
void node_run(struct node *node, uint64_t span_ms);

/* Talks until the device is of generation g; fails the test otherwise. */
void node_bootstrap(struct node *node, uint32_t g);

/* Asks for a heartbeat and talks; says how it ended. */
enum err node_heartbeat(struct node *node);

/* Its row. */
struct store_device node_row(struct node *node);

/* Fails the test unless both ends derive the same PSK. */
void node_agree(struct node *node);

struct device_info node_info(const struct node *node);

/* How many events of a kind there are. */
long long kit_events(struct kit *kit, const char *kind);

#endif
