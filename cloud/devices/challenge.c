/*
 * Cookies are a time and its MAC; challenges are a small ring in memory,
 * because single use cannot be had without.
 */
#include "challenge.h"

#include "base/wipe.h"
#include "crypto/crypto.h"

STATIC_ASSERT(SHA256_LEN == 32, challenge_hash_fits);

enum err
challenges_init(struct challenges *c, const struct random_source *random)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < CHALLENGES_MAX; i++)
		c->ring[i].used = true;
	return random_fill(random, c->secret, sizeof(c->secret));
}

/* time 8 | first 8 bytes of HMAC(secret, time | address) */
static enum err
cookie_of(const struct challenges *c, struct bytes from, uint64_t time_ms,
    uint8_t ret_cookie[COOKIE_LEN])
{
	struct bytes parts[2];
	uint8_t mac[SHA256_LEN];
	struct writer w;
	enum err err;

	writer_init(&w, ret_cookie, COOKIE_LEN);
	writer_u64(&w, time_ms);
	parts[0] = writer_bytes(&w);
	parts[1] = from;
	err = hmac_sha256(BYTES_OF(c->secret), parts, 2, mac);
	if (err == ERR_OK)
		writer_put(&w, bytes_make(mac, COOKIE_LEN - 8));
	return err;
}

enum err
cookie_make(const struct challenges *c, struct bytes from, uint64_t now_ms,
    uint8_t ret_cookie[COOKIE_LEN])
{
	return cookie_of(c, from, now_ms, ret_cookie);
}

bool
cookie_check(const struct challenges *c, struct bytes from, uint64_t now_ms,
    struct bytes cookie)
{
	uint8_t want[COOKIE_LEN];
	struct reader r;
	uint64_t made_ms;

	if (cookie.len != COOKIE_LEN)
		return false;
	reader_init(&r, cookie);
	made_ms = reader_u64(&r);
	if (made_ms > now_ms || now_ms - made_ms > COOKIE_MS)
		return false;
	if (cookie_of(c, from, made_ms, want) != ERR_OK)
		return false;
	return ct_equal(want, cookie.ptr, COOKIE_LEN);
}

size_t
net_number(const struct challenges *c, struct bytes net, size_t count)
{
	uint8_t mac[SHA256_LEN];

	if (net.len == 0 ||
	    hmac_sha256(BYTES_OF(c->secret), &net, 1, mac) != ERR_OK)
		return 0;
	return 1 + ((size_t)mac[0] << 8 | mac[1]) % (count - 1);
}

enum err
challenge_make(struct challenges *c, const struct random_source *random,
    const uint8_t alias[ALIAS_LEN], const uint8_t request_id[REQUEST_ID_LEN],
    struct bytes payload, uint64_t now_ms, uint8_t ret_echo[CHALLENGE_LEN])
{
	struct challenge new = {.since_ms = now_ms};
	enum err err = random_fill(random, new.echo, sizeof(new.echo));

	if (err == ERR_OK)
		err = sha256(&payload, 1, new.payload_hash);
	if (err != ERR_OK)
		return err;
	memcpy(new.alias, alias, ALIAS_LEN);
	memcpy(new.request_id, request_id, REQUEST_ID_LEN);
	memcpy(ret_echo, new.echo, CHALLENGE_LEN);
	c->ring[c->at] = new;
	c->at = (c->at + 1) % CHALLENGES_MAX;
	return ERR_OK;
}

bool
challenge_meet(struct challenges *c, struct bytes echo,
    const uint8_t alias[ALIAS_LEN], struct bytes payload, uint64_t now_ms,
    uint8_t ret_request_id[REQUEST_ID_LEN])
{
	uint8_t hash[SHA256_LEN];
	struct challenge *at;

	if (echo.len != CHALLENGE_LEN || sha256(&payload, 1, hash) != ERR_OK)
		return false;
	for (size_t i = 0; i < CHALLENGES_MAX; i++) {
		at = &c->ring[i];
		if (at->used || now_ms - at->since_ms > CHALLENGE_MS ||
		    memcmp(at->alias, alias, ALIAS_LEN) != 0 ||
		    memcmp(at->payload_hash, hash, SHA256_LEN) != 0 ||
		    !ct_equal(at->echo, echo.ptr, CHALLENGE_LEN))
			continue;
		at->used = true;
		memcpy(ret_request_id, at->request_id, REQUEST_ID_LEN);
		return true;
	}
	return false;
}
