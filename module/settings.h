/*
 * What the module remembers through power-off, as real modules do in their
 * non-volatile memory: the file `settings` of the state, one AT command a
 * line. Reading it runs the same checks as typing the commands.
 *
 * Keys are never in it: those are the root of trust's.
 */
#ifndef MODULE_SETTINGS_H
#define MODULE_SETTINGS_H

#include "at_parse.h"
#include "at_result.h"
#include "mqtt_profile.h"

#define SETTINGS_MAX 8192 /* the file */
#define APN_MAX 99
#define PDP_CONTEXTS 8 /* cid 1 to 8 */
#define PSD_PROFILES 7 /* of +UPSD */
#define GREETING_MAX 49 /* +CSGT */
#define RATS_MAX 2
#define TIMER_LEN 8 /* of +CPSMS, in binary digits */

/* Types of +CGDCONT; PDP_NONE: the context is not defined. */
enum pdp_type { PDP_NONE, PDP_IP, PDP_IPV6, PDP_IPV4V6, PDP_TYPES };

struct pdp_context {
	enum pdp_type type;
	char apn[APN_MAX + 1];
};

/* What +UPSD sets. */
struct psd_values {
	unsigned protocol; /* 0 IPv4, 1 IPv6, 2 and 3 both */
	unsigned cid; /* 0: as protocol alone says */
};

struct settings {
	unsigned mno_profile; /* +UMNOPROF */
	unsigned rats[RATS_MAX]; /* +URAT; 0: none in second place */
	unsigned time_zone; /* +CTZU */
	bool security_off; /* +USECMODE=0 */
	bool psm; /* +CPSMS */
	char psm_periodic[TIMER_LEN + 1];
	char psm_active[TIMER_LEN + 1];
	bool greeting_on; /* +CSGT */
	char greeting[GREETING_MAX + 1];
	struct pdp_context pdp[PDP_CONTEXTS]; /* of cid 1 first */
	struct psd_values psd[PSD_PROFILES]; /* +UPSDA=<p>,1 */
	struct mqtt_profile mqtt; /* +UMQTTNV=2; its password is empty */
};

/* One command whose value is kept. */
struct setting {
	const char *name;
	/* Checks a set command and does it; AT_DONE or an error. */
	enum at_result (*apply)(struct settings *s, const struct at_command *c);
	/* Writes the commands that make it so again, each with setting_put. */
	void (*write)(const struct settings *s, struct writer *out);
};

/* Groups, one in each file of commands, each ends without a name. */
extern const struct setting settings_general[];
extern const struct setting settings_mqtt[];
extern const struct setting settings_network[];
extern const struct setting settings_packet[];
extern const struct setting settings_power[];
extern const struct setting settings_usec[];

/* As after production. */
void settings_default(struct settings *s);

/*
 * Reads the lines of the file over *s. A line that is no command of the kind,
 * or that its command refuses, is passed over. Returns how many were.
 */
size_t settings_decode(struct bytes in, struct settings *s);

/* Writes the file. Error: ERR_SPACE. */
MUST_CHECK enum err settings_encode(
    const struct settings *s, struct writer *out);

/* Writes a line of the file. */
void setting_put(struct writer *out, const char *format, ...) PRINTF(2, 3);

/*
 * Reads the file of a state directory; defaults where there is none.
 * Errors: ERR_SPACE (too large), ERR_IO.
 */
MUST_CHECK enum err settings_load(int state_fd, struct settings *ret_settings);

/*
 * Keeps next in place of *s: durable when this returns ERR_OK, and *s as it
 * was otherwise. Errors: ERR_IO, ERR_SPACE.
 */
MUST_CHECK enum err settings_keep(
    int state_fd, struct settings *s, const struct settings *next);

/*
 * Runs the set form of a command whose value is kept: it is durable when this
 * returns AT_DONE, and as it was otherwise.
 */
MUST_CHECK enum at_result settings_set(
    int state_fd, struct settings *s, const struct at_command *c);

#endif
