/*
 * The emulated module as a whole: what its terminals share.
 */
#ifndef MODULE_MODULE_H
#define MODULE_MODULE_H

#include "files.h"
#include "holdfast/c2c.h"
#include "model.h"
#include "network.h"
#include "tee.h"

struct module {
	const struct model *model;
	uint8_t uid[UID_LEN]; /* RoTPublicUID */
	struct files files;
	int state_fd; /* the directory of the state, for the C2C records */
	bool c2c_v1; /* pairs as old firmware does */
	struct hf_crypto crypto; /* for open C2C sessions */
	struct network network;
	struct tee tee;
	bool reset_wanted; /* +CFUN=15, 16: as soon as the answer is out */
	bool off_wanted; /* +CPWROFF */
	bool service_silent; /* it has not answered for some time */
	bool tee_changed; /* a command changed what device_poll says */
};

/* Tells a terminal's host of a change of registration, if it asked for it. */
struct terminal;
void at_network_changed(struct terminal *t);

#endif
