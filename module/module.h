/*
 * The emulated module as a whole: what its terminals share.
 */
#ifndef MODULE_MODULE_H
#define MODULE_MODULE_H

#include "files.h"
#include "holdfast/c2c.h"
#include "http.h"
#include "lookups.h"
#include "model.h"
#include "mqtt.h"
#include "mqtt_profile.h"
#include "network.h"
#include "profile.h"
#include "settings.h"
#include "sockets.h"
#include "tee.h"
#include "traffic.h"

struct terminal;
struct conn;
struct loop;

/* A profile of +UPSD: which context it uses. */
struct psd_profile {
	struct psd_values values;
	uint32_t session; /* of the network in which it is active; 0: none */
};

/* Values of the radio's that power-on and a reset set back. */
struct radio {
	unsigned uart_saving; /* +UPSV */
	unsigned uart_timeout;
	unsigned sleep_reports; /* +UPSMR */
	unsigned gnss_profile; /* +UGPRF */
	unsigned cell_mode; /* +UCGED */
	unsigned off[PDP_CONTEXTS]; /* +CGACT=0 in this session */
	unsigned on[PDP_CONTEXTS]; /* +CGACT=1 */
	struct psd_profile psd[PSD_PROFILES];
	const char *cause; /* +CEER; NULL: nothing went wrong */
};

/* What a host hears of a firmware that may not run, with the reason. */
#define BOOT_REFUSED "BOOT REFUSED: %s"

struct module {
	const struct model *model;
	struct terminal *terminals; /* those there are */
	uint64_t terminal_count; /* how many there have been */
	uint8_t uid[UID_LEN]; /* RoTPublicUID */
	char firmware[FIRMWARE_MAX + 1]; /* its version, for hosts */
	const char *refused; /* why it may not run; NULL: it may */
	struct files files;
	int state_fd; /* the directory of the state, for the C2C records */
	bool c2c_v1; /* pairs as old firmware does */
	struct hf_crypto crypto; /* for open C2C sessions */
	struct network network;
	struct settings settings;
	struct radio radio;
	struct traffic traffic;
	struct http_profile http_profiles[HTTP_PROFILES];
	struct http_port http;
	struct mqtt_profile mqtt_profile;
	struct mqtt mqtt;
	uint64_t mqtt_terminal; /* that hears of it */
	struct tee tee;
	struct profile profiles[PROFILES_MAX]; /* of security */
	uint32_t epochs[PROFILES_MAX]; /* of TLS sessions: see tls_session.h */
	struct loop *loop; /* NULL: no way to the host's network */
	struct conn *conns; /* see conn.h */
	struct sockets sockets;
	struct lookups lookups; /* of names: +UDNSRN */
	bool reset_wanted; /* +CFUN=15, 16: as soon as the answer is out */
	bool off_wanted; /* +CPWROFF */
	bool service_silent; /* it has not answered for some time */
	bool tee_changed; /* a command changed what device_poll says */
};

/* Tells a terminal's host of a change of registration, if it asked for it. */
void at_network_changed(struct terminal *t);

/*
 * Data became possible or impossible: tells a terminal's host of it, and of
 * profiles that it had made active.
 */
void at_packet_changed(struct terminal *t);

/* Tells the terminal that logged in what comes of MQTT; ctx: the module. */
void at_mqtt_tell(void *ctx, const struct mqtt_event *event);

#define IMEI_LEN 15
/* An IMEI of the module's own. */
void at_imei(const struct module *module, char ret_imei[IMEI_LEN + 1]);

/* The module has started: the greeting, if there is one. */
void at_power_greet(struct terminal *t);

#endif
