/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * dlvrpop: delivers mail of lmtppop to one user, as that user.  It exits some
 * seconds after the last mail.
 *
 * The parent has dropped root before exec, as for wrkrpop.  This process holds
 * no secret and, after its second unveil(2), only the maildir; what it
 * delivers comes from lmtppop, which could make it up.  A failure here affects
 * this user's mail only: the sender keeps it and tries again.
 *
 * In: records of messages from lmtppop.  Out: verdicts to lmtppop (dlvr.h), log
 * lines to the parent.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../mda/home.h"
#include "channel.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "receive.h"
#include "version.h"

static struct {
	struct msg_deliver	 work;
} dlvrpop;

/* Only the end of the stream ends this process, never within a message. */
static void
dlvrpop_signals(void)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		fatal("sigprocmask");
}

/* Without a maildir nothing can be opened, and every verdict is the same. */
static void
dlvrpop_confine(int dir)
{
	if (dir == -1) {
		if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
			fatal("unveil");
		if (pledge("stdio", NULL) == -1)
			fatal("pledge");
		return;
	}
	/* flock: for the index, shared with sessions. */
	if (unveil(".", "rwc") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio rpath wpath cpath flock", NULL) == -1)
		fatal("pledge");
}

int
main(int argc, char *argv[])
{
	int	 dir;

	version_flag(argc, argv, "dlvrpop");
	if (argc != 1) {
		fprintf(stderr, "usage: dlvrpop (started by popd)\n");
		return (1);
	}
	log_init("dlvrpop");
	dlvrpop_signals();
	if (channel_start(&dlvrpop.work) == -1)
		return (0);
	umask(077);
	dir = home_enter(dlvrpop.work.dv_directory,
	    dlvrpop.work.dv_subdir[0] != '\0' ? dlvrpop.work.dv_subdir : NULL);
	dlvrpop_confine(dir);
	receive_run(STDIN_FILENO, dir);
	return (0);
}
