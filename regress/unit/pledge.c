/* link: */
/* needs: Linux */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * pledge(2) of compat/: for each promise, children try what it must allow and
 * what must kill them; without a pledge, the same calls must work.
 */

#include "pledgetries.h"

#define WORKER	"stdio rpath wpath cpath flock"

static const struct try tries[] = {
	{ "no promise: read", "", try_read, KILLED, 0 },
	{ "no promise: getpid", "", try_getpid, KILLED, 0 },
#if !SANITIZED
	{ "no promise: end", "", try_nothing, WORKS, 0 },
#endif

	{ "stdio: read", "stdio", try_read, WORKS, 0 },
	{ "stdio: memory, libevent, random, poll", "stdio", try_stdio, WORKS,
	    0 },
	{ "stdio: qsort of much", "stdio", try_qsort, WORKS, 0 },
	{ "stdio: fstat", "stdio", try_fstat, WORKS, 0 },
	{ "stdio: fcntl F_GETFL", "stdio", try_getfl, WORKS, 0 },
	{ "stdio: ioctl FIONREAD", "stdio", try_fionread, ENOTTY, 0 },
	{ "stdio: isatty", "stdio", try_isatty, WORKS, 0 },
	{ "stdio: send", "stdio", try_send, WORKS, 0 },
	{ "stdio: getsockopt SO_ERROR", "stdio", try_get_error, KILLED, 0 },
	{ "stdio: getsockopt SO_RCVBUF", "stdio", try_get_rcvbuf, KILLED,
	    0 },
	{ "stdio: mmap", "stdio", try_map, WORKS, 0 },
	{ "stdio: mprotect", "stdio", try_protect, WORKS, 0 },
	{ "stdio: signal to itself", "stdio", try_kill_self, WORKS, 0 },
	{ "stdio: a limit read", "stdio", try_getrlimit, WORKS, 0 },
	{ "stdio: PR_SET_NAME", "stdio", try_name, WORKS, 0 },

	{ "stdio: open", "stdio", try_open_read, KILLED, 1 },
	{ "stdio: open for writing", "stdio", try_open_write, KILLED, 1 },
	{ "stdio: open to create", "stdio", try_open_creat, KILLED, 1 },
	{ "stdio: openat2", "stdio", try_openat2, KILLED, 0 },
	{ "stdio: open by handle", "stdio", try_handle, KILLED, 0 },
	{ "stdio: stat", "stdio", try_stat, KILLED, 1 },
	{ "stdio: access", "stdio", try_access, KILLED, 0 },
	{ "stdio: readlink", "stdio", try_readlink, KILLED, 1 },
	{ "stdio: chdir", "stdio", try_chdir, KILLED, 0 },
	{ "stdio: list an open directory", "stdio", try_getdents, KILLED, 0 },
	{ "stdio: rename", "stdio", try_rename, KILLED, 0 },
	{ "stdio: link", "stdio", try_link, KILLED, 0 },
	{ "stdio: symlink", "stdio", try_symlink, KILLED, 0 },
	{ "stdio: mkdir", "stdio", try_mkdir, KILLED, 0 },
	{ "stdio: mkfifo", "stdio", try_mkfifo, KILLED, 0 },
	{ "stdio: chmod", "stdio", try_chmod, KILLED, 0 },
	{ "stdio: fchmod", "stdio", try_fchmod, KILLED, 0 },
	{ "stdio: futimens", "stdio", try_utimes, KILLED, 0 },
	{ "stdio: truncate", "stdio", try_truncate, KILLED, 0 },
	{ "stdio: flock", "stdio", try_flock, KILLED, 0 },
	{ "stdio: fcntl F_SETLK", "stdio", try_setlk, KILLED, 0 },
	{ "stdio: fcntl F_SETFL", "stdio", try_setfl, KILLED, 0 },
	{ "stdio: fcntl F_DUPFD", "stdio", try_dupfd, KILLED, 0 },
	{ "stdio: fcntl F_DUPFD_CLOEXEC", "stdio", try_dupfd_cloexec, KILLED,
	    0 },
	{ "stdio: dup", "stdio", try_dup, KILLED, 0 },
	{ "stdio: dup3", "stdio", try_dup3, KILLED, 0 },
	{ "stdio: fcntl F_SETOWN", "stdio", try_setown, KILLED, 0 },
	{ "stdio: fcntl F_SETLEASE", "stdio", try_setlease, KILLED, 0 },
	{ "stdio: ioctl TIOCSTI", "stdio", try_tiocsti, ENOTTY, 0 },
	{ "stdio: ioctl FIONBIO", "stdio", try_fionbio, ENOTTY, 0 },
	{ "stdio: ioctl FIOASYNC", "stdio", try_fioasync, ENOTTY, 0 },
	{ "stdio: socketpair", "stdio", try_socketpair, KILLED, 0 },
	{ "stdio: socketpair SOCK_DGRAM", "stdio", try_dgrampair, KILLED, 0 },
	{ "stdio: socketpair SOCK_SEQPACKET", "stdio", try_seqpair, KILLED,
	    0 },
	{ "stdio: socket AF_UNIX", "stdio", try_socket_unix, KILLED, 0 },
	{ "stdio: socket AF_INET", "stdio", try_socket_inet, KILLED, 0 },
	{ "stdio: socket AF_INET6", "stdio", try_socket_udp6, KILLED, 0 },
	{ "stdio: socket AF_NETLINK", "stdio", try_socket_netlink, KILLED, 0 },
	{ "stdio: connect", "stdio", try_connect, KILLED, 0 },
	{ "stdio: bind", "stdio", try_bind, KILLED, 0 },
	{ "stdio: listen", "stdio", try_listen, KILLED, 0 },
	{ "stdio: accept", "stdio", try_accept, KILLED, 0 },
	{ "stdio: TCP_NODELAY", "stdio", try_nodelay, KILLED, 0 },
	{ "stdio: SO_RCVBUF", "stdio", try_rcvbuf, KILLED, 0 },
	{ "stdio: SO_SNDBUF", "stdio", try_sndbuf, KILLED, 0 },
	{ "stdio: SO_RCVTIMEO", "stdio", try_rcvtimeo, KILLED, 0 },
	{ "stdio: getsockopt SO_PEERCRED", "stdio", try_get_peercred, KILLED,
	    0 },
	{ "stdio: getsockopt SO_ACCEPTCONN", "stdio", try_get_acceptconn,
	    KILLED, 0 },
	{ "stdio: shutdown SHUT_WR", "stdio", try_shut_wr, KILLED, 0 },
	{ "stdio: sendto an address", "stdio", try_sendto, KILLED, 0 },
	{ "stdio: sendto a high address", "stdio", try_sendto_high, KILLED,
	    0 },
	{ "stdio: sendto MSG_FASTOPEN", "stdio", try_fastopen, KILLED, 0 },
	{ "stdio: sendmsg", "stdio", try_sendmsg, KILLED, 0 },
	{ "stdio: sendmsg MSG_FASTOPEN", "stdio", try_fastopenmsg, KILLED, 0 },
	{ "stdio: sendmmsg", "stdio", try_sendmmsg, KILLED, 0 },
	{ "stdio: mmap PROT_EXEC", "stdio", try_mapexec, KILLED, 0 },
	{ "stdio: mprotect PROT_EXEC", "stdio", try_protexec, KILLED, 0 },
	{ "stdio: pkey_mprotect", "stdio", try_pkey, KILLED, 0 },
	{ "stdio: memfd_create", "stdio", try_memfd, KILLED, 0 },
	{ "stdio: shmget", "stdio", try_shmget, KILLED, 0 },
	{ "stdio: userfaultfd", "stdio", try_uffd, KILLED, 0 },
	{ "stdio: io_uring", "stdio", try_uring, KILLED, 0 },
	{ "stdio: bpf", "stdio", try_bpf, KILLED, 0 },
	{ "stdio: perf_event_open", "stdio", try_perf, KILLED, 0 },
	{ "stdio: keyctl", "stdio", try_keyctl, KILLED, 0 },
	{ "stdio: add_key", "stdio", try_addkey, KILLED, 0 },
	{ "stdio: execve", "stdio", try_execve, KILLED, 0 },
	{ "stdio: execveat", "stdio", try_execveat, KILLED, 0 },
	{ "stdio: fork", "stdio", try_fork, KILLED, 1 },
	{ "stdio: clone3", "stdio", try_clone3, ENOSYS, 0 },
	{ "stdio: clone of a thread", "stdio", try_thread, KILLED, 1 },
	{ "stdio: unshare", "stdio", try_unshare, KILLED, 0 },
	{ "stdio: setns", "stdio", try_setns, KILLED, 0 },
	{ "stdio: ptrace", "stdio", try_ptrace, KILLED, 0 },
	{ "stdio: process_vm_readv", "stdio", try_vmread, KILLED, 0 },
	{ "stdio: process_vm_writev", "stdio", try_vmwrite, KILLED, 0 },
	{ "stdio: pidfd_open", "stdio", try_pidfd, KILLED, 0 },
	{ "stdio: pidfd_getfd", "stdio", try_pidfd_getfd, KILLED, 0 },
	{ "stdio: signal to its parent", "stdio", try_kill_parent, KILLED, 0 },
	{ "stdio: signal to its group", "stdio", try_kill_group, KILLED, 0 },
	{ "stdio: signal to all", "stdio", try_kill_all, KILLED, 0 },
	{ "stdio: tgkill of its parent", "stdio", try_tgkill_parent, KILLED,
	    0 },
	{ "stdio: rt_sigqueueinfo", "stdio", try_sigqueue, KILLED, 0 },
	{ "stdio: setuid", "stdio", try_setuid, KILLED, 0 },
	{ "stdio: setgid", "stdio", try_setgid, KILLED, 0 },
	{ "stdio: setgroups", "stdio", try_setgroups, KILLED, 0 },
	{ "stdio: capset", "stdio", try_capset, KILLED, 0 },
	{ "stdio: chroot", "stdio", try_chroot, KILLED, 0 },
	{ "stdio: mount", "stdio", try_mount, KILLED, 0 },
	{ "stdio: PR_SET_DUMPABLE", "stdio", try_dumpable, KILLED, 1 },
	{ "stdio: setrlimit", "stdio", try_setrlimit, KILLED, 0 },
	{ "stdio: another's limits", "stdio", try_prlimit, KILLED, 0 },
	{ "stdio: personality", "stdio", try_persona, KILLED, 0 },
	{ "stdio: seccomp listener", "stdio", try_listener, KILLED, 0 },
	{ "stdio: seccomp strict", "stdio", try_strict, KILLED, 0 },
	{ "stdio: modify_ldt", "stdio", try_ldt, KILLED, 0 },
	{ "stdio: inotify", "stdio", try_inotify, KILLED, 0 },
	{ "stdio: Landlock", "stdio", try_landlock, KILLED, 0 },
	{ "stdio: an unknown number", "stdio", try_beyond, KILLED, 0 },
#if defined(__x86_64__)
	{ "stdio: open of old", "stdio", try_open_old, KILLED, 1 },
	{ "stdio: creat of old", "stdio", try_creat, KILLED, 0 },
	{ "stdio: a call of x32", "stdio", try_x32, KILLED, 0 },
	{ "stdio: a call of i386", "stdio", try_int80, KILLED, 0 },
#endif

	{ "rpath: open", "stdio rpath", try_open_read, WORKS, 0 },
	{ "rpath: a stream", "stdio rpath", try_stream, WORKS, 0 },
	{ "rpath: a directory", "stdio rpath", try_scandir, WORKS, 0 },
	{ "rpath: stat", "stdio rpath", try_stat, WORKS, 0 },
	{ "rpath: access", "stdio rpath", try_access, WORKS, 0 },
	{ "rpath: readlink", "stdio rpath", try_readlink, WORKS, 0 },
	{ "rpath: chdir", "stdio rpath", try_chdir, WORKS, 0 },
	{ "rpath: open for writing", "stdio rpath", try_open_write, KILLED,
	    1 },
	{ "rpath: open O_RDWR", "stdio rpath", try_open_rdwr, KILLED, 1 },
	{ "rpath: open O_TRUNC", "stdio rpath", try_open_rtrunc, KILLED, 1 },
	{ "rpath: open O_CREAT", "stdio rpath", try_open_rcreat, KILLED, 1 },
	{ "rpath: open O_PATH", "stdio rpath", try_open_path, KILLED, 1 },
	{ "rpath: open access mode 3", "stdio rpath", try_open_three, KILLED,
	    1 },
	{ "rpath: open O_ASYNC", "stdio rpath", try_open_async, KILLED, 1 },
	{ "rpath: rename", "stdio rpath", try_rename, KILLED, 0 },
	{ "rpath: truncate", "stdio rpath", try_truncate, KILLED, 0 },
#if defined(__x86_64__)
	{ "rpath: open of old", "stdio rpath", try_open_old, WORKS, 0 },
	{ "rpath: open of old for writing", "stdio rpath", try_open_oldw,
	    KILLED, 1 },
#endif
	{ "wpath: open for writing", "stdio wpath", try_open_write, WORKS, 0 },
	{ "wpath: open O_TRUNC", "stdio wpath", try_open_trunc, WORKS, 0 },
	{ "wpath: truncate", "stdio wpath", try_truncate, WORKS, 0 },
	{ "wpath: open", "stdio wpath", try_open_read, KILLED, 1 },
	{ "wpath: open O_RDWR", "stdio wpath", try_open_rdwr, KILLED, 1 },
	{ "wpath: open to create", "stdio wpath", try_open_creat, KILLED, 1 },
	{ "cpath: rename", "stdio cpath", try_rename, WORKS, 0 },
	{ "cpath: renameat", "stdio cpath", try_renameat, WORKS, 0 },
	{ "cpath: link and unlink", "stdio cpath", try_link, WORKS, 0 },
	{ "cpath: mkdir and rmdir", "stdio cpath", try_mkdir, WORKS, 0 },
	{ "cpath: RENAME_EXCHANGE", "stdio cpath", try_exchange, KILLED, 0 },
	{ "cpath: link of a descriptor", "stdio cpath", try_linkfd, KILLED,
	    0 },
	{ "cpath: open to create", "stdio cpath", try_open_creat, KILLED, 1 },
	{ "cpath: symlink", "stdio cpath", try_symlink, KILLED, 0 },
	{ "cpath: mkfifo", "stdio cpath", try_mkfifo, KILLED, 0 },
	{ "fattr: chmod", "stdio fattr", try_chmod, KILLED, 0 },
	{ "flock: flock", "stdio flock", try_flock, WORKS, 0 },
	{ "flock: fcntl F_SETLK", "stdio flock", try_setlk, WORKS, 0 },
	{ "tty: terminal modes", "stdio tty", try_tcgets, ENOTTY, 0 },

	{ "worker: open to create", WORKER, try_open_creat, WORKS, 0 },
	{ "worker: open O_RDWR", WORKER, try_open_rdwr, WORKS, 0 },
	{ "worker: open O_TMPFILE", WORKER, try_open_tmpfile, KILLED, 1 },
	{ "worker: open O_PATH", WORKER, try_open_path, KILLED, 1 },
	{ "worker: accept", WORKER, try_accept, KILLED, 0 },

	{ "inet: accept", "stdio inet", try_accept, WORKS, 0 },
	{ "inet: getsockopt SO_ACCEPTCONN", "stdio inet", try_get_acceptconn,
	    WORKS, 0 },
	{ "inet: shutdown SHUT_RD", "stdio inet", try_shut_rd, WORKS, 0 },
	{ "inet: shutdown SHUT_WR", "stdio inet", try_shut_wr, WORKS, 0 },
	{ "inet: shutdown SHUT_RDWR", "stdio inet", try_shut_rdwr, KILLED, 0 },
	{ "inet: fcntl F_SETFL", "stdio inet", try_setfl, KILLED, 0 },
	{ "inet: SO_KEEPALIVE", "stdio inet", try_keepalive, KILLED, 0 },
	{ "inet: SO_LINGER", "stdio inet", try_linger, KILLED, 0 },
	{ "inet: TCP_NODELAY", "stdio inet", try_nodelay, KILLED, 0 },
	{ "inet: TCP_USER_TIMEOUT", "stdio inet", try_usertimeout, KILLED, 0 },
	{ "inet: TCP_ULP", "stdio inet", try_ulp, KILLED, 0 },
	{ "inet: SO_ATTACH_FILTER", "stdio inet", try_filter, KILLED, 0 },
	{ "inet: socket AF_INET", "stdio inet", try_socket_inet, KILLED, 0 },
	{ "inet: socket AF_UNIX", "stdio inet", try_socket_unix, KILLED, 0 },
	{ "inet: connect", "stdio inet", try_connect, KILLED, 0 },
	{ "inet: bind", "stdio inet", try_bind, KILLED, 0 },
	{ "inet: listen", "stdio inet", try_listen, KILLED, 0 },
	{ "inet: sendto MSG_FASTOPEN", "stdio inet", try_fastopen, KILLED, 0 },
	{ "inet: sendmsg", "stdio inet", try_sendmsg, KILLED, 0 },
	{ "sendfd: sendmsg", "stdio sendfd", try_sendmsg, WORKS, 0 },
	{ "sendfd: sendmsg MSG_FASTOPEN", "stdio sendfd", try_fastopenmsg,
	    KILLED, 0 },
	{ "unix: socket AF_UNIX", "stdio unix", try_socket_unix, WORKS, 0 },
	{ "unix: socket AF_INET", "stdio unix", try_socket_inet, KILLED, 0 },
	{ "unix: TCP connect", "stdio unix", try_connect, EACCES, 0 },
	{ "unix: TCP bind", "stdio unix", try_bind, EACCES, 0 },
	{ "proc: fork", "stdio proc", try_fork, WORKS, 0 },
	{ "proc: signal to its parent", "stdio proc", try_kill_parent, WORKS,
	    0 },
	{ "proc: new name space", "stdio proc", try_newuser, KILLED, 1 },
	{ "proc: execve", "stdio proc", try_execve, KILLED, 0 },
	{ "recvfd sendfd dns getpw: socket", "stdio recvfd sendfd dns getpw",
	    try_socket_inet, KILLED, 0 },

	{ "second pledge: narrower", "stdio rpath", try_narrower, WORKS, 0 },
	{ "second pledge: what it gave up", "stdio rpath", try_narrowed,
	    KILLED, 1 },
	{ "second pledge: wider", "stdio rpath", try_wider, EPERM, 0 },
	{ "not a parent's pledge", "stdio proc exec id", try_parent, WORKS,
	    0 },
	{ NULL, NULL, NULL, 0, 0 }
};

/* Return WORKS, KILLED, or errno; -1 if it ended otherwise. */
static int
outcome(const struct try *t, int confined)
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == 0) {
		if (confined && pledge(t->t_promises, NULL) == -1)
			_exit(255);
		errno = 0;
		_exit(t->t_fn() == 0 ? 0 : errno);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return (-1);
	if (WIFSIGNALED(status))
		return (WTERMSIG(status) == SIGSYS ? KILLED : -1);
	return (WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status));
}

static void
run(const struct try *t)
{
	int	 got;

	unit_case(t->t_name);
	got = outcome(t, 1);
	if (SANITIZED && t->t_soft)
		CHECK(got == EACCES || got == EPERM, "outcome %d", got);
	else
		CHECK(got == t->t_want, "outcome %d, not %d", got, t->t_want);
	if (t->t_want == KILLED && t->t_fn != try_narrowed) {
		got = outcome(t, 0);
		CHECK(got != KILLED, "killed without a pledge, too");
	}
}

static void
test_promises(void)
{
	unit_case("unknown promises, execpromises and NULL");
	CHECK(pledge("stdio rpaths", NULL) == -1 && errno == EINVAL, "rpaths");
	CHECK(pledge("stdi", NULL) == -1 && errno == EINVAL, "stdi");
	CHECK(pledge("stdio", "stdio") == -1 && errno == EINVAL, "exec");
	CHECK(pledge(NULL, NULL) == 0, "NULL");
}

static void
test_core(void)
{
	struct rlimit	 rl;
	pid_t		 pid;
	int		 status;

	unit_case("a core is never dumped");
	if ((pid = fork()) == 0) {
		rl.rlim_cur = rl.rlim_max = 1 << 20;
		if (setrlimit(RLIMIT_CORE, &rl) == -1)
			_exit(3);
		if (pledge("  stdio  rpath ", NULL) == -1)
			_exit(1);
		abort();
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		unit_skip("this user may not raise the limit");
	else
		CHECK(WIFSIGNALED(status) && !WCOREDUMP(status), "status %x",
		    (unsigned int)status);
}

static void
test_hidden(void)
{
	struct stat	 st;
	pid_t		 pid;
	int		 fds[2], status;
	char		 c, path[64];

	unit_case("its own user cannot look into it");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		return;
	if ((pid = fork()) == 0) {
		/* Dumpable again, which a change of uid takes away. */
		if ((geteuid() == 0 && setuid(65534) == -1) ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1)
			_exit(1);
		if (write(fds[1], "x", 1) != 1 || read(fds[1], &c, 1) != 1 ||
		    pledge("stdio", NULL) == -1)
			_exit(2);
		(void)write(fds[1], "x", 1);
		(void)read(fds[1], &c, 1);
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	CHECK(read(fds[0], &c, 1) == 1 && stat(path, &st) == 0 &&
	    st.st_uid != 0, "%s is root's before", path);
	CHECK(write(fds[0], "x", 1) == 1, "write");
	CHECK(read(fds[0], &c, 1) == 1 && stat(path, &st) == 0 &&
	    st.st_uid == 0, "%s is not root's", path);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void
test_abort(void)
{
	pid_t	 pid;
	int	 status;

	unit_case("abort ends by SIGABRT");
	if ((pid = fork()) == 0) {
		if (pledge("stdio", NULL) == -1)
			_exit(1);
		_exit(try_abort());
	}
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
	    !WCOREDUMP(status), "status %x", (unsigned int)status);
}

int
main(void)
{
	const struct try	*t;
	socklen_t		 len = sizeof(tcpaddr);
	int			 fd;

	memset(&tcpaddr, 0, sizeof(tcpaddr));
	tcpaddr.sin_family = AF_INET;
	tcpaddr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((loop = event_init()) == NULL ||
	    (fd = open("file2", O_WRONLY | O_CREAT, 0600)) == -1 ||
	    (filefd = open("file", O_RDWR | O_CREAT, 0600)) == -1 ||
	    pwrite(filefd, "x", 1, 0) != 1 ||
	    (folderfd = open(".", O_RDONLY | O_DIRECTORY)) == -1 ||
	    (tcpfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) == -1 ||
	    bind(tcpfd, (struct sockaddr *)&tcpaddr, sizeof(tcpaddr)) == -1 ||
	    getsockname(tcpfd, (struct sockaddr *)&tcpaddr, &len) == -1 ||
	    listen(tcpfd, 1) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, unixfds) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, spoiltfds) == -1) {
		perror("pledge: preparation");
		return (1);
	}
	close(fd);
	for (t = tries; t->t_name != NULL; t++)
		run(t);
	test_promises();
	test_core();
	test_hidden();
	test_abort();
	return (unit_done());
}
