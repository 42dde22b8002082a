/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Startup.  See start.h.
 */

#include <sys/types.h>

#include <err.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "conf.h"
#include "control.h"
#include "inherit.h"
#include "log.h"
#include "maillog.h"
#include "ping.h"
#include "settings.h"
#include "sockets.h"
#include "start.h"
#include "upgrade.h"

static struct {
	int	 status;		/* pipe to the original process */
} start = { -1 };

void
start_background(void)
{
	char	 ok;
	int	 fds[2];

	if (pipe(fds) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		break;
	default:
		close(fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	if (fcntl(fds[1], F_SETFD, FD_CLOEXEC) == -1 || setsid() == -1)
		err(1, "setsid");
	start.status = fds[1];
}

/* Detach from the terminal and log to syslog. */
static void
start_detach(void)
{
	int	 null;

	if ((null = open(_PATH_DEVNULL, O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		fatal("%s", _PATH_DEVNULL);
	if (null > STDERR_FILENO)
		close(null);
	log_to(maillog_line);
	/* After an upgrade no process waits. */
	if (start.status == -1)
		return;
	(void)!write(start.status, "", 1);
	close(start.status);
}

/* Every child has shown that it serves. */
static void
start_serves(void)
{
	/* The popd before makes way then, and its socket goes. */
	if (inherit_follows())
		control_open();
	upgrade_serves();
}

void
start_done(void)
{
	if (!settings.foreground)
		start_detach();
	address_started();
	ping_start(start_serves);
	upgrade_started();
	sockets_tell(conf_listens());
	if (!inherit_follows())
		control_open();
	log_info("started: %u listeners, %u checkers, up to %u sessions",
	    settings.nlisteners, settings.ncheckers, settings.sessions_all);
}
