/*
 * Two tenants that give devices to each other.
 */
#include "owners.h"

#include "keys/messages.h"
#include "service/keyrights.h"
#include "service/transfers.h"

static int64_t
now_of(void *ctx)
{
	return (int64_t)((const struct owners *)ctx)->unix_s;
}

static struct actor
actor_of(uint64_t tenant)
{
	return (struct actor){.tenant = tenant,
	    .services = SERVICE_PSK | SERVICE_E2E,
	    .name = "sim"};
}

static enum err
accept(const struct owners *o, struct service *s, const struct actor *actor,
    uint64_t id, const uint8_t *profile)
{
	struct transfer_acceptance a;
	struct keysproto_request q;
	struct keysproto_answer answer;
	enum err err = transfer_accept_begin(s, actor, id, profile, &a);

	if (err != ERR_OK)
		return err;
	while (err == ERR_OK && transfer_accept_ask(&a, &q)) {
		err = o->keys.call(o->keys.ctx, &q, 1, &answer);
		if (err == ERR_OK)
			err = transfer_accept_answer(&a, &answer);
	}
	if (err == ERR_OK)
		err = transfer_accept_finish(s, actor, "sim", &a);
	if (err == ERR_OK && a.transfer.waiting != 1)
		err = ERR_STATE;
	transfer_acceptance_done(&a);
	return err;
}

enum err
owners_transfer(const struct owners *o, uint64_t from, uint64_t to,
    const uint8_t uid[UID_LEN], const uint8_t profile[PROFILE_UID_LEN],
    uint8_t readers, bool declined)
{
	struct owners mine = *o;
	const struct actor seller = actor_of(from), buyer = actor_of(to);
	uint8_t uids[1][UID_LEN], bad[UID_LEN];
	const struct transfer_wish wish = {.to = to,
	    .readers = readers,
	    .expires_s = 3600,
	    .uids = (const uint8_t(*)[UID_LEN])uids,
	    .count = 1};
	struct store_transfer t;
	struct service s;
	enum err err = service_init(&s, o->store, o->random, now_of, &mine);

	if (err != ERR_OK)
		return err;
	memcpy(uids[0], uid, UID_LEN);
	err = transfer_offer(&s, &seller, "sim", &wish, &t, bad);
	if (err == ERR_OK && declined)
		err = transfer_decline(&s, &buyer, "sim", t.id, &t);
	else if (err == ERR_OK)
		err = accept(o, &s, &buyer, t.id, profile);
	service_read_end(&s);
	service_done(&s);
	return err;
}

enum err
owners_psk(const struct owners *o, uint64_t tenant,
    const uint8_t id[PSK_ID_LEN], uint8_t ret_key[PSK_MAX])
{
	struct owners mine = *o;
	const struct actor actor = actor_of(tenant);
	struct keysproto_request q;
	struct keysproto_answer a;
	uint8_t uid[UID_LEN];
	struct service s;
	enum err err = service_init(&s, o->store, o->random, now_of, &mine);

	if (err != ERR_OK)
		return err;
	err = psk_begin(&s, &actor, bytes_make(id, PSK_ID_LEN), 32, &q, uid);
	service_read_end(&s);
	service_done(&s);
	if (err == ERR_OK)
		err = o->keys.call(o->keys.ctx, &q, 1, &a);
	if (err == ERR_OK)
		err = a.err;
	if (err == ERR_OK)
		memcpy(ret_key, a.u.key.key, PSK_MAX);
	return err;
}
