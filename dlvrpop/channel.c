/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel to the parent.  In: one message.  Out: log lines.  That the
 * parent has dropped root is verified here.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "imsg.h"
#include "log.h"
#include "maildir.h"
#include "msg.h"
#include "proc.h"
#include "version.h"

static struct {
	struct imsgbuf	 buf;
} channel;

static void
channel_send(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(&channel.buf, type, 0, 0, -1, data, len) != -1)
		(void)imsgbuf_flush(&channel.buf);
}

/* The parent prefixes each line with the user. */
static void
channel_log(int level, const char *text)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = (uint32_t)level;
	strlcpy(ml.ml_text, text, sizeof(ml.ml_text));
	channel_send(MSG_LOG, &ml, sizeof(ml));
}

static void
channel_check_ids(void)
{
	if (maildir_uid() == 0)
		fatalx("will not run with root's user id");
	if (getegid() == 0)
		fatalx("will not run with root's group id");
	if (issetugid())
		fatalx("will not run set-user-ID or set-group-ID");
}

static void
channel_receive(struct msg_deliver *work)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	const char		*why;
	ssize_t			 n;

	while ((n = imsgbuf_get(&channel.buf, &imsg)) == 0)
		if (imsgbuf_read(&channel.buf) <= 0)
			fatalx("the parent is gone");
	if (n == -1)
		fatal("imsgbuf_get");
	if ((why = msg_check(&imsg, &payload)) != NULL)
		fatalx("from the parent: %s", why);
	if (imsg_get_type(&imsg) != MSG_DELIVER)
		fatalx("from the parent: unexpected message");
	*work = payload.deliver;
	imsg_free(&imsg);
}

int
channel_start(struct msg_deliver *work)
{
	struct msg_version	 mv;
	struct stat		 st;

	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatalx("must not be started by hand: see popd(8)");
	channel_check_ids();
	if (imsgbuf_init(&channel.buf, PROC_CHANNEL) == -1)
		fatal("imsgbuf_init");
	if (!version_agrees()) {
		memset(&mv, 0, sizeof(mv));
		mv.mv_protocol = msg_protocol();
		channel_send(MSG_VERSION, &mv, sizeof(mv));
		return (-1);
	}
	log_to(channel_log);
	channel_receive(work);
	log_verbose((int)work->dv_verbose);
	return (0);
}
