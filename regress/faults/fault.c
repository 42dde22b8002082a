/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Run a program and let one of its system calls fail, or kill the program
 * there, although it lives under seccomp and Landlock:
 *
 *	fault [-p] [-m main] -o log [-c call[:n]] [-k | -K | -e errno |
 *	    -E errno | -s count] program [argument ...]
 *
 * -m	count calls from main() on: where that is, from the entry point
 * -o	where each call gets a line: name, how many of that name it is, first
 *	argument, path, result, "hit" if it is the one, separated by tabs.
 *	The last line is "exit N" or "signal N".  Flushed after a hit.
 * -c	the n-th call of that name (default: the first)
 * -k	SIGKILL before it is executed; -K after
 * -e	this errno instead of executing it; -E after it was executed
 * -s	its third argument becomes this: a read or write of less
 * -p	all later calls of that name too
 *
 * Descriptors 0 to 2 are the program's.  Exits as it does, or with 128 and
 * the number of the signal that ended it; 125 if there is no tracing here.
 *
 * A call that is not to be executed becomes a getpid(), which every filter
 * lets through: filters see the number that we leave behind.
 */

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_TRACE	125
#define PATH_SHOWN	200	/* octets of a path */
#define CHANNELS	16	/* descriptors that may lead to others */

#if defined(__x86_64__)
#define TRAP		0xccUL
#define TRAP_MASK	0xffUL
#define TRAP_BEHIND	1	/* the program counter, after the trap */
#define PC(r)		((r)->rip)
#define RESULT(r)	((r)->rax)
#define THIRD(r)	((r)->rdx)
#elif defined(__aarch64__)
#define TRAP		0xd4200000UL
#define TRAP_MASK	0xffffffffUL
#define TRAP_BEHIND	0
#define PC(r)		((r)->pc)
#define RESULT(r)	((r)->regs[0])
#define THIRD(r)	((r)->regs[2])
#else
#error "only for x86-64 and arm64"
#endif

enum how { HOW_COUNT, HOW_KILL, HOW_KILL_AFTER, HOW_ERROR, HOW_ERROR_AFTER,
    HOW_SHORT };

#define CALL(name)	{ SYS_##name, #name }

/* What has no name here is shown as #number, and still can be killed at. */
static const struct call {
	long		 ca_number;
	const char	*ca_name;
} calls[] = {
	CALL(accept), CALL(accept4), CALL(bind), CALL(brk), CALL(capget),
	CALL(chdir), CALL(chroot), CALL(clock_gettime), CALL(clock_nanosleep),
	CALL(clone), CALL(clone3), CALL(close), CALL(close_range),
	CALL(connect), CALL(copy_file_range), CALL(dup), CALL(dup3),
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_pwait),
	CALL(eventfd2), CALL(execve), CALL(exit), CALL(exit_group),
	CALL(faccessat), CALL(fallocate), CALL(fchdir), CALL(fchmod),
	CALL(fchmodat), CALL(fchown), CALL(fchownat), CALL(fcntl),
	CALL(fdatasync), CALL(flock), CALL(fstat), CALL(fstatfs), CALL(fsync),
	CALL(ftruncate), CALL(futex), CALL(getdents64), CALL(getegid),
	CALL(geteuid), CALL(getgid), CALL(getgroups), CALL(getpeername),
	CALL(getpid), CALL(getppid), CALL(getpriority), CALL(getrandom),
	CALL(getresgid), CALL(getresuid), CALL(getrusage), CALL(getsockname),
	CALL(getsockopt), CALL(gettid), CALL(gettimeofday), CALL(getuid),
	CALL(ioctl), CALL(kill), CALL(landlock_add_rule),
	CALL(landlock_create_ruleset), CALL(landlock_restrict_self),
	CALL(linkat), CALL(listen), CALL(lseek), CALL(madvise), CALL(mkdirat),
	CALL(mmap), CALL(mprotect), CALL(mremap), CALL(munmap),
	CALL(nanosleep), CALL(newfstatat), CALL(openat), CALL(openat2),
	CALL(personality), CALL(pipe2), CALL(ppoll), CALL(prctl),
	CALL(pread64), CALL(preadv), CALL(prlimit64), CALL(pselect6),
	CALL(pwrite64), CALL(pwritev), CALL(read), CALL(readlinkat),
	CALL(readv), CALL(recvfrom), CALL(recvmsg), CALL(renameat),
	CALL(renameat2), CALL(rseq), CALL(rt_sigaction), CALL(rt_sigprocmask),
	CALL(rt_sigreturn), CALL(seccomp), CALL(sendfile), CALL(sendmsg),
	CALL(sendto), CALL(set_robust_list), CALL(set_tid_address),
	CALL(setgid), CALL(setgroups), CALL(setpriority), CALL(setregid),
	CALL(setresgid), CALL(setresuid), CALL(setreuid), CALL(setrlimit),
	CALL(setsid), CALL(setsockopt), CALL(setuid), CALL(shutdown),
	CALL(socket), CALL(socketpair), CALL(splice), CALL(statx),
	CALL(symlinkat), CALL(syncfs), CALL(sysinfo), CALL(tgkill),
	CALL(umask), CALL(uname), CALL(unlinkat), CALL(utimensat), CALL(wait4),
	CALL(waitid), CALL(write), CALL(writev),
#ifdef SYS_arch_prctl
	CALL(access), CALL(arch_prctl), CALL(dup2), CALL(epoll_create),
	CALL(epoll_wait), CALL(fork), CALL(getdents), CALL(getrlimit),
	CALL(link), CALL(lstat), CALL(mkdir), CALL(open), CALL(pipe),
	CALL(poll), CALL(readlink), CALL(rename), CALL(rmdir), CALL(select),
	CALL(stat), CALL(time), CALL(unlink), CALL(vfork),
#endif
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static struct {
	pid_t			 pid;
	FILE			*log;
	const char		*call;		/* what is to be hit */
	unsigned int		 nth;
	int			 persistent;
	enum how		 how;
	long			 value;
	unsigned int		 seen[CALLS + 1];
	int			 hit;		/* the call under way is it */
	int			 open;		/* its line has no end yet */
} t = { .nth = 1 };

static void __attribute__((__noreturn__))
usage(void)
{
	fprintf(stderr, "usage: fault [-p] [-m main] -o log [-c call[:n]] "
	    "[-k | -K | -e errno | -E errno | -s count] program ...\n");
	exit(2);
}

static void
regs_get(struct user_regs_struct *r)
{
	struct iovec	 iov = { r, sizeof(*r) };

	if (ptrace(PTRACE_GETREGSET, t.pid, NT_PRSTATUS, &iov) == -1)
		err(2, "registers");
}

static void
regs_set(struct user_regs_struct *r)
{
	struct iovec	 iov = { r, sizeof(*r) };

	if (ptrace(PTRACE_SETREGSET, t.pid, NT_PRSTATUS, &iov) == -1)
		err(2, "registers");
}

/* Let the call that is about to begin be a getpid(). */
static void
harmless(void)
{
#if defined(__x86_64__)
	struct user_regs_struct	 r;

	regs_get(&r);
	r.orig_rax = SYS_getpid;
	regs_set(&r);
#else
	int		 number = SYS_getpid;
	struct iovec	 iov = { &number, sizeof(number) };

	if (ptrace(PTRACE_SETREGSET, t.pid, NT_ARM_SYSTEM_CALL, &iov) == -1)
		err(2, "system call");
#endif
}

static unsigned long
peek(unsigned long at)
{
	errno = 0;
	return ((unsigned long)ptrace(PTRACE_PEEKDATA, t.pid, at, 0));
}

/* A string of the program for the log, as far as it may be read. */
static void
show(unsigned long at)
{
	unsigned long	 word;
	unsigned int	 i, j;
	char		 c;

	for (i = 0; i < PATH_SHOWN; i += sizeof(word)) {
		word = peek(at + i);
		if (errno != 0)
			return;
		for (j = 0; j < sizeof(word); j++) {
			if ((c = ((const char *)&word)[j]) == '\0')
				return;
			fputc(c < ' ' || c == 127 ? '?' : c, t.log);
		}
	}
}

static int
has_path(const char *name)
{
	static const char *const	 with[] = { "openat", "newfstatat",
	    "unlinkat", "renameat", "renameat2", "linkat", "mkdirat", "statx",
	    "faccessat", "fchmodat", "readlinkat", "utimensat", "openat2" };
	size_t				 i;

	for (i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (strcmp(with[i], name) == 0)
			return (1);
	return (0);
}

static void
wait_for(int *status)
{
	while (waitpid(t.pid, status, __WALL) == -1)
		if (errno != EINTR)
			err(2, "waitpid");
}

/* The end of the program is ours. */
static void __attribute__((__noreturn__))
end(int status)
{
	int	 code;

	if (t.open)
		fprintf(t.log, "ended\t%s\n", t.hit ? "hit" : "");
	if (WIFEXITED(status)) {
		code = WEXITSTATUS(status);
		fprintf(t.log, "exit\t%d\n", code);
	} else {
		code = 128 + WTERMSIG(status);
		fprintf(t.log, "signal\t%d\n", WTERMSIG(status));
	}
	if (fclose(t.log) == EOF)
		err(2, "log");
	exit(code);
}

static void
shoot(void)
{
	if (kill(t.pid, SIGKILL) == -1 && errno != ESRCH)
		err(2, "kill");
}

static void
strike(void)
{
	struct user_regs_struct	 r;

	if (t.how == HOW_KILL || t.how == HOW_ERROR)
		harmless();
	if (t.how == HOW_KILL)
		shoot();
	if (t.how == HOW_SHORT) {
		regs_get(&r);
		if (THIRD(&r) > (unsigned long)t.value)
			THIRD(&r) = (unsigned long)t.value;
		regs_set(&r);
	}
}

static void
entered(const struct __ptrace_syscall_info *si)
{
	const char	*name;
	char		 number[24];
	size_t		 i;

	for (i = 0; i < CALLS; i++)
		if (calls[i].ca_number == (long)si->entry.nr)
			break;
	snprintf(number, sizeof(number), "#%ld", (long)si->entry.nr);
	name = i < CALLS ? calls[i].ca_name : number;
	t.seen[i]++;
	fprintf(t.log, "%s\t%u\t%ld\t", name, t.seen[i],
	    (long)(int)si->entry.args[0]);
	if (has_path(name))
		show(si->entry.args[1]);
	fputc('\t', t.log);
	t.open = 1;
	t.hit = t.call != NULL && strcmp(name, t.call) == 0 &&
	    (t.seen[i] == t.nth || (t.persistent && t.seen[i] > t.nth));
	if (t.hit)
		strike();
}

static void
left(const struct __ptrace_syscall_info *si)
{
	struct user_regs_struct	 r;
	long			 result = (long)si->exit.rval;

	if (t.hit && (t.how == HOW_ERROR || t.how == HOW_ERROR_AFTER)) {
		regs_get(&r);
		result = -t.value;
		RESULT(&r) = (unsigned long)result;
		regs_set(&r);
	}
	fprintf(t.log, "%ld\t%s\n", result, t.hit ? "hit" : "");
	t.open = 0;
	if (t.hit)
		fflush(t.log);
	if (t.hit && t.how == HOW_KILL_AFTER)
		shoot();
}

/* From stop to stop until the end. */
static void __attribute__((__noreturn__))
follow(void)
{
	struct __ptrace_syscall_info	 si;
	int				 status, sig = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, t.pid, 0, sig) == -1 &&
		    errno != ESRCH)
			err(2, "continue");
		wait_for(&status);
		if (!WIFSTOPPED(status))
			end(status);
		sig = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			sig = WSTOPSIG(status);
			continue;
		}
		if (ptrace(PTRACE_GET_SYSCALL_INFO, t.pid, sizeof(si),
		    &si) == -1)
			continue;
		if (si.op == PTRACE_SYSCALL_INFO_ENTRY)
			entered(&si);
		else if (si.op == PTRACE_SYSCALL_INFO_EXIT)
			left(&si);
	}
}

static unsigned long
entry_point(void)
{
	uint64_t	 pair[2];
	char		 path[64];
	FILE		*f;

	snprintf(path, sizeof(path), "/proc/%ld/auxv", (long)t.pid);
	if ((f = fopen(path, "r")) == NULL)
		err(2, "%s", path);
	while (fread(pair, sizeof(pair), 1, f) == 1)
		if (pair[0] == AT_ENTRY) {
			fclose(f);
			return (pair[1]);
		}
	errx(2, "%s: no entry point", path);
}

/* On to main(), so that what libc and the loader do is no part of it. */
static void
reach_main(long offset)
{
	struct user_regs_struct	 r;
	unsigned long		 at, code;
	int			 status;

	at = entry_point() + (unsigned long)offset;
	code = peek(at);
	if (errno != 0 || ptrace(PTRACE_POKETEXT, t.pid, at,
	    (code & ~TRAP_MASK) | TRAP) == -1)
		err(2, "main");
	if (ptrace(PTRACE_CONT, t.pid, 0, 0) == -1)
		err(2, "continue");
	wait_for(&status);
	if (!WIFSTOPPED(status))
		end(status);
	regs_get(&r);
	if (WSTOPSIG(status) != SIGTRAP || PC(&r) != at + TRAP_BEHIND)
		errx(2, "signal %d before main", WSTOPSIG(status));
	PC(&r) = at;
	regs_set(&r);
	if (ptrace(PTRACE_POKETEXT, t.pid, at, code) == -1)
		err(2, "main");
}

static void
start(char *argv[])
{
	int	 status, null, fd;

	if ((t.pid = fork()) == -1)
		err(2, "fork");
	if (t.pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(NO_TRACE);
		raise(SIGSTOP);
		execv(argv[0], argv);
		_exit(127);
	}
	/* Its ends of the pipes are its own. */
	if ((null = open("/dev/null", O_RDWR)) == -1)
		err(2, "/dev/null");
	dup2(null, 0);
	dup2(null, 1);
	for (fd = 3; fd < CHANNELS; fd++)
		if (fd != fileno(t.log))
			close(fd);
	wait_for(&status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_TRACE)
		exit(NO_TRACE);
	if (!WIFSTOPPED(status))
		end(status);
	if (ptrace(PTRACE_SETOPTIONS, t.pid, 0, PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) == -1)
		err(NO_TRACE, "ptrace");
	if (ptrace(PTRACE_CONT, t.pid, 0, 0) == -1)
		err(2, "continue");
	wait_for(&status);
	if (!WIFSTOPPED(status))
		end(status);
}

static void
what(enum how how, const char *value)
{
	if (t.how != HOW_COUNT)
		usage();
	t.how = how;
	if (value != NULL)
		t.value = atol(value);
}

static void
which(char *call)
{
	char	*nth;

	t.call = call;
	if ((nth = strchr(call, ':')) != NULL) {
		*nth++ = '\0';
		t.nth = (unsigned int)atoi(nth);
	}
}

int
main(int argc, char *argv[])
{
	const char	*offset = NULL;
	int		 ch;

	while ((ch = getopt(argc, argv, "+c:E:e:Kkm:o:ps:")) != -1)
		switch (ch) {
		case 'c':	which(optarg); break;
		case 'E':	what(HOW_ERROR_AFTER, optarg); break;
		case 'e':	what(HOW_ERROR, optarg); break;
		case 'K':	what(HOW_KILL_AFTER, NULL); break;
		case 'k':	what(HOW_KILL, NULL); break;
		case 'm':	offset = optarg; break;
		case 'o':
			if ((t.log = fopen(optarg, "we")) == NULL)
				err(2, "%s", optarg);
			break;
		case 'p':	t.persistent = 1; break;
		case 's':	what(HOW_SHORT, optarg); break;
		default:	usage();
		}
	if (t.log == NULL || optind == argc)
		usage();
	start(argv + optind);
	if (offset != NULL)
		reach_main(atol(offset));
	follow();
}
