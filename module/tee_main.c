/*
 * The TEE: the only process of the module that ever holds a key of the root
 * of trust. It has no network; datagrams reach it through the front end. Its
 * secrets lie in memory that is locked, left out of dumps and wiped at the
 * end, which is when the front end is gone.
 */
#include "tee_main.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/wipe.h"
#include "crypto/crypto.h"
#include "log.h"
#include "rot/port_file.h"
#include "tee_device.h"
#include "tee_lock.h"
#include "tee_port.h"
#include "tee_sandbox.h"
#include "tee_socket.h"

#define HEARTBEAT_S (7 * 24 * 3600u) /* until the service says otherwise */

struct tee_process {
	int fd;
	size_t secret_len;
	struct tee_secret {
		struct rot rot;
		struct tee_port port;
	} * secret;
	struct tee_device device;
	uint32_t time_rate;
	uint64_t start_ms, start_s; /* from here on time goes at that rate */
};

/* Pages that are locked and never dumped; the device follows the rest. */
static enum err
secret_make(struct tee_process *p)
{
	size_t head = (sizeof(struct tee_secret) + 63) & ~(size_t)63;
	void *ptr;

	p->secret_len = head + device_size();
	ptr = mmap(NULL, p->secret_len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ptr == MAP_FAILED)
		return ERR_NOMEM;
	if (mlock(ptr, p->secret_len) != 0 ||
	    madvise(ptr, p->secret_len, MADV_DONTDUMP) != 0)
		return ERR_NOMEM;
	p->secret = ptr;
	p->device.rot = &p->secret->rot;
	p->device.device = (struct device *)(void *)((uint8_t *)ptr + head);
	return ERR_OK;
}

static enum err
device_start(struct tee_process *p, const struct tee_config *config)
{
	enum err err = crypto_init();

	if (err == ERR_OK)
		err = tee_port_open(&p->secret->port, config->rot_dir);
	if (err != ERR_OK)
		return err;
	p->device.port = tee_port_rot(&p->secret->port);
	tee_objects_init(&p->device.objects, tee_port_dir(&p->secret->port));
	p->device.config.port = &p->device.objects.port;
	p->device.config.heartbeat_min_s = config->heartbeat_min_s;
	p->device.config.heartbeat_s = HEARTBEAT_S;
	p->device.config.firmware = config->firmware;
	p->device.config.well_known_path = config->well_known;
	p->device.config.outside =
	    (struct device_outside){port_file_ticket_read,
		port_file_ticket_write, &p->device.objects.dir_fd};
	p->device.c2c_v1 = config->c2c_v1;
	p->device.manifest = config->manifest;
	return tee_device_start(&p->device);
}

/* The terminal's keys are for the front end; standard output is its too. */
static enum err
process_detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, "holdfast-tee", 0, 0, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return ERR_IO;
	(void)close(null);
	return ERR_OK;
}

/* --- serving --- */

static uint64_t
clock_read(clockid_t clock, uint64_t per_s)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0 || now.tv_sec < 0)
		return 0;
	return (uint64_t)now.tv_sec * per_s +
	       (uint64_t)now.tv_nsec / (1000000000u / per_s);
}

static void
time_start(struct tee_process *p, uint32_t rate)
{
	p->time_rate = rate > 1 ? rate : 1;
	p->start_ms = clock_read(CLOCK_BOOTTIME, 1000);
	p->start_s = clock_read(CLOCK_REALTIME, 1);
}

/* A clock that was at start, as the life cycle sees it. */
static uint64_t
time_read(const struct tee_process *p, clockid_t clock, uint64_t per_s,
    uint64_t start)
{
	uint64_t now = clock_read(clock, per_s);

	return now < start ? now : start + (now - start) * p->time_rate;
}

static void
device_do(struct tee_process *p, const struct tee_request *request,
    struct tee_answer *answer)
{
	uint64_t rate = p->time_rate;

	tee_device_do(&p->device, request,
	    time_read(p, CLOCK_BOOTTIME, 1000, p->start_ms),
	    time_read(p, CLOCK_REALTIME, 1, p->start_s), answer);
	if (request->op == TEE_POLL && answer->err == ERR_OK &&
	    answer->u.poll.delay_ms != UINT64_MAX)
		answer->u.poll.delay_ms = answer->u.poll.delay_ms / rate +
					  (answer->u.poll.delay_ms % rate != 0);
}

/* Works from one memory file to another, which it gives back sealed. */
static enum err
data_work(struct tee_process *p, struct tee_request *request,
    struct tee_answer *answer, int *ret_fd)
{
	struct tee_memory out;
	enum err err =
	    tee_memory_make(tee_device_room(&p->device, request), &out);

	if (err != ERR_OK)
		return err;
	answer->u.data.ptr = out.ptr;
	device_do(p, request, answer);
	err = answer->err;
	if (err == ERR_OK)
		err = tee_memory_seal(&out, answer->u.data.len);
	if (err == ERR_OK)
		*ret_fd = out.fd;
	else
		tee_memory_free(&out);
	return err;
}

/* fd is what came beside the request. */
static void
data_do(struct tee_process *p, struct tee_request *request, int fd,
    struct tee_answer *answer, int *ret_fd)
{
	struct tee_memory in;

	answer->err = ERR_FORMAT;
	if (fd < 0)
		return;
	answer->err = tee_memory_map(fd, request->data.len, &in);
	if (answer->err != ERR_OK)
		return;
	request->data.ptr = in.ptr;
	answer->err = data_work(p, request, answer, ret_fd);
	in.fd = -1; /* the caller closes it */
	if (in.ptr != NULL)
		(void)munmap(in.ptr, in.len);
}

/* Answers one request. Errors: the other end is gone, or talks nonsense. */
static enum err
serve_one(struct tee_process *p)
{
	uint8_t packet[TEE_MESSAGE_MAX];
	struct tee_request request;
	struct tee_answer answer;
	struct writer w;
	size_t len;
	int in_fd, out_fd = -1;
	enum err err;

	err = tee_socket_receive(p->fd, packet, sizeof(packet), &len, &in_fd);
	if (err != ERR_OK)
		return err;
	memset(&answer, 0, sizeof(answer));
	err = tee_request_decode(bytes_make(packet, len), &request);
	if (err == ERR_OK && tee_op_has_data(request.op))
		data_do(p, &request, in_fd, &answer, &out_fd);
	else if (err == ERR_OK)
		device_do(p, &request, &answer);
	if (in_fd >= 0)
		(void)close(in_fd);
	writer_init(&w, packet, sizeof(packet));
	if (err == ERR_OK)
		err = tee_answer_encode(request.op, &answer, &w);
	if (err == ERR_OK)
		err = tee_socket_send(p->fd, writer_bytes(&w), out_fd);
	if (out_fd >= 0)
		(void)close(out_fd);
	wipe(packet, sizeof(packet));
	wipe(&answer, sizeof(answer));
	return err;
}

/* Serves until the front end is gone; true when it simply went. */
static bool
serve(struct tee_process *p)
{
	enum err err;

	do {
		err = serve_one(p);
	} while (err == ERR_OK && !tee_port_gone(&p->secret->port));
	if (tee_port_gone(&p->secret->port))
		log_always("the TPM does not answer any more");
	return err == ERR_NOT_FOUND;
}

int
tee_main(int fd, const struct tee_config *config)
{
	struct tee_process p = {.fd = fd};
	bool good = false;
	enum err err = process_detach();

	if (err == ERR_OK)
		err = secret_make(&p);
	if (err != ERR_OK) {
		log_always("the TEE has no memory to lock: %s", err_name(err));
		return 2;
	}
	time_start(&p, config->time_rate);
	err = tee_port_start(&p.secret->port, config->tcti);
	if (err == ERR_OK)
		err = device_start(&p, config);
	if (err != ERR_OK) {
		log_always("the root of trust in %s cannot be used: %s (%s)",
		    config->rot_dir, err_name(err),
		    tee_port_hint(&p.secret->port, err));
		return 2;
	}
	err = tee_lock();
	if (err == ERR_OK)
		err = tee_sandbox(tee_port_dir(&p.secret->port));
	if (err != ERR_OK)
		log_always("the TEE cannot be locked up: %s", err_name(err));
	else
		good = serve(&p);
	tee_device_stop(&p.device);
	tee_port_close(&p.secret->port);
	wipe(p.secret, p.secret_len);
	return good ? 0 : 2;
}
