/*
 * A folder is there before anything is in it, after a power cut too.
 */
#include "state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes a folder in another durably; its descriptor, or -1. */
static int
folder_make(int parent_fd, const char *name)
{
	bool made = mkdirat(parent_fd, name, 0700) == 0;

	if (!made && errno != EEXIST)
		return -1;
	if (made && fsync(parent_fd) != 0)
		return -1;
	return openat(
	    parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int
state_folder_open(int state_fd)
{
	int usr = folder_make(state_fd, "USR");
	int usec;

	if (usr < 0)
		return -1;
	usec = folder_make(usr, "usec");
	(void)close(usr);
	return usec;
}
