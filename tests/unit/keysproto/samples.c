/*
 * Random samples by splitmix64: quick, and the same on every machine.
 */
#include "samples.h"

#include <inttypes.h>
#include <time.h>

const enum keysproto_op sample_ops[] = {KEYSPROTO_INFO, KEYSPROTO_PRK,
    KEYSPROTO_ROOT, KEYSPROTO_CHECKIN, KEYSPROTO_ADVANCE, KEYSPROTO_TICKET,
    KEYSPROTO_TICKET_MAKE, KEYSPROTO_PSK, KEYSPROTO_E2E, KEYSPROTO_PROFILE,
    KEYSPROTO_IMPORT, KEYSPROTO_FACTORY, KEYSPROTO_CA, KEYSPROTO_POP,
    KEYSPROTO_ZTP, KEYSPROTO_TRANSFER};
const size_t sample_op_count = ARRAY_LEN(sample_ops);

uint64_t
sample_seed(void)
{
	const char *given = getenv("HOLDFAST_SEED");
	struct timespec t;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &t);
	seed = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	if (given != NULL)
		seed = strtoull(given, NULL, 0);
	printf("HOLDFAST_SEED=%" PRIu64 "\n", seed);
	return seed;
}

uint64_t
sample_number(struct sample_random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
fill(struct sample_random *r, void *out, size_t len)
{
	uint8_t *p = out;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)sample_number(r);
}

static void
blob(struct sample_random *r, struct keysproto_blob *b)
{
	fill(r, b->b, sizeof(b->b));
	b->len = BLOB_MAX;
}

/* A view of 0 to max bytes at pool. */
static struct bytes
view(struct sample_random *r, uint8_t *pool, size_t max)
{
	size_t len = (size_t)(sample_number(r) % (max + 1));

	fill(r, pool, len);
	return len == 0 ? BYTES_NONE : bytes_make(pool, len);
}

static bool
right(struct sample_random *r, struct keysproto_transfer *t)
{
	if (sample_number(r) % 2 == 0)
		return false;
	fill(r, t->from, sizeof(t->from));
	fill(r, t->to, sizeof(t->to));
	t->last = (uint32_t)sample_number(r);
	t->readers = (uint8_t)sample_number(r);
	fill(r, t->mac, sizeof(t->mac));
	return true;
}

static void
root(struct sample_random *r, uint8_t *pool, struct keysproto_request *q)
{
	fill(r, q->u.root.uid, sizeof(q->u.root.uid));
	fill(r, q->u.root.exporter, sizeof(q->u.root.exporter));
	if (sample_number(r) % 2 == 0) {
		blob(r, &q->u.root.factory);
		q->u.root.import_id = sample_number(r);
		blob(r, &q->u.root.import_key);
	} else {
		blob(r, &q->u.root.root);
		q->u.root.root_generation = (uint32_t)sample_number(r);
		fill(r, q->u.root.root_profile, sizeof(q->u.root.root_profile));
		q->u.root.has_transfer = right(r, &q->u.root.transfer);
	}
	q->u.root.request = view(r, pool, BOOTSTRAP_REQUEST_MAX);
	q->u.root.response =
	    view(r, pool + BOOTSTRAP_REQUEST_MAX, BOOTSTRAP_RESPONSE_MAX);
}

static void
checkin(struct sample_random *r, uint8_t *pool, struct keysproto_request *q)
{
	fill(r, q->u.checkin.uid, sizeof(q->u.checkin.uid));
	q->u.checkin.generation = (uint32_t)sample_number(r);
	blob(r, &q->u.checkin.ck);
	if (q->op != KEYSPROTO_ADVANCE)
		return;
	fill(r, q->u.checkin.request_id, sizeof(q->u.checkin.request_id));
	q->u.checkin.payload = view(r, pool, CHECKIN_REQUEST_MAX);
}

static void
derive(struct sample_random *r, struct keysproto_request *q)
{
	fill(r, &q->u.derive.owner, sizeof(q->u.derive.owner));
	fill(r, q->u.derive.uid, sizeof(q->u.derive.uid));
	q->u.derive.generation = (uint32_t)sample_number(r);
	blob(r, &q->u.derive.root);
	if (q->op == KEYSPROTO_PSK) {
		q->u.derive.id_len = PSK_ID_LEN;
		q->u.derive.key_len = sample_number(r) % 2 == 0 ? 16 : 32;
	} else {
		q->u.derive.id_len = sample_number(r) % 2 == 0
					 ? E2E_V1_HEADER_LEN
					 : E2E_V2_HEADER_LEN;
		q->u.derive.has_transfer = right(r, &q->u.derive.transfer);
	}
	fill(r, q->u.derive.id, q->u.derive.id_len);
}

static void
transfer(struct sample_random *r, struct keysproto_request *q)
{
	fill(r, &q->u.transfer.from, sizeof(q->u.transfer.from));
	fill(r, &q->u.transfer.to, sizeof(q->u.transfer.to));
	fill(r, q->u.transfer.uid, sizeof(q->u.transfer.uid));
	q->u.transfer.generation = (uint32_t)sample_number(r);
	blob(r, &q->u.transfer.root);
	q->u.transfer.last = (uint32_t)sample_number(r);
	q->u.transfer.readers = (uint8_t)sample_number(r);
}

static void
factory(struct sample_random *r, struct keysproto_request *q)
{
	q->u.factory.import_id = sample_number(r);
	if (q->op == KEYSPROTO_IMPORT)
		return;
	blob(r, &q->u.factory.import_key);
	fill(r, q->u.factory.uid, sizeof(q->u.factory.uid));
	fill(r, q->u.factory.public_key, sizeof(q->u.factory.public_key));
	fill(r, q->u.factory.enc, sizeof(q->u.factory.enc));
	fill(r, q->u.factory.sealed, sizeof(q->u.factory.sealed));
}

static void
certificate(struct sample_random *r, uint8_t *pool, struct keysproto_request *q)
{
	q->u.certificate.ca_id = sample_number(r);
	q->u.certificate.tenant = sample_number(r);
	q->u.certificate.name = view(r, pool, PKI_NAME_MAX);
	fill(r, q->u.certificate.serial, PKI_SERIAL_LEN);
	q->u.certificate.not_before = sample_number(r);
	q->u.certificate.not_after = sample_number(r);
	if (q->op == KEYSPROTO_CA)
		return;
	blob(r, &q->u.certificate.key);
	q->u.certificate.issuer =
	    view(r, pool + PKI_NAME_MAX, PKI_CERTIFICATE_MAX);
}

static void
ztp(struct sample_random *r, uint8_t *pool, struct keysproto_request *q)
{
	fill(r, &q->u.ztp.owner, sizeof(q->u.ztp.owner));
	fill(r, q->u.ztp.uid, UID_LEN);
	q->u.ztp.generation = (uint32_t)sample_number(r);
	blob(r, &q->u.ztp.root);
	fill(r, q->u.ztp.key, sizeof(q->u.ztp.key));
	fill(r, q->u.ztp.tag, sizeof(q->u.ztp.tag));
	q->u.ztp.ca_id = sample_number(r);
	blob(r, &q->u.ztp.ca_key);
	q->u.ztp.issuer = view(r, pool, PKI_CERTIFICATE_MAX);
	fill(r, q->u.ztp.serial, PKI_SERIAL_LEN);
	q->u.ztp.not_before = sample_number(r);
	q->u.ztp.not_after = sample_number(r);
}

void
sample_request(struct sample_random *r, enum keysproto_op op, uint8_t *pool,
    struct keysproto_request *ret_q)
{
	memset(ret_q, 0, sizeof(*ret_q));
	ret_q->op = op;
	switch (op) {
	case KEYSPROTO_INFO:
		break;
	case KEYSPROTO_PRK:
		ret_q->u.prk.kid = (uint8_t)sample_number(r);
		fill(r, ret_q->u.prk.salt, sizeof(ret_q->u.prk.salt));
		fill(r, &ret_q->u.prk.peer, sizeof(ret_q->u.prk.peer));
		break;
	case KEYSPROTO_ROOT:
		root(r, pool, ret_q);
		break;
	case KEYSPROTO_CHECKIN:
	case KEYSPROTO_ADVANCE:
		checkin(r, pool, ret_q);
		break;
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
		fill(r, ret_q->u.ticket.uid, UID_LEN);
		if (op == KEYSPROTO_TICKET)
			ret_q->u.ticket.ticket = view(r, pool, BLOB_MAX);
		else
			blob(r, &ret_q->u.ticket.root);
		fill(r, ret_q->u.ticket.alias, ALIAS_LEN);
		ret_q->u.ticket.generation = (uint32_t)sample_number(r);
		fill(r, ret_q->u.ticket.profile, PROFILE_UID_LEN);
		fill(r, &ret_q->u.ticket.public_key,
		    sizeof(ret_q->u.ticket.public_key));
		break;
	case KEYSPROTO_PSK:
	case KEYSPROTO_E2E:
		derive(r, ret_q);
		break;
	case KEYSPROTO_TRANSFER:
		transfer(r, ret_q);
		break;
	case KEYSPROTO_PROFILE:
		ret_q->u.profile.tenant = sample_number(r);
		fill(r, ret_q->u.profile.profile, PROFILE_UID_LEN);
		break;
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		factory(r, ret_q);
		break;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
		certificate(r, pool, ret_q);
		break;
	case KEYSPROTO_ZTP:
		ztp(r, pool, ret_q);
		break;
	}
}

static void
info(struct sample_random *r, struct keysproto_answer *a)
{
	size_t i;

	fill(r, &a->u.info.import_key, sizeof(a->u.info.import_key));
	a->u.info.credential_count = 1 + (size_t)(sample_number(r) % 2);
	for (i = 0; i < a->u.info.credential_count; i++) {
		a->u.info.credential[i].kid = (uint8_t)sample_number(r);
		fill(r, &a->u.info.credential[i].public_key,
		    sizeof(a->u.info.credential[i].public_key));
	}
}

void
sample_answer(struct sample_random *r, const struct keysproto_request *q,
    struct keysproto_answer *ret_a)
{
	memset(ret_a, 0, sizeof(*ret_a));
	switch (q->op) {
	case KEYSPROTO_INFO:
		info(r, ret_a);
		break;
	case KEYSPROTO_PRK:
		fill(r, ret_a->u.prk, sizeof(ret_a->u.prk));
		break;
	case KEYSPROTO_ROOT:
		blob(r, &ret_a->u.root.root);
		blob(r, &ret_a->u.root.ck);
		fill(r, ret_a->u.root.resume, RESUME_LEN);
		fill(r, ret_a->u.root.profile, PROFILE_UID_LEN);
		break;
	case KEYSPROTO_CHECKIN:
		fill(r, &ret_a->u.ck, sizeof(ret_a->u.ck));
		break;
	case KEYSPROTO_ADVANCE:
	case KEYSPROTO_TICKET:
	case KEYSPROTO_TICKET_MAKE:
	case KEYSPROTO_IMPORT:
	case KEYSPROTO_FACTORY:
		blob(r, &ret_a->u.blob);
		break;
	case KEYSPROTO_PSK:
		ret_a->u.key.len = q->u.derive.key_len;
		fill(r, ret_a->u.key.key, ret_a->u.key.len);
		break;
	case KEYSPROTO_E2E:
		ret_a->u.key.len = E2E_KEY_LEN;
		fill(r, ret_a->u.key.key, ret_a->u.key.len);
		break;
	case KEYSPROTO_TRANSFER:
	case KEYSPROTO_PROFILE:
		fill(r, ret_a->u.record, sizeof(ret_a->u.record));
		break;
	case KEYSPROTO_CA:
	case KEYSPROTO_POP:
	case KEYSPROTO_ZTP:
		if (q->op == KEYSPROTO_CA)
			blob(r, &ret_a->u.certificate.key);
		ret_a->u.certificate.len =
		    (size_t)(sample_number(r) % (PKI_CERTIFICATE_MAX + 1));
		fill(r, ret_a->u.certificate.der, ret_a->u.certificate.len);
		break;
	}
}
