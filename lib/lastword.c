/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The last message of a process that cannot start.  See lastword.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "imsg.h"
#include "lastword.h"
#include "log.h"
#include "msg.h"

void
lastword_send(int fd, uint32_t type, const void *data)
{
	struct imsgbuf	 buf;

	if (imsgbuf_init(&buf, fd) != -1 &&
	    imsg_compose(&buf, type, 0, 0, -1, data, msg_size(type)) != -1)
		imsgbuf_flush(&buf);
}

void
lastword_log(int fd, const char *step, const char *why)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = LOGL_WARN;
	snprintf(ml.ml_text, sizeof(ml.ml_text), "cannot start: %s: %s", step,
	    why);
	lastword_send(fd, MSG_LOG, &ml);
}
