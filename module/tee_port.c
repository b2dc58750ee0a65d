/*
 * Which platform the root of trust stands on, by --rot.
 */
#include "tee_port.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/wipe.h"

#define BUSY_TRIES 250 /* a module that was just killed lets go of its lock */
#define BUSY_WAIT_MS 20

static void
sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		continue;
}

enum err
tee_port_start(struct tee_port *port, const char *tcti)
{
	port->has_tpm = tcti != NULL;
	return port->has_tpm
		   ? tpm2_relay_start(tcti, TPM2_RELAY_WAIT_MS, &port->relay)
		   : ERR_OK;
}

static enum err
port_open(struct tee_port *port, const char *dir)
{
	if (!port->has_tpm)
		return port_file_open(&port->file, dir);
	return port_tpm2_open(&port->tpm2, dir, port->relay.fd);
}

enum err
tee_port_open(struct tee_port *port, const char *dir)
{
	enum err err = port_open(port, dir);
	int i;

	for (i = 0; err == ERR_BUSY && i < BUSY_TRIES; i++) {
		sleep_ms(BUSY_WAIT_MS);
		err = port_open(port, dir);
	}
	return err;
}

const struct rot_port *
tee_port_rot(const struct tee_port *port)
{
	return port->has_tpm ? &port->tpm2.port : &port->file.port;
}

int
tee_port_dir(const struct tee_port *port)
{
	return port->has_tpm ? port->tpm2.file.dir_fd : port->file.dir_fd;
}

bool
tee_port_gone(const struct tee_port *port)
{
	return port->has_tpm && port_tpm2_gone(&port->tpm2);
}

void
tee_port_close(struct tee_port *port)
{
	if (port->has_tpm) {
		port_tpm2_close(&port->tpm2);
		tpm2_relay_stop(&port->relay);
	} else {
		port_file_close(&port->file);
	}
	wipe(port, sizeof(*port));
}

const char *
tee_port_hint(const struct tee_port *port, enum err err)
{
	switch (err) {
	case ERR_NOT_FOUND:
	case ERR_STATE:
		return port->has_tpm ? "make a device in this TPM with "
				       "holdfast-factory --rot tpm2:TCTI"
				     : "make a device with holdfast-factory; "
				       "one in a TPM needs --rot tpm2:TCTI";
	case ERR_BUSY:
		return "another module runs on it";
	case ERR_REPLAY:
		return "its state was rolled back: this is not what the TPM "
		       "counted last";
	case ERR_AUTH:
		return port->has_tpm ? "the TPM is not this device's, or the "
				       "state is not this TPM's"
				     : "the state is damaged or of another "
				       "device";
	case ERR_DENIED:
		return "the TPM's owner has an authorisation; it must be "
		       "empty";
	case ERR_TIMEOUT:
		return "the TPM hangs: what the TCTI connects to does not "
		       "answer";
	case ERR_IO:
		return port->has_tpm
			   ? "the TPM does not answer, or the directory "
			     "cannot be read"
			   : "see the documentation of --state";
	default:
		return "see the documentation of --state";
	}
}
