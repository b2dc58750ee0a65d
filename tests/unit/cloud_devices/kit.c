/* See kit.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <unistd.h>

#include "crypto/hpke.h"
#include "kit.h"

#define HEADERS 28 /* IPv4 and UDP */

const uint8_t kit_profile[PROFILE_UID_LEN] = "profile of many";
const uint8_t kit_small_profile[PROFILE_UID_LEN] = "profile of one.";

/* --- the random source --- */

static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	struct kit *kit = ctx;
	uint8_t block[SHA256_LEN];
	uint64_t in[2];
	struct bytes part = {(const uint8_t *)in, sizeof(in)};
	size_t n;

	while (len > 0) {
		in[0] = kit->seed;
		in[1] = ++kit->drawn;
		if (sha256(&part, 1, block) != ERR_OK)
			return ERR_RANDOM;
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	return ERR_OK;
}

/* --- the database behind the store --- */

static sqlite3 *
open_raw(struct kit *kit)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 1000);
	return db;
}

void
kit_sql(struct kit *kit, const char *sql)
{
	sqlite3 *db = open_raw(kit);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

long long
kit_number(struct kit *kit, const char *sql)
{
	sqlite3 *db = open_raw(kit);
	sqlite3_stmt *statement = NULL;
	long long v;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	v = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return v;
}

long long
kit_events(struct kit *kit, const char *kind)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM events WHERE kind = '%s'"
	    " AND json_valid(detail)",
	    kind);
	return kit_number(kit, sql);
}

static void
copy_database(const char *from, const char *to)
{
	sqlite3 *source = NULL, *target = NULL;
	sqlite3_backup *backup;

	assert_int_equal(sqlite3_open(from, &source), SQLITE_OK);
	assert_int_equal(sqlite3_open(to, &target), SQLITE_OK);
	backup = sqlite3_backup_init(target, "main", source, "main");
	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
	assert_int_equal(sqlite3_close(source), SQLITE_OK);
	assert_int_equal(sqlite3_close(target), SQLITE_OK);
}

void
kit_record(struct kit *kit, const uint8_t *profile, uint64_t tenant)
{
	struct keysproto_request q = {.op = KEYSPROTO_PROFILE};
	struct keysproto_answer a;
	char hex[2][2 * PROFILE_UID_LEN + 1], sql[160];

	q.u.profile.tenant = tenant;
	memcpy(q.u.profile.profile, profile, PROFILE_UID_LEN);
	assert_int_equal(kit->api.call(kit->api.ctx, &q, 1, &a), ERR_OK);
	assert_int_equal(a.err, ERR_OK);
	for (size_t i = 0; i < PROFILE_UID_LEN; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", a.u.record[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", profile[i]);
	}
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE profiles SET record = x'%s' WHERE uid = x'%s'", hex[0],
	    hex[1]);
	kit_sql(kit, sql);
}

/* --- the service --- */

static enum err
count_call(void *ctx, const struct keysproto_request *requests, size_t count,
    struct keysproto_answer *ret_answers)
{
	struct kit *kit = ctx;
	struct keysproto_port direct = keys_port_direct(&kit->as_devices);

	kit->keys_calls++;
	kit->asked = requests[0].op;
	if (kit->meanwhile != NULL)
		kit->meanwhile(kit);
	if (kit->keys_fail)
		return ERR_TIMEOUT;
	return direct.call(direct.ctx, requests, count, ret_answers);
}

static void
start(struct kit *kit)
{
	const char *why = NULL;

	if (store_open(kit->path, &kit->store, &why) != ERR_OK)
		fail_msg("%s: %s", kit->path, why);
	assert_int_equal(devices_new(&kit->config, kit->store, &kit->port,
			     &kit->random, &kit->devices),
	    ERR_OK);
}

static void
stop(struct kit *kit)
{
	devices_free(kit->devices);
	store_close(kit->store);
	kit->devices = NULL;
	kit->store = NULL;
}

void
kit_restart(struct kit *kit)
{
	stop(kit);
	start(kit);
}

void
kit_backup(struct kit *kit)
{
	char to[KIT_PATH_MAX + 16];

	(void)snprintf(to, sizeof(to), "%s/backup", kit->dir);
	copy_database(kit->path, to);
}

void
kit_restore(struct kit *kit)
{
	char from[KIT_PATH_MAX + 16];

	(void)snprintf(from, sizeof(from), "%s/backup", kit->dir);
	stop(kit);
	copy_database(from, kit->path);
	start(kit);
}

static void
ask_api(struct kit *kit, const struct keysproto_request *q,
    struct keysproto_answer *a)
{
	assert_int_equal(kit->api.call(kit->api.ctx, q, 1, a), ERR_OK);
	assert_int_equal(a->err, ERR_OK);
}

static void
add_profile(struct kit *kit, const uint8_t *uid, unsigned tenant)
{
	char hex[2 * PROFILE_UID_LEN + 1], sql[320];

	for (size_t i = 0; i < PROFILE_UID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", uid[i]);
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO profiles (uid, tenant, name, features, record,"
	    " created) VALUES (x'%s', %u, 'p', 63, x'00', 0)",
	    hex, tenant);
	kit_sql(kit, sql);
}

static void
fill_database(struct kit *kit)
{
	struct keysproto_request q = {.op = KEYSPROTO_IMPORT};
	struct keysproto_answer a;
	char hex[2 * BLOB_MAX + 1], sql[320];

	kit_sql(kit, "INSERT INTO plans (name, max_active, services) VALUES"
		     " ('many', NULL, 3), ('one', 1, 1);"
		     "INSERT INTO tenants (id, name, plan, created) VALUES"
		     " (1, 'Many', 'many', 0), (2, 'One', 'one', 0);");
	add_profile(kit, kit_profile, 1);
	add_profile(kit, kit_small_profile, 2);
	q.u.factory.import_id = KIT_IMPORT;
	ask_api(kit, &q, &a);
	kit->import_key.len = a.u.blob.len;
	memcpy(kit->import_key.b, a.u.blob.b, BLOB_MAX);
	for (size_t i = 0; i < a.u.blob.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", a.u.blob.b[i]);
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO imports (id, import_key, total, remaining, created)"
	    " VALUES (%d, x'%s', 1000, 1000, 0)",
	    KIT_IMPORT, hex);
	kit_sql(kit, sql);
}

int
kit_setup(void **state)
{
	struct kit *kit = calloc(1, sizeof(*kit));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(kit);
	assert_int_equal(crypto_init(), ERR_OK);
	(void)snprintf(kit->dir, sizeof(kit->dir), "%s/holdfast-devices-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(kit->dir));
	(void)snprintf(kit->path, sizeof(kit->path), "%s/db", kit->dir);
	kit->seed = 20260131;
	kit->random = (struct random_source){draw, kit};
	assert_int_equal(keys_state_generate(&kit->random, &kit->keys), ERR_OK);
	kit->keys.memo = &kit->memo;
	kit->as_devices = (struct keys_direct){&kit->keys, KEYSPROTO_DEVICES};
	kit->as_api = (struct keys_direct){&kit->keys, KEYSPROTO_API};
	kit->port = (struct keysproto_port){count_call, kit};
	kit->api = keys_port_direct(&kit->as_api);
	kit->config.answers = 4096;
	kit->now = (struct devices_clock){1000000, 1700000000};
	start(kit);
	fill_database(kit);
	*state = kit;
	return 0;
}

int
kit_teardown(void **state)
{
	struct kit *kit = *state;
	char path[2 * KIT_PATH_MAX + 256];
	struct dirent *entry;
	DIR *dir;

	stop(kit);
	keys_state_done(&kit->keys);
	dir = opendir(kit->dir);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", kit->dir, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(path);
	}
	(void)closedir(dir);
	(void)rmdir(kit->dir);
	free(kit);
	return 0;
}

struct bytes
kit_handle(struct kit *kit, struct bytes datagram, const char *address)
{
	const struct devices_in in = {
	    .data = datagram, .from = bytes_str(address), .address = address};
	struct bytes out = BYTES_NONE;

	devices_handle(kit->devices, &kit->now, &in, 1, &out);
	return out;
}

/* --- devices --- */

static void
make_birth(struct kit *kit, unsigned i, struct rot_birth *birth)
{
	memset(birth, 0, sizeof(*birth));
	birth->uid[3] = 0x77;
	birth->uid[6] = (uint8_t)(i >> 8);
	birth->uid[7] = (uint8_t)i;
	memset(birth->chip_id, (int)i, CHIP_ID_LEN);
	memset(birth->key.d, 0x11, P256_LEN);
	birth->key.d[30] = (uint8_t)(i >> 8);
	birth->key.d[31] = (uint8_t)i;
	memset(birth->factory.k, 0xf0, KEY_LEN);
	birth->factory.k[0] = (uint8_t)i;
	birth->credential_count = 1;
	birth->credential[0].kid = kit->keys.credential[0].kid;
	birth->credential[0].public_key = kit->keys.credential[0].public_key;
}

/* As the factory seals it, and the api process imports it. */
static void
import(struct kit *kit, const struct rot_birth *birth, bool renewed)
{
	struct keysproto_request q = {.op = KEYSPROTO_FACTORY};
	struct store_device row = {.import_id = KIT_IMPORT, .created = 1};
	uint8_t aad[UID_LEN + P256_POINT_LEN];
	struct keysproto_answer a;
	struct p256_point public_key;

	assert_int_equal(p256_public(&birth->key, &public_key), ERR_OK);
	memcpy(row.uid, birth->uid, UID_LEN);
	p256_point_encode(&public_key, row.factory_key);
	q.u.factory.import_id = KIT_IMPORT;
	memcpy(q.u.factory.import_key.b, kit->import_key.b, BLOB_MAX);
	q.u.factory.import_key.len = kit->import_key.len;
	memcpy(q.u.factory.uid, birth->uid, UID_LEN);
	memcpy(q.u.factory.public_key, row.factory_key, P256_POINT_LEN);
	memcpy(aad, birth->uid, UID_LEN);
	memcpy(aad + UID_LEN, row.factory_key, P256_POINT_LEN);
	assert_int_equal(hpke_seal(&kit->random, &kit->keys.import_public,
			     BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
			     BYTES_OF(birth->factory.k), q.u.factory.enc,
			     q.u.factory.sealed),
	    ERR_OK);
	ask_api(kit, &q, &a);
	memcpy(row.factory_secret.b, a.u.blob.b, BLOB_MAX);
	row.factory_secret.len = a.u.blob.len;
	row.tenant = KIT_TENANT;
	assert_int_equal(renewed ? store_device_renew(kit->store, &row)
				 : store_device_add(kit->store, &row),
	    ERR_OK);
}

void
node_boot(struct node *node)
{
	device_done(&node->device);
	rot_done(&node->rot);
	ram_boot(&node->ram);
	assert_int_equal(rot_open(&node->rot, &node->ram.port), ERR_OK);
	assert_int_equal(
	    device_init(&node->device, &node->rot, &node->config), ERR_OK);
	device_network(
	    &node->device, true, node->kit->now.ms + node->offset_ms);
}

static enum err
outside_read(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct node *node = ctx;

	if (node->outside_len == 0)
		return ERR_NOT_FOUND;
	if (node->outside_len > cap)
		return ERR_SPACE;
	memcpy(out, node->outside, node->outside_len);
	*ret_len = node->outside_len;
	return ERR_OK;
}

static enum err
outside_write(void *ctx, struct bytes content)
{
	struct node *node = ctx;

	if (node->outside_fails)
		return ERR_IO;
	assert_true(content.len <= sizeof(node->outside));
	if (content.len > 0)
		memcpy(node->outside, content.ptr, content.len);
	node->outside_len = content.len;
	return ERR_OK;
}

static struct node *
node_alloc(struct kit *kit, const char *address)
{
	struct node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	node->kit = kit;
	node->address = address;
	node->config = (struct device_config){
	    .heartbeat_min_s = 300, .heartbeat_s = 604800, .firmware = "03.15"};
	if (kit->tickets)
		node->config.outside =
		    (struct device_outside){outside_read, outside_write, node};
	return node;
}

/* Another birth of device i: other secrets, the same name. */
static void
birth_again(struct rot_birth *birth)
{
	birth->key.d[0] ^= 1;
	birth->factory.k[1] ^= 1;
}

static struct node *
node_born(struct kit *kit, unsigned i, bool renewed)
{
	struct node *node = node_alloc(kit, "192.0.2.1:5683");
	struct rot_birth birth;

	make_birth(kit, i, &birth);
	if (renewed)
		birth_again(&birth);
	import(kit, &birth, renewed);
	memcpy(node->uid, birth.uid, UID_LEN);
	ram_port_init(&node->ram, 1000 + i);
	assert_int_equal(rot_open(&node->rot, &node->ram.port), ERR_OK);
	assert_int_equal(rot_provision(&node->rot, &birth), ERR_OK);
	node_boot(node);
	return node;
}

struct node *
node_new(struct kit *kit, unsigned i)
{
	return node_born(kit, i, false);
}

struct node *
node_renew(struct kit *kit, unsigned i)
{
	return node_born(kit, i, true);
}

struct node *
node_clone(const struct node *node, const char *address)
{
	struct node *clone = node_alloc(node->kit, address);
	struct rot_port port;

	memcpy(clone->uid, node->uid, UID_LEN);
	ram_port_init(&clone->ram, 777777);
	port = clone->ram.port;
	clone->ram = node->ram;
	clone->ram.port = port;
	clone->ram.seed = 777777;
	clone->config = node->config;
	clone->config.outside.ctx = clone;
	memcpy(clone->outside, node->outside, sizeof(clone->outside));
	clone->outside_len = node->outside_len;
	assert_int_equal(rot_open(&clone->rot, &clone->ram.port), ERR_OK);
	node_boot(clone);
	return clone;
}

void
node_free(struct node *node)
{
	device_done(&node->device);
	rot_done(&node->rot);
	free(node);
}

static uint64_t
node_wall(const struct node *node)
{
	return node->kit->now.unix_s;
}

static struct bytes
poll_at(struct node *node, uint64_t *ret_next_ms)
{
	struct bytes datagram = BYTES_NONE;

	assert_int_equal(
	    device_poll(&node->device, node->kit->now.ms + node->offset_ms,
		node_wall(node), &datagram, ret_next_ms),
	    ERR_OK);
	if (datagram.len > 0) {
		memcpy(node->sent, datagram.ptr, datagram.len);
		node->sent_len = datagram.len;
	}
	return datagram;
}

struct bytes
node_poll(struct node *node)
{
	uint64_t next_ms;

	return poll_at(node, &next_ms);
}

static bool
next_bit(uint32_t *bits)
{
	bool set = (*bits & 1) != 0;

	*bits >>= 1;
	return set;
}

static void
hand_in(struct node *node, struct bytes answer)
{
	bool lost = next_bit(&node->lose_answers);

	node->answers++;
	node->bytes += answer.len + HEADERS;
	memcpy(node->got, answer.ptr, answer.len);
	node->got_len = answer.len;
	if (!lost)
		device_receive(&node->device,
		    node->kit->now.ms + node->offset_ms, node_wall(node),
		    bytes_make(node->got, node->got_len));
}

static void
send_one(struct node *node)
{
	struct bytes datagram = bytes_make(node->sent, node->sent_len);
	struct bytes answer;
	bool lost = next_bit(&node->lose_requests);
	bool doubled = next_bit(&node->double_requests);

	node->requests++;
	node->bytes += datagram.len + HEADERS;
	if (lost)
		return;
	answer = kit_handle(node->kit, datagram, node->address);
	if (answer.len > 0)
		hand_in(node, answer);
	if (!doubled)
		return;
	answer = kit_handle(node->kit, datagram, node->address);
	if (answer.len > 0)
		hand_in(node, answer);
}

bool
node_talk(struct node *node)
{
	bool said = false;

	for (int i = 0; i < 50 && node_poll(node).len > 0; i++) {
		send_one(node);
		said = true;
	}
	return said;
}

void
node_run(struct node *node, uint64_t span_ms)
{
	struct kit *kit = node->kit;
	uint64_t end_ms = kit->now.ms + span_ms, next_ms, wait_ms;

	for (int i = 0; i < 100000; i++) {
		if (poll_at(node, &next_ms).len > 0) {
			send_one(node);
			continue;
		}
		next_ms -= next_ms == UINT64_MAX ? 0 : node->offset_ms;
		if (next_ms > end_ms)
			break;
		wait_ms = next_ms > kit->now.ms ? next_ms - kit->now.ms : 1;
		kit->now.ms += wait_ms;
		kit->now.unix_s = 1700000000 + (kit->now.ms - 1000000) / 1000;
	}
	kit->now.ms = end_ms;
	kit->now.unix_s = 1700000000 + (kit->now.ms - 1000000) / 1000;
}

struct device_info
node_info(const struct node *node)
{
	struct device_info info;

	device_info(&node->device, &info);
	return info;
}

void
node_bootstrap(struct node *node, uint32_t g)
{
	for (int i = 0; i < 20 && node_info(node).generation != g; i++)
		if (!node_talk(node))
			node_run(node, 3600000);
	assert_int_equal(node_info(node).generation, g);
	assert_false(node_info(node).bootstrapping);
}

enum err
node_heartbeat(struct node *node)
{
	/* The module lets five minutes pass between two. */
	node->kit->now.ms += 301000;
	node->kit->now.unix_s += 301;
	assert_int_equal(
	    device_heartbeat(&node->device, node->kit->now.ms + node->offset_ms,
		node_wall(node)),
	    ERR_OK);
	(void)node_talk(node);
	return device_heartbeat_result(&node->device);
}

struct store_device
node_row(struct node *node)
{
	struct store_device row;

	assert_int_equal(
	    store_device_by_uid(node->kit->store, node->uid, &row), ERR_OK);
	return row;
}

void
node_agree(struct node *node)
{
	struct kit *kit = node->kit;
	struct keysproto_request q = {.op = KEYSPROTO_PROFILE};
	struct store_generation g;
	struct psk_identity identity;
	uint8_t id[PSK_ID_LEN], psk[PSK_MAX];
	struct keysproto_answer a;

	assert_int_equal(device_psk(&node->device, 32, id, psk), ERR_OK);
	assert_int_equal(psk_identity_decode(BYTES_OF(id), &identity), ERR_OK);
	assert_int_equal(
	    store_generation_by_alias(kit->store, identity.alias, &g), ERR_OK);
	assert_memory_equal(g.uid, node->uid, UID_LEN);
	q.u.profile.tenant = g.tenant;
	memcpy(q.u.profile.profile, g.profile, PROFILE_UID_LEN);
	ask_api(kit, &q, &a);
	q = (struct keysproto_request){.op = KEYSPROTO_PSK};
	q.u.derive.owner.tenant = g.tenant;
	memcpy(q.u.derive.owner.profile, g.profile, PROFILE_UID_LEN);
	memcpy(q.u.derive.owner.record, a.u.record, KEYSPROTO_RECORD_LEN);
	memcpy(q.u.derive.uid, g.uid, UID_LEN);
	q.u.derive.generation = g.generation;
	q.u.derive.root.len = g.root.len;
	memcpy(q.u.derive.root.b, g.root.b, BLOB_MAX);
	memcpy(q.u.derive.id, id, PSK_ID_LEN);
	q.u.derive.id_len = PSK_ID_LEN;
	q.u.derive.key_len = 32;
	ask_api(kit, &q, &a);
	assert_memory_equal(a.u.key.key, psk, 32);
}
