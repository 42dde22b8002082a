/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel to the parent: one message comes in, lines for the log go out.
 * That it has given up root on our behalf is checked here and not believed.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "imsg.h"
#include "log.h"
#include "maildir.h"
#include "msg.h"
#include "parent.h"
#include "proc.h"
#include "version.h"

static struct {
	struct imsgbuf	 pa_buf;
} parent;

static void
parent_send(uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(&parent.pa_buf, type, 0, 0, -1, data, len) != -1)
		(void)imsgbuf_flush(&parent.pa_buf);
}

/* The parent names the user in front of each line. */
static void
parent_log(int level, const char *text)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = (uint32_t)level;
	strlcpy(ml.ml_text, text, sizeof(ml.ml_text));
	parent_send(MSG_LOG, &ml, sizeof(ml));
}

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

static void
parent_receive(struct msg_deliver *work)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	const char		*why;
	ssize_t			 n;

	while ((n = imsgbuf_get(&parent.pa_buf, &imsg)) == 0)
		if (imsgbuf_read(&parent.pa_buf) <= 0)
			fatalx("the parent went away");
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
parent_start(struct msg_deliver *work)
{
	struct msg_version	 mv;
	struct stat		 st;

	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		fatalx("not to be started by hand: see popd(8)");
	parent_check_ids();
	if (imsgbuf_init(&parent.pa_buf, PROC_CHANNEL) == -1)
		fatal("imsgbuf_init");
	if (!version_agrees()) {
		memset(&mv, 0, sizeof(mv));
		mv.mv_protocol = msg_protocol();
		parent_send(MSG_VERSION, &mv, sizeof(mv));
		return (-1);
	}
	log_to(parent_log);
	parent_receive(work);
	log_verbose((int)work->dv_verbose);
	return (0);
}
