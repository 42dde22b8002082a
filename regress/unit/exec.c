/* link: popd/exec.o lib/ids.o lib/lastword.o lib/log.o lib/msg.o lib/source.o
 * link: $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A program that cannot be started: the parent gets a log line on its channel
 * with the step that failed and the reason.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"
#include "log.h"
#include "msg.h"
#include "popd/exec.h"
#include "popd/notify.h"
#include "unit.h"

/* In a child each step does nothing, but the one that fails. */
enum { SETGROUPS, SETRESGID, SETRESUID, NONE };
static int	 failing = NONE;

static int
step(int which)
{
	if (failing != which)
		return (0);
	errno = EPERM;
	return (-1);
}

/* Of any type: the first argument is a size_t on Linux, an int on OpenBSD. */
int	no_groups(void) __asm__("setgroups");
int
no_groups(void)
{
	return (step(SETGROUPS));
}

int
setresgid(gid_t r, gid_t e, gid_t s)
{
	return (step(SETRESGID));
}

int
setresuid(uid_t r, uid_t e, uid_t s)
{
	return (step(SETRESUID));
}

void
notify_pass(void)
{
}

/* Return the only log line of a program started this way, or "". */
static const char *
said(const char *program, const struct exec_ids *ids)
{
	static union msg_payload	 payload;
	char				 name[] = "program";
	char *const			 argv[] = { name, NULL };
	struct imsgbuf			 buf;
	struct imsg			 imsg;
	int				 fds[2], status;
	pid_t				 pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    imsgbuf_init(&buf, fds[0]) == -1)
		abort();
	memset(&payload, 0, sizeof(payload));
	pid = exec_program(program, argv, -1, fds[1], ids);
	close(fds[1]);
	if (imsgbuf_read(&buf) == 1 && imsgbuf_get(&buf, &imsg) == 1) {
		CHECK(imsg_get_type(&imsg) == MSG_LOG &&
		    msg_check(&imsg, &payload) == NULL &&
		    payload.log.ml_level == LOGL_WARN, "no line");
		imsg_free(&imsg);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 1, "status %x", status);
	imsgbuf_clear(&buf);
	close(fds[0]);
	return (payload.log.ml_text);
}

static void
check_said(const char *got, const char *want)
{
	CHECK(strcmp(got, want) == 0, "%s", got);
}

static void
test_program(void)
{
	unit_case("a program that is not there");
	check_said(said("missing", NULL), "cannot start: " LIBEXECDIR
	    "/missing: No such file or directory");
}

static void
test_root(void)
{
	struct exec_ids	 ids = { 1, 1 };

	unit_case("ids that are root's");
	ids.ei_gid = 0;
	check_said(said("missing", &ids), "cannot start: ids: root's");
}

static void
test_each_call(void)
{
	struct exec_ids	 ids = { 1, 1 };

	unit_case("each call that takes them on");
	failing = SETGROUPS;
	check_said(said("missing", &ids),
	    "cannot start: setgroups: Operation not permitted");
	failing = SETRESGID;
	check_said(said("missing", &ids),
	    "cannot start: setresgid: Operation not permitted");
	failing = SETRESUID;
	check_said(said("missing", &ids),
	    "cannot start: setresuid: Operation not permitted");
}

static void
test_not_taken(void)
{
	struct exec_ids	 ids = { 1, 1 };

	unit_case("ids that were not taken on");
	failing = NONE;
	ids.ei_uid = 4711;
	check_said(said("missing", &ids),
	    "cannot start: ids: ids differ from those set");
}

int
main(void)
{
	/* A channel is never 0 to 2, and here also not 3. */
	while (open("/dev/null", O_RDWR) < 3)
		continue;
	if (exec_init() == -1)
		return (2);
	test_program();
	test_root();
	test_each_call();
	test_not_taken();
	return (unit_done());
}
