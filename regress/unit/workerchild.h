/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A worker started as by the parent, and what it sends to both ends. */

#ifndef WORKERCHILD_H
#define WORKERCHILD_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "imsg.h"
#include "msg.h"

#include "started.h"
#include "unit.h"

#define MAIL_UID	20701	/* of the maildirs, if we are root */
#define PATIENCE	20000	/* milliseconds for what should be immediate */

struct worker {
	pid_t		 wo_pid;
	int		 wo_stream;
	struct imsgbuf	 wo_buf;
	int		 wo_channel;
	char		 wo_reply[4096];
	char		 wo_log[4096];		/* all of its log lines */
	struct msg_report wo_report;
	int		 wo_reports;
	int		 wo_quits;
	int		 wo_status;
};

static char	program[1024];

/* Make a maildir with messages of 10 octets on disk, 13 as sent. */
UNIT_FN void
make_maildir(const char *name, int messages)
{
	static const char	*subs[] = { "", "/tmp", "/new", "/cur" };
	char			 path[1024];
	size_t			 i;
	int			 fd;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", name, subs[i]);
		CHECK(mkdir(path, 0700) == 0, "mkdir %s", path);
		if (geteuid() == 0)
			CHECK(chown(path, MAIL_UID, MAIL_UID) == 0, "chown");
	}
	while (messages-- > 0) {
		snprintf(path, sizeof(path), "%s/new/%d.x", name,
		    1600000000 + messages);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		CHECK(write(fd, "A: b\n\nabc\n", 10) == 10, "write");
		if (geteuid() == 0)
			CHECK(fchown(fd, MAIL_UID, MAIL_UID) == 0, "fchown");
		close(fd);
	}
}

static int	 real_root;	/* only the effective uid changes */

UNIT_FN void
worker_exec(uid_t uid, gid_t gid, int stream, int channel)
{
	dup2(stream, 0);
	dup2(stream, 1);
	dup2(channel, 3);
	if (geteuid() == 0 && (setgid(gid) == -1 ||
	    setresuid(real_root ? 0 : uid, uid, uid) == -1))
		_exit(99);
	started_by_popd();
	execl(program, "wrkrpop", (char *)NULL);
	_exit(98);
}

/* Start a worker, as root with these ids; without work, send nothing. */
UNIT_FN void
worker_start_as(struct worker *wo, const struct msg_work *work, uid_t uid,
    gid_t gid)
{
	int	 channel[2], stream[2];

	memset(wo, 0, sizeof(*wo));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == 0,
	    "socketpair");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0,
	    "socketpair");
	/* As its parent makes that end. */
	CHECK(fcntl(channel[1], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	wo->wo_stream = stream[0];
	wo->wo_channel = channel[0];
	CHECK(imsgbuf_init(&wo->wo_buf, channel[0]) == 0, "imsgbuf_init");
	if (work != NULL) {
		CHECK(imsg_compose(&wo->wo_buf, MSG_WORK, 0, 0, -1, work,
		    sizeof(*work)) == 1, "imsg_compose");
		CHECK(imsgbuf_flush(&wo->wo_buf) == 0, "imsgbuf_flush");
	}
	if ((wo->wo_pid = fork()) == 0)
		worker_exec(uid, gid, stream[1], channel[1]);
	close(stream[1]);
	close(channel[1]);
}

UNIT_FN void
worker_start(struct worker *wo, const struct msg_work *work)
{
	worker_start_as(wo, work, MAIL_UID, MAIL_UID);
}

UNIT_FN int
readable(int fd)
{
	struct pollfd	 pfd = { fd, POLLIN, 0 };

	return (poll(&pfd, 1, PATIENCE) == 1);
}

/* Read the next line into wo_reply; "" at the end of the stream. */
UNIT_FN const char *
reply(struct worker *wo)
{
	size_t	 n = 0;
	ssize_t	 got;

	while (n < sizeof(wo->wo_reply) - 1 && readable(wo->wo_stream)) {
		got = read(wo->wo_stream, wo->wo_reply + n, 1);
		if (got != 1 || wo->wo_reply[n++] == '\n')
			break;
	}
	wo->wo_reply[n] = '\0';
	return (wo->wo_reply);
}

UNIT_FN const char *
say(struct worker *wo, const char *text)
{
	CHECK(send(wo->wo_stream, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text), "cannot send %s", text);
	return (reply(wo));
}

UNIT_FN int
begins(const char *text, const char *with)
{
	return (strncmp(text, with, strlen(with)) == 0);
}

UNIT_FN void
take_messages(struct worker *wo)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	const char		*why;

	while (imsgbuf_get(&wo->wo_buf, &imsg) == 1) {
		why = msg_check(&imsg, &payload);
		CHECK(why == NULL, "%s", why);
		CHECK(wo->wo_reports == 0, "a message behind the report");
		if (imsg_get_type(&imsg) == MSG_LOG) {
			strlcat(wo->wo_log, payload.log.ml_text,
			    sizeof(wo->wo_log));
			strlcat(wo->wo_log, "\n", sizeof(wo->wo_log));
		} else if (imsg_get_type(&imsg) == MSG_REPORT) {
			wo->wo_report = payload.report;
			wo->wo_reports++;
		} else if (imsg_get_type(&imsg) == MSG_QUIT)
			wo->wo_quits++;
		else
			CHECK(0, "a %s", msg_name(imsg_get_type(&imsg)));
		imsg_free(&imsg);
	}
}

/* Everything to the end: report, log, exit status. */
UNIT_FN void
worker_end(struct worker *wo)
{
	close(wo->wo_stream);
	while (wo->wo_channel != -1 && readable(wo->wo_channel) &&
	    imsgbuf_read(&wo->wo_buf) == 1)
		take_messages(wo);
	CHECK(waitpid(wo->wo_pid, &wo->wo_status, 0) == wo->wo_pid, "wait");
	imsgbuf_clear(&wo->wo_buf);
	if (wo->wo_channel != -1)
		close(wo->wo_channel);
}

/* Check that a worker ends normally, with this report. */
UNIT_FN void
worker_reports(struct worker *wo, uint32_t reason, int messages, int octets,
    int deleted, int marked, int left)
{
	const struct msg_report	*rp = &wo->wo_report;

	worker_end(wo);
	CHECK(wo->wo_status == 0, "status 0x%x, log %s", wo->wo_status,
	    wo->wo_log);
	CHECK(wo->wo_reports == 1, "%d reports", wo->wo_reports);
	CHECK(rp->rp_reason == reason, "reason %u", rp->rp_reason);
	CHECK(rp->rp_messages == (uint64_t)messages &&
	    rp->rp_octets == (uint64_t)octets &&
	    rp->rp_deleted == (uint64_t)deleted &&
	    rp->rp_marked == (uint64_t)marked &&
	    rp->rp_left == (uint64_t)left,
	    "report: %d messages, %d octets, %d deleted, %d marked, %d left",
	    (int)rp->rp_messages, (int)rp->rp_octets, (int)rp->rp_deleted,
	    (int)rp->rp_marked, (int)rp->rp_left);
}

UNIT_FN void
work_on(struct msg_work *work, const char *name)
{
	char	 cwd[512];

	memset(work, 0, sizeof(*work));
	work->wk_id.si_gen = 7;
	work->wk_id.si_num = 19;
	strlcpy(work->wk_user, "joe", sizeof(work->wk_user));
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL, "getcwd");
	snprintf(work->wk_maildir, sizeof(work->wk_maildir), "%s/%s", cwd,
	    name);
}

#endif
