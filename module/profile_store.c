/*
 * Profiles hold passwords and pre-shared keys: all of a profile is sealed,
 * also so that nobody with the disk alone can switch its checks off.
 */
#include "profile_store.h"

#include "base/wipe.h"
#include "log.h"
#include "tls.h"
#include "vault.h"

static void
file_name(unsigned number, char ret_name[VAULT_NAME_MAX + 1])
{
	(void)snprintf(ret_name, VAULT_NAME_MAX + 1, "profile-%u", number);
}

static enum err
profile_load(struct module *module, unsigned number)
{
	uint8_t content[PROFILE_MAX];
	char name[VAULT_NAME_MAX + 1];
	struct profile *p = &module->profiles[number];
	size_t len;
	enum err err;

	file_name(number, name);
	err = vault_get(module, name, content, sizeof(content), &len);
	if (err == ERR_OK)
		err = profile_decode(bytes_make(content, len), p);
	wipe(content, sizeof(content));
	if (err == ERR_OK)
		return ERR_OK;
	profile_default(p, module->model->validation);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	log_event("profile number=%u error=%s", number, err_name(err));
	return err == ERR_IO || err == ERR_TIMEOUT ? err : ERR_OK;
}

enum err
profiles_load(struct module *module)
{
	enum err err = ERR_OK;
	unsigned i;

	for (i = 0; err == ERR_OK && i < PROFILES_MAX; i++)
		err = profile_load(module, i);
	return err;
}

enum err
profile_store(struct module *module, unsigned number, const struct profile *p)
{
	uint8_t content[PROFILE_MAX];
	char name[VAULT_NAME_MAX + 1];
	struct writer w;
	enum err err;

	writer_init(&w, content, sizeof(content));
	file_name(number, name);
	err = profile_encode(p, &w);
	if (err == ERR_OK)
		err = tls_session_forget(module, number);
	if (err == ERR_OK)
		err = vault_put(module, name, writer_bytes(&w));
	if (err == ERR_OK)
		module->profiles[number] = *p;
	wipe(content, sizeof(content));
	return err;
}
