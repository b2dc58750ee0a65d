/*
 * The first set-up. The token is looked at twice: before anything is drawn
 * and again in the transaction, for two may have come with it at once.
 */
#include "service/setup.h"

#include "base/wipe.h"
#include "crypto/crypto.h"
#include "service/apikeys.h"
#include "service/audit.h"
#include "service/profiles.h"

enum err
setup_prepare(struct service *s, char ret_token[TOKEN_TEXT_SIZE])
{
	uint8_t hash[SETUP_HASH_LEN];
	uint64_t count = 0;
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	ret_token[0] = '\0';
	err = store_tenant_count(s->store, &count);
	if (err == ERR_OK && count == 0)
		err = token_draw(s, TOKEN_LEN, ret_token, hash);
	if (err == ERR_OK && count == 0)
		err = store_setup_set(s->store, hash, service_now(s));
	if (err == ERR_OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return err;
}

bool
email_is_good(struct bytes email)
{
	size_t ats = 0;

	if (email.len < 3 || email.len > EMAIL_MAX || email.ptr[0] == '@' ||
	    email.ptr[email.len - 1] == '@')
		return false;
	for (size_t i = 0; i < email.len; i++) {
		if (email.ptr[i] <= ' ' || email.ptr[i] == 0x7f)
			return false;
		ats += email.ptr[i] == '@';
	}
	return ats == 1;
}

/* Errors: ERR_DENIED. */
static enum err
token_check(struct service *s, const uint8_t hash[SETUP_HASH_LEN])
{
	uint8_t want[SETUP_HASH_LEN];
	enum err err = store_setup_get(s->store, want);

	if (err == ERR_NOT_FOUND)
		return ERR_DENIED;
	if (err == ERR_OK && !ct_equal(hash, want, sizeof(want)))
		return ERR_DENIED;
	return err;
}

static enum err
user_draw(struct service *s, struct setup_plan *plan, struct bytes email)
{
	struct store_user *user = &plan->user;
	enum err err = random_fill(s->random, user->salt, sizeof(user->salt));

	memcpy(user->email, email.ptr, email.len);
	memcpy(user->role, "owner", sizeof("owner"));
	user->tenant = plan->tenant.id;
	user->created = service_now(s);
	if (err == ERR_OK)
		err = password_draw(s->random, plan->password);
	if (err == ERR_OK)
		err = password_hash(
		    bytes_str(plan->password), user->salt, user->password);
	return err;
}

static enum err
plan_make(struct service *s, const struct setup_wish *wish,
    struct setup_plan *plan, struct keysproto_request *request)
{
	struct bytes name =
	    wish->plan.len > 0 ? wish->plan : BYTES_LIT("Freedom");
	struct store_plan terms;
	enum err err = store_plan_get(s->store, name, &terms);

	if (err == ERR_OK && name.len > PLAN_NAME_MAX)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = store_tenant_next(s->store, &plan->tenant.id);
	if (err != ERR_OK)
		return err;
	memcpy(plan->tenant.name, wish->tenant.ptr, wish->tenant.len);
	memcpy(plan->tenant.plan, name.ptr, name.len);
	plan->tenant.is_operator = true;
	plan->tenant.created = service_now(s);
	err = profile_begin(s, plan->tenant.id, terms.services, wish->profile,
	    0, 0, &plan->profile, request);
	if (err == ERR_OK)
		err = user_draw(s, plan, wish->email);
	return err;
}

enum err
setup_begin(struct service *s, const struct setup_wish *wish,
    struct setup_plan *ret_plan, struct keysproto_request *ret_request)
{
	struct setup_plan plan = {0};
	enum err err = sha256(&wish->token, 1, plan.token_hash);

	if (err == ERR_OK)
		err = service_read(s);
	if (err == ERR_OK)
		err = token_check(s, plan.token_hash);
	if (err == ERR_OK && (!name_is_good(wish->tenant, TENANT_NAME_MAX) ||
				 !email_is_good(wish->email)))
		err = ERR_INVALID;
	if (err == ERR_OK)
		err = plan_make(s, wish, &plan, ret_request);
	if (err == ERR_OK)
		*ret_plan = plan;
	wipe(&plan, sizeof(plan));
	return err;
}

static enum err
rows_add(struct service *s, const struct setup_plan *plan, const char *source,
    struct setup_result *result)
{
	uint64_t id;
	enum err err = token_check(s, plan->token_hash);

	if (err == ERR_OK)
		err = store_setup_remove(s->store);
	if (err == ERR_OK)
		err = store_tenant_add(s->store, &plan->tenant);
	if (err == ERR_OK)
		err = store_user_add(s->store, &plan->user, &id);
	if (err == ERR_OK)
		err = apikey_make(
		    s, plan->tenant.id, result->apikey, result->secret);
	if (err == ERR_OK)
		err = store_profile_add(s->store, &plan->profile);
	if (err != ERR_OK)
		return err;
	return audit_add(
	    s, &(struct audit_change){.tenant = plan->tenant.id,
		   .actor = "setup",
		   .action = "service.init",
		   .object = result->apikey,
		   .detail = "{\"Before\":null,\"After\":{\"Role\":\"owner\"}}",
		   .source = source});
}

enum err
setup_finish(struct service *s, struct setup_plan *plan,
    const uint8_t record[KEYSPROTO_RECORD_LEN], const char *source,
    struct setup_result *ret_result)
{
	struct setup_result result = {0};
	enum err err = service_write(s);

	if (err != ERR_OK)
		return err;
	memcpy(plan->profile.record, record, sizeof(plan->profile.record));
	err = rows_add(s, plan, source, &result);
	if (err == ERR_OK)
		err = store_commit(s->store);
	else
		store_rollback(s->store);
	if (err == ERR_OK)
		*ret_result = result;
	wipe(&result, sizeof(result));
	return err;
}
