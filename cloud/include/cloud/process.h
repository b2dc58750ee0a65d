/*
 * The three children of the supervisor. Each runs until its stop_fd becomes
 * readable and returns its exit status. The supervisor starts one again that
 * dies; one that returns other than 0 before it was ever ready stops the
 * daemon, for it will not do better the next time. A child dies with the
 * supervisor.
 *
 * A child does its own work in this order: open what it needs (database,
 * sockets), enter its sandbox (cloud/sandbox.h), say process_ready, serve.
 */
#ifndef CLOUD_PROCESS_H
#define CLOUD_PROCESS_H

#include "cloud/config.h"

/*
 * What a child is given. notify_fd: it says there, through process_ready,
 * that it serves. stop_fd: a signalfd that becomes readable on SIGTERM,
 * which is blocked; SIGINT is ignored, SIGPIPE too. keys_fd: its end of the
 * SOCK_SEQPACKET pair to the keys process (devices and api). The descriptors
 * stay the supervisor's: a child does not close them.
 *
 * config is the child's own. After a restart its listen addresses are those
 * that the child said the first time, so that port 0 does not become another
 * port.
 */
struct process {
	const struct config *config;
	int notify_fd;
	int stop_fd;
	int keys_fd; /* devices, api */
	int devices_fd; /* keys: the other ends */
	int api_fd;
};

/* Each runs until SIGTERM; the exit status. */
int keys_main(const struct process *p);
int devices_main(const struct process *p);
int api_main(const struct process *p);

/*
 * Says that this child serves: writes "ready\n", or "ready NAME=ADDRESS\n"
 * such as "ready api=127.0.0.1:8080", to notify_fd. address NULL: none.
 * Logs a warning when the process has not entered a sandbox.
 */
void process_ready(
    const struct process *p, const char *name, const char *address);

/* Waits until the child shall stop, for a child with nothing to do. */
void process_wait_for_stop(const struct process *p);

#endif
