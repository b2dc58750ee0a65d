/*
 * What a secret passes through is heap and stack: both are locked whatever
 * the limit. All the rest (code, libraries) is locked where nothing counts.
 */
#include "tee_lock.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define HEAP_ROOM (1 << 20) /* more than the TEE ever takes besides */

static bool
has_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
	       limit.rlim_cur != RLIM_INFINITY;
}

/* Locks a mapping that a line of /proc/self/maps tells of. */
static bool
line_lock(const char *line)
{
	uintptr_t from, to;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2)
		return false;
	/* A number from the kernel becomes a place in memory. */
	return mlock((const void *)from, to - from) == 0;
}

/* Locks the stack, and the heap where malloc has one of that name. */
static bool
heap_and_stack_lock(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	bool good = true, found = false;

	if (maps == NULL)
		return false;
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (strstr(line, "[stack]") != NULL)
			found = true;
		else if (strstr(line, "[heap]") == NULL)
			continue;
		good = line_lock(line) && good;
	}
	(void)fclose(maps);
	return good && found;
}

enum err
tee_lock(void)
{
	void *room;

	if (!has_limit())
		return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? ERR_OK
							       : ERR_NOMEM;
	/* All of malloc from the heap, which has room before it must grow. */
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_ROOM);
	(void)mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	room = malloc(HEAP_ROOM - 4096);
	if (room == NULL)
		return ERR_NOMEM;
	free(room);
	return heap_and_stack_lock() ? ERR_OK : ERR_NOMEM;
}
