/*
 * libseccomp's filters, with one place for their errors.
 */
#include "sandbox/calls.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static void
init(struct sandbox_calls *calls, uint32_t action)
{
	calls->filter = seccomp_init(action);
	calls->error = calls->filter != NULL ? 0 : ENOMEM;
}

void
sandbox_calls_none(struct sandbox_calls *calls)
{
	init(calls, SCMP_ACT_ERRNO(EPERM));
}

void
sandbox_calls_all(struct sandbox_calls *calls)
{
	init(calls, SCMP_ACT_ALLOW);
}

/* Adds a rule with conditions, all of which must hold. */
static void
rule(struct sandbox_calls *calls, uint32_t action, const char *name,
    const struct scmp_arg_cmp *conditions, unsigned count)
{
	int number = seccomp_syscall_resolve_name(name);

	if (calls->error != 0)
		return;
	if (number == __NR_SCMP_ERROR)
		calls->error = EINVAL;
	else
		calls->error = -seccomp_rule_add_array(
		    calls->filter, action, number, count, conditions);
}

void
sandbox_allow(struct sandbox_calls *calls, const char *const *names)
{
	for (; *names != NULL; names++)
		rule(calls, SCMP_ACT_ALLOW, *names, NULL, 0);
}

void
sandbox_refuse(
    struct sandbox_calls *calls, const char *const *names, int number)
{
	uint32_t action = SCMP_ACT_ERRNO((uint32_t)number);

	for (; *names != NULL; names++)
		rule(calls, action, *names, NULL, 0);
}

static struct scmp_arg_cmp
argument(unsigned arg, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp c = {.arg = arg,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = mask,
	    .datum_b = value};

	return c;
}

void
sandbox_allow_if(struct sandbox_calls *calls, const char *name, unsigned arg,
    uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp condition = argument(arg, mask, value);

	rule(calls, SCMP_ACT_ALLOW, name, &condition, 1);
}

void
sandbox_allow_memory(struct sandbox_calls *calls, bool maps_files)
{
	static const char *const plain[] = {
	    "brk", "madvise", "mremap", "munmap", NULL};
	struct scmp_arg_cmp map[] = {argument(2, PROT_EXEC, 0),
	    argument(3, MAP_ANONYMOUS, MAP_ANONYMOUS)};

	sandbox_allow(calls, plain);
	sandbox_allow_if(calls, "mprotect", 2, PROT_EXEC, 0);
	rule(calls, SCMP_ACT_ALLOW, "mmap", map, maps_files ? 1 : 2);
}

void
sandbox_allow_own_signals(struct sandbox_calls *calls)
{
	sandbox_allow_if(
	    calls, "tgkill", 0, SANDBOX_WHOLE_INT, (uint64_t)getpid());
}

enum err
sandbox_calls_enter(struct sandbox_calls *calls)
{
	enum err err = ERR_OK;
	int error = calls->error;

	if (error != 0)
		err = error == ENOMEM ? ERR_NOMEM : ERR_IO;
	else if ((error = -seccomp_load(calls->filter)) != 0)
		err = ERR_UNSUPPORTED;
	seccomp_release(calls->filter);
	calls->filter = NULL;
	errno = error;
	return err;
}
