/*
 * The crypto port of chip-to-chip, filled in from lib/crypto: for the module
 * and for hosts that run Linux.
 */
#ifndef C2C_PORT_H
#define C2C_PORT_H

#include "base/random.h"
#include "holdfast/c2c.h"

/*
 * Fills a port from lib/crypto, which crypto_init has prepared. random is
 * where its random bytes come from; it must outlive the port.
 */
void c2c_port_init(struct hf_crypto *port, const struct random_source *random);

#endif
