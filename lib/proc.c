/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What every child does first.  See proc.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "ids.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

#define CHROOT_DIR	"/var/empty"

static struct chan	*parent;

void
proc_start(const char *name)
{
	struct stat	 st;

	log_init(name);
	if (fstat(PROC_CHANNEL, &st) == -1 || !S_ISSOCK(st.st_mode))
		errx(1, "not to be started by hand: see popd(8)");
	closefrom(PROC_CHANNEL + 1);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
}

void
proc_drop(const char *user)
{
	struct passwd	*pw;
	const char	*why;

	if (geteuid() != 0)
		return;
	if ((pw = getpwnam(user)) == NULL)
		fatalx("user %s does not exist", user);
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		fatalx("user %s must be neither uid 0 nor gid 0", user);
	if (chroot(CHROOT_DIR) == -1 || chdir("/") == -1)
		fatal("chroot %s", CHROOT_DIR);
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		fatal("cannot drop privileges to %s", user);
	if ((why = ids_prove(pw->pw_uid, pw->pw_gid)) != NULL)
		fatalx("%s", why);
}

static void
proc_log(int level, const char *text)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = level;
	strlcpy(ml.ml_text, text, sizeof(ml.ml_text));
	chan_send(parent, MSG_LOG, &ml, -1);
}

/* The parent is gone, and with it every reason to be here. */
static void
proc_closed(void *arg, const char *why)
{
	if (why != NULL) {
		log_to(log_stderr);
		fatalx("channel to popd: %s", why);
	}
	exit(0);
}

struct chan *
proc_channel(const struct chan_rule *rules)
{
	parent = chan_new(PROC_CHANNEL, "popd", rules, proc_closed, NULL);
	if (parent == NULL)
		fatal("channel to popd");
	log_to(proc_log);
	return (parent);
}
