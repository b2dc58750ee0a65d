/*
 * The kernel's header of Debian 12 is older than the kernels this runs on,
 * so what is newer in Landlock's interface is written down here.
 */
#include "sandbox/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock beyond Debian 12's header. Spec: Landlock's user space API. */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP (UINT64_C(1) << 0) /* ABI 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define FS_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* What a database does in its directory: no links, devices or sockets. */
#define FS_WRITE                                                               \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	    FS_TRUNCATE)
/* Rights that a rule on a file, not a directory, may have. */
#define FS_OF_FILES                                                            \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |          \
	    LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

/* All that this kernel can take away. */
static struct ruleset
ruleset_of_abi(long abi, unsigned keeps)
{
	struct ruleset r = {.fs = FS_ABI_1};

	if (abi >= 2)
		r.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 4)
		r.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		r.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	if ((keeps & SANDBOX_CONNECTS) != 0)
		r.net &= ~NET_CONNECT_TCP;
	if ((keeps & SANDBOX_SIGNALS) != 0)
		r.scoped &= ~SCOPE_SIGNAL;
	return r;
}

/* How much of the structure a kernel of this ABI knows. */
static size_t
ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped)
			: offsetof(struct ruleset, net);
}

/* Allows rights beneath what fd is. */
static enum err
allow_beneath(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights, .parent_fd = fd};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR_IO;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	return syscall(SYS_landlock_add_rule, ruleset,
		   LANDLOCK_RULE_PATH_BENEATH, &rule, 0u) == 0
		   ? ERR_OK
		   : ERR_IO;
}

static enum err
allow_place(int ruleset, const struct sandbox_place *place, uint64_t handled)
{
	uint64_t rights = (place->writable ? FS_WRITE : FS_READ) & handled;
	enum err err;
	int fd;

	if (place->path == NULL)
		return allow_beneath(ruleset, place->fd, rights);
	fd = open(place->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	err = allow_beneath(ruleset, fd, rights);
	(void)close(fd);
	return err;
}

enum err
sandbox_files(const struct sandbox_place *places, size_t count, unsigned keeps)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r;
	enum err err = ERR_OK;
	size_t i;
	int fd;

	if (abi < 1)
		return errno == ENOSYS || errno == EOPNOTSUPP ? ERR_UNSUPPORTED
							      : ERR_DENIED;
	r = ruleset_of_abi(abi, keeps);
	fd =
	    (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0);
	if (fd < 0)
		return ERR_IO;
	for (i = 0; i < count && err == ERR_OK; i++)
		err = allow_place(fd, &places[i], r.fs);
	if (err == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0u) != 0)
		err = ERR_IO;
	(void)close(fd);
	return err;
}
