/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The policy of pledge(2) on Linux: the system calls that each promise allows,
 * their arguments, and the roles that make them; others, such as popctl(8),
 * have no list of their own.  Any other call kills the process.
 *
 * A role has what its sources and libraries call after pledge(2), on any path:
 * reload, full channels, log lines, a malloc(3) that grows or fails, abort(3),
 * clocks without a vDSO.
 *
 * The sets follow OpenBSD's pledge(2) but are narrower where popd needs less:
 * no symlink(2), creat(2) or dup(2), and above all:
 *
 * - "inet" is for existing sockets: accept(2), but neither socket(2) nor
 *   connect(2), bind(2) or listen(2), so that a compromised listener cannot
 *   reach anything.
 * - Nothing is sent to an address.  A filter sees that of sendto(2) but not
 *   that of sendmsg(2), which can write to any datagram socket in the file
 *   system, such as /dev/log: so sendmsg(2) needs "sendfd", which no child has,
 *   and messages without a descriptor are sent by writev(2).  This also keeps
 *   children from passing each other descriptors.  socketpair(2), the only
 *   other source of a datagram socket, is not allowed either.
 * - No flag or option of an open socket is changed.  All listeners share the
 *   open file of a listening socket, O_NONBLOCK included, and connections
 *   inherit its options: the parent sets them before it passes the socket on.
 *
 * fstat(3) of glibc is newfstatat(2) with AT_EMPTY_PATH, and a filter cannot
 * see that the path is empty: every process can find out whether a path below
 * its root directory exists.
 */

#include <asm/ioctls.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "confine_private.h"

#if defined(__SANITIZE_ADDRESS__)
#define PLEDGE_SANITIZER	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define PLEDGE_SANITIZER	1
#endif
#endif

uint32_t
pledge_role(const char *program)
{
#ifndef PLEDGE_SANITIZER
	static const struct {
		const char	*name;
		uint32_t	 role;
	}		 roles[] = {
		{ "lsnrpop", R_LISTENER }, { "keypop", R_KEY },
		{ "authpop", R_QUEUE }, { "hashpop", R_HASH },
		{ "tabpop", R_TABLE }, { "lmtppop", R_LMTP },
		{ "wrkrpop", R_WORKER }, { "dlvrpop", R_DELIVERY },
		{ "mda", R_MDA }
	};
	const char	*slash = strrchr(program, '/');
	size_t		 i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(slash == NULL ? program : slash + 1,
		    roles[i].name) == 0)
			return (roles[i].role);
#endif
	return (R_NONE);
}

const struct pledge_call pledge_calls[] = {
	/* Always allowed: exit. */
	{ __NR_exit,		0,		R_ALL },
	{ __NR_exit_group,	0,		R_ALL },
	{ __NR_rt_sigreturn,	0,		R_ALL },
	{ __NR_restart_syscall,	0,		R_ALL },

	/* Input and output on open descriptors. */
	{ __NR_read,		P_STDIO,
	    R_KEY | R_TABLE | R_LMTP | R_MAIL },
	{ __NR_pread64,		P_STDIO,
	    R_KEY | R_HASH | R_LISTENER | R_LMTP | R_MAIL },
	{ __NR_write,		P_STDIO,	R_ALL },
	{ __NR_writev,		P_STDIO,	R_ALL },
	{ __NR_pwrite64,	P_STDIO,	R_LMTP | R_MAIL },
	{ __NR_lseek,		P_STDIO,	R_MAIL },
	{ __NR_close,		P_STDIO,	R_ALL },
	{ __NR_close_range,	P_STDIO,	0 },
	{ __NR_pipe2,		P_STDIO,	0 },
	{ __NR_fstat,		P_STDIO,
	    R_HASH | R_LISTENER | R_MAIL },
	{ __NR_fsync,		P_STDIO,	R_MAIL },
	{ __NR_ftruncate,	P_STDIO,	R_LMTP | R_MAIL },
	{ __NR_ppoll,		P_STDIO,	R_ALL },
	{ __NR_epoll_ctl,	P_STDIO,	R_LOOP },
	{ __NR_epoll_pwait,	P_STDIO,	R_LOOP },
#ifdef __NR_epoll_pwait2
	{ __NR_epoll_pwait2,	P_STDIO,	R_LOOP },
#endif
	{ __NR_recvfrom,	P_STDIO,	R_LISTENER | R_LMTP },
	{ __NR_recvmsg,		P_STDIO,
	    R_LOOP | R_WORKER | R_DELIVERY },
	{ __NR_getsockname,	P_STDIO,	R_LISTENER },

	/* Memory; mmap(2) and mprotect(2) are below. */
	{ __NR_brk,		P_STDIO,	R_ALL },
	{ __NR_munmap,		P_STDIO,	R_ALL },
	{ __NR_mremap,		P_STDIO,	R_ALL },
	{ __NR_madvise,		P_STDIO,	R_ALL },

	/* Time, signals, the process itself; sysinfo is for qsort(3). */
	{ __NR_clock_gettime,	P_STDIO,	R_ALL },
	{ __NR_clock_nanosleep,	P_STDIO,	R_MAIL },
	{ __NR_nanosleep,	P_STDIO,	R_MAIL },
	{ __NR_gettimeofday,	P_STDIO,	R_ALL },
	{ __NR_rt_sigaction,	P_STDIO,	0 },
	{ __NR_rt_sigprocmask,	P_STDIO,	R_ALL },
	{ __NR_sigaltstack,	P_STDIO,	0 },
	{ __NR_getpid,		P_STDIO,	R_ALL },
	{ __NR_getppid,		P_STDIO,	0 },
	{ __NR_gettid,		P_STDIO,	R_ALL },
	{ __NR_getuid,		P_STDIO,	0 },
	{ __NR_geteuid,		P_STDIO,	R_MAIL },
	{ __NR_getgid,		P_STDIO,	0 },
	{ __NR_getegid,		P_STDIO,	0 },
	{ __NR_getrlimit,	P_STDIO,	0 },
	{ __NR_sysinfo,		P_STDIO,	R_LOOP | R_WORKER },
	{ __NR_uname,		P_STDIO,	R_LMTP | R_MAIL },
	{ __NR_wait4,		P_STDIO,	R_WORKER },
	{ __NR_sched_yield,	P_STDIO,	0 },
	{ __NR_futex,		P_STDIO,	R_KEY | R_LISTENER },
	{ __NR_getrandom,	P_STDIO,
	    R_KEY | R_QUEUE | R_HASH | R_LISTENER | R_MAIL },
	{ __NR_set_robust_list,	P_STDIO,	0 },
#ifdef __NR_rseq
	{ __NR_rseq,		P_STDIO,	0 },
#endif

	/* Paths. */
	{ __NR_newfstatat,	P_RPATH,	R_MAIL },
	{ __NR_statx,		P_RPATH,	0 },
	{ __NR_statfs,		P_RPATH,	0 },
	{ __NR_fstatfs,		P_RPATH,	0 },
	{ __NR_faccessat,	P_RPATH,	R_MAIL },
#ifdef __NR_faccessat2
	{ __NR_faccessat2,	P_RPATH,	R_MAIL },
#endif
	{ __NR_readlinkat,	P_RPATH,	0 },
	{ __NR_getdents64,	P_RPATH,	R_MAIL },
	{ __NR_getcwd,		P_RPATH,	0 },
	{ __NR_chdir,		P_RPATH,	0 },
	{ __NR_fchdir,		P_RPATH,	R_MAIL },
	{ __NR_truncate,	P_WPATH,	0 },
	{ __NR_renameat,	P_CPATH,	R_MAIL },
	{ __NR_unlinkat,	P_CPATH,	R_MAIL },
	{ __NR_mkdirat,		P_CPATH,	R_MAIL },
	{ __NR_flock,		P_FLOCK,	R_MAIL },

	/* Sockets, processes, and a second, narrower unveil. */
	{ __NR_accept,		P_INET | P_UNIX, R_LISTENER | R_LMTP },
	{ __NR_connect,		P_UNIX,		0 },
	{ __NR_bind,		P_UNIX,		0 },
	{ __NR_listen,		P_UNIX,		0 },
	{ __NR_kill,		P_PROC,		0 },
	{ __NR_tgkill,		P_PROC,		0 },
	{ __NR_setpgid,		P_PROC,		0 },
	{ __NR_setsid,		P_PROC,		0 },
	{ 444 /* landlock_create_ruleset */,	P_UNVEIL, 0 },
	{ 445 /* landlock_add_rule */,		P_UNVEIL, 0 },
	{ 446 /* landlock_restrict_self */,	P_UNVEIL, 0 },

#ifdef __x86_64__
	/* Older forms, absent on newer architectures. */
	{ __NR_pipe,		P_STDIO,	0 },
	{ __NR_poll,		P_STDIO,	R_ALL },
	{ __NR_epoll_wait,	P_STDIO,	R_LOOP },
	{ __NR_time,		P_STDIO,	R_ALL },
	{ __NR_stat,		P_RPATH,	R_MAIL },
	{ __NR_lstat,		P_RPATH,	R_MAIL },
	{ __NR_access,		P_RPATH,	R_MAIL },
	{ __NR_readlink,	P_RPATH,	0 },
	{ __NR_rename,		P_CPATH,	0 },
	{ __NR_link,		P_CPATH,	0 },
	{ __NR_unlink,		P_CPATH,	R_WORKER },
	{ __NR_mkdir,		P_CPATH,	R_WORKER },
	{ __NR_rmdir,		P_CPATH,	0 },
	{ __NR_fork,		P_PROC,		0 },
	{ __NR_vfork,		P_PROC,		0 },
#endif
	{ -1,				0, 0 }
};

#define ANY		{ 0, 0, 0 }
#define IS(a, v)	{ (a), UINT32_MAX, (uint32_t)(v) }
#define BITS(a, m, v)	{ (a), (uint32_t)(m), (uint32_t)(v) }
#define NONE_OF(a, m)	{ (a), (uint32_t)(m), 0 }
#define SELF(a)		{ (a), UINT32_MAX, PLEDGE_SELF }
#define HIGH(a)		((a) | PLEDGE_HIGH)

/* The kernel's O_LARGEFILE, which musl sets and glibc defines as 0. */
#if defined(__x86_64__)
#define KERNEL_LARGEFILE	0100000
#else
#define KERNEL_LARGEFILE	0400000
#endif

/* Flags of open(2) that need no promise; and those that do. */
#define OPEN_ANY	(O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | \
			O_NOCTTY | O_SYNC | O_DSYNC | KERNEL_LARGEFILE)
#define OPEN_WRITE	(OPEN_ANY | O_APPEND | O_TRUNC)
#define OPEN_CREATE	(OPEN_WRITE | O_CREAT | O_EXCL)

#define OPEN_RULES(nr, arg)						\
	{ nr, P_RPATH, R_MAIL,						\
	    { BITS(arg, ~OPEN_ANY, O_RDONLY), ANY, ANY } },		\
	{ nr, P_WPATH, R_MAIL,						\
	    { BITS(arg, ~OPEN_WRITE, O_WRONLY), ANY, ANY } },		\
	{ nr, P_RPATH | P_WPATH, R_MAIL,				\
	    { BITS(arg, ~OPEN_WRITE, O_RDWR), ANY, ANY } },		\
	{ nr, P_WPATH | P_CPATH, R_MAIL,				\
	    { BITS(arg, ~OPEN_CREATE, O_WRONLY), ANY, ANY } },		\
	{ nr, P_RPATH | P_WPATH | P_CPATH, R_MAIL,			\
	    { BITS(arg, ~OPEN_CREATE, O_RDWR), ANY, ANY } },		\
	{ nr, P_UNVEIL, 0, { BITS(arg, ~(O_CLOEXEC | O_DIRECTORY |	\
	    KERNEL_LARGEFILE), O_PATH), ANY, ANY } }

#define FCNTL(cmd, all, roles)						\
	{ __NR_fcntl, (all), (roles), { IS(1, cmd), ANY, ANY } }
#define GETSOCKOPT(opt, all, roles)					\
	{ __NR_getsockopt, (all), (roles),				\
	    { IS(1, SOL_SOCKET), IS(2, opt), ANY } }
#define IOCTL(cmd)							\
	{ __NR_ioctl, P_TTY, 0, { IS(1, cmd), ANY, ANY } }

/* Namespaces, and children that another process could wait for or trace. */
#define CLONE_FORBIDDEN	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			CLONE_NEWNET | CLONE_PARENT | CLONE_PTRACE | \
			CLONE_UNTRACED)

const struct pledge_rule pledge_rules[] = {
	/* Executable memory is mapped only at the start of a program. */
	{ __NR_mmap, P_STDIO, R_ALL, { NONE_OF(2, PROT_EXEC), ANY, ANY } },
	{ __NR_mprotect, P_STDIO, R_ALL, { NONE_OF(2, PROT_EXEC), ANY, ANY } },

	/* MSG_FASTOPEN connects: after shutdown(2) a listening socket could. */
	{ __NR_sendto, P_STDIO, R_LISTENER | R_LMTP | R_WORKER,
	    { NONE_OF(3, MSG_FASTOPEN), IS(4, 0), IS(HIGH(4), 0) } },
	{ __NR_sendmsg, P_SENDFD, 0, { NONE_OF(2, MSG_FASTOPEN), ANY, ANY } },
	{ __NR_socket, P_UNIX, 0, { IS(0, AF_UNIX), ANY, ANY } },
	GETSOCKOPT(SO_ACCEPTCONN, P_INET, R_LISTENER),
	GETSOCKOPT(SO_PEERCRED, P_INET, R_LMTP),

	/*
	 * Shut down one half of a connection at a time.  SHUT_RD is for the
	 * stream of a worker; it also ends a listening socket, which looks the
	 * same here.
	 */
	{ __NR_shutdown, P_INET, R_LISTENER, { IS(1, SHUT_RD), ANY, ANY } },
	{ __NR_shutdown, P_INET, R_LISTENER, { IS(1, SHUT_WR), ANY, ANY } },

	/* fdopendir(3); the lock of a spool. */
	FCNTL(F_GETFL, P_STDIO, R_MAIL),
	FCNTL(F_SETFD, P_STDIO, R_MAIL),
	FCNTL(F_SETLK, P_FLOCK, R_WORKER),

	IOCTL(TCGETS),
	IOCTL(TCSETS),
	IOCTL(TCSETSW),
	IOCTL(TCSETSF),
	IOCTL(TIOCGPGRP),
	IOCTL(TIOCGWINSZ),

	/* Signals to the process itself, as abort(3) sends. */
	{ __NR_kill, P_STDIO, 0, { SELF(0), ANY, ANY } },
	{ __NR_tkill, P_STDIO, 0, { SELF(0), ANY, ANY } },
	{ __NR_tgkill, P_STDIO, R_ALL, { SELF(0), ANY, ANY } },

	/* Read limits, set a name, add a filter. */
	{ __NR_prlimit64, P_STDIO, 0, { IS(0, 0), IS(2, 0), IS(HIGH(2), 0) } },
	{ __NR_prctl, P_STDIO, 0, { IS(0, PR_SET_NAME), ANY, ANY } },
	{ __NR_prctl, P_UNVEIL, 0, { IS(0, PR_SET_NO_NEW_PRIVS), ANY, ANY } },
	{ __NR_seccomp, P_STDIO, 0,
	    { IS(0, SECCOMP_SET_MODE_FILTER), IS(1, 0), ANY } },

	/* Paths. */
	{ __NR_newfstatat, P_STDIO, R_HASH | R_LISTENER | R_MAIL,
	    { BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH), ANY, ANY } },
	OPEN_RULES(__NR_openat, 2),
#ifdef __x86_64__
	OPEN_RULES(__NR_open, 1),
#endif
	{ __NR_linkat, P_CPATH, 0, { IS(4, 0), ANY, ANY } },
	{ __NR_renameat2, P_CPATH, 0, { IS(4, 0), ANY, ANY } },

	{ __NR_clone, P_PROC, 0, { NONE_OF(0, CLONE_FORBIDDEN), ANY, ANY } },
	{ -1, 0, 0, { ANY, ANY, ANY } }
};

const struct pledge_errno pledge_errnos[] = {
	/* Tried on any descriptor by isatty(3) and others. */
	{ __NR_ioctl,			ENOTTY },
	/* A filter cannot see its flags; the C library falls back to clone. */
	{ __NR_clone3,			ENOSYS },
#ifdef PLEDGE_SANITIZER
	/*
	 * Calls a sanitizer tries when it has something to report: refused, but
	 * survived, so that it can.  Only in builds for tests.
	 */
	{ __NR_openat,			EACCES },
	{ __NR_readlinkat,		EACCES },
	{ __NR_newfstatat,		EACCES },
	{ __NR_clone,			EPERM },
	{ __NR_prctl,			EPERM },
	{ __NR_sched_getaffinity,	EPERM },
#ifdef __x86_64__
	{ __NR_open,			EACCES },
	{ __NR_readlink,		EACCES },
	{ __NR_stat,			EACCES },
	{ __NR_fork,			EPERM },
	{ __NR_vfork,			EPERM },
#endif
#endif
	{ -1,				0 }
};

#ifdef PLEDGE_SANITIZER
/*
 * Called by the sanitizer: its search for leaks at exit would trace this
 * process, which pledge(2) prevents.
 */
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return (1);
}
#endif
