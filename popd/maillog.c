/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The log in the background.  Not syslog(3), which on some systems blocks, and
 * every login with it, while syslogd is stalled.  See maillog.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "maillog.h"
#include "msg.h"

static struct {
	unsigned int	 lost;		/* lines not taken */
} maillog;

/* Send a line.  Return 0, or -1. */
static int
maillog_send(int priority, const char *text)
{
	char	 line[MSG_TEXT_MAX + 64];

	snprintf(line, sizeof(line), "<%d>popd[%d]: %s", LOG_MAIL | priority,
	    (int)getpid(), text);
	return (sendsyslog(line, strlen(line), 0));
}

/* Log the number of lines lost, if any.  Return 0, or -1. */
static int
maillog_gap(void)
{
	char	 text[64];

	if (maillog.lost == 0)
		return (0);
	snprintf(text, sizeof(text), "%u lines lost", maillog.lost);
	if (maillog_send(LOG_WARNING, text) == -1)
		return (-1);
	maillog.lost = 0;
	return (0);
}

void
maillog_line(int level, const char *text)
{
	static const int	 priorities[] = {
		[LOGL_ERR] = LOG_ERR,
		[LOGL_WARN] = LOG_WARNING,
		[LOGL_INFO] = LOG_INFO,
		[LOGL_DEBUG] = LOG_DEBUG
	};

	if (maillog_gap() == -1 || maillog_send(priorities[level], text) == -1)
		maillog.lost++;
}
