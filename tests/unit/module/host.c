/*
 * See host.h.
 */
#include "host.h"

#include <fcntl.h>
#include <unistd.h>

#include "c2c/port.h"
#include "crypto/crypto.h"
#include "model.h"

/* Records of two bytes, the first of which counts the changes. */
static enum err
c2c_answer(struct host_tee *tee, const struct tee_request *request,
    struct tee_c2c_answer *answer)
{
	tee->c2c = request->u.c2c;
	tee->db_byte = request->u.c2c.db.len > 0 ? request->u.c2c.db.ptr[0] : 0;
	if (tee->db_byte == HOST_DB_DAMAGED)
		return ERR_CONFLICT;
	answer->pair = tee->pair;
	memset(answer->tag, 0x77, sizeof(answer->tag));
	if (request->op == TEE_C2C_OPEN)
		return ERR_OK;
	answer->db[0] = (uint8_t)(tee->db_byte + 1);
	answer->db_len = 2;
	return ERR_OK;
}

/* A file is the end of its name and its content, as long as a real one. */
static void
local_do(const struct tee_request *request, struct tee_answer *answer)
{
	struct bytes name = request->u.file, data = request->data;
	size_t room = data.len + LOCAL_OVERHEAD;
	uint8_t *out = calloc(1, room);

	assert_non_null(out);
	if (name.len > LOCAL_OVERHEAD)
		name = bytes_make(
		    name.ptr + (name.len - LOCAL_OVERHEAD), LOCAL_OVERHEAD);
	answer->u.data.ptr = out;
	if (request->op == TEE_LOCAL_SEAL || request->op == TEE_VAULT_SEAL) {
		memcpy(out, name.ptr, name.len);
		memcpy(out + LOCAL_OVERHEAD, data.ptr, data.len);
		answer->u.data.len = room;
		return;
	}
	if (data.len < LOCAL_OVERHEAD) {
		answer->err = ERR_FORMAT;
	} else if (memcmp(data.ptr, name.ptr, name.len) != 0) {
		answer->err = ERR_AUTH;
	} else {
		answer->u.data.len = data.len - LOCAL_OVERHEAD;
		memcpy(out, data.ptr + LOCAL_OVERHEAD, answer->u.data.len);
		return;
	}
	free(out);
}

static enum err
tee_call(
    void *ctx, const struct tee_request *request, struct tee_answer *ret_answer)
{
	struct host_tee *tee = ctx;
	struct bytes in;

	tee->asked[request->op]++;
	memset(ret_answer, 0, sizeof(*ret_answer));
	ret_answer->err = tee->err;
	switch (request->op) {
	case TEE_INFO:
		ret_answer->err = ERR_OK;
		ret_answer->u.info = tee->info;
		break;
	case TEE_SEAL:
		memcpy(tee->profile, request->u.seal.profile, 16);
		in = request->u.seal.serial;
		assert_true(in.len <= sizeof(tee->serial));
		memcpy(tee->serial, in.ptr, in.len);
		tee->serial_len = in.len;
		break;
	case TEE_HEARTBEAT_RESULT:
		ret_answer->u.heartbeat = tee->heartbeat;
		break;
	case TEE_PSK:
		memset(ret_answer->u.psk.id, 0x11, PSK_ID_LEN);
		memset(ret_answer->u.psk.key, 0xa5, request->u.psk_len);
		ret_answer->u.psk.key_len = request->u.psk_len;
		break;
	case TEE_E2E:
		in = request->data;
		tee->plaintext_len = in.len;
		if (in.len <= sizeof(tee->plaintext) && in.len > 0)
			memcpy(tee->plaintext, in.ptr, in.len);
		ret_answer->u.data.ptr = malloc(4);
		ret_answer->u.data.len = 4;
		memcpy(ret_answer->u.data.ptr, "\x11\r\n\"", 4);
		if (tee->err != ERR_OK)
			free(ret_answer->u.data.ptr);
		break;
	case TEE_E2E_OPEN:
		if (tee->err != ERR_OK)
			break;
		in = request->data;
		tee->plaintext_len = in.len;
		if (in.len <= sizeof(tee->plaintext))
			memcpy(tee->plaintext, in.ptr, in.len);
		ret_answer->u.data.ptr = malloc(5);
		ret_answer->u.data.len = 5;
		memcpy(ret_answer->u.data.ptr, "HELLO", 5);
		break;
	case TEE_LOCAL_SEAL:
	case TEE_LOCAL_OPEN:
	case TEE_VAULT_SEAL:
	case TEE_VAULT_OPEN:
		if (tee->err == ERR_OK)
			local_do(request, ret_answer);
		break;
	case TEE_E2E_VERSION:
		tee->info.e2e_version = request->u.e2e_version;
		break;
	case TEE_C2C_PAIR:
	case TEE_C2C_CONFIRM:
	case TEE_C2C_OPEN:
	case TEE_C2C_ERASE:
		if (tee->err == ERR_OK)
			ret_answer->err =
			    c2c_answer(tee, request, &ret_answer->u.c2c);
		break;
	default:
		break;
	}
	return ERR_OK;
}

static enum err
http_start(void *ctx, const struct http_job *job)
{
	struct host_http *http = ctx;

	if (http->err != ERR_OK)
		return http->err;
	http->started++;
	http->command = job->command;
	(void)snprintf(http->path, sizeof(http->path), "%s", job->path);
	(void)snprintf(
	    http->response, sizeof(http->response), "%s", job->response->text);
	(void)snprintf(http->body, sizeof(http->body), "%.*s",
	    (int)job->body.len,
	    job->body.len > 0 ? (const char *)job->body.ptr : "");
	(void)snprintf(http->type, sizeof(http->type), "%s",
	    job->type == NULL ? "" : job->type);
	(void)snprintf(http->form, sizeof(http->form), "%s",
	    job->form_name == NULL ? "" : job->form_name);
	return ERR_OK;
}

int
host_setup(void **state)
{
	static const uint8_t uid[] = {0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45};
	struct host *h = calloc(1, sizeof(*h));
	size_t i;
	int fd;

	assert_non_null(h);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/test_module.XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	fd = open(h->dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(files_open(&h->module.files, fd), ERR_OK);
	h->module.state_fd = fd;
	assert_int_equal(crypto_init(), ERR_OK);
	c2c_port_init(&h->module.crypto, &crypto_random_source);
	h->module.model = model_find("sara-r5");
	h->module.radio.cell_mode = h->module.model->cell_mode;
	settings_default(&h->module.settings);
	memcpy(h->module.uid, uid, UID_LEN);
	memcpy(h->module.firmware, "0.1.0", sizeof("0.1.0"));
	h->module.tee = (struct tee){tee_call, &h->tee, -1};
	h->module.http = (struct http_port){http_start, &h->http};
	for (i = 0; i < HTTP_PROFILES; i++)
		http_profile_reset(&h->module.http_profiles[i]);
	mqtt_profile_reset(&h->module.mqtt_profile);
	mqtt_init(&h->module.mqtt, at_mqtt_tell, &h->module);
	network_init(&h->module.network, 300);
	network_fun_set(&h->module.network, NETWORK_FUN_ON, 0);
	network_tick(&h->module.network, 300);
	h->now_ms = 1000;
	terminal_init(&h->terminal, "test", &h->module, HOST_IDLE_MS);
	h->terminal.settings.echo = false;
	h->terminal.settings.cmee = 1;
	*state = h;
	return 0;
}

/* Removes the module's files and their directories. */
static void
dir_remove(struct host *h)
{
	struct file_list *list = malloc(sizeof(*list));
	char path[80];
	size_t i;

	assert_non_null(list);
	assert_int_equal(files_list(&h->module.files, list), ERR_OK);
	for (i = 0; i < list->count; i++)
		assert_int_equal(
		    files_delete(&h->module.files, &list->names[i]), ERR_OK);
	free(list);
	files_close(&h->module.files);
	(void)unlinkat(h->module.state_fd, "settings", 0);
	for (i = 0; i < PROFILES_MAX; i++) {
		(void)snprintf(path, sizeof(path), "USR/usec/profile-%zu", i);
		(void)unlinkat(h->module.state_fd, path, 0);
	}
	(void)unlinkat(h->module.state_fd, "USR/usec/c2c_db", 0);
	(void)unlinkat(h->module.state_fd, "USR/usec", AT_REMOVEDIR);
	(void)unlinkat(h->module.state_fd, "USR", AT_REMOVEDIR);
	(void)close(h->module.state_fd);
	(void)snprintf(path, sizeof(path), "%s/files", h->dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(h->dir), 0);
}

int
host_teardown(void **state)
{
	struct host *h = *state;

	terminal_done(&h->terminal);
	mqtt_done(&h->module.mqtt);
	dir_remove(h);
	free(h);
	return 0;
}

void
host_send(struct host *h, struct bytes bytes)
{
	assert_int_equal(
	    terminal_input(&h->terminal, h->now_ms, bytes), bytes.len);
}

void
host_type(struct host *h, const char *text)
{
	host_send(h, bytes_str(text));
}

void
host_see_bytes(struct host *h, struct bytes bytes)
{
	struct bytes out = terminal_output(&h->terminal);

	if (!bytes_equal(out, bytes))
		print_message("seen %zu bytes: %.*s\n", out.len,
		    (int)(out.len > 500 ? 500 : out.len),
		    out.len > 0 ? (const char *)out.ptr : "");
	assert_int_equal(out.len, bytes.len);
	if (bytes.len > 0)
		assert_memory_equal(out.ptr, bytes.ptr, bytes.len);
	terminal_sent(&h->terminal, out.len);
}

void
host_see(struct host *h, const char *text)
{
	host_see_bytes(h, bytes_str(text));
}

void
host_ask(struct host *h, const char *line, const char *answer)
{
	host_type(h, line);
	host_type(h, "\r");
	host_see(h, answer);
}

void
host_pass_ms(struct host *h, uint64_t ms)
{
	h->now_ms += ms;
	terminal_poll(&h->terminal, h->now_ms);
}
