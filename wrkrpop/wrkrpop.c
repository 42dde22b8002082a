/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One POP3 session after login, as the mail user, in one maildir.  It speaks
 * cleartext POP3 on its stream: to the listener, which handles TLS and no mail,
 * or with -s on a terminal.
 *
 * The parent set our ids before exec.  We hold no secret, and after the second
 * call of unveil(2) can open only this maildir.
 */

#include <sys/types.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "mboxlock.h"
#include "msg.h"
#include "version.h"

#include "greet.h"
#include "maildrop.h"
#include "out.h"
#include "parent.h"
#include "setting.h"
#include "spool.h"
#include "transaction.h"
#include "yield.h"

static struct {
	struct msg_work	 work;
} wrkrpop;

static void __attribute__((__noreturn__))
usage(void)
{
	fprintf(stderr, "usage: wrkrpop [-l locks] [-m mbox] -s maildir\n");
	exit(1);
}

/* End a session that could not begin. */
static int
wrkrpop_refuse(enum maildrop_error error, const struct msg_work *work,
    const struct spool *sl)
{
	struct msg_report	 report;

	greet_refuse(error, work);
	if (error == MAILDROP_IN_USE)
		log_info("maildir: open in another session");
	if (work == NULL)
		return (1);
	memset(&report, 0, sizeof(report));
	report.rp_reason = REPORT_REFUSED;
	report.rp_moved = (uint32_t)sl->sl_moved;
	if (error == MAILDROP_IN_USE)
		report.rp_lock = LOCK_MILLISECONDS;
	parent_report(&report);
	return (0);
}

/*
 * Block signals for good: popd ends a worker by closing the stream, and a
 * signal to all its processes must not interrupt an UPDATE.  On a terminal the
 * user may interrupt.
 */
static void
wrkrpop_signals(int terminal)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	if (!terminal) {
		sigaddset(&set, SIGHUP);
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGUSR1);
		sigaddset(&set, SIGUSR2);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		fatal("sigprocmask");
}

/* Make an empty maildrop for a user without mail; nothing can be opened. */
static struct maildrop *
wrkrpop_none(enum maildrop_error *error)
{
	struct maildrop	*drop;

	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio", NULL) == -1)
		fatal("pledge");
	if ((drop = maildrop_none()) == NULL)
		*error = MAILDROP_TEMP;
	return (drop);
}

/* Do maildrop_enter(); a spool with mail needs a maildir. */
static int
wrkrpop_enter(const char *path, size_t home, const struct spool *sl,
    enum maildrop_error *error)
{
	int	 fd;

	fd = maildrop_enter(path, home, error);
	if (fd == -1 && *error == MAILDROP_NONE && spool_full(sl)) {
		spool_home(path, home);
		fd = maildrop_enter(path, home, error);
	}
	return (fd);
}

/*
 * Open the maildrop, and give up all but it and the open parts of a spool.
 * home: see maildrop_enter().
 */
static struct maildrop *
wrkrpop_open(const char *path, size_t home, struct spool *sl,
    enum maildrop_error *error)
{
	struct maildrop	*drop;
	int		 fd;

	if ((fd = wrkrpop_enter(path, home, sl, error)) == -1) {
		spool_close(sl);
		return (*error == MAILDROP_NONE ? wrkrpop_none(error) : NULL);
	}

	/* cpath: popcache is replaced, mail is moved and unlinked. */
	if (unveil(".", "rwc") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio rpath wpath cpath flock", NULL) == -1)
		fatal("pledge");
	drop = maildrop_open(fd, sl, error);
	spool_close(sl);
	return (drop);
}

/* The task, from the command line or the parent. */
struct wrkrpop_task {
	const char	*wt_maildir;	/* NULL: not on a terminal */
	size_t		 wt_home;	/* see maildrop_enter() */
	const char	*wt_mbox;	/* "": none */
	uint32_t	 wt_locks;
};

static void
wrkrpop_options(int argc, char *argv[], struct wrkrpop_task *wt)
{
	int	 ch;

	wt->wt_maildir = NULL;
	wt->wt_home = 0;
	wt->wt_mbox = "";
	wt->wt_locks = mboxlock_default();
	while ((ch = getopt(argc, argv, "l:m:s:")) != -1) {
		switch (ch) {
		case 'l':
			if ((wt->wt_locks = mboxlock_parse(optarg)) == 0)
				usage();
			break;
		case 'm':
			wt->wt_mbox = optarg;
			break;
		case 's':
			wt->wt_maildir = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc != optind || (wt->wt_maildir == NULL && argc > 1))
		usage();
}

static void
wrkrpop_work(const struct msg_work *work, struct wrkrpop_task *wt)
{
	wt->wt_maildir = work->wk_maildir;
	wt->wt_home = work->wk_home;
	wt->wt_mbox = work->wk_mbox;
	wt->wt_locks = work->wk_locks;
}

/* Serve from the answer to PASS to the end. */
static void
wrkrpop_serve(struct maildrop *drop, struct msg_report *report)
{
	greet_accept(drop);
	maildrop_store(drop);
	transaction_run(drop, STDIN_FILENO, report);
	maildrop_close(drop);
}

int
main(int argc, char *argv[])
{
	struct msg_report	 report;
	struct maildrop		*drop;
	enum maildrop_error	 error = MAILDROP_TEMP;
	struct spool		 sl = { .sl_fd = -1, .sl_dotlock = { 0, -1 } };
	struct wrkrpop_task	 wt;
	int			 terminal;

	version_flag(argc, argv, "wrkrpop");
	wrkrpop_options(argc, argv, &wt);
	terminal = wt.wt_maildir != NULL;
	log_init("wrkrpop");
	wrkrpop_signals(terminal);
	out_init(STDOUT_FILENO);
	if (!terminal) {
		if (parent_start(&wrkrpop.work) == -1) {
			greet_refuse(error, NULL);
			return (0);
		}
		setting_use(&wrkrpop.work.wk_settings);
		yield_init(STDIN_FILENO);
		wrkrpop_work(&wrkrpop.work, &wt);
	}

	if (*wt.wt_mbox != '\0')
		spool_open(&sl, wt.wt_mbox, wt.wt_locks);
	drop = wrkrpop_open(wt.wt_maildir, wt.wt_home, &sl, &error);
	if (drop == NULL)
		return (wrkrpop_refuse(error,
		    terminal ? NULL : &wrkrpop.work, &sl));
	wrkrpop_serve(drop, &report);
	report.rp_moved = (uint32_t)sl.sl_moved;
	if (!terminal)
		parent_report(&report);
	return (0);
}
