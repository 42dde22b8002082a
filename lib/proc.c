/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The start of every child.  See proc.h.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <err.h>
#include <errno.h>
#include <event.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bucket.h"
#include "chan.h"
#include "count.h"
#include "ids.h"
#include "lastword.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "version.h"

#define CHROOT_DIR	"/var/empty"

static struct {
	struct chan	*parent;
	struct bucket	 lines;		/* for the log */
	struct bucket	 debug;		/* those for debugging */
	unsigned int	 lost;		/* lines since the last one sent */
} proc;

static void
proc_line(int level, const char *text)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = level;
	strlcpy(ml.ml_text, text, sizeof(ml.ml_text));
	proc_send(MSG_LOG, &ml, -1);
}

/* Lines for debugging, however many, leave room for all others. */
static int
proc_room(int level)
{
	/* The last one says why we exit. */
	if (level == LOGL_ERR)
		return (0);
	if (level == LOGL_DEBUG)
		return (bucket_spend(&proc.debug, LOG_RATE * log_times(),
		    LOG_BURST * log_times()));
	return (bucket_spend(&proc.lines, LOG_RATE, LOG_BURST));
}

/*
 * Send no more lines than the parent logs: a peer that makes us write them must
 * not get us killed for it.
 */
static void
proc_log(int level, const char *text)
{
	char	 lost[64];

	if (proc_room(level) == -1) {
		proc.lost++;
		return;
	}
	if (proc.lost > 0) {
		snprintf(lost, sizeof(lost), "%u lines dropped", proc.lost);
		proc_line(LOGL_WARN, lost);
		proc.lost = 0;
	}
	proc_line(level, text);
}

/* Exit with the parent: a child has nothing left to serve. */
static void
proc_closed(void *arg, const char *why)
{
	exit(why == NULL ? 0 : 1);
}

/*
 * The parent is of another version, and its messages may mean something else:
 * read none of them.
 */
static void
proc_mismatch(void)
{
	struct msg_version	 mv;

	memset(&mv, 0, sizeof(mv));
	mv.mv_protocol = msg_protocol();
	lastword_send(PROC_CHANNEL, MSG_VERSION, &mv);
	exit(1);
}

void
proc_version(int argc, char *argv[], const char *name)
{
	struct stat	 st;

	version_flag(argc, argv, name);
	if (fstat(PROC_CHANNEL, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    !version_agrees())
		proc_mismatch();
}

/* Exit before the log is set up. */
static void
proc_fail(const char *step)
{
	lastword_log(PROC_CHANNEL, step, strerror(errno));
	exit(1);
}

void
proc_start(const char *name, const struct chan_rule *rules)
{
	struct stat	 st;

	log_init(name);
	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		errx(1, "must not be started by hand: see popd(8)");
	closefrom(PROC_CHANNEL + 1);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	umask(077);
	if (event_init() == NULL)
		proc_fail("event_init");
	if ((proc.parent = chan_new(PROC_CHANNEL, "popd", rules, proc_closed,
	    NULL)) == NULL)
		proc_fail("channel");
	chan_patience(proc.parent, PARENT_PATIENCE);
	log_to(proc_log);
}

struct verdict
proc_ping(void *arg, const void *data, int fd)
{
	struct count_values	 cv;

	if (count_take(&cv))
		proc_send(MSG_COUNTS, &cv, -1);
	proc_send(MSG_PONG, NULL, -1);
	return (TAKEN);
}

struct verdict
proc_verbose(void *arg, const void *data, int fd)
{
	const struct msg_verbose	*vb = data;

	log_verbose((int)vb->vb_verbose);
	return (TAKEN);
}

static unsigned int
proc_id(const char *text)
{
	const char	*why;
	unsigned int	 id = (unsigned int)strtonum(text, 1, UINT_MAX - 1,
			    &why);

	if (why != NULL)
		fatalx("uid or gid %s: %s", text, why);
	return (id);
}

void
proc_drop(int argc, char *argv[])
{
	const char	*why;
	uid_t		 uid;
	gid_t		 gid;

	if (geteuid() != 0)
		return;
	if (argc != 3)
		fatalx("uid and gid are missing");
	uid = proc_id(argv[1]);
	gid = proc_id(argv[2]);
	if (chroot(CHROOT_DIR) == -1)
		fatal("chroot %s", CHROOT_DIR);
	if (chdir("/") == -1)
		fatal("chdir %s", CHROOT_DIR);
	if (setgroups(1, &gid) == -1)
		fatal("setgroups");
	if (setresgid(gid, gid, gid) == -1)
		fatal("setresgid");
	if (setresuid(uid, uid, uid) == -1)
		fatal("setresuid");
	if ((why = ids_prove(uid, gid)) != NULL)
		fatalx("%s", why);
}

void
proc_run(void)
{
	event_dispatch();
	fatalx("the event loop ended");
}

struct chan *
proc_parent(void)
{
	return (proc.parent);
}

int
proc_send(uint32_t type, const void *data, int fd)
{
	return (chan_send(proc.parent, type, data, fd));
}
