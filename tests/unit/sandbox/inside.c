/*
 * The line that a child complains of, on standard error.
 */
#include "inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

bool
denied(long result, int number)
{
	return result == -1 && errno == number;
}

void
in_child(int (*try)(void), const char *file)
{
	pid_t pid = fork();
	int status, line;

	assert_true(pid >= 0);
	if (pid == 0) {
		line = try();
		if (line != 0)
			fprintf(stderr, "%s:%d: errno %d\n", file, line, errno);
		_exit(line == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
