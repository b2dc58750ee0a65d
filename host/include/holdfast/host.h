/*
 * libholdfast-host: the MCU's side of a module. It sends AT commands, reads
 * their answers, and protects the line by chip-to-chip sessions. Plain C99;
 * it allocates nothing, has no state but the caller's structures, and needs
 * two functions for the line and, for sessions only, a crypto port.
 *
 * One thread at a time may use a struct hf_host. Functions return HF_OK or
 * the reason; ret_ parameters are written on success only. Errors that any
 * function which sends a command may return are not repeated below:
 *
 *	HF_ERR_IO	the port failed
 *	HF_ERR_TIMEOUT	no answer in time: call hf_sync before anything else
 *	HF_ERR_MODULE	the module refused: see hf_module_error
 *	HF_ERR_FORMAT	the answer is not what it should be
 *	HF_ERR_SPACE	the answer does not fit the caller's buffer
 *	HF_ERR_INVALID	a parameter is too long, or holds a quote, a line
 *			end or another control character
 *	HF_ERR_CRYPTO	the crypto port failed, within a session
 */
#ifndef HOLDFAST_HOST_H
#define HOLDFAST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "holdfast/c2c.h"

#if defined(__GNUC__)
#define HF_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HF_MUST_CHECK
#endif

#define HF_LINE_MAX 192 /* longer lines without a question are cut */
#define HF_INPUT_MAX 64
#define HF_ERROR_MAX 64
#define HF_COMMAND_MAX 384 /* a command, without its CR */

enum hf_err {
	HF_OK = 0,
	HF_ERR_INVALID = -1,
	HF_ERR_SPACE = -2,
	HF_ERR_FORMAT = -3,
	HF_ERR_TIMEOUT = -4,
	HF_ERR_IO = -5,
	HF_ERR_MODULE = -6,
	HF_ERR_STATE = -7, /* a session is open that must not be, or none is */
	HF_ERR_CRYPTO = -8
};

/* The line to the module. */
struct hf_port {
	/* Writes all of len bytes. 0, or something else: the line is broken. */
	int (*write)(void *ctx, const uint8_t *data, size_t len);

	/*
	 * Reads 1 to cap bytes as soon as there are any. Waits *timeout_ms
	 * at most, and takes off it what it waited, so that a module which
	 * talks without an end still runs into its time. Returns how many
	 * bytes, 0 when the time is over, less when the line is broken.
	 */
	int (*read)(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms);

	void *ctx;
};

/*
 * Gets a line that nobody asked for, such as "+UUSORD: 0,16"; it ends with a
 * NUL behind len characters. It may not call anything of this header.
 */
struct hf_urc {
	void (*line)(void *ctx, const char *line, size_t len);
	void *ctx;
};

/* What a chip-to-chip session needs. Fields are for the library alone. */
struct hf_c2c {
	struct hf_c2c_session session;
	struct hf_c2c_decoder decoder;
	uint8_t in[HF_C2C_MODULE_FRAME_MAX];
	const uint8_t *text; /* what is left of the frame opened last */
	size_t text_len;
	uint8_t plain[HF_C2C_HOST_MAX]; /* what waits to be sealed */
	size_t plain_len;
	uint8_t out[HF_C2C_HOST_FRAME_MAX];
	uint32_t refused; /* frames that did not open */
};

/* A module at the other end of a line. Fields are for the library alone. */
struct hf_host {
	const struct hf_port *port;
	struct hf_urc urc;
	struct hf_c2c *c2c; /* of the session that is open, or NULL */
	struct hf_c2c *doubt; /* of one that is perhaps open, to be ended */
	uint8_t in[HF_INPUT_MAX];
	size_t in_at, in_len;
	char line[HF_LINE_MAX + 1];
	size_t line_len;
	int error; /* of the last +CME ERROR, or -1 */
	char error_text[HF_ERROR_MAX + 1];
};

/*
 * Starts with a module at the end of port. urc may be NULL; both must
 * outlive h. Nothing is sent.
 */
void hf_init(
    struct hf_host *h, const struct hf_port *port, const struct hf_urc *urc);

/*
 * Finds the module, or finds it again after HF_ERR_TIMEOUT: sends AT until it
 * answers, tries times, then ATE0 and AT+CMEE=1, and drops what earlier
 * commands still answer. From the second try on a quote goes before the AT, in
 * a line that the module refuses: it ends a quoted string which a lost byte
 * left open, or opens one for the next try to end. Three tries are enough for
 * a module that listens; each lasts a second when it does not answer.
 *
 * Inside a session only AT is sent, and the quote; whatever comes, the session
 * goes on. But one whose opening, closing or new keys were not answered ends:
 * all that is done in plain text, and if nothing answers the session is closed
 * in a frame, and all is done again. After HF_OK no session is open, and its
 * keys are wiped.
 */
HF_MUST_CHECK enum hf_err hf_sync(struct hf_host *h, unsigned tries);

/*
 * The number of the last +CME ERROR, or -1 after a plain ERROR; and its text,
 * which is empty or a number unless AT+CMEE=2 was sent.
 */
int hf_module_error(const struct hf_host *h);
const char *hf_module_error_text(const struct hf_host *h);

/*
 * Hands URCs to the callback for timeout_ms, which may be 0, and for 4,096
 * bytes at most. HF_ERR_IO.
 */
HF_MUST_CHECK enum hf_err hf_poll(struct hf_host *h, uint32_t timeout_ms);

/* What the answer of a command looks like. */
enum hf_shape {
	HF_SHAPE_LINES, /* text lines; out gets them with LF in between */
	HF_SHAPE_BINARY, /* <n>,"<n bytes>"; out gets the n bytes */
	HF_SHAPE_QUOTED /* "<text, with line ends>"; out gets the text */
};

/* Any command. What is not named in an initializer is 0, and may be. */
struct hf_call {
	const char *command; /* such as "AT+CSQ": no CR */
	const char *prefix; /* of the answer, "+CSQ:"; NULL: lines without + */
	enum hf_shape shape;
	char prompt; /* '>' or '@' before data, or 0 */
	const uint8_t *data;
	size_t data_len;
	void *out;
	size_t out_cap;
	uint32_t timeout_ms; /* 0: ten seconds */
	size_t out_len; /* is written: how many bytes out got */
};

/*
 * Sends a command, its data after the prompt, and waits for the final
 * result. out holds the answer behind its prefix; it is no string. Lines
 * that are no part of the answer go to the URC callback.
 */
HF_MUST_CHECK enum hf_err hf_run(struct hf_host *h, struct hf_call *call);

/* AT+USECROTUID: the root of trust's public name. */
HF_MUST_CHECK enum hf_err hf_rot_uid(struct hf_host *h, uint8_t ret_uid[8]);

/*
 * AT+USECDEVINFO=: seals the device for its profile, once and for ever. An
 * already sealed one answers HF_OK and stays what it is.
 */
HF_MUST_CHECK enum hf_err hf_device_seal(
    struct hf_host *h, const char *profile_uid, const char *serial);

/* Where the device stands: the seed of it all is true, true, true. */
struct hf_device_info {
	bool module_registered; /* bootstrapped */
	bool device_registered; /* sealed, and the service knows */
	bool device_activated;
};

/* AT+USECDEVINFO?. Waits up to 3 minutes: some modules bootstrap first. */
HF_MUST_CHECK enum hf_err hf_device_info(
    struct hf_host *h, struct hf_device_info *ret_info);

/* AT+USECCONN: a security heartbeat now. Waits up to 5 minutes. */
HF_MUST_CHECK enum hf_err hf_heartbeat(struct hf_host *h);

/* AT+USECMODE=: the security client on or off. */
HF_MUST_CHECK enum hf_err hf_security_mode(struct hf_host *h, bool on);

/* A pre-shared key and the name under which the cloud finds it. */
struct hf_psk {
	char identity[29]; /* as it is sent in TLS; ends with a NUL */
	uint8_t key[32];
	size_t key_len;
};

/* AT+USECPSK=: a new PSK of 16 or 32 bytes. Wipe it when it is used. */
HF_MUST_CHECK enum hf_err hf_psk(
    struct hf_host *h, size_t key_len, struct hf_psk *ret_psk);

/* AT+USECOPCMD="e2e_enc": version 1 or 2 of E2E messages to the cloud. */
HF_MUST_CHECK enum hf_err hf_e2e_version_set(
    struct hf_host *h, unsigned version);
HF_MUST_CHECK enum hf_err hf_e2e_version(
    struct hf_host *h, unsigned *ret_version);

/*
 * AT+USECE2EDATAENC=: encrypts len bytes for the cloud. The message is 32
 * bytes longer in version 1, 19 in version 2.
 */
HF_MUST_CHECK enum hf_err hf_e2e_encrypt(struct hf_host *h, const uint8_t *data,
    size_t len, uint8_t *ret_message, size_t cap, size_t *ret_len);

/* AT+USECE2EFILEENC=: the same with a file of the module's. */
HF_MUST_CHECK enum hf_err hf_e2e_encrypt_file(struct hf_host *h,
    const char *file, uint8_t *ret_message, size_t cap, size_t *ret_len);

/* AT+USECE2EDATADEC=: decrypts a message from the cloud, once. */
HF_MUST_CHECK enum hf_err hf_e2e_decrypt(struct hf_host *h,
    const uint8_t *message, size_t len, uint8_t *ret_data, size_t cap,
    size_t *ret_len);

/* AT+USECDATAENC=: encrypts len bytes into a file of the module's. */
HF_MUST_CHECK enum hf_err hf_local_encrypt(
    struct hf_host *h, const uint8_t *data, size_t len, const char *file);

/* AT+USECFILEDEC=: decrypts such a file. */
HF_MUST_CHECK enum hf_err hf_local_decrypt(struct hf_host *h, const char *file,
    uint8_t *ret_data, size_t cap, size_t *ret_len);

/* The files of zero touch provisioning. */
enum hf_certificate {
	HF_CERTIFICATE_KEY = 0, /* the device's private key */
	HF_CERTIFICATE_DEVICE = 1,
	HF_CERTIFICATE_CA = 2
};

/* AT+USECDEVCERT?: says of each, by enum hf_certificate, if it is there. */
HF_MUST_CHECK enum hf_err hf_certificates(
    struct hf_host *h, bool ret_present[3]);

/* AT+USECDEVCERT=: reads one as PEM, which is no string: no NUL ends it. */
HF_MUST_CHECK enum hf_err hf_certificate_read(struct hf_host *h,
    enum hf_certificate which, char *ret_pem, size_t cap, size_t *ret_len);

/* What AT+USECMNG keeps. */
enum hf_credential {
	HF_CREDENTIAL_CA = 0,
	HF_CREDENTIAL_CERTIFICATE = 1,
	HF_CREDENTIAL_KEY = 2,
	HF_CREDENTIAL_SERVER = 3,
	HF_CREDENTIAL_VERIFY_CERTIFICATE = 4,
	HF_CREDENTIAL_VERIFY_KEY = 5
};

/*
 * AT+USECMNG=0: stores PEM or DER, a key with its password or NULL. ret_md5
 * is the MD5 of the DER as 32 hex digits and a NUL.
 */
HF_MUST_CHECK enum hf_err hf_credential_store(struct hf_host *h,
    enum hf_credential type, const char *name, const uint8_t *data, size_t len,
    const char *password, char ret_md5[33]);

/* AT+USECMNG=1: the same from a file of the module's. */
HF_MUST_CHECK enum hf_err hf_credential_import(struct hf_host *h,
    enum hf_credential type, const char *name, const char *file,
    const char *password, char ret_md5[33]);

/* AT+USECMNG=2: removes one. */
HF_MUST_CHECK enum hf_err hf_credential_remove(
    struct hf_host *h, enum hf_credential type, const char *name);

/* AT+USECMNG=3: lists all, one a line with LF in between; no NUL ends it. */
HF_MUST_CHECK enum hf_err hf_credential_list(
    struct hf_host *h, char *ret_list, size_t cap, size_t *ret_len);

/* AT+USECMNG=4: the MD5 of one. */
HF_MUST_CHECK enum hf_err hf_credential_md5(struct hf_host *h,
    enum hf_credential type, const char *name, char ret_md5[33]);

/* AT+USECPRF=<profile>: every setting of a TLS profile, 0 to 4, as it was. */
HF_MUST_CHECK enum hf_err hf_tls_reset(struct hf_host *h, unsigned profile);

/*
 * AT+USECPRF=<profile>,<op>,: sets one, a number or a text; ops are those of
 * the AT commands manual, such as 0 for validation and 3 for the CA's name.
 */
HF_MUST_CHECK enum hf_err hf_tls_set(
    struct hf_host *h, unsigned profile, unsigned op, unsigned value);
HF_MUST_CHECK enum hf_err hf_tls_set_text(
    struct hf_host *h, unsigned profile, unsigned op, const char *value);

/* Sets a PSK of the caller's and its identity, from bytes (ops 8 and 9). */
HF_MUST_CHECK enum hf_err hf_tls_set_psk(
    struct hf_host *h, unsigned profile, const struct hf_psk *psk);

/* AT+USECPRF=<profile>,<op>: reads one, as it stands behind the op. */
HF_MUST_CHECK enum hf_err hf_tls_get(struct hf_host *h, unsigned profile,
    unsigned op, char *ret_value, size_t cap, size_t *ret_len);

/* Draws a TE_SECRET. HF_ERR_CRYPTO. */
HF_MUST_CHECK enum hf_err hf_c2c_te_secret(
    const struct hf_crypto *crypto, uint8_t ret_te_secret[HF_C2C_TE_LEN]);

/*
 * AT+USECC2C=0: makes a pair of that version. The keys cross the line as
 * they are: pair where nobody listens. Store the pair, then confirm it with
 * its tag; V1 has no tag, and needs no confirmation.
 *
 * Errors: HF_ERR_FORMAT also when the module speaks another version than was
 * asked for; HF_ERR_STATE (a session is open).
 */
HF_MUST_CHECK enum hf_err hf_c2c_pair(struct hf_host *h,
    enum hf_c2c_version version, const uint8_t te_secret[HF_C2C_TE_LEN],
    struct hf_c2c_pair *ret_pair, uint8_t ret_tag[HF_C2C_TAG_LEN]);

/*
 * AT+USECC2C=4: shows the module that pair and tag arrived. Outside of
 * sessions; may be repeated.
 */
HF_MUST_CHECK enum hf_err hf_c2c_confirm(struct hf_host *h,
    const struct hf_crypto *crypto, const struct hf_c2c_pair *pair,
    const uint8_t tag[HF_C2C_TAG_LEN]);

/*
 * AT+USECC2C=1: opens a session of the pair's version. From now on all that
 * this header sends and reads is in frames. c2c and crypto belong to the
 * session until it is closed. Errors: HF_ERR_STATE (one is open).
 *
 * After any error but HF_ERR_MODULE, HF_ERR_STATE and HF_ERR_INVALID the
 * module may be in a session, and this host is in none. Call hf_sync, or this
 * again, which calls it; c2c and crypto belong to h until one of the two has
 * succeeded, or hf_c2c_forget was called.
 */
HF_MUST_CHECK enum hf_err hf_c2c_open(struct hf_host *h, struct hf_c2c *c2c,
    const struct hf_crypto *crypto, const struct hf_c2c_pair *pair);

/*
 * AT+USECC2C=2: closes the session and wipes it. When that is not answered all
 * goes on in frames until hf_sync, which closes it for good, or hf_c2c_forget.
 * HF_ERR_STATE (none open).
 */
HF_MUST_CHECK enum hf_err hf_c2c_close(struct hf_host *h);

/*
 * AT+USECC2C=3: gets new keys for the session's pair, through the session,
 * which is closed by it, and without an answer as by hf_c2c_close. Store them
 * beside the old ones, confirm them, then forget the old ones: these stand
 * until the module has seen the confirmation. HF_ERR_STATE (no session is
 * open, or one of V1).
 */
HF_MUST_CHECK enum hf_err hf_c2c_rekey(struct hf_host *h,
    struct hf_c2c_pair *ret_pair, uint8_t ret_tag[HF_C2C_TAG_LEN]);

/*
 * AT+USECC2C=5: the module forgets the pair of a TE_SECRET, or with NULL every
 * pair of this terminal. It takes the features LocalC2C and
 * LocalC2CKeyPairing. HF_ERR_STATE (a session is open).
 */
HF_MUST_CHECK enum hf_err hf_c2c_erase(
    struct hf_host *h, const uint8_t te_secret[HF_C2C_TE_LEN]);

/* Forgets a session without a word: the module was switched off or reset. */
void hf_c2c_forget(struct hf_host *h);

#endif
