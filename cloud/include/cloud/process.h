/*
 * The three children of the supervisor. Each runs until SIGTERM (or its
 * notify pipe's other end is gone) and returns its exit status. The
 * supervisor starts one again that dies.
 */
#ifndef CLOUD_PROCESS_H
#define CLOUD_PROCESS_H

#include "cloud/config.h"

/*
 * What a child is given. notify_fd: it writes one line "ready [NAME=ADDR]\n"
 * when it serves, such as "ready api=127.0.0.1:8080". keys_fd: its end of
 * the SOCK_SEQPACKET pair to the keys process (devices and api).
 */
struct process {
	const struct config *config;
	int notify_fd;
	int keys_fd; /* devices, api */
	int devices_fd; /* keys: the other ends */
	int api_fd;
};

int keys_main(const struct process *p);
int devices_main(const struct process *p);
int api_main(const struct process *p);

#endif
