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
 * - by a filter, calls that change the mode or owner of a file, or the system,
 *   or inspect another process;
 * - by the same filter, new sessions: setsid(2) does nothing and returns
 *   success, since pam_exec(8) starts nothing without it.  So all that a check
 *   starts stays in its process group, and ends with it.
 *
 * The process can still connect, as modules ask their servers, and other
 * daemons see root: if compromised it is hindered, but must be considered root.
 */

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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

#define CAP_KEPT	(1U << CAP_DAC_READ_SEARCH | 1U << CAP_AUDIT_WRITE)

/* Calls that fail; if the C library has an alternative, that one as well. */
static const int	 refused[] = {
#ifdef __x86_64__
	__NR_chmod, __NR_chown, __NR_lchown, __NR_mknod, __NR_ioperm,
	__NR_iopl, __NR_modify_ldt,
#endif
	__NR_fchmod, __NR_fchmodat, 452 /* fchmodat2 */, __NR_fchown,
	__NR_fchownat, __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr,
	__NR_removexattr, __NR_lremovexattr, __NR_fremovexattr,
	__NR_utimensat, __NR_mknodat, __NR_ptrace, __NR_process_vm_readv,
	__NR_process_vm_writev, __NR_kcmp, 438 /* pidfd_getfd */, __NR_bpf,
	__NR_perf_event_open, __NR_userfaultfd, __NR_unshare, __NR_setns,
	__NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, 428, 429, 430,
	431, 432, 433 /* open_tree to fspick */, 442 /* mount_setattr */,
	__NR_init_module, __NR_finit_module, __NR_delete_module,
	__NR_kexec_load, __NR_reboot, __NR_swapon, __NR_swapoff,
	__NR_settimeofday, __NR_clock_settime, __NR_clock_adjtime,
	__NR_adjtimex, __NR_add_key, __NR_request_key, __NR_keyctl,
	__NR_personality, __NR_sethostname, __NR_setdomainname, __NR_acct,
	__NR_quotactl, __NR_syslog, __NR_open_by_handle_at,
	425 /* io_uring_setup */
};

#define NREFUSED	(sizeof(refused) / sizeof(refused[0]))

/* no_new_privs keeps programs, even root's, from getting more than these. */
static int
confine_capabilities(void)
{
	struct __user_cap_header_struct	 header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};
	struct __user_cap_data_struct	 data[2];

	if (syscall(SYS_capget, &header, data) == -1)
		return (-1);
	data[0].permitted &= CAP_KEPT;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	memset(&data[1], 0, sizeof(data[1]));
	return ((int)syscall(SYS_capset, &header, data));
}

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

#if defined(__x86_64__)
#define FILTER_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define FILTER_ARCH	AUDIT_ARCH_AARCH64
#else
#error "system_confine: add this architecture here and to the calls"
#endif

/* Start of x86-64's second set of calls. */
#define FILTER_X32	0x40000000U

#define STATEMENT(c, v)	((struct sock_filter)BPF_STMT(c, v))
#define JUMP(c, v, t, f) ((struct sock_filter)BPF_JUMP(c, v, t, f))

static int
confine_calls(void)
{
	struct sock_filter	 ins[NREFUSED * 2 + 10];
	struct sock_fprog	 prog = { 0, ins };
	size_t			 i;

	ins[prog.len++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	ins[prog.len++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	ins[prog.len++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	ins[prog.len++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, FILTER_X32, 0, 1);
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	ins[prog.len++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_setsid, 0, 1);
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0);
	for (i = 0; i < NREFUSED; i++) {
		ins[prog.len++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)refused[i], 0, 1);
		ins[prog.len++] = STATEMENT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | EPERM);
	}
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return ((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
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
	if (confine_capabilities() == -1)
		return ("capabilities");
	if (confine_paths() == -1)
		return ("Landlock");
	if (confine_calls() == -1)
		return ("seccomp");
	return (NULL);
}
