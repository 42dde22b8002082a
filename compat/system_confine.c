/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Linux: sandbox a process that stays root to ask PAM about other users.  Root
 * is needed because pam_unix(8) and its helper check another user's password
 * only for root; and since modules, and what they read, start and connect to,
 * are the administrator's choice, no list of allowed calls fits.  Instead
 * everything that no password check needs is taken away:
 *
 * - all capabilities except reading files closed to all (/etc/shadow with mode
 *   0) and writing audit records;
 * - by Landlock, writing, creating or removing files, reading mail, home
 *   directories and anything else outside the system's own directories, and
 *   opening devices: root needs no capability for a disk;
 *   but pam_faillock(8) may write in its directory, and a module that might
 *   need another is refused;
 * - by a filter, calls that change the mode or owner of a file; its parent has
 *   given up those that change the system or inspect another process;
 * - by the same filter, new sessions: setsid(2) does nothing and returns
 *   success, since pam_exec(8) starts nothing without it.  So all that a check
 *   starts stays in its process group, and ends with it.
 *
 * The process can still connect, as modules ask their servers, and other
 * daemons see root: if compromised it is hindered, but must be considered root.
 */

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <system_auth.h>

#include "confine_private.h"
#include "system_private.h"

#define CAPS_KEPT	(1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_AUDIT_WRITE)

/* Besides those of confine_parent.c; 0: it does nothing. */
static const struct pledge_errno	 refused[] = {
#ifdef __x86_64__
	{ __NR_chmod, EPERM }, { __NR_chown, EPERM }, { __NR_lchown, EPERM },
	{ __NR_mknod, EPERM },
#endif
	{ __NR_fchmod, EPERM }, { __NR_fchmodat, EPERM },
	{ 452 /* fchmodat2 */, EPERM }, { __NR_fchown, EPERM },
	{ __NR_fchownat, EPERM }, { __NR_setxattr, EPERM },
	{ __NR_lsetxattr, EPERM }, { __NR_fsetxattr, EPERM },
	{ __NR_removexattr, EPERM }, { __NR_lremovexattr, EPERM },
	{ __NR_fremovexattr, EPERM }, { __NR_utimensat, EPERM },
	{ __NR_mknodat, EPERM }, { __NR_chroot, EPERM },
	{ __NR_personality, EPERM }, { __NR_setsid, 0 },
	{ -1, 0 }
};

/* The system's own directories; missing ones are skipped. */
static const char *const	 readable[] = {
	"/bin", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/proc",
	"/run", "/sbin", "/sys", "/usr", "/var/lib", "/var/cache"
};

#define NREADABLE	(sizeof(readable) / sizeof(readable[0]))

/* Devices that any user may open. */
static const char *const	 devices[] = {
	"/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom",
	"/dev/zero"
};

#define NDEVICES	(sizeof(devices) / sizeof(devices[0]))

/* Add a path.  0, also if it is missing, or -1 if it may exist. */
static int
confine_add(struct landlock_path *paths, int *n, const char *path,
    uint64_t access, int flags)
{
	paths[*n].lp_access = access;
	paths[*n].lp_fd = open(path, O_PATH | O_CLOEXEC | flags);
	if (paths[*n].lp_fd == -1)
		return (errno == ENOENT || errno == ENOTDIR ? 0 : -1);
	(*n)++;
	return (0);
}

/* Directories that modules may write in. */
#define WRITABLE_MAX	4

static struct {
	char	 writable[WRITABLE_MAX][256];
	int	 count;
	int	 done;			/* no more */
	char	 why[128];
} confine;

/* Make the directory as the module would. */
int
system_writes(const char *dir)
{
	int	 i;

	for (i = 0; i < confine.count; i++)
		if (strcmp(confine.writable[i], dir) == 0)
			return (0);
	if (confine.done || confine.count == WRITABLE_MAX ||
	    (mkdir(dir, 0755) == 0 ? chmod(dir, 0755) == -1 :
	    errno != EEXIST))
		return (-1);
	strlcpy(confine.writable[confine.count++], dir,
	    sizeof(confine.writable[0]));
	return (0);
}

static int
confine_paths(void)
{
	struct landlock_path	 paths[NREADABLE + NDEVICES + WRITABLE_MAX];
	size_t			 i;
	int			 n = 0, r = 0;

	for (i = 0; r == 0 && i < NREADABLE; i++)
		r = confine_add(paths, &n, readable[i], LANDLOCK_FS_READ_FILE |
		    LANDLOCK_FS_READ_DIR | LANDLOCK_FS_EXECUTE, O_DIRECTORY);
	for (i = 0; r == 0 && i < NDEVICES; i++)
		r = confine_add(paths, &n, devices[i], LANDLOCK_FS_READ_FILE |
		    LANDLOCK_FS_WRITE_FILE, 0);
	for (i = 0; r == 0 && (int)i < confine.count; i++)
		r = confine_add(paths, &n, confine.writable[i],
		    LANDLOCK_FS_READ_FILE | LANDLOCK_FS_WRITE_FILE |
		    LANDLOCK_FS_READ_DIR | LANDLOCK_FS_TRUNCATE |
		    LANDLOCK_FS_MAKE_REG, O_DIRECTORY);
	if (r == 0)
		r = landlock_confine(LANDLOCK_FS_ALL, 0, LANDLOCK_SCOPE_SIGNAL,
		    paths, n);
	while (n > 0)
		close(paths[--n].lp_fd);
	return (r);
}

const char *
system_auth_confine(void)
{
	const char	*module;

	errno = 0;
	if ((module = system_modules()) != NULL) {
		snprintf(confine.why, sizeof(confine.why), "/etc/pam.d/%s: %s "
		    "may need to write", PAM_NAME, module);
		return (confine.why);
	}
	confine.done = 1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    landlock_no_new_privs() == -1)
		return ("prctl");
	if (refuse_capabilities(CAPS_KEPT) == -1)
		return ("capabilities");
	if (confine_paths() == -1)
		return ("Landlock");
	if (refuse_calls(refused) == -1)
		return ("seccomp");
	return (NULL);
}
