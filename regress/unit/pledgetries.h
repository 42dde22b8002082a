/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * System calls as functions that return 0 if the call worked: what unit/pledge
 * tries with each promise.
 */

#ifndef PLEDGETRIES_H
#define PLEDGETRIES_H

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <dirent.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define WORKS	0
#define KILLED	1000			/* else an errno */

/* A sanitizer must be able to report; see compat/pledge_calls.c. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

/*
 * Made before any pledge, used by the tries; the last for those that change
 * what all share.
 */
static int	folderfd, filefd, tcpfd, unixfds[2], spoiltfds[2];
static struct sockaddr_in tcpaddr;
static struct event_base *loop;

struct try {
	const char	*t_name;
	const char	*t_promises;
	int		 (*t_fn)(void);
	int		 t_want;
	int		 t_soft;	/* an errno where sanitized */
};

#define TRY(name, expr)							\
static int								\
try_##name(void)							\
{									\
	return ((int)(expr));						\
}

TRY(nothing, 0)
TRY(read, read(filefd, (char [1]){ 0 }, 1) == 1 ? 0 : -1)
TRY(getpid, syscall(SYS_getpid) > 0 ? 0 : -1)
TRY(open_read, open("file", O_RDONLY | O_CLOEXEC) == -1 ? -1 : 0)
TRY(open_write, open("file", O_WRONLY | O_APPEND) == -1 ? -1 : 0)
TRY(open_rdwr, open("file", O_RDWR) == -1 ? -1 : 0)
TRY(open_trunc, open("file2", O_WRONLY | O_TRUNC) == -1 ? -1 : 0)
TRY(open_rtrunc, open("file2", O_RDONLY | O_TRUNC) == -1 ? -1 : 0)
TRY(open_creat, open("new", O_WRONLY | O_CREAT | O_EXCL, 0600) == -1 ||
    unlink("new") == -1 ? -1 : 0)
TRY(open_rcreat, open("file2", O_RDONLY | O_CREAT, 0600) == -1 ? -1 : 0)
TRY(open_path, open("file", O_PATH) == -1 ? -1 : 0)
TRY(open_tmpfile, open(".", O_TMPFILE | O_RDWR, 0600) == -1 ? -1 : 0)
TRY(open_three, open("file", O_ACCMODE) == -1 ? -1 : 0)
TRY(open_async, open("file", O_RDONLY | O_ASYNC) == -1 ? -1 : 0)
TRY(open_old, syscall(SYS_open, "file", O_RDONLY) == -1 ? -1 : 0)
TRY(open_oldw, syscall(SYS_open, "file", O_WRONLY) == -1 ? -1 : 0)
TRY(openat2, syscall(SYS_openat2, AT_FDCWD, "file", (char [24]){ 0 }, 24)
    == -1 ? -1 : 0)
TRY(creat, syscall(SYS_creat, "file2", 0600) == -1 ? -1 : 0)
TRY(stat, stat("file", &(struct stat){ 0 }))
TRY(fstat, fstat(filefd, &(struct stat){ 0 }))
TRY(access, access("file", R_OK))
TRY(readlink, readlink("file", (char [1]){ 0 }, 1) == -1 && errno == EINVAL ?
    0 : -1)
TRY(chdir, chdir("."))
TRY(getdents, syscall(SYS_getdents64, folderfd, (char [512]){ 0 }, 512) == -1 ?
    -1 : 0)
TRY(rename, rename("file2", "file3") == -1 ? -1 : rename("file3", "file2"))
TRY(renameat, renameat(folderfd, "file2", folderfd, "file2"))
TRY(exchange, syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "file2", 2))
TRY(link, link("file", "ln") == -1 ? -1 : unlink("ln"))
TRY(linkfd, syscall(SYS_linkat, filefd, "", AT_FDCWD, "ln2", AT_EMPTY_PATH)
    == -1 ? -1 : 0)
TRY(mkdir, mkdir("d", 0700) == -1 ? -1 : rmdir("d"))
TRY(symlink, symlink("file", "sl"))
TRY(mkfifo, mkfifo("fifo", 0600) == -1 ? -1 : unlink("fifo"))
TRY(chmod, chmod("file", 0600))
TRY(fchmod, fchmod(filefd, 0600))
TRY(utimes, futimens(filefd, NULL))
TRY(truncate, truncate("file2", 0))
TRY(flock, flock(filefd, LOCK_EX | LOCK_NB))
TRY(setlk, fcntl(filefd, F_SETLK,
    &(struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_SET }))
TRY(getfl, fcntl(filefd, F_GETFL) == -1 ? -1 : 0)
TRY(setfl, fcntl(spoiltfds[0], F_SETFL, O_NONBLOCK))
TRY(dup, syscall(SYS_dup, filefd) == -1 ? -1 : 0)
TRY(dup3, syscall(SYS_dup3, filefd, 10, 0) == -1 ? -1 : 0)
TRY(dupfd, fcntl(filefd, F_DUPFD, 10) == -1 ? -1 : 0)
TRY(dupfd_cloexec, fcntl(filefd, F_DUPFD_CLOEXEC, 10) == -1 ? -1 : 0)
TRY(setown, fcntl(unixfds[0], F_SETOWN, getpid()))
TRY(setlease, fcntl(filefd, F_SETLEASE, F_UNLCK))
TRY(fionread, ioctl(unixfds[0], FIONREAD, &(int){ 0 }))
TRY(fionbio, ioctl(spoiltfds[0], FIONBIO, &(int){ 1 }))
TRY(fioasync, ioctl(spoiltfds[0], FIOASYNC, &(int){ 1 }))
TRY(isatty, isatty(unixfds[0]) ? 1 : 0)
TRY(tiocsti, ioctl(unixfds[0], TIOCSTI, "x"))

TRY(socketpair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int [2]){ 0 }))
TRY(dgrampair, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
    (int [2]){ 0 }))
TRY(seqpair, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, (int [2]){ 0 }))
TRY(socket_unix, socket(AF_UNIX, SOCK_STREAM, 0) == -1 ? -1 : 0)
TRY(socket_inet, socket(AF_INET, SOCK_STREAM, 0) == -1 ? -1 : 0)
TRY(socket_udp6, socket(AF_INET6, SOCK_DGRAM, 0) == -1 ? -1 : 0)
TRY(socket_netlink, socket(AF_NETLINK, SOCK_RAW, 0) == -1 ? -1 : 0)
TRY(connect, connect(tcpfd, (struct sockaddr *)&tcpaddr, sizeof(tcpaddr)))
TRY(bind, bind(tcpfd, (struct sockaddr *)&tcpaddr, sizeof(tcpaddr)))
TRY(listen, listen(tcpfd, 1))
TRY(accept, accept(tcpfd, NULL, NULL) == -1 &&
    errno == EAGAIN ? 0 : -1)

#define SET(fd, level, opt)						\
	setsockopt((fd), (level), (opt), &(int){ 1 }, sizeof(int))
#define GET(fd, opt)							\
	getsockopt((fd), SOL_SOCKET, (opt), (char [16]){ 0 },		\
	    &(socklen_t){ 16 })
TRY(nodelay, SET(tcpfd, IPPROTO_TCP, TCP_NODELAY))
TRY(usertimeout, SET(tcpfd, IPPROTO_TCP, TCP_USER_TIMEOUT))
TRY(keepalive, SET(tcpfd, SOL_SOCKET, SO_KEEPALIVE))
TRY(linger, SET(tcpfd, SOL_SOCKET, SO_LINGER))
TRY(rcvbuf, SET(spoiltfds[0], SOL_SOCKET, SO_RCVBUF))
TRY(sndbuf, SET(spoiltfds[0], SOL_SOCKET, SO_SNDBUF))
TRY(rcvtimeo, setsockopt(spoiltfds[0], SOL_SOCKET, SO_RCVTIMEO,
    &(struct timeval){ 1, 0 }, sizeof(struct timeval)))
TRY(get_error, GET(unixfds[0], SO_ERROR))
TRY(get_rcvbuf, GET(unixfds[0], SO_RCVBUF))
TRY(get_peercred, GET(unixfds[0], SO_PEERCRED))
TRY(get_acceptconn, GET(tcpfd, SO_ACCEPTCONN))
TRY(shut_rd, shutdown(spoiltfds[0], SHUT_RD))
TRY(shut_wr, shutdown(spoiltfds[0], SHUT_WR))
TRY(shut_rdwr, shutdown(spoiltfds[0], SHUT_RDWR))
TRY(ulp, setsockopt(tcpfd, IPPROTO_TCP, TCP_ULP, "tls", 3))
TRY(filter, setsockopt(tcpfd, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0))
TRY(send, send(unixfds[0], "x", 1, MSG_NOSIGNAL) == 1 ? 0 : -1)
TRY(sendto, sendto(tcpfd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&tcpaddr,
    sizeof(tcpaddr)) == -1 ? -1 : 0)
/* An address of which only the upper half is not zero. */
TRY(sendto_high, mmap((void *)0x100000000UL, 4096, PROT_READ | PROT_WRITE,
    MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0) == MAP_FAILED ||
    sendto(tcpfd, "x", 1, MSG_NOSIGNAL, (void *)0x100000000UL, 16) == -1 ?
    -1 : 0)
TRY(fastopen, sendto(tcpfd, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, NULL, 0) ==
    -1 ? -1 : 0)
TRY(fastopenmsg, sendmsg(tcpfd, &(struct msghdr){ .msg_name = &tcpaddr,
    .msg_namelen = sizeof(tcpaddr) }, MSG_NOSIGNAL | MSG_FASTOPEN) == -1 ?
    -1 : 0)
TRY(sendmsg, sendmsg(unixfds[0], &(struct msghdr){ .msg_iov = &(struct iovec){
    .iov_base = "x", .iov_len = 1 }, .msg_iovlen = 1 }, MSG_NOSIGNAL) == 1 ?
    0 : -1)
TRY(sendmmsg, sendmmsg(unixfds[0], NULL, 0, 0) == -1 ? -1 : 0)

TRY(map, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1,
    0) == MAP_FAILED ? -1 : 0)
TRY(mapexec, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, filefd,
    0) == MAP_FAILED ? -1 : 0)
TRY(protect, mprotect(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1,
    0), 4096, PROT_READ | PROT_WRITE))
TRY(protexec, mprotect(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1,
    0), 4096, PROT_READ | PROT_EXEC))
TRY(pkey, syscall(SYS_pkey_mprotect, 0, 4096, PROT_EXEC, -1))
TRY(memfd, syscall(SYS_memfd_create, "x", 0) == -1 ? -1 : 0)
TRY(shmget, syscall(SYS_shmget, 0, 4096, 0) == -1 ? -1 : 0)
TRY(uffd, syscall(SYS_userfaultfd, 1) == -1 ? -1 : 0)
TRY(uring, syscall(SYS_io_uring_setup, 1, (char [120]){ 0 }) == -1 ? -1 : 0)
TRY(bpf, syscall(SYS_bpf, 0, NULL, 0))
TRY(perf, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
TRY(keyctl, syscall(SYS_keyctl, 0, -3, 0) == -1 ? -1 : 0)
TRY(addkey, syscall(SYS_add_key, "x", "y", "z", 1, -3))

TRY(execve, execve("/nonexistent", (char *[]){ NULL }, (char *[]){ NULL }))
TRY(execveat, syscall(SYS_execveat, AT_FDCWD, "/nonexistent", NULL, NULL, 0))
TRY(clone3, syscall(SYS_clone3, (char [64]){ 0 }, 64) == -1 ? -1 : 0)
TRY(thread, syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1 ? -1 : 0)
TRY(newuser, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == -1 ?
    -1 : 0)
TRY(unshare, unshare(CLONE_FS))
TRY(setns, setns(-1, 0))
TRY(ptrace, syscall(SYS_ptrace, 0, 0, 0, 0))
TRY(vmread, syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0))
TRY(vmwrite, syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0))
TRY(pidfd, syscall(SYS_pidfd_open, getppid(), 0) == -1 ? -1 : 0)
TRY(pidfd_getfd, syscall(SYS_pidfd_getfd, -1, 0, 0))
TRY(kill_self, kill(getpid(), 0))
TRY(kill_parent, kill(getppid(), 0))
TRY(kill_group, kill(0, 0))
TRY(kill_all, kill(-1, 0))
TRY(tgkill_parent, syscall(SYS_tgkill, getppid(), getppid(), 0))
TRY(sigqueue, syscall(SYS_rt_sigqueueinfo, getppid(), 0, NULL))
TRY(setuid, setuid(getuid()))
TRY(setgid, setgid(getgid()))
TRY(setgroups, syscall(SYS_setgroups, 0, NULL))
TRY(capset, syscall(SYS_capset, NULL, NULL))
TRY(chroot, chroot("."))
TRY(mount, syscall(SYS_mount, "x", "x", "x", 0, NULL))
TRY(dumpable, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
TRY(name, prctl(PR_SET_NAME, "x", 0, 0, 0))
TRY(setrlimit, setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }))
TRY(getrlimit, getrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0, 0 }))
TRY(prlimit, syscall(SYS_prlimit64, getppid(), RLIMIT_CORE, NULL,
    NULL))
TRY(persona, syscall(SYS_personality, 0x0400000) == -1 ? -1 : 0)
TRY(listener, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
    SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL))
TRY(strict, syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL))
TRY(ldt, syscall(SYS_modify_ldt, 0, NULL, 0))
TRY(inotify, syscall(SYS_inotify_init1, 0) == -1 ? -1 : 0)
TRY(handle, syscall(SYS_open_by_handle_at, -1, NULL, 0))
TRY(landlock, syscall(444, NULL, 0, 1) == -1 ? -1 : 0)
TRY(x32, syscall(0x40000000 + SYS_getpid) == -1 && errno == ENOSYS ? 0 : -1)
TRY(beyond, syscall(100000) == -1 && errno == ENOSYS ? 0 : -1)
TRY(tcgets, tcgetattr(unixfds[0], &(struct termios){ 0 }))

static int
try_fork(void)
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == -1)
		return (-1);
	if (pid == 0)
		_exit(0);
	return (waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1);
}

/* What a worker and libevent do all day. */
static void
try_tick(int fd, short what, void *arg)
{
	*(int *)arg = 1;
}

static int
try_stdio(void)
{
	struct event		 ev;
	struct timeval		 tv = { 0, 1000 };
	struct pollfd		 pfd = { unixfds[0], POLLOUT, 0 };
	size_t			 i;
	char			*p = NULL;
	int			 ticked = 0;

	for (i = 1; i < 1 << 22; i *= 2) {
		if ((p = realloc(p, i)) == NULL)
			return (-1);
		p[i - 1] = 1;
	}
	free(p);
	evtimer_set(&ev, try_tick, &ticked);
	evtimer_add(&ev, &tv);
	event_base_dispatch(loop);
	(void)arc4random();
	(void)time(NULL);
	return (ticked && poll(&pfd, 1, 1) == 1 ? 0 : -1);
}

static int
try_compare(const void *a, const void *b)
{
	return (*(const char *)a - *(const char *)b);
}

/* qsort(3) asks for the size of the memory. */
static int
try_qsort(void)
{
	char	*p;

	if ((p = calloc(1 << 20, 8)) == NULL)
		return (-1);
	qsort(p, 1 << 20, 8, try_compare);
	free(p);
	return (0);
}

static int
try_scandir(void)
{
	struct dirent	*de;
	DIR		*dir;
	int		 n = 0;

	if ((dir = opendir(".")) == NULL)
		return (-1);
	while ((de = readdir(dir)) != NULL)
		n++;
	closedir(dir);
	return (n > 2 ? 0 : -1);
}

static int
try_stream(void)
{
	FILE	*f;
	int	 r;

	if ((f = fopen("file", "r")) == NULL)
		return (-1);
	r = fgetc(f);
	fclose(f);
	return (r == EOF ? -1 : 0);
}

static int
try_abort(void)
{
	abort();
}

#if defined(__x86_64__)
/* getpid of the 32-bit calls: another number, another architecture. */
static int
try_int80(void)
{
	long	 r;

	__asm__ volatile ("int $0x80" : "=a" (r) : "a" (20) : "memory");
	return (r > 0 ? 0 : -1);
}
#endif

static int
try_narrower(void)
{
	if (pledge("stdio", NULL) == -1)
		return (-1);
	return (try_read());
}

static int
try_narrowed(void)
{
	if (pledge("stdio", NULL) == -1)
		return (-1);
	return (try_open_read());
}

static int
try_wider(void)
{
	return (pledge("stdio rpath wpath", NULL));
}

static int
try_parent(void)
{
	return (try_fork() == 0 && try_socket_inet() == 0 &&
	    prctl(PR_GET_DUMPABLE) == 1 ? 0 : -1);
}

#endif
