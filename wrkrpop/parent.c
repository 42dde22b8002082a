/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent has already given up root, and all descriptors but the stream
 * and this channel, on our behalf.  Here that is checked and not believed.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"
#include "log.h"
#include "maildir.h"
#include "msg.h"
#include "proc.h"

#include "parent.h"

static struct {
	struct imsgbuf	pa_buf;
	int		pa_gone;
	uint64_t	pa_yield;	/* see parent_yield() */
} parent;

/* Send one message and wait until it has left.  -1: the parent is gone. */
static int
parent_send(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(&parent.pa_buf, type, 0, 0, -1, data, len) == -1)
		return (-1);
	return (imsgbuf_flush(&parent.pa_buf));
}

/* The parent names the session in front of each line. */
static void
parent_log(int level, const char *text)
{
	struct msg_log	log;

	memset(&log, 0, sizeof(log));
	log.ml_level = (uint32_t)level;
	(void)strlcpy(log.ml_text, text, sizeof(log.ml_text));
	(void)parent_send(MSG_LOG, &log, sizeof(log));
}

/*
 * No id of ours is root's, and none is kept aside to come back to: execve(2)
 * saves the effective ids, and issetugid(2) knows of real ones that differ.
 */
static void
parent_check_ids(void)
{
	if (maildir_uid() == 0)
		fatalx("will not run with root's user id");
	if (getegid() == 0)
		fatalx("will not run with root's group id");
	if (issetugid())
		fatalx("will not run with two users' ids");
}

/* The payload of a message that is to be of this type. */
static void
parent_take(struct imsg *imsg, uint32_t type, union msg_payload *payload)
{
	const char	*why;

	if ((why = msg_check(imsg, payload)) != NULL)
		fatalx("from the parent: %s", why);
	if (imsg_get_type(imsg) != type)
		fatalx("from the parent: unexpected %s",
		    msg_name(imsg_get_type(imsg)));
	imsg_free(imsg);
}

/* Wait for the first message. */
static void
parent_receive(struct imsg *imsg)
{
	ssize_t	n;

	for (;;) {
		if ((n = imsgbuf_get(&parent.pa_buf, imsg)) == -1)
			fatal("imsgbuf_get");
		if (n > 0)
			return;
		if ((n = imsgbuf_read(&parent.pa_buf)) == -1)
			fatal("imsgbuf_read");
		if (n == 0)
			fatalx("the parent went away");
	}
}

void
parent_start(struct msg_work *work)
{
	union msg_payload	 payload;
	struct stat		 st;
	struct imsg		 imsg;

	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatalx("is started by popd, or with -s");
	parent_check_ids();
	if (imsgbuf_init(&parent.pa_buf, PROC_CHANNEL) == -1)
		fatal("imsgbuf_init");
	parent_receive(&imsg);
	parent_take(&imsg, MSG_WORK, &payload);
	*work = payload.work;
	log_verbose((int)work->wk_verbose);
	log_to(parent_log);
}

uint64_t
parent_yield(void)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	ssize_t			 n;

	/* Some may have come together with MSG_WORK. */
	while ((n = imsgbuf_get(&parent.pa_buf, &imsg)) > 0) {
		parent_take(&imsg, MSG_YIELD, &payload);
		parent.pa_yield = payload.yield.my_sent;
	}
	if (n == -1)
		fatal("imsgbuf_get");
	return (parent.pa_yield);
}

int
parent_fd(void)
{
	return (parent.pa_gone ? -1 : PROC_CHANNEL);
}

/* A parent that is gone is noticed by the end of the stream as well. */
void
parent_read(void)
{
	if (imsgbuf_read(&parent.pa_buf) <= 0)
		parent.pa_gone = 1;
}

void
parent_report(const struct msg_report *report)
{
	(void)parent_send(MSG_REPORT, report, sizeof(*report));
}
