/*
 * AT+USECC2C and its sessions at a terminal, with a host that speaks lib/c2c.
 */
#include "host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c2c/frame.h"
#include "c2c/session.h"
#include "c2c_db.h"

#define TE "00112233445566778899AABBCCDDEEFF"
#define OK_LINE "\r\nOK\r\n"
#define C2C_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static struct hf_c2c_session session; /* the host's side */

/* Opens a session of V2, which the TEE's pair makes. */
static void
open_v2(struct host *h)
{
	h->tee.pair.version = HF_C2C_V2;
	memset(h->tee.pair.key, 0x11, HF_C2C_KEY_LEN);
	memset(h->tee.pair.hmac_key, 0x22, HF_C2C_KEY_LEN);
	host_ask(h, "AT+USECC2C=1,\"" TE "\"", OK_LINE);
	memcpy(h->tee.pair.te_secret, h->tee.c2c.te_secret, HF_C2C_TE_LEN);
	assert_int_equal(c2c_session_init(&session, &h->module.crypto, C2C_HOST,
			     &h->tee.pair),
	    ERR_OK);
}

static size_t
sealed(const char *text, uint8_t frame[HF_C2C_HOST_FRAME_MAX])
{
	size_t len;

	assert_int_equal(c2c_seal(&session, bytes_str(text), frame,
			     HF_C2C_HOST_FRAME_MAX, &len),
	    ERR_OK);
	return len;
}

static void
type(struct host *h, const char *text)
{
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];

	host_send(h, bytes_make(frame, sealed(text, frame)));
}

/* All that came back is frames, and this is in them. */
static void
see(struct host *h, const char *text)
{
	static uint8_t in[HF_C2C_MODULE_FRAME_MAX];
	struct bytes out = terminal_output(&h->terminal), body, part;
	struct hf_c2c_decoder decoder;
	size_t pos = 0, at = 0;

	c2c_decoder_init(&decoder, in, sizeof(in));
	while (pos < out.len) {
		pos += c2c_decoder_feed(
		    &decoder, bytes_make(out.ptr + pos, out.len - pos), &body);
		assert_non_null(body.ptr);
		assert_int_equal(
		    c2c_open(&session, in + (body.ptr - in), body.len, &part),
		    ERR_OK);
		assert_true(at + part.len <= strlen(text));
		assert_memory_equal(part.ptr, text + at, part.len);
		at += part.len;
	}
	assert_int_equal(at, strlen(text));
	assert_int_equal(decoder.dropped, 0);
	terminal_sent(&h->terminal, out.len);
}

/* Records are stored before the answer, and come with the next request. */
static void
test_records(void **state)
{
	struct host *h = *state;

	h->tee.pair.version = HF_C2C_V3;
	memset(h->tee.pair.key, 0xab, HF_C2C_KEY_LEN);
	host_ask(h, "AT+USECC2C=0,\"" TE "\",3",
	    "\r\n+USECC2C: 0,0,\"ABABABABABABABABABABABABABABABAB\","
	    "\"00000000000000000000000000000000\","
	    "\"77777777777777777777777777777777\"\r\n" OK_LINE);
	assert_int_equal(h->tee.c2c.version, HF_C2C_V3);
	assert_false(h->tee.c2c.rekey);
	assert_int_equal(h->tee.db_byte, 0);
	host_type(h, "AT+USECC2C=0,\"" TE "\"\r");
	terminal_sent(&h->terminal, terminal_output(&h->terminal).len);
	assert_int_equal(h->tee.c2c.version, HF_C2C_V2);
	assert_int_equal(h->tee.db_byte, 1);
	h->module.c2c_v1 = true;
	h->tee.pair.version = HF_C2C_V1;
	host_ask(h, "AT+USECC2C=0,\"" TE "\"",
	    "\r\n+USECC2C: "
	    "0,0,\"ABABABABABABABABABABABABABABABAB\"\r\n" OK_LINE);
	assert_int_equal(h->tee.c2c.version, HF_C2C_V1);
	assert_int_equal(h->tee.db_byte, 2);
}

/* One pair of the terminal is erased, or all of them, outside of sessions. */
static void
test_erase(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECC2C=5,\"" TE "\"", OK_LINE);
	assert_false(h->tee.c2c.all);
	assert_int_equal(h->tee.c2c.te_secret[1], 0x11);
	host_ask(h, "AT+USECC2C=5", OK_LINE);
	assert_true(h->tee.c2c.all);
	assert_int_equal(h->tee.db_byte, 1);
	host_ask(h, "AT+USECC2C=5,\"00\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+USECC2C=5,\"" TE "\",1", "\r\n+CME ERROR: 50\r\n");
	assert_int_equal(h->tee.asked[TEE_C2C_ERASE], 2);
	h->tee.err = ERR_NOT_FOUND;
	host_ask(h, "AT+USECC2C=5,\"" TE "\"", "\r\n+CME ERROR: 1683\r\n");
	h->tee.err = ERR_OK;
	open_v2(h);
	type(h, "AT+USECC2C=5\r");
	see(h, "\r\n+CME ERROR: 3\r\n");
	assert_int_equal(h->tee.asked[TEE_C2C_ERASE], 3);
}

/* Keys that could not be stored are not told. */
static void
test_not_stored(void **state)
{
	struct host *h = *state;
	int dir_fd = h->module.state_fd;

	h->tee.pair.version = HF_C2C_V2;
	h->module.state_fd = -1;
	host_ask(h, "AT+USECC2C=0,\"" TE "\"", "\r\n+CME ERROR: 23\r\n");
	h->module.state_fd = dir_fd;
	h->tee.err = ERR_DENIED;
	host_ask(h, "AT+USECC2C=0,\"" TE "\"", "\r\n+CME ERROR: 3\r\n");
}

/* Each way in which a pair does not come about has its own number. */
static void
test_pair_refused(void **state)
{
	static const struct {
		enum err err;
		const char *answer;
	} cases[] = {
	    {ERR_EXISTS, "\r\n+CME ERROR: 1681\r\n"},
	    {ERR_SPACE, "\r\n+CME ERROR: 1682\r\n"},
	    {ERR_NOT_FOUND, "\r\n+CME ERROR: 1683\r\n"},
	    {ERR_STATE, "\r\n+CME ERROR: 1683\r\n"},
	    {ERR_EXHAUSTED, "\r\n+CME ERROR: 1676\r\n"},
	    {ERR_DENIED, "\r\n+CME ERROR: 3\r\n"},
	    {ERR_DISABLED, "\r\n+CME ERROR: 1673\r\n"},
	};
	struct host *h = *state;
	size_t i;

	h->tee.info.generation = 1;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		h->tee.err = cases[i].err;
		host_ask(h, "AT+USECC2C=0,\"" TE "\"", cases[i].answer);
		host_ask(h, "AT+USECC2C=1,\"" TE "\"", cases[i].answer);
	}
	/* Both features are on: it is a pair of V1, which this module lacks. */
	h->tee.info.features = TEE_FEATURE_C2C | TEE_FEATURE_C2C_PAIRING;
	host_ask(h, "AT+USECC2C=1,\"" TE "\"", "\r\n+CME ERROR: 51\r\n");
}

static void
test_session(void **state)
{
	struct host *h = *state;

	open_v2(h);
	type(h, "AT+CMEE?\r");
	see(h, "\r\n+CMEE: 1\r\n" OK_LINE);
	host_type(h, "AT\r"); /* noise */
	see(h, "");
	type(h, "AT+USECC2C=1,\"" TE "\"\r");
	see(h, "\r\n+CME ERROR: 3\r\n");
	/* What follows the end in the same frame is dropped. */
	type(h, "AT+USECC2C=2\rAT+CMEE=2\r");
	see(h, OK_LINE);
	host_ask(h, "AT+CMEE?", "\r\n+CMEE: 1\r\n" OK_LINE);
	assert_int_equal(h->tee.asked[TEE_C2C_CLOSE], 1);
}

/* The echo is in frames like all else, and a frame serves many bytes. */
static void
test_echo(void **state)
{
	struct host *h = *state;
	size_t len;

	open_v2(h);
	h->terminal.settings.echo = true;
	type(h, "AT\r");
	len = terminal_output(&h->terminal).len;
	assert_int_equal(len, c2c_sealed_len(&session, 9));
	see(h, "AT\r" OK_LINE);
}

/* Frames beyond a command that goes on wait for it. */
static void
test_wait(void **state)
{
	struct host *h = *state;
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	size_t len;

	open_v2(h);
	h->tee.heartbeat = ERR_BUSY;
	type(h, "AT+USECCONN\rAT+CMEE?\r");
	see(h, "");
	assert_false(terminal_idle(&h->terminal));
	len = sealed("AT\r", frame);
	assert_int_equal(
	    terminal_input(&h->terminal, h->now_ms, bytes_make(frame, len)), 0);
	h->tee.heartbeat = ERR_OK;
	terminal_poll(&h->terminal, h->now_ms);
	host_send(h, bytes_make(frame, len));
	see(h, OK_LINE "\r\n+CMEE: 1\r\n" OK_LINE OK_LINE);
	assert_true(terminal_idle(&h->terminal));
}

/* Reports in and after a session: what the last frame ends, is plain. */
static void
test_urc(void **state)
{
	struct host *h = *state;

	open_v2(h);
	terminal_urc(&h->terminal, "+NOW: 1");
	see(h, "\r\n+NOW: 1\r\n");
	type(h, "AT+USECC2C=2");
	terminal_urc(&h->terminal, "+LATER: 1");
	see(h, "");
	/* Behind the last frame the line is plain again. */
	type(h, "\r");
	assert_null(terminal_session(&h->terminal));
	assert_true(
	    terminal_output(&h->terminal).len > c2c_sealed_len(&session, 6));
	assert_memory_equal(
	    terminal_output(&h->terminal).ptr + c2c_sealed_len(&session, 6),
	    "\r\n+LATER: 1\r\n", 13);
	terminal_sent(&h->terminal, c2c_sealed_len(&session, 6) + 13);
	host_see(h, "");
}

/* Much data leaves in full frames, and not all of it is sealed at once. */
static void
test_much(void **state)
{
	struct host *h = *state;
	size_t len = 300000, total = 0, one;
	char *data = malloc(len);

	assert_non_null(data);
	memset(data, 'x', len);
	host_type(h, "AT+UDWNFILE=\"f\",300000\r");
	host_send(h, bytes_make(data, len));
	terminal_sent(&h->terminal, terminal_output(&h->terminal).len);
	open_v2(h);
	type(h, "AT+URDFILE=\"f\"\r");
	one = c2c_sealed_len(&session, HF_C2C_MODULE_MAX);
	while (terminal_output(&h->terminal).len > 0) {
		assert_true(terminal_output(&h->terminal).len <
			    TERMINAL_BACKLOG_MAX + one);
		assert_int_equal(terminal_output(&h->terminal).ptr[0], 0xf9);
		total++;
		terminal_sent(
		    &h->terminal, terminal_output(&h->terminal).len < one
				      ? terminal_output(&h->terminal).len
				      : one);
	}
	assert_int_equal(total, (len + 40) / HF_C2C_MODULE_MAX + 1);
	assert_true(terminal_idle(&h->terminal));
	free(data);
}

/*
 * A reset puts into frames whatever waits: an answer of the largest size
 * leaves whole, and behind its last frame the line is plain.
 */
static void
test_reset_much(void **state)
{
	static uint8_t in[HF_C2C_MODULE_FRAME_MAX];
	struct host *h = *state;
	struct hf_c2c_decoder decoder;
	struct bytes out, body, text;
	size_t pos = 0, total = 0, len = FILE_SIZE_MAX;
	char *data = malloc(len);

	assert_non_null(data);
	memset(data, 'x', len);
	host_type(h, "AT+UDWNFILE=\"f\",16777215\r");
	host_send(h, bytes_make(data, len));
	terminal_sent(&h->terminal, terminal_output(&h->terminal).len);
	open_v2(h);
	type(h, "AT+URDFILE=\"f\"\r");
	terminal_reset(&h->terminal);
	out = terminal_output(&h->terminal);
	c2c_decoder_init(&decoder, in, sizeof(in));
	while (pos < out.len) {
		pos += c2c_decoder_feed(
		    &decoder, bytes_make(out.ptr + pos, out.len - pos), &body);
		if (body.ptr == NULL)
			break;
		assert_int_equal(
		    c2c_open(&session, in + (body.ptr - in), body.len, &text),
		    ERR_OK);
		total += text.len;
	}
	assert_int_equal(pos, out.len);
	assert_int_equal(
	    total, strlen("\r\n+URDFILE: \"f\",16777215,\"") + len + 3 + 6);
	terminal_sent(&h->terminal, out.len);
	free(data);
}

/* Half a frame goes with its host, the session does not; a reset ends it. */
static void
test_hangup_and_reset(void **state)
{
	struct host *h = *state;
	uint8_t frame[HF_C2C_HOST_FRAME_MAX];
	size_t len;

	open_v2(h);
	type(h, "AT\r");
	see(h, OK_LINE);
	len = sealed("AT+CMEE?\r", frame);
	host_send(h, bytes_make(frame, len - 5));
	terminal_hangup(&h->terminal);
	host_type(h, "AT\r");
	see(h, "");
	type(h, "AT\r");
	see(h, OK_LINE);
	terminal_reset(&h->terminal);
	assert_null(terminal_session(&h->terminal));
	host_type(h, "AT\r");
	host_see(h, "AT\r" OK_LINE);
}

/* As a serial line brings it: byte by byte. */
static void
type_plain(struct host *h, const char *text)
{
	for (; *text != '\0'; text++)
		host_send(h, bytes_make(text, 1));
}

/*
 * A host that did not hear the OK speaks in plain text: that ends a session
 * which no frame has come through, if it is AT at the start of a line.
 */
static void
test_not_heard(void **state)
{
	static const char *const lines[] = {"AT+CM", "x\r\n at+CM", "\nAt+CM"};
	struct host *h = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		open_v2(h);
		type_plain(h, lines[i]);
		assert_null(terminal_session(&h->terminal));
		type_plain(h, "EE?\r");
		host_see(h, "\r\n+CMEE: 1\r\n" OK_LINE);
	}
}

/* Nothing else ends it, also within a frame; and later nothing plain does. */
static void
test_heard(void **state)
{
	static const char *const noise[] = {"\n", "+AT\r", "A T\r", "\"AT\r",
	    "AAT", "\xf9", "\xf9\x10\x01\rAT\r"};
	struct host *h = *state;
	size_t i;

	for (i = 0; i < ARRAY_LEN(noise); i++) {
		open_v2(h);
		type_plain(h, noise[i]);
		host_see(h, "");
		type(h, "AT\r");
		see(h, OK_LINE);
		type_plain(h, "\rAT\rAT+CMEE?\r");
		see(h, "");
		type(h, "AT+USECC2C=2\r");
		see(h, OK_LINE);
	}
}

/* A frame that does not open is no frame of a host with the keys. */
static void
test_not_heard_frames(void **state)
{
	struct host *h = *state;

	open_v2(h);
	session.hmac_key[0] ^= 1;
	type(h, "AT\r");
	host_see(h, "");
	host_type(h, "\rAT\r");
	host_see(h, OK_LINE);
	/* What waits to be told was meant for the session. */
	open_v2(h);
	terminal_urc(&h->terminal, "+NOW: 1");
	see(h, "\r\n+NOW: 1\r\n");
	host_ask(h, "AT+USECC2C=1,\"" TE "\"", OK_LINE);
	type(h, "AT\r");
	see(h, OK_LINE);
}

/* A line that opens and then fails opens nothing. */
static void
test_last_on_its_line(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+USECC2C=1,\"" TE "\";+CMEE?", "\r\n+CME ERROR: 3\r\n");
	assert_int_equal(h->tee.asked[TEE_C2C_OPEN], 0);
	h->tee.pair.version = 9;
	host_ask(h, "AT+USECC2C=1,\"" TE "\"", "\r\n+CME ERROR: 50\r\n");
	assert_null(terminal_session(&h->terminal));
	host_ask(h, "AT+USECC2C=2", "\r\n+CME ERROR: 3\r\n");
	host_ask(h, "AT+USECC2C=3", "\r\n+CME ERROR: 3\r\n");
}

static void
test_rekey(void **state)
{
	struct host *h = *state;

	open_v2(h);
	type(h, "AT+USECC2C=3,\"" TE "\"\r");
	see(h, "\r\n+CME ERROR: 50\r\n");
	h->tee.err = ERR_IO;
	type(h, "AT+USECC2C=3\r");
	see(h, "\r\n+CME ERROR: 23\r\n");
	h->tee.err = ERR_OK;
	type(h, "AT+USECC2C=3\r");
	see(h, "\r\n+USECC2C: 3,0,\"11111111111111111111111111111111\","
	       "\"22222222222222222222222222222222\","
	       "\"77777777777777777777777777777777\"\r\n" OK_LINE);
	assert_true(h->tee.c2c.rekey);
	assert_int_equal(h->tee.c2c.version, HF_C2C_V2);
	assert_memory_equal(
	    h->tee.c2c.te_secret, h->tee.pair.te_secret, HF_C2C_TE_LEN);
	host_ask(h, "AT", OK_LINE);
}

/* Records that the TEE refuses are put aside, and it is asked without. */
static void
test_damaged(void **state)
{
	struct host *h = *state;
	int at = h->module.state_fd;
	uint8_t db[TEE_C2C_DB_MAX + 1] = {HOST_DB_DAMAGED};
	struct stat st;
	size_t len;

	h->tee.pair.version = HF_C2C_V2;
	assert_int_equal(c2c_db_write(at, bytes_make(db, 3)), ERR_OK);
	host_ask(h, "AT+USECC2C=5", OK_LINE);
	assert_int_equal(h->tee.asked[TEE_C2C_ERASE], 2);
	assert_int_equal(h->tee.db_byte, 0);
	assert_int_equal(c2c_db_read(at, db, 8, &len), ERR_OK);
	assert_int_equal(len, 2);
	assert_int_equal(fstatat(at, "USR/usec/c2c_db.damaged", &st, 0), 0);
	assert_int_equal(st.st_size, 3);
	/* One that is too long, where there is one aside already. */
	assert_int_equal(c2c_db_write(at, BYTES_OF(db)), ERR_OK);
	host_ask(h, "AT+USECC2C=5", OK_LINE);
	assert_int_equal(h->tee.asked[TEE_C2C_ERASE], 3);
	assert_int_equal(fstatat(at, "USR/usec/c2c_db.damaged", &st, 0), 0);
	assert_int_equal(st.st_size, sizeof(db));
	/* What cannot be put aside is not lost. */
	db[0] = HOST_DB_DAMAGED;
	assert_int_equal(c2c_db_write(at, bytes_make(db, 3)), ERR_OK);
	assert_int_equal(unlinkat(at, "USR/usec/c2c_db.damaged", 0), 0);
	assert_int_equal(mkdirat(at, "USR/usec/c2c_db.damaged", 0700), 0);
	host_ask(h, "AT+USECC2C=5", "\r\n+CME ERROR: 23\r\n");
	assert_int_equal(h->tee.asked[TEE_C2C_ERASE], 4);
	assert_int_equal(c2c_db_read(at, db, 8, &len), ERR_OK);
	assert_int_equal(len, 3);
	assert_int_equal(
	    unlinkat(at, "USR/usec/c2c_db.damaged", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(at, "USR/usec/c2c_db", 0), 0);
}

/* What a power cut left half written is no harm; what is no file is none. */
static void
test_file(void **state)
{
	struct host *h = *state;
	int fd, at = h->module.state_fd;
	uint8_t db[8];
	struct stat st;
	size_t len;

	assert_int_equal(c2c_db_read(at, db, sizeof(db), &len), ERR_OK);
	assert_int_equal(len, 0);
	assert_int_equal(c2c_db_write(at, BYTES_LIT("first")), ERR_OK);
	assert_int_equal(fstatat(at, "USR/usec/c2c_db", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = openat(
	    at, "USR/usec/c2c_db.new", O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half of something longer", 24), 24);
	(void)close(fd);
	assert_int_equal(c2c_db_read(at, db, sizeof(db), &len), ERR_OK);
	assert_true(bytes_equal(bytes_make(db, len), BYTES_LIT("first")));
	assert_int_equal(c2c_db_write(at, BYTES_LIT("next")), ERR_OK);
	assert_int_equal(c2c_db_read(at, db, sizeof(db), &len), ERR_OK);
	assert_true(bytes_equal(bytes_make(db, len), BYTES_LIT("next")));
	assert_int_not_equal(fstatat(at, "USR/usec/c2c_db.new", &st, 0), 0);
	assert_int_equal(c2c_db_read(at, db, 3, &len), ERR_CONFLICT);
	assert_int_equal(unlinkat(at, "USR/usec/c2c_db", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", at, "USR/usec/c2c_db"), 0);
	assert_int_equal(c2c_db_read(at, db, sizeof(db), &len), ERR_IO);
	assert_int_equal(unlinkat(at, "USR/usec/c2c_db", 0), 0);
	assert_int_equal(mkdirat(at, "USR/usec/c2c_db", 0700), 0);
	assert_int_equal(c2c_db_read(at, db, sizeof(db), &len), ERR_IO);
	assert_int_equal(c2c_db_write(at, BYTES_LIT("next")), ERR_IO);
	assert_int_equal(unlinkat(at, "USR/usec/c2c_db", AT_REMOVEDIR), 0);
	(void)unlinkat(at, "USR/usec/c2c_db.new", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    C2C_TEST(test_records),
	    C2C_TEST(test_erase),
	    C2C_TEST(test_not_stored),
	    C2C_TEST(test_pair_refused),
	    C2C_TEST(test_session),
	    C2C_TEST(test_echo),
	    C2C_TEST(test_wait),
	    C2C_TEST(test_urc),
	    C2C_TEST(test_much),
	    C2C_TEST(test_reset_much),
	    C2C_TEST(test_hangup_and_reset),
	    C2C_TEST(test_not_heard),
	    C2C_TEST(test_heard),
	    C2C_TEST(test_not_heard_frames),
	    C2C_TEST(test_last_on_its_line),
	    C2C_TEST(test_rekey),
	    C2C_TEST(test_damaged),
	    C2C_TEST(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
