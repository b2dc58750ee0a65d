/*
 * The module's side of the line, as small as it can be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/text.h"
#include "c2c/frame.h"
#include "c2c/port.h"
#include "c2c/session.h"
#include "crypto/crypto.h"
#include "module.h"

static const uint8_t record_key[KEY_LEN] = "a key that is for tests only...";

static void
line_put(struct module *m, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (m->out_count++ == m->out_lose) {
			m->lossy = true;
			continue;
		}
		assert_true(m->out_len < sizeof(m->out));
		m->out[m->out_len++] = data[i];
	}
}

/* Sends bytes, in frames within a session, each as full as it can be. */
static void
answer_bytes(struct module *m, const uint8_t *data, size_t len)
{
	uint8_t frame[HF_C2C_MODULE_FRAME_MAX];
	size_t n, frame_len;

	while (m->open && len > 0) {
		n = len < HF_C2C_MODULE_MAX ? len : HF_C2C_MODULE_MAX;
		assert_int_equal(c2c_seal(&m->session, bytes_make(data, n),
				     frame, sizeof(frame), &frame_len),
		    ERR_OK);
		line_put(m, frame, frame_len);
		data += n;
		len -= n;
	}
	line_put(m, data, len);
}

static void
answer(struct module *m, const char *text)
{
	answer_bytes(m, (const uint8_t *)text, strlen(text));
}

void
module_urc(struct module *m, const char *line)
{
	char text[64];

	snprintf(text, sizeof(text), "\r\n%s\r\n", line);
	answer(m, text);
}

void
module_plain(struct module *m, const char *line)
{
	char text[64];

	snprintf(text, sizeof(text), "\r\n%s\r\n", line);
	line_put(m, (const uint8_t *)text, strlen(text));
}

/* Reads quoted hex of exactly len bytes at *at, and goes behind it. */
static bool
take_hex(const char **at, uint8_t *out, size_t len)
{
	size_t got;

	if (**at != '"' || strlen(*at) < 2 * len + 2 ||
	    hex_decode(bytes_make(*at + 1, 2 * len), out, len, &got) != ERR_OK)
		return false;
	*at += 2 * len + 2;
	*at += **at == ',' ? 1 : 0;
	return true;
}

static void
answer_keys(struct module *m, unsigned op, const struct hf_c2c_pair *pair,
    const uint8_t *tag)
{
	char key[33], hmac_key[33], tag_text[33], text[160];

	hex_encode(BYTES_OF(pair->key), key);
	hex_encode(BYTES_OF(pair->hmac_key), hmac_key);
	hex_encode(bytes_make(tag, 16), tag_text);
	if (pair->version == HF_C2C_V1)
		snprintf(text, sizeof(text),
		    "\r\n+USECC2C: %u,0,\"%s\"\r\n\r\nOK\r\n", op, key);
	else
		snprintf(text, sizeof(text),
		    "\r\n+USECC2C: %u,0,\"%s\",\"%s\",\"%s\"\r\n\r\nOK\r\n", op,
		    key, hmac_key, tag_text);
	answer(m, text);
}

static struct c2c_maker
maker(const struct module *m)
{
	struct c2c_maker made = {&m->crypto, record_key};

	return made;
}

/* 0,"<TE>"[,<version>]: 1 is what firmware that speaks V1 only would do. */
static bool
do_pair(struct module *m, const char *at, unsigned op)
{
	enum hf_c2c_version version = HF_C2C_V2;
	uint8_t te[HF_C2C_TE_LEN], tag[HF_C2C_TAG_LEN];
	struct c2c_maker made = maker(m);
	struct c2c_name name = {te, "pty"};
	struct hf_c2c_pair pair;

	if (!take_hex(&at, te, sizeof(te)))
		return false;
	if (*at != '\0')
		version = (enum hf_c2c_version)(*at - '0');
	if (te[0] == 0x01) /* a name for which this is old firmware */
		version = HF_C2C_V1;
	if (c2c_records_pair(&m->records, &made, &name, version, &pair, tag) !=
	    ERR_OK)
		return false;
	answer_keys(m, op, &pair, tag);
	return true;
}

static bool
do_confirm(struct module *m, const char *at)
{
	uint8_t te[HF_C2C_TE_LEN], confirm[HF_C2C_CONFIRM_LEN];
	struct c2c_maker made = maker(m);
	struct c2c_name name = {te, "pty"};
	bool changed;

	if (!take_hex(&at, te, sizeof(te)) ||
	    !take_hex(&at, confirm, sizeof(confirm)) ||
	    c2c_records_confirm(&m->records, &made, &name, confirm, &changed) !=
		ERR_OK)
		return false;
	answer(m, "\r\nOK\r\n");
	return true;
}

static bool
open_v3(struct module *m, const char *at, const struct hf_c2c_pair *pair)
{
	uint8_t theirs[HF_C2C_NONCE_LEN], ours[HF_C2C_NONCE_LEN];
	char text[80], hex[33];

	if (!take_hex(&at, theirs, sizeof(theirs)) ||
	    random_fill(&m->random, ours, sizeof(ours)) != ERR_OK ||
	    c2c_session_init_v3(&m->session, &m->crypto, C2C_MODULE, pair,
		theirs, ours) != ERR_OK)
		return false;
	hex_encode(BYTES_OF(ours), hex);
	snprintf(text, sizeof(text), "\r\n+USECC2C: 1,\"%s\"\r\n", hex);
	answer(m, text);
	return true;
}

static bool
do_open(struct module *m, const char *at)
{
	uint8_t te[HF_C2C_TE_LEN];
	struct c2c_maker made = maker(m);
	struct c2c_name name = {te, "pty"};
	struct hf_c2c_pair pair;

	if (!take_hex(&at, te, sizeof(te)) ||
	    c2c_records_open(&m->records, &made, &name, &pair) != ERR_OK)
		return false;
	if (pair.version == HF_C2C_V3
		? !open_v3(m, at, &pair)
		: *at != '\0' || c2c_session_init(&m->session, &m->crypto,
				     C2C_MODULE, &pair) != ERR_OK)
		return false;
	answer(m, "\r\nOK\r\n");
	memcpy(m->te_secret, te, sizeof(te));
	c2c_decoder_init(&m->decoder, m->frame, sizeof(m->frame));
	m->open = true;
	return true;
}

static bool
do_rekey(struct module *m)
{
	char text[2 * HF_C2C_TE_LEN + 8], te[33];

	hex_encode(BYTES_OF(m->te_secret), te);
	snprintf(text, sizeof(text), "\"%s\",%u", te, m->session.version);
	return do_pair(m, text, 3);
}

static bool
do_c2c(struct module *m, const char *at)
{
	bool inside = at[0] == '2' || at[0] == '3';

	if (inside != m->open || at[0] == '\0' ||
	    (at[1] != ',' && at[1] != '\0'))
		return false;
	m->closing = inside;
	switch (at[0]) {
	case '0':
		return do_pair(m, at + 2, 0);
	case '1':
		return do_open(m, at + 2);
	case '2':
		answer(m, "\r\nOK\r\n");
		return true;
	case '3':
		return do_rekey(m);
	case '4':
		return do_confirm(m, at + 2);
	default:
		return false;
	}
}

/* Says back the data of the command before, as a binary answer. */
static void
do_echo_data(struct module *m)
{
	char head[64];

	snprintf(
	    head, sizeof(head), "\r\n+USECE2EDATAENC: %zu,\"", m->data_len);
	answer(m, head);
	answer_bytes(m, m->data, m->data_len);
	answer(m, "\"\r\n\r\nOK\r\n");
}

static void
do_command(struct module *m)
{
	const char *text = m->command;
	bool good = true;

	if (strncmp(text, "AT+USECC2C=", 11) == 0) {
		good = do_c2c(m, text + 11);
	} else if (strncmp(text, "AT+USECE2EDATAENC=", 18) == 0) {
		m->want = strtoul(text + 18, NULL, 10);
		m->data_len = 0;
		good = m->want <= sizeof(m->data);
		answer(m, "\r\n>");
	} else if (strcmp(text, "AT+USECROTUID") == 0) {
		answer(m, "\r\n+USECROTUID: \"0002000089282245\"\r\n"
			  "\r\nOK\r\n");
	} else {
		good = strcmp(text, "AT") == 0 || strcmp(text, "ATE0") == 0 ||
		       strcmp(text, "AT+CMEE=1") == 0;
		if (good)
			answer(m, "\r\nOK\r\n");
	}
	if (!good)
		answer(m, "\r\nERROR\r\n");
	if (good && m->closing)
		m->open = false;
	m->closing = false;
}

static void
take_text(struct module *m, uint8_t byte)
{
	if (m->want > 0) {
		m->data[m->data_len++] = byte;
		if (--m->want == 0)
			do_echo_data(m);
	} else if (byte == '\r') {
		m->command[m->command_len] = '\0';
		m->command_len = 0;
		do_command(m);
	} else if (m->command_len + 1 < sizeof(m->command)) {
		m->command[m->command_len++] = (char)byte;
	}
}

static void
take_framed(struct module *m, uint8_t byte)
{
	struct bytes body, text;
	size_t i;

	(void)c2c_decoder_feed(&m->decoder, bytes_make(&byte, 1), &body);
	if (body.ptr == NULL)
		return;
	if (c2c_open(&m->session, m->frame + (body.ptr - m->frame), body.len,
		&text) != ERR_OK) {
		m->refused++;
		return;
	}
	for (i = 0; i < text.len; i++)
		take_text(m, text.ptr[i]);
}

static int
module_write(void *ctx, const uint8_t *data, size_t len)
{
	struct module *m = ctx;
	size_t i;

	m->plain_seen |= m->open && len >= 2 && memcmp(data, "AT", 2) == 0;
	for (i = 0; i < len; i++) {
		if (m->in_count++ == m->in_lose || m->deaf)
			continue;
		if (m->open)
			take_framed(m, data[i]);
		else
			take_text(m, data[i]);
	}
	return 0;
}

static int
module_read(void *ctx, uint8_t *data, size_t cap, uint32_t *timeout_ms)
{
	struct module *m = ctx;
	size_t n = m->out_len - m->out_at;

	n = n < cap ? n : cap;
	n = n < m->piece ? n : m->piece;
	if (n == 0) {
		*timeout_ms = 0;
		m->out_at = m->out_len = 0;
		return 0;
	}
	memcpy(data, m->out + m->out_at, n);
	m->out_at += n;
	return (int)n;
}

static void
count_urc(void *ctx, const char *line, size_t len)
{
	struct module *m = ctx;

	(void)len;
	/* What a lost end flag held back until the next frame, is late. */
	if (strncmp(line, "+USEC", 5) == 0)
		return;
	if (strncmp(line, "+UU", 3) == 0)
		m->urcs++;
	else
		assert_true(m->lossy);
}

/* The same numbers each time: a lost byte may be any byte of a frame. */
static enum err
draw(void *ctx, uint8_t *out, size_t len)
{
	prng_fill(ctx, out, len);
	return ERR_OK;
}

void
module_init(struct module *m, struct hf_host *h)
{
	struct hf_urc urc = {count_urc, m};

	memset(m, 0, sizeof(*m));
	prng_init(&m->prng, 1);
	m->random = (struct random_source){draw, &m->prng};
	c2c_port_init(&m->crypto, &m->random);
	m->port.write = module_write;
	m->port.read = module_read;
	m->port.ctx = m;
	m->piece = SIZE_MAX;
	m->in_lose = m->out_lose = NO_LOSS;
	hf_init(h, &m->port, &urc);
}
