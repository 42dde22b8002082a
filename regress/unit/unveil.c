/* link: */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * unveil(2), which compat/ may have made: children hide what they should not
 * see and try it.  Every try also runs in a child that hides nothing, where it
 * must work.
 */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <confine.h>

#include "unit.h"

static int	outerfd, outfilefd,
    tcpfd;	/* opened before anything is hidden */

static int
opens(const char *path, int flags)
{
	int	 fd;

	if ((fd = open(path, flags, 0600)) == -1)
		return (-1);
	close(fd);
	return (0);
}

#define TRY(name, expr)							\
static int								\
try_##name(void)							\
{									\
	return (expr);							\
}

TRY(read_in, opens("mine/new/a", O_RDONLY))
TRY(read_out, opens("other/b", O_RDONLY))
TRY(read_passwd, opens("/etc/passwd", O_RDONLY))
TRY(read_dotdot, opens("mine/../other/b", O_RDONLY))
TRY(read_file, opens("file", O_RDONLY))
TRY(list_in, opens("mine/new", O_RDONLY | O_DIRECTORY))
TRY(list_out, opens("other", O_RDONLY | O_DIRECTORY))
TRY(write_in, opens("mine/new/a", O_WRONLY))
TRY(write_out, opens("other/b", O_WRONLY))
TRY(trunc_in, opens("mine/new/a", O_WRONLY | O_TRUNC))
TRY(truncate_out, truncate("other/b", 0))
TRY(create_in, opens("mine/tmp/c", O_WRONLY | O_CREAT | O_EXCL) == -1 ? -1 :
    unlink("mine/tmp/c"))
TRY(create_out, opens("other/c", O_WRONLY | O_CREAT | O_EXCL) == -1 ? -1 :
    unlink("other/c"))
TRY(unlink_out, unlink("other/u"))
TRY(move_in, rename("mine/new/a", "mine/cur/a:2,S") == -1 ? -1 :
    rename("mine/cur/a:2,S", "mine/new/a"))
TRY(move_out, rename("mine/new/a", "other/a") == -1 ? -1 :
    rename("other/a", "mine/new/a"))
TRY(move_here, rename("other/b", "mine/new/b") == -1 ? -1 :
    rename("mine/new/b", "other/b"))
TRY(link_here, link("other/b", "mine/new/l") == -1 ? -1 :
    unlink("mine/new/l"))
TRY(link_out, link("mine/new/a", "other/l") == -1 ? -1 : unlink("other/l"))
TRY(symlink_in, symlink("../other/b", "mine/new/s") == -1 ? -1 :
    unlink("mine/new/s"))
TRY(fifo_in, mkfifo("mine/new/f", 0600) == -1 ? -1 : unlink("mine/new/f"))
TRY(mkdir_in, mkdir("mine/d", 0700) == -1 ? -1 : rmdir("mine/d"))
TRY(mkdir_out, mkdir("other/d", 0700) == -1 ? -1 : rmdir("other/d"))
TRY(fd_reads, pread(outfilefd, (char [1]){ 0 }, 1, 0) == 1 ? 0 : -1)

static int
try_fd_at(void)
{
	int	 fd;

	if ((fd = openat(outerfd, "b", O_RDONLY)) == -1)
		return (-1);
	close(fd);
	return (0);
}

static int
try_fd_again(void)
{
	char	 path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", outfilefd);
	return (opens(path, O_RDWR));
}

static int
try_exec(void)
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == 0) {
		execl("/bin/sh", "sh", "-c", ":", (char *)NULL);
		_exit(errno);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return (-1);
	errno = WEXITSTATUS(status);
	return (errno == 0 ? 0 : -1);
}

/* What is hidden, and how. */
static int
hide_mine(void)
{
	return (unveil("mine", "rwc") == -1 || unveil(NULL, NULL) == -1);
}

static int
hide_readonly(void)
{
	return (unveil("mine", "r") == -1 || unveil("file", "r") == -1 ||
	    unveil(NULL, NULL) == -1);
}

static int
hide_all(void)
{
	return (unveil("/", "") == -1 || unveil(NULL, NULL) == -1);
}

static int
hide_exec(void)
{
	return (unveil("/", "r") == -1 || unveil(NULL, NULL) == -1);
}

static int
hide_narrowed(void)
{
	return (unveil("mine", "rwc") == -1 || unveil("mine", "r") == -1 ||
	    unveil(NULL, NULL) == -1);
}

static int
hide_by_pledge(void)
{
	return (unveil("mine", "rwc") == -1 ||
	    pledge("stdio rpath wpath cpath", NULL) == -1);
}

static int
hide_by_second(void)
{
	return (pledge("stdio rpath wpath cpath unveil", NULL) == -1 ||
	    unveil("mine", "rwc") == -1 ||
	    pledge("stdio rpath wpath cpath", NULL) == -1);
}

static int
hide_nothing(void)
{
	return (unveil(NULL, NULL) == -1);
}

static int
hide_pledge_only(void)
{
	return (pledge("stdio rpath wpath cpath", NULL) == -1);
}

static int
hide_never(void)
{
	return (pledge("stdio rpath wpath cpath unveil", NULL) == -1 ||
	    pledge("stdio rpath wpath cpath", NULL) == -1);
}

static int
hide_parent(void)
{
	return (pledge("stdio rpath wpath exec id unveil", NULL) == -1 ||
	    unveil("/", "") == -1 || unveil(NULL, NULL) == -1);
}

static int
hide_pledge_unix(void)
{
	return (pledge("stdio unix", NULL) == -1);
}

/* What pledge would leave, unveil has taken. */
static int
hide_and_pledge(void)
{
	return (unveil(".", "rwc") == -1 || unveil(NULL, NULL) == -1 ||
	    pledge("stdio unix proc", NULL) == -1);
}

TRY(kill_parent, kill(getppid(), 0))

static int
try_connect(void)
{
	struct sockaddr_in	 sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(1);
	if (connect(tcpfd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno != ECONNREFUSED)
		return (-1);
	return (0);
}

static const struct try {
	const char	*t_name;
	int		 (*t_hide)(void);
	int		 (*t_fn)(void);
	int		 t_want;	/* an errno, or 0 */
} tries[] = {
	{ "rwc: read", hide_mine, try_read_in, 0 },
	{ "rwc: list", hide_mine, try_list_in, 0 },
	{ "rwc: write", hide_mine, try_write_in, 0 },
	{ "rwc: truncate", hide_mine, try_trunc_in, 0 },
	{ "rwc: create and remove", hide_mine, try_create_in, 0 },
	{ "rwc: move from new to cur", hide_mine, try_move_in, 0 },
	{ "rwc: mkdir", hide_mine, try_mkdir_in, 0 },
	{ "rwc: an old descriptor reads", hide_mine, try_fd_reads, 0 },
	{ "rwc: read elsewhere", hide_mine, try_read_out, EACCES },
	{ "rwc: read /etc/passwd", hide_mine, try_read_passwd, EACCES },
	{ "rwc: read by ..", hide_mine, try_read_dotdot, EACCES },
	{ "rwc: list elsewhere", hide_mine, try_list_out, EACCES },
	{ "rwc: write elsewhere", hide_mine, try_write_out, EACCES },
	{ "rwc: truncate elsewhere", hide_mine, try_truncate_out, EACCES },
	{ "rwc: create elsewhere", hide_mine, try_create_out, EACCES },
	{ "rwc: unlink elsewhere", hide_mine, try_unlink_out, EACCES },
	{ "rwc: mkdir elsewhere", hide_mine, try_mkdir_out, EACCES },
	{ "rwc: move to elsewhere", hide_mine, try_move_out, EACCES },
	{ "rwc: move from elsewhere", hide_mine, try_move_here, EACCES },
	{ "rwc: link from elsewhere", hide_mine, try_link_here, EACCES },
	{ "rwc: link to elsewhere", hide_mine, try_link_out, EACCES },
	{ "rwc: openat on an old descriptor", hide_mine, try_fd_at, EACCES },
	{ "rwc: execute", hide_mine, try_exec, EACCES },

	{ "r: read", hide_readonly, try_read_in, 0 },
	{ "r: read a file", hide_readonly, try_read_file, 0 },
	{ "r: write", hide_readonly, try_write_in, EACCES },
	{ "r: create", hide_readonly, try_create_in, EACCES },
	{ "r: move", hide_readonly, try_move_in, EACCES },
	{ "r: mkdir", hide_readonly, try_mkdir_in, EACCES },
	{ "r: execute", hide_exec, try_exec, EACCES },

	{ "nothing visible: read", hide_all, try_read_in, EACCES },
	{ "nothing visible: list", hide_all, try_list_in, EACCES },
	{ "nothing visible: create", hide_all, try_create_in, EACCES },
	{ "nothing visible: an old descriptor reads", hide_all, try_fd_reads,
	    0 },

	{ "narrowed: read", hide_narrowed, try_read_in, 0 },
	{ "narrowed: write", hide_narrowed, try_write_in, EACCES },
	{ "locked by pledge: read", hide_by_pledge, try_read_in, 0 },
	{ "locked by pledge: read elsewhere", hide_by_pledge, try_read_out,
	    EACCES },
	{ "locked by a second pledge: read", hide_by_second, try_read_in, 0 },
	{ "locked by a second pledge: read elsewhere", hide_by_second,
	    try_read_out, EACCES },
	{ "locked by pledge: move from new to cur", hide_by_pledge,
	    try_move_in, 0 },
	{ "locked by pledge: move to elsewhere", hide_by_pledge, try_move_out,
	    EACCES },
	{ "pledge alone: all is visible", hide_pledge_only, try_read_out, 0 },
	{ "pledge alone: move to elsewhere", hide_pledge_only, try_move_out,
	    0 },
	{ "two pledges alone: move to elsewhere", hide_never, try_move_out,
	    0 },
	{ "locked, but never called: all is visible", hide_nothing,
	    try_read_out, 0 },
	{ NULL, NULL, NULL, 0 }
}, ours[] = {
	/* What OpenBSD's own does not forbid, or does. */
	{ "a parent's unveil hides nothing", hide_parent, try_read_out, 0 },
	{ "rwc: symbolic link", hide_mine, try_symlink_in, EACCES },
	{ "rwc: FIFO", hide_mine, try_fifo_in, EACCES },
	{ "rwc: open an old descriptor again", hide_mine, try_fd_again,
	    EACCES },
	{ "locked: TCP connect", hide_and_pledge, try_connect, EACCES },
	{ "locked: signal to its parent", hide_and_pledge, try_kill_parent,
	    EPERM },
	{ "pledge alone: TCP connect", hide_pledge_unix, try_connect, EACCES },
	{ NULL, NULL, NULL, 0 }
};

/* Return 0 or the errno of a try; -1 if the child ended otherwise. */
static int
outcome(int (*hide)(void), int (*fn)(void))
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == 0) {
		if (hide != NULL && hide() != 0)
			_exit(255);
		errno = 0;
		_exit(fn() == 0 ? 0 : errno);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid ||
	    !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return (-1);
	return (WEXITSTATUS(status));
}

/* Of compat/.  Run in a child, since a lock is permanent. */
static int
manners(void)
{
	char	 dir[32];
	int	 i;

	CHECK(unveil("mine", "rz") == -1 && errno == EINVAL, "z");
	CHECK(unveil("mine", NULL) == -1 && errno == EINVAL, "NULL");
	CHECK(unveil("missing", "r") == -1 && errno == ENOENT, "missing");
	CHECK(unveil("mine", "r") == 0, "r");
	CHECK(unveil("mine", "rw") == -1 && errno == EPERM, "rw");
	for (i = 0; i < 15; i++) {
		snprintf(dir, sizeof(dir), "many/%d", i);
		CHECK(unveil(dir, "r") == 0, "%s", dir);
	}
	CHECK(unveil("other", "r") == -1 && errno == E2BIG, "other");
	CHECK(unveil(NULL, NULL) == 0, "lock");
	CHECK(unveil("other", "r") == -1 && errno == EPERM, "locked");
	CHECK(unveil(NULL, NULL) == 0, "again");
	CHECK(try_read_in() == 0, "read");
	CHECK(try_read_out() == -1, "read elsewhere");
	return (unit.un_bad);
}

static int
prepare(void)
{
	static const char	*dirs[] = { "mine", "mine/tmp", "mine/new",
				    "mine/cur", "other", "many" };
	static const char	*files[] = { "mine/new/a", "other/b", "other/u",
				    "file" };
	char			 dir[32];
	size_t			 i;
	int			 fd;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0700) == -1 && errno != EEXIST)
			return (-1);
	for (i = 0; i < 15; i++) {
		snprintf(dir, sizeof(dir), "many/%zu", i);
		if (mkdir(dir, 0700) == -1 && errno != EEXIST)
			return (-1);
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if ((fd = open(files[i], O_WRONLY | O_CREAT, 0600)) == -1 ||
		    write(fd, "x", 1) != 1)
			return (-1);
		close(fd);
	}
	if ((tcpfd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    (outerfd = open("other", O_RDONLY | O_DIRECTORY)) == -1 ||
	    (outfilefd = open("other/b", O_RDONLY)) == -1)
		return (-1);
	return (0);
}

/* Run each try with paths hidden, and with none. */
static int
test_tries(const struct try *t, const char *lacks)
{
	int	 got;

	for (; t->t_name != NULL; t++) {
		unit_case(t->t_name);
		if (lacks != NULL) {
			unit_skip(lacks);
			continue;
		}
		/* The tries leave all as it was, but for one. */
		if (prepare() == -1) {
			perror("unveil: preparation");
			return (-1);
		}
		got = outcome(t->t_hide, t->t_fn);
		/* ENOENT by OpenBSD's own, EXDEV of a move or link. */
		if (t->t_want == EACCES && (got == ENOENT || got == EXDEV))
			got = EACCES;
		CHECK(got == t->t_want, "errno %d, not %d", got, t->t_want);
		got = outcome(NULL, t->t_fn);
		CHECK(got == 0, "errno %d with nothing hidden", got);
		close(outerfd);
		close(outfilefd);
		close(tcpfd);
	}
	return (0);
}

static void
test_manners(const char *lacks)
{
	pid_t	 pid;
	int	 status;

	unit_case("errors, and what a second call may do");
	if (lacks != NULL) {
		unit_skip(lacks);
		return;
	}
	fflush(stdout);
	if ((pid = fork()) == 0) {
		status = manners();
		fflush(stdout);
		_exit(status != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "see above");
}

int
main(void)
{
	const char	*lacks = confine_lacks();
	const char	*own = lacks;

	/* OpenBSD has its own unveil(2). */
	if (CONFINE_SIGNAL == SIGABRT)
		own = "needs Linux";

	if (test_tries(tries, lacks) == -1 || test_tries(ours, own) == -1)
		return (1);
	test_manners(own);
	return (unit_done());
}
