/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel to the parent.  The parent has already dropped root, and closed
 * all descriptors but the stream and this channel; here that is verified.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "msg.h"
#include "proc.h"
#include "version.h"

#include "parent.h"

static struct {
	struct imsgbuf	 buf;
	int		 gone;
	int		 stop;
	int		 kick;
	volatile sig_atomic_t poked;	/* by SIGURG */
	uint64_t	 yield;		/* see parent_yield() */
} parent;

/* Send one message and wait until it has left.  -1: the parent is gone. */
static int
parent_send(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(&parent.buf, type, 0, 0, -1, data, len) == -1)
		return (-1);
	return (imsgbuf_flush(&parent.buf));
}

static void
parent_poked(int sig)
{
	parent.poked = 1;
}

/*
 * Between commands a worker waits in read(2), and during one perhaps for its
 * client: the parent says with SIGURG, which is ignored by default, that it has
 * sent something.  Only a wait for the client may be interrupted.
 */
static void
parent_signal(void)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = parent_poked;
	sa.sa_flags = SA_RESTART;
	if (sigaction(SIGURG, &sa, NULL) == -1)
		fatal("sigaction");
}

/* Send a log line; the parent prefixes the session. */
static void
parent_log(int level, const char *text)
{
	struct msg_log	 log;

	memset(&log, 0, sizeof(log));
	log.ml_level = (uint32_t)level;
	strlcpy(log.ml_text, text, sizeof(log.ml_text));
	(void)parent_send(MSG_LOG, &log, sizeof(log));
}

/*
 * Verify that no id is root's, and no other is saved: execve(2) saves the
 * effective ids, and issetugid(2) reports real ones that differ.
 */
static void
parent_check_ids(void)
{
	if (maildir_uid() == 0)
		fatalx("will not run with root's user id");
	if (getegid() == 0)
		fatalx("will not run with root's group id");
	if (issetugid())
		fatalx("will not run set-user-ID or set-group-ID");
}

/* Check, copy and free a message.  Return its type. */
static uint32_t
parent_take(struct imsg *imsg, union msg_payload *payload)
{
	const char	*why;
	uint32_t	 type = imsg_get_type(imsg);

	if ((why = msg_check(imsg, payload)) != NULL)
		fatalx("from the parent: %s", why);
	imsg_free(imsg);
	return (type);
}

/* Wait for the first message, which is usually already here. */
static void
parent_receive(struct imsg *imsg)
{
	struct pollfd	 pfd = { PROC_CHANNEL, POLLIN, 0 };
	ssize_t		 n;
	int		 late;

	for (late = 0;; late = 1) {
		if ((n = imsgbuf_get(&parent.buf, imsg)) == -1)
			fatal("imsgbuf_get");
		if (n > 0)
			return;
		if (late && poll(&pfd, 1, -1) == -1 && errno != EINTR)
			fatal("poll");
		if ((n = imsgbuf_read(&parent.buf)) == -1)
			fatal("imsgbuf_read");
		if (n == 0)
			fatalx("the parent is gone");
	}
}

/* Tell a parent of another version; read none of its messages. */
static int
parent_mismatch(void)
{
	struct msg_version	 mv;
	struct stat		 st;

	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatalx("must be started by popd, or with -s");
	memset(&mv, 0, sizeof(mv));
	mv.mv_protocol = msg_protocol();
	(void)parent_send(MSG_VERSION, &mv, sizeof(mv));
	return (-1);
}

int
parent_start(struct msg_work *work)
{
	union msg_payload	 payload;
	struct imsg		 imsg;

	parent_check_ids();
	if (imsgbuf_init(&parent.buf, PROC_CHANNEL) == -1)
		fatal("imsgbuf_init");
	if (!version_agrees())
		return (parent_mismatch());
	log_to(parent_log);
	parent_receive(&imsg);
	if (parent_take(&imsg, &payload) != MSG_WORK)
		fatalx("from the parent: unexpected message");
	*work = payload.work;
	log_verbose((int)work->wk_verbose);
	parent_signal();
	return (0);
}

/* Handle all messages read; some may have come with MSG_WORK. */
static void
parent_dispatch(void)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	ssize_t			 n;

	while ((n = imsgbuf_get(&parent.buf, &imsg)) > 0) {
		switch (parent_take(&imsg, &payload)) {
		case MSG_YIELD:
			parent.yield = payload.yield.my_sent;
			break;
		case MSG_STOP:
			parent.stop = 1;
			break;
		case MSG_KICK:
			parent.kick = 1;
			break;
		case MSG_VERBOSE:
			log_verbose((int)payload.verbose.vb_verbose);
			break;
		default:
			fatalx("from the parent: unexpected message");
		}
	}
	if (n == -1)
		fatal("imsgbuf_get");
}

uint64_t
parent_yield(void)
{
	parent_dispatch();
	return (parent.yield);
}

/* Read and handle all messages that have arrived. */
static void
parent_look(void)
{
	struct pollfd	 pfd = { parent_fd(), POLLIN, 0 };

	parent_dispatch();
	while (!parent.gone && poll(&pfd, 1, 0) == 1) {
		parent_read();
		parent_dispatch();
	}
}

int
parent_stops(void)
{
	parent_look();
	return (parent.stop);
}

int
parent_kicked(void)
{
	if (parent.poked) {
		parent.poked = 0;
		parent_look();
	}
	return (parent.kick);
}

int
parent_fd(void)
{
	return (parent.gone ? -1 : PROC_CHANNEL);
}

/* If the parent is gone, the stream ends as well. */
void
parent_read(void)
{
	if (imsgbuf_read(&parent.buf) <= 0)
		parent.gone = 1;
}

void
parent_quit(void)
{
	(void)parent_send(MSG_QUIT, NULL, 0);
}

void
parent_report(const struct msg_report *report)
{
	(void)parent_send(MSG_REPORT, report, sizeof(*report));
}
