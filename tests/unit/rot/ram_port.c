/* The platform in memory: see ram_port.h. */
#include "ram_port.h"

#include "rot/vault.h"

static enum err
slot_read(void *ctx, unsigned slot, uint8_t *out, size_t cap, size_t *ret_len)
{
	const struct ram_port *ram = ctx;

	if (!ram->slot_there[slot])
		return ERR_NOT_FOUND;
	if (ram->slot_len[slot] > cap)
		return ERR_IO;
	memcpy(out, ram->slot[slot], ram->slot_len[slot]);
	*ret_len = ram->slot_len[slot];
	return ERR_OK;
}

static void
slot_set(struct ram_port *ram, unsigned slot, struct bytes record, size_t len)
{
	memcpy(ram->slot[slot], record.ptr, len);
	ram->slot_len[slot] = record.len;
	ram->slot_there[slot] = true;
}

static void
slot_tear(struct ram_port *ram, unsigned slot, struct bytes record)
{
	switch (ram->tear) {
	case RAM_ERASED:
		ram->slot_there[slot] = false;
		break;
	case RAM_HALF:
		slot_set(ram, slot, record, record.len / 2);
		break;
	case RAM_WHOLE:
		slot_set(ram, slot, record, record.len);
		break;
	case RAM_NOTHING:
	case RAM_TEARS:
		break;
	}
}

static enum err
slot_write(void *ctx, unsigned slot, struct bytes record)
{
	struct ram_port *ram = ctx;

	if (ram->dead || record.len > ROT_RECORD_MAX)
		return ERR_IO;
	if (++ram->writes == ram->cut_at) {
		ram->dead = true;
		slot_tear(ram, slot, record);
		return ERR_IO;
	}
	slot_set(ram, slot, record, record.len);
	return ERR_OK;
}

static enum err
counter_raise(void *ctx, uint64_t *ret_value)
{
	struct ram_port *ram = ctx;

	if (!ram->has_counter)
		return ERR_UNSUPPORTED;
	if (ram->dead)
		return ERR_IO;
	*ret_value = ++ram->counter;
	return ERR_OK;
}

/*
 * A step of the secure element: ERR_IO when the power is cut in it, done or
 * not as the tear says.
 */
static enum err
element_step(struct ram_port *ram, bool *ret_done)
{
	*ret_done = false;
	if (ram->dead)
		return ERR_IO;
	*ret_done = true;
	if (++ram->writes != ram->cut_at)
		return ERR_OK;
	ram->dead = true;
	*ret_done = ram->tear == RAM_WHOLE || ram->tear == RAM_HALF;
	return ERR_IO;
}

static enum err
guard_read(void *ctx, uint64_t *ret_value)
{
	const struct ram_port *ram = ctx;

	*ret_value = ram->guard;
	return ram->dead ? ERR_IO : ERR_OK;
}

static enum err
guard_raise(void *ctx)
{
	struct ram_port *ram = ctx;
	bool done;
	enum err err = element_step(ram, &done);

	if (done)
		ram->guard++;
	return err;
}

/* A handle says where the key is, and which one it was. */
static enum err
key_put(struct ram_port *ram, const uint8_t secret[32],
    struct rot_handle *ret_handle)
{
	struct bytes part = {secret, 32};
	size_t i = 0;
	bool done;
	enum err err;

	while (i < RAM_KEYS && ram->key[i].there)
		i++;
	if (i == RAM_KEYS)
		return ERR_SPACE;
	err = element_step(ram, &done);
	if (done) {
		ram->key[i].there = true;
		memcpy(ram->key[i].secret, secret, 32);
	}
	if (err == ERR_OK)
		err = sha256(&part, 1, ret_handle->h);
	ret_handle->h[0] = (uint8_t)i;
	return err;
}

static const struct ram_key *
key_get(const struct ram_port *ram, const struct rot_handle *handle)
{
	const struct ram_key *key = &ram->key[handle->h[0] % RAM_KEYS];
	struct bytes part = BYTES_OF(key->secret);
	uint8_t hash[SHA256_LEN];

	if (!key->there || sha256(&part, 1, hash) != ERR_OK ||
	    memcmp(hash + 1, handle->h + 1, SHA256_LEN - 1) != 0)
		return NULL;
	return key;
}

static enum err
key_import(void *ctx, const struct p256_secret *key,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	(void)ctx;
	(void)key;
	(void)ret_handle;
	(void)ret_public;
	return ERR_UNSUPPORTED;
}

static enum err
key_make(void *ctx, const struct random_source *random,
    struct rot_handle *ret_handle, struct p256_point *ret_public)
{
	struct p256_secret key;
	enum err err = p256_generate(random, &key, ret_public);

	return err == ERR_OK ? key_put(ctx, key.d, ret_handle) : err;
}

static enum err
key_ecdh(void *ctx, const struct rot_handle *handle,
    const struct p256_point *peer, uint8_t ret_shared[P256_LEN])
{
	const struct ram_key *key = key_get(ctx, handle);
	struct p256_secret secret;

	if (key == NULL)
		return ERR_AUTH;
	memcpy(secret.d, key->secret, sizeof(secret.d));
	return p256_ecdh(&secret, peer, ret_shared);
}

static enum err
salt_keep(
    void *ctx, const struct keys_salt *salt, struct rot_handle *ret_handle)
{
	return key_put(ctx, salt->k, ret_handle);
}

static enum err
salt_hmac(void *ctx, const struct rot_handle *handle, struct bytes message,
    uint8_t ret_mac[SHA256_LEN])
{
	const struct ram_key *key = key_get(ctx, handle);

	if (key == NULL)
		return ERR_AUTH;
	return hmac_sha256(BYTES_OF(key->secret), &message, 1, ret_mac);
}

static enum err
keep_only(void *ctx, const struct rot_handle *handles, size_t count)
{
	struct ram_port *ram = ctx;
	bool named[RAM_KEYS] = {false}, done;
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; i < count; i++) {
		/* A record never names what is not there. */
		if (key_get(ram, &handles[i]) == NULL)
			return ERR_INTERNAL;
		named[handles[i].h[0]] = true;
	}
	for (i = 0; err == ERR_OK && i < RAM_KEYS; i++) {
		if (named[i] || !ram->key[i].there)
			continue;
		err = element_step(ram, &done);
		if (done)
			memset(&ram->key[i], 0, sizeof(ram->key[i]));
	}
	return err;
}

static const struct rot_vault vault = {
    .key_import = key_import,
    .key_make = key_make,
    .key_ecdh = key_ecdh,
    .salt_keep = salt_keep,
    .salt_hmac = salt_hmac,
    .keep_only = keep_only,
};

void
ram_element(struct ram_port *ram)
{
	ram->has_counter = true;
	ram->guard = 1000; /* whatever the chip counted before */
	ram->port.guard_read = guard_read;
	ram->port.guard_raise = guard_raise;
	ram->port.vault = &vault;
}

size_t
ram_keys(const struct ram_port *ram)
{
	size_t i, count = 0;

	for (i = 0; i < RAM_KEYS; i++)
		count += ram->key[i].there ? 1 : 0;
	return count;
}

static enum err
huk(void *ctx, uint8_t ret_huk[32])
{
	const struct ram_port *ram = ctx;

	memcpy(ret_huk, ram->huk, sizeof(ram->huk));
	return ERR_OK;
}

/* SHA-256 of the seed and a count: the same run draws the same bytes. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	struct ram_port *ram = ctx;
	uint8_t block[SHA256_LEN];
	uint64_t in[2];
	struct bytes part = {(const uint8_t *)in, sizeof(in)};
	size_t n;

	while (len > 0) {
		in[0] = ram->seed;
		in[1] = ++ram->drawn;
		if (sha256(&part, 1, block) != ERR_OK)
			return ERR_RANDOM;
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	return ERR_OK;
}

void
ram_port_init(struct ram_port *ram, uint64_t seed)
{
	memset(ram, 0, sizeof(*ram));
	memset(ram->huk, 0x5a, sizeof(ram->huk));
	ram->seed = seed;
	ram->port.ctx = ram;
	ram->port.slot_read = slot_read;
	ram->port.slot_write = slot_write;
	ram->port.counter_raise = counter_raise;
	ram->port.huk = huk;
	ram->port.random.fill = draw;
	ram->port.random.ctx = ram;
}

void
ram_boot(struct ram_port *ram)
{
	if (ram->dead)
		ram->cut_at = 0;
	ram->dead = false;
}
