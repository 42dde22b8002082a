/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Standard error of a new popd.  In: octets from a pipe.  Out: log lines.  See
 * uplog.h.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "uplog.h"

static struct {
	int		 fd;			/* -1: closed */
	struct event	 read;
	char		 line[UPLOG_LINE_MAX];	/* incomplete */
	size_t		 len;
	char		 last[UPLOG_LINE_MAX];	/* not yet logged */
	unsigned int	 lines;			/* logged */
} uplog = { .fd = -1 };

/* Limited, so that an endless writer does not fill the log. */
void
uplog_flush(void)
{
	if (uplog.last[0] != '\0' && uplog.lines++ < LOG_BURST)
		log_warnx("upgrade: %s", uplog.last);
	uplog.last[0] = '\0';
}

static void
uplog_line(void)
{
	uplog.line[uplog.len] = '\0';
	uplog.len = 0;
	if (uplog.line[0] == '\0')
		return;
	uplog_flush();
	strlcpy(uplog.last, uplog.line, sizeof(uplog.last));
}

/* Read what is available.  Return 0, or -1 at the end. */
static int
uplog_take(void)
{
	char	 buf[1024];
	ssize_t	 n, i;

	if ((n = read(uplog.fd, buf, sizeof(buf))) == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n' || uplog.len == sizeof(uplog.line) - 1)
			uplog_line();
		if (buf[i] != '\n')
			uplog.line[uplog.len++] = buf[i];
	}
	return (n == 0 ? -1 : 0);
}

static void
uplog_end(void)
{
	event_del(&uplog.read);
	close(uplog.fd);
	uplog.fd = -1;
	if (uplog.len > 0)
		uplog_line();
}

static void
uplog_readable(int fd, short what, void *arg)
{
	if (uplog_take() == -1)
		uplog_end();
}

int
uplog_open(void)
{
	int	 fds[2];

	uplog_close();
	if (pipe2(fds, O_CLOEXEC) == -1)
		return (-1);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	uplog.last[0] = '\0';
	uplog.lines = 0;
	uplog.fd = fds[0];
	event_set(&uplog.read, fds[0], EV_READ | EV_PERSIST, uplog_readable,
	    NULL);
	if (event_add(&uplog.read, NULL) == -1) {
		uplog_end();
		close(fds[1]);
		return (-1);
	}
	return (fds[1]);
}

void
uplog_close(void)
{
	if (uplog.fd == -1)
		return;
	(void)uplog_take();
	uplog_end();
}

const char *
uplog_last(void)
{
	return (uplog.last);
}
