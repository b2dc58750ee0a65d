/*
 * The devices process's handler gets any datagrams. The first byte says how
 * the rest comes in: 0, as datagrams, each after its length in one byte; 1,
 * as plaintext (code, options, payload) under the check-in key of a device,
 * so that it gets behind the locks. The device's state may only go forward,
 * and nobody is called a clone.
 */
#include "cloud/keys.h"
#include "coap/coap.h"
#include "fuzz.h"
#include "handler.h"
#include "oscore/oscore.h"
#include "store/devices.h"
#include "store/events.h"
#include "wrap.h"

static const uint8_t uid[UID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t alias[ALIAS_LEN] = {0xa1, 2, 3, 4, 5, 6};

static struct keys_state keys;
static struct keys_direct as_devices = {&keys, KEYSPROTO_DEVICES};
static struct keysproto_port port;
static struct store *store;
static struct devices *devices;

/* The same bytes in every run: what is found can be found again. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	static uint32_t state = 1;

	(void)ctx;
	while (len-- > 0) {
		state = state * 1664525 + 1013904223;
		*out++ = (uint8_t)(state >> 24);
	}
	return ERR_OK;
}

static const struct random_source source = {draw, NULL};

static void
must(enum err err)
{
	fuzz_check(err == ERR_OK);
}

/* ck(1) of the device, wrapped. */
static void
make_blob(struct store_blob *ret_ck)
{
	const struct blob_name name = {
	    .kind = BLOB_CHECKIN, .uid = uid, .generation = 1};
	const uint8_t ck[KEY_LEN] = {7};
	struct keysproto_blob blob;

	must(wrap_seal(&keys, &name, ck, &blob));
	ret_ck->len = blob.len;
	memcpy(ret_ck->b, blob.b, BLOB_MAX);
}

static void
start(void)
{
	const struct devices_config config = {.sessions = 64, .answers = 64};
	struct store_device d = {.generation = 1, .n = 1, .created = 1};

	must(crypto_init());
	must(keys_state_generate(&source, &keys));
	must(store_open(":memory:", &store, NULL));
	port = keys_port_direct(&as_devices);
	must(devices_new(&config, store, &port, &source, &devices));
	memcpy(d.uid, uid, UID_LEN);
	memcpy(d.alias, alias, ALIAS_LEN);
	d.factory_key[0] = 4;
	make_blob(&d.ck);
	must(store_device_add(store, &d));
	must(store_device_commit(store, &d));
}

static struct bytes
handle(struct bytes datagram)
{
	static uint64_t ms = 1000;
	const struct devices_clock now = {++ms, 1700000000};
	const struct devices_in in = {
	    .data = datagram, .from = BYTES_LIT("x"), .address = "x"};
	struct bytes out;

	devices_handle(devices, &now, &in, 1, &out);
	fuzz_check(out.len <= DATAGRAM_MAX);
	return out;
}

static void
feed(struct reader *r)
{
	while (reader_left(r) > 1) {
		size_t len = reader_u8(r);

		len = len < reader_left(r) ? len : reader_left(r);
		(void)handle(reader_take(r, len));
	}
}

/* A check-in as the device would protect it, whatever is inside. */
static void
protect_and_feed(const struct keys_checkin *ck, struct bytes plaintext)
{
	const struct oscore_outer outer = {.type = COAP_CON, .id = 1};
	struct oscore_context context;
	struct oscore_request_ref ref;
	struct oscore_inner inner = {.code = COAP_POST};
	uint8_t secret[16], piv[OSCORE_PIV_MAX], buf[DATAGRAM_MAX];
	struct writer w;

	must(keys_checkin_oscore(ck, secret));
	must(oscore_derive(&context, BYTES_OF(secret), BYTES_NONE, NULL,
	    BYTES_OF(alias), BYTES_NONE));
	must(draw(NULL, piv, sizeof(piv)));
	piv[0] |= 1;
	if (plaintext.len > 0) {
		inner.code = plaintext.ptr[0];
		plaintext.ptr++;
		plaintext.len--;
	}
	if (coap_decode_body(plaintext, &inner.options, &inner.payload) !=
	    ERR_OK)
		inner.payload = plaintext;
	writer_init(&w, buf, sizeof(buf));
	if (oscore_protect_request(&context, &outer, BYTES_OF(piv), false,
		BYTES_NONE, &inner, &w, &ref) != ERR_OK)
		return;
	/* Whatever is inside, who knows the key is answered. */
	fuzz_check(handle(writer_bytes(&w)).len > 0);
}

static bool
no_event(void *ctx, const struct store_event *event)
{
	(void)ctx;
	(void)event;
	fuzz_check(false);
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keysproto_request q = {.op = KEYSPROTO_CHECKIN};
	struct store_device before, after;
	struct keysproto_answer a;
	struct reader r;

	if (devices == NULL)
		start();
	reader_init(&r, bytes_make(data, size));
	must(store_device_by_uid(store, uid, &before));
	if (size > 0 && reader_u8(&r) == 1) {
		memcpy(q.u.checkin.uid, uid, UID_LEN);
		q.u.checkin.generation = 1;
		q.u.checkin.ck.len = before.ck.len;
		memcpy(q.u.checkin.ck.b, before.ck.b, BLOB_MAX);
		must(port.call(port.ctx, &q, 1, &a));
		must(a.err);
		protect_and_feed(&a.u.ck, reader_rest(&r));
	} else {
		feed(&r);
	}
	must(store_device_by_uid(store, uid, &after));
	fuzz_check(after.n == before.n || after.n == before.n + 1);
	fuzz_check(after.generation == 1);
	must(store_event_list(store, 0, false, NULL, 0, 1, no_event, NULL));
	return 0;
}
