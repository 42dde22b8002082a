/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Table processes: starts, watches and restarts them with back-off.  See
 * tables.h.
 *
 * They are programs of smtpd(8).  They reach databases, so no sandbox of ours
 * fits them; instead they have a uid of their own and nothing open but one
 * socket, to tabpop: their output is never read here.  tabpop may ask for a
 * new process if one hangs or lies; if it asks without need, its users are at
 * worst without the table.
 *
 * One is popd's own: syspop, for system users.  It starts as root, and drops
 * what it does not need, see system_auth_confine() in compat/.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "child.h"
#include "config.h"
#include "exec.h"
#include "file.h"
#include "inherit.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "reap.h"
#include "settings.h"
#include "tables.h"

/* OpenSMTPD's directory. */
#define TABLES_DIR	"/usr/local/libexec/smtpd"

/* Title of syspop in ps(1). */
#define SYSTEM_TITLE	"syspop"

enum process_use { USE_TRIED, USE_NOW, USE_ENDS };

struct process {
	TAILQ_ENTRY(process)	 pr_entry;
	uint32_t		 pr_number;
	enum process_use	 pr_use;
	char			*pr_path;
	char			*pr_table;
	char			*pr_config;
	int			 pr_system;
	pid_t			 pr_pid;	/* 0: none */
	char			 pr_name[64];	/* for the log */
	struct reap		 pr_reap;
	struct event		 pr_timer;	/* until the next start */
	unsigned int		 pr_delay;	/* seconds before that */
	time_t			 pr_started;
};

static struct {
	TAILQ_HEAD(, process)	 all;
	uint32_t		 number;
	const struct config	*used;		/* conf.c's; NULL: none */
	int			 tried;		/* tabpop is being asked, even
						   if about none */
	int			 refused;	/* -n: one must not be run */
} tables = { .all = TAILQ_HEAD_INITIALIZER(tables.all) };

static time_t
tables_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

/* Return the index of a table in a list, or TABLES_ASKED_MAX. */
static unsigned int
asked_place(const struct config_asked *as, const struct config_table *tab)
{
	unsigned int	 i;

	for (i = 0; i < as->as_count; i++)
		if (as->as_tables[i] == tab)
			return (i);
	return (TABLES_ASKED_MAX);
}

/* Return the next used table from i on that is a process, or NULL. */
static const struct config_table *
tables_next(const struct config *cg, unsigned int *i)
{
	const struct config_table	*tab;

	/* With -n the rest is still checked. */
	if (tables.refused)
		return (NULL);
	while (*i < cg->cfg_ntables) {
		tab = &cg->cfg_tables[(*i)++];
		if (tab->tab_process && (tab == cg->cfg_routeproc ||
		    asked_place(&cg->cfg_authtabs, tab) < TABLES_ASKED_MAX ||
		    asked_place(&cg->cfg_usertabs, tab) < TABLES_ASKED_MAX))
			return (tab);
	}
	return (NULL);
}

unsigned int
tables_count(const struct config *cg)
{
	unsigned int	 i = 0, n = 0;

	while (tables_next(cg, &i) != NULL)
		n++;
	return (n);
}

int
tables_foreign(const struct config *cg)
{
	const struct config_table	*tab;
	unsigned int			 i = 0;

	while ((tab = tables_next(cg, &i)) != NULL)
		if (!tab->tab_system)
			return (1);
	return (0);
}

/* Check a file that a table depends on.  Return 0, or -1. */
static int
table_check_file(const struct config_table *tab, const char *path, char *why,
    size_t size)
{
	struct stat	 st;
	char		 text[MSG_TEXT_MAX / 2];
	int		 fd;

	if ((fd = file_open(path, FILE_DECIDES, &st, text,
	    sizeof(text))) != -1) {
		close(fd);
		return (0);
	}
	snprintf(why, size, "%s:%u: table %s: %s", tab->tab_at.at_file,
	    tab->tab_at.at_line, tab->tab_name, text);
	return (-1);
}

/* Check that a user needed by a table existed at startup.  Return 0, or -1. */
static int
table_account(const struct config *cg, const struct config_table *tab,
    enum config_user user, char *why, size_t size)
{
	if (settings.uid != 0 || settings.uids[user] != 0)
		return (0);
	snprintf(why, size, "%s:%u: table %s: user %s did not exist when popd "
	    "was started", tab->tab_at.at_file, tab->tab_at.at_line,
	    tab->tab_name, cg->cfg_users[user]);
	return (-1);
}

/* syspop needs no check of its file, but root. */
static int
table_check_system(const struct config_table *tab, char *why, size_t size)
{
	if (settings.uid == 0)
		return (0);
	snprintf(why, size, "%s:%u: system: popd must be started by root for "
	    "users of the system", tab->tab_at.at_file, tab->tab_at.at_line);
	return (-1);
}

/* Check whether a table may be run.  Return 0, or -1. */
static int
table_allowed(const struct config *cg, const struct config_table *tab,
    char *why, size_t size)
{
	if (table_account(cg, tab, USER_LOOKUP, why, size) == -1)
		return (-1);
	if (tab->tab_system)
		return (table_check_system(tab, why, size));
	if (table_account(cg, tab, USER_TABLE, why, size) == -1 ||
	    table_check_file(tab, tab->tab_path, why, size) == -1 ||
	    (tab->tab_config[0] == '/' &&
	    table_check_file(tab, tab->tab_config, why, size) == -1))
		return (-1);
	return (0);
}

int
tables_judge(const struct config *cg, char *why, size_t size)
{
	const struct config_table	*tab;
	unsigned int			 i = 0;

	while ((tab = tables_next(cg, &i)) != NULL)
		if (table_allowed(cg, tab, why, size) == -1) {
			tables.refused = settings.check_only;
			return (-1);
		}
	return (0);
}

int
tables_unveil(const struct config *cg)
{
	const struct config_table	*tab;
	unsigned int			 i = 0;

	/* r: their owner and mode are checked again by each reload. */
	if (file_unveil(TABLES_DIR, "rx") == -1)
		return (-1);
	while ((tab = tables_next(cg, &i)) != NULL)
		if (!tab->tab_system && file_unveil(tab->tab_path, "rx") == -1)
			return (-1);
	return (0);
}

static void
process_free(struct process *pr)
{
	TAILQ_REMOVE(&tables.all, pr, pr_entry);
	evtimer_del(&pr->pr_timer);
	free(pr->pr_path);
	free(pr->pr_table);
	free(pr->pr_config);
	free(pr);
}

/* End a process; tabpop has closed its socket, if it lives. */
static void
process_end(struct process *pr)
{
	pr->pr_use = USE_ENDS;
	if (pr->pr_pid == 0)
		process_free(pr);
	else
		reap_overdue(&pr->pr_reap, TABLE_HANG_SECONDS +
		    LAST_SECONDS);
}

/* Schedule the next start. */
static void
process_later(struct process *pr)
{
	struct timeval	 tv = { 0, 0 };

	if (pr->pr_delay > 0)
		log_warnx("table %s is down: next start in %u seconds",
		    pr->pr_table, pr->pr_delay);
	tv.tv_sec = pr->pr_delay;
	evtimer_add(&pr->pr_timer, &tv);
	pr->pr_delay = pr->pr_delay == 0 ? 1 : 2 * pr->pr_delay;
	if (pr->pr_delay > RESTART_SECONDS_MAX)
		pr->pr_delay = RESTART_SECONDS_MAX;
}

static void
process_gone(void *arg, int status)
{
	struct process	*pr = arg;
	char		 how[64];

	pr->pr_pid = 0;
	if (pr->pr_use == USE_ENDS) {
		process_free(pr);
		return;
	}
	log_warnx("%s: %s", pr->pr_name,
	    child_status(status, how, sizeof(how)));
	/* tabpop, being asked, reports what that means. */
	if (pr->pr_use == USE_TRIED)
		return;
	if (tables_clock() - pr->pr_started >= RESTART_CALM)
		pr->pr_delay = 0;
	process_later(pr);
}

/* Start a process.  Return our end of its socket, or -1 with errno. */
static int
process_start(struct process *pr)
{
	struct exec_ids	 ids = { settings.uids[USER_TABLE],
			    settings.gids[USER_TABLE] };
	int		 fds[2], saved, output = -1;

	/* Show the user in the foreground why it fails to start. */
	if (settings.foreground || settings.check_only)
		output = STDERR_FILENO;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return (-1);
	/* Only our end is non-blocking; the program uses its end like a tty. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
	    (pr->pr_pid = exec_table(pr->pr_path,
	    pr->pr_system ? SYSTEM_TITLE : pr->pr_table, pr->pr_config,
	    fds[1], output,
	    settings.uid == 0 && !pr->pr_system ? &ids : NULL)) == -1) {
		saved = errno;
		pr->pr_pid = 0;
		close(fds[0]);
		close(fds[1]);
		errno = saved;
		return (-1);
	}
	close(fds[1]);
	pr->pr_started = tables_clock();
	snprintf(pr->pr_name, sizeof(pr->pr_name), "table %s[%d]",
	    pr->pr_table, (int)pr->pr_pid);
	/* It has no channel that would end: wait for it from now on. */
	reap_init(&pr->pr_reap, pr->pr_pid, pr->pr_name, process_gone, pr);
	reap_soon(&pr->pr_reap);
	return (fds[0]);
}

/* Restart a process, and send it to tabpop. */
static void
process_again(int nofd, short what, void *arg)
{
	struct msg_table	 mtb = { 0, 0 };
	struct process		*pr = arg;
	struct child		*c = child_of_role(ROLE_TABLE);
	int			 fd;

	/* A new tabpop gets new processes. */
	if (c == NULL) {
		process_free(pr);
		return;
	}
	if ((fd = process_start(pr)) == -1) {
		log_warn("cannot start table %s", pr->pr_table);
		process_later(pr);
		return;
	}
	mtb.mtb_number = pr->pr_number;
	chan_send(c->c_chan, MSG_TABLE, &mtb, fd);
}

static struct process *
process_new(const struct config_table *tab)
{
	struct process	*pr;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		return (NULL);
	pr->pr_number = ++tables.number;
	pr->pr_path = strdup(tab->tab_path);
	pr->pr_table = strdup(tab->tab_name);
	pr->pr_config = strdup(tab->tab_config);
	pr->pr_system = tab->tab_system;
	evtimer_set(&pr->pr_timer, process_again, pr);
	TAILQ_INSERT_TAIL(&tables.all, pr, pr_entry);
	if (pr->pr_path == NULL || pr->pr_table == NULL ||
	    pr->pr_config == NULL) {
		process_free(pr);
		return (NULL);
	}
	return (pr);
}

/* Return whether the process in use of a table is down, or was lately. */
static int
table_down(const char *name)
{
	const struct process	*pr;

	TAILQ_FOREACH(pr, &tables.all, pr_entry)
		if (pr->pr_use == USE_NOW && strcmp(pr->pr_table, name) == 0)
			return (pr->pr_pid == 0 || (pr->pr_delay > 0 &&
			    tables_clock() - pr->pr_started < RESTART_CALM));
	return (1);
}

/*
 * Return whether a table may be down: at a start each one, so that it does not
 * keep the others' users out; at a reload one that is down, and unchanged.
 */
static int
table_kept(const struct config *cg, const struct config_table *tab)
{
	const struct config_table	*used;
	unsigned int			 i = 0;

	if (tables.used == NULL)
		return (!tab->tab_system && !inherit_served());
	while ((used = tables_next(tables.used, &i)) != NULL)
		if (strcmp(used->tab_name, tab->tab_name) == 0 &&
		    strcmp(used->tab_path, tab->tab_path) == 0 &&
		    strcmp(used->tab_config, tab->tab_config) == 0)
			return (cg == tables.used || table_down(tab->tab_name));
	return (0);
}

/* Start a process and send it.  Return 0, or -1. */
static int
table_send(const struct config *cg, const struct config_table *tab,
    struct chan *chan)
{
	struct msg_file	 mf;
	struct process	*pr;
	unsigned int	 hashes, users;
	int		 fd;

	hashes = asked_place(&cg->cfg_authtabs, tab);
	users = asked_place(&cg->cfg_usertabs, tab);
	if ((pr = process_new(tab)) == NULL || (fd = process_start(pr)) == -1)
		return (-1);
	memset(&mf, 0, sizeof(mf));
	mf.mf_kind = FILE_TABLE;
	mf.mf_index = pr->pr_number;
	if (hashes < TABLES_ASKED_MAX)
		mf.mf_flags |= TABLE_CREDENTIALS;
	if (users < TABLES_ASKED_MAX)
		mf.mf_flags |= TABLE_USERBASE;
	if (tab == cg->cfg_routeproc)
		mf.mf_flags |= TABLE_ROUTE;
	if (table_kept(cg, tab))
		mf.mf_flags |= TABLE_KEPT;
	mf.mf_pairs = hashes | users << 8;
	snprintf(mf.mf_name, sizeof(mf.mf_name), "%s %s:%u", tab->tab_name,
	    tab->tab_at.at_file, tab->tab_at.at_line);
	return (chan_send(chan, MSG_CONF_FILE, &mf, fd));
}

int
tables_send(const struct config *cg, struct chan *chan)
{
	const struct config_table	*tab;
	unsigned int			 i = 0;

	tables_abort();
	tables.tried = 1;
	while ((tab = tables_next(cg, &i)) != NULL)
		if (table_send(cg, tab, chan) == -1)
			return (-1);
	return (0);
}

void
tables_abort(void)
{
	struct process	*pr, *next;

	for (pr = TAILQ_FIRST(&tables.all); pr != NULL; pr = next) {
		next = TAILQ_NEXT(pr, pr_entry);
		if (pr->pr_use == USE_TRIED)
			process_end(pr);
	}
	tables.tried = 0;
}

/* Use a process that was tried. */
static void
process_use(struct process *pr)
{
	pr->pr_use = USE_NOW;
	/* It has died meanwhile. */
	if (pr->pr_pid == 0)
		process_later(pr);
}

void
tables_commit(const struct config *cg)
{
	struct process	*pr, *next;

	tables.used = cg;
	/* An exchange without tabpop changes nothing. */
	if (!tables.tried)
		return;
	tables.tried = 0;
	for (pr = TAILQ_FIRST(&tables.all); pr != NULL; pr = next) {
		next = TAILQ_NEXT(pr, pr_entry);
		if (pr->pr_use == USE_NOW)
			process_end(pr);
		else if (pr->pr_use == USE_TRIED)
			process_use(pr);
	}
}

void
tables_want(const struct msg_table *mtb)
{
	struct process	*pr;

	TAILQ_FOREACH(pr, &tables.all, pr_entry)
		if (pr->pr_number == mtb->mtb_number && pr->pr_use == USE_NOW &&
		    pr->pr_pid != 0)
			kill(pr->pr_pid, SIGKILL);
}

/* A hanging process has nothing to finish. */
void
tables_stop(void)
{
	struct process	*pr, *next;

	for (pr = TAILQ_FIRST(&tables.all); pr != NULL; pr = next) {
		next = TAILQ_NEXT(pr, pr_entry);
		if (pr->pr_pid != 0)
			kill(pr->pr_pid, SIGKILL);
		if (pr->pr_use != USE_ENDS)
			process_end(pr);
	}
}

int
tables_none(void)
{
	return (TAILQ_EMPTY(&tables.all));
}
