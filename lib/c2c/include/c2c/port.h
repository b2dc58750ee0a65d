/*
 * The crypto port of chip-to-chip, filled in from lib/crypto: for the module
 * and for hosts that run Linux.
 */
#ifndef C2C_PORT_H
#define C2C_PORT_H

#include "base/random.h"
#include "crypto/crypto.h"
#include "holdfast/c2c.h"

/*
 * Fills a port from lib/crypto, which crypto_init has prepared. random is
 * where its random bytes come from; it must outlive the port.
 */
void c2c_port_init(struct hf_crypto *port, const struct random_source *random);

/* Two keys are one session of V2. */
#define C2C_KEPT_MAX 8

/* Keys that were used last, prepared. Fields are for the port alone. */
struct c2c_kept {
	const struct random_source *random;
	struct c2c_kept_key {
		uint8_t key[HF_C2C_KEY_LEN];
		struct kept_cbc *cbc; /* NULL: not used for it yet */
		bool has_hmac;
		struct hmac_key hmac;
	} key[C2C_KEPT_MAX];
	size_t next; /* to be replaced */
};

/*
 * Lets a port of c2c_port_init keep the keys that it used last in kept, so
 * that a frame of V1 or V2 pays for its bytes alone. A session that ends has
 * its keys wiped, and c2c_kept_done wipes all; the port is not used after it.
 */
void c2c_port_keep(struct hf_crypto *port, struct c2c_kept *kept);
void c2c_kept_done(struct c2c_kept *kept);

#endif
