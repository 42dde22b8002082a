/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The processes that deliver mail.  See delivery.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bucket.h"
#include "chan.h"
#include "child.h"
#include "childlog.h"
#include "delivery.h"
#include "exec.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "reap.h"
#include "settings.h"
#include "table.h"

struct delivery {
	TAILQ_ENTRY(delivery)	 d_entry;
	uint64_t		 d_number;
	uid_t			 d_uid;
	gid_t			 d_gid;
	struct msg_deliver	 d_work;	/* maildir at its start */
	char			 d_user[USER_MAX];
	pid_t			 d_pid;
	char			 d_name[32];	/* "dlvrpop[pid]" */
	int			 d_ending;	/* lmtppop has closed it */
	struct chan		*d_chan;	/* NULL: closed */
	struct reap		 d_reap;
	struct childlog		 d_log;
};

static struct {
	TAILQ_HEAD(, delivery)	 all;
	unsigned int		 count;
	uint64_t		 last;
	struct bucket		 starts;
} delivery = { .all = TAILQ_HEAD_INITIALIZER(delivery.all) };

static struct verdict	 delivery_log(void *, const void *, int);
static struct verdict	 delivery_version(void *, const void *, int);

static const struct chan_rule	 rules[] = {
	{ MSG_LOG,	delivery_log },
	{ MSG_VERSION,	delivery_version },
	{ 0,		NULL }
};

/* Log a line of the process, with its user. */
static struct verdict
delivery_log(void *arg, const void *data, int fd)
{
	const struct msg_log	*ml = data;
	struct delivery		*d = arg;
	struct msg_log		 line;
	char			 user[LOG_QUOTE_MAX];

	line.ml_level = ml->ml_level;
	snprintf(line.ml_text, sizeof(line.ml_text), "user=%s: %.1200s",
	    log_quote(d->d_user, user, sizeof(user)), ml->ml_text);
	childlog_write(&d->d_log, d->d_name, NULL, &line);
	return (TAKEN);
}

static struct verdict
delivery_version(void *arg, const void *data, int fd)
{
	childlog_version(ROLE_DELIVERY, data);
	return (TAKEN);
}

static void
delivery_closed(void *arg, const char *why)
{
	struct delivery	*d = arg;

	if (why != NULL) {
		log_warnx("%s: %s: killed", d->d_name, why);
		kill(d->d_pid, SIGKILL);
	}
	chan_free(d->d_chan);
	d->d_chan = NULL;
	reap_overdue(&d->d_reap, LAST_SECONDS);
}

static void
delivery_gone(void *arg, int status)
{
	struct delivery	*d = arg;
	char		 how[64];

	if (status != 0)
		log_warnx("%s: %s", d->d_name, child_status(status, how,
		    sizeof(how)));
	TAILQ_REMOVE(&delivery.all, d, d_entry);
	delivery.count--;
	chan_free(d->d_chan);
	free(d);
}

/* Find the process of a user and maildir, and count the user's others. */
static struct delivery *
delivery_find(const char *user, const struct userinfo *ui,
    const struct msg_deliver *work, unsigned int *others)
{
	struct delivery	*d, *found = NULL;

	*others = 0;
	TAILQ_FOREACH(d, &delivery.all, d_entry) {
		if (strcmp(d->d_user, user) != 0)
			continue;
		if (d->d_chan != NULL && !d->d_ending &&
		    d->d_uid == ui->ui_uid && d->d_gid == ui->ui_gid &&
		    strcmp(d->d_work.dv_directory, work->dv_directory) == 0 &&
		    strcmp(d->d_work.dv_subdir, work->dv_subdir) == 0)
			found = d;
		else
			++*others;
	}
	return (found);
}

/* Start the program.  Return 0, or -1 with errno. */
static int
delivery_exec(struct delivery *d, int stream)
{
	const struct exec_ids	 ids = { d->d_uid, d->d_gid };
	char			 title[16 + LOG_QUOTE_MAX];
	char			 user[LOG_QUOTE_MAX];
	char *const		 argv[] = { title, NULL };
	int			 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return (-1);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
	    (d->d_chan = chan_new(fds[0], d->d_name, rules, delivery_closed,
	    d)) == NULL) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	snprintf(title, sizeof(title), "dlvrpop: %s", log_quote(d->d_user,
	    user, sizeof(user)));
	if (chan_send(d->d_chan, MSG_DELIVER, &d->d_work, -1) == -1)
		d->d_pid = -1;
	else
		d->d_pid = exec_program("dlvrpop", argv, stream, fds[1],
		    settings.uid == 0 ? &ids : NULL);
	close(fds[1]);
	if (d->d_pid != -1)
		return (0);
	chan_free(d->d_chan);
	return (-1);
}

/* Start a process; stream is lmtppop's end.  Return NULL with errno. */
static struct delivery *
delivery_new(const char *user, const struct userinfo *ui,
    const struct msg_deliver *work, int *stream)
{
	struct delivery	*d;
	int		 fds[2];

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	d->d_uid = ui->ui_uid;
	d->d_gid = ui->ui_gid;
	d->d_work = *work;
	strlcpy(d->d_user, user, sizeof(d->d_user));
	/* Until there is a pid. */
	strlcpy(d->d_name, "dlvrpop", sizeof(d->d_name));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1) {
		free(d);
		return (NULL);
	}
	/* Only lmtppop's end is non-blocking; dlvrpop waits for input. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
	    delivery_exec(d, fds[1]) == -1) {
		close(fds[0]);
		close(fds[1]);
		free(d);
		return (NULL);
	}
	close(fds[1]);
	d->d_number = ++delivery.last;
	snprintf(d->d_name, sizeof(d->d_name), "dlvrpop[%d]", (int)d->d_pid);
	reap_init(&d->d_reap, d->d_pid, d->d_name, delivery_gone, d);
	TAILQ_INSERT_TAIL(&delivery.all, d, d_entry);
	delivery.count++;
	*stream = fds[0];
	return (d);
}

void
delivery_refuse(struct child *c, uint64_t want, enum delivery_refusal reason)
{
	struct msg_delivery_refuse	 dr;

	memset(&dr, 0, sizeof(dr));
	dr.dr_want = want;
	dr.dr_reason = reason;
	chan_send(c->c_chan, MSG_DELIVERY_REFUSE, &dr, -1);
}

/* Fill in a user's maildir.  Return 0, or -1 if mail cannot go there. */
static int
delivery_work(const struct userinfo *ui, struct msg_deliver *dv)
{
	memset(dv, 0, sizeof(*dv));
	/* Without root, only the user running popd can get mail. */
	if (settings.uid != 0 && (ui->ui_uid != settings.uid ||
	    ui->ui_gid != settings.gid))
		return (-1);
	dv->dv_verbose = (uint32_t)settings.verbose;
	if (strlcpy(dv->dv_directory, ui->ui_dir, sizeof(dv->dv_directory)) >=
	    sizeof(dv->dv_directory))
		return (-1);
	if (settings.subdir != NULL && strlcpy(dv->dv_subdir, settings.subdir,
	    sizeof(dv->dv_subdir)) >= sizeof(dv->dv_subdir))
		return (-1);
	return (0);
}

/* Start a process, and send lmtppop its stream or a refusal. */
static void
delivery_start(struct child *c, uint64_t want, const char *user,
    const struct userinfo *ui, const struct msg_deliver *work)
{
	struct msg_delivery	 dy = { want, 0 };
	struct delivery		*d;
	int			 stream;

	if (bucket_spend(&delivery.starts, LMTP_STARTS, LMTP_STARTS) == -1) {
		delivery_refuse(c, want, DELIVERY_FULL);
		return;
	}
	if ((d = delivery_new(user, ui, work, &stream)) == NULL) {
		log_warn("cannot start dlvrpop");
		delivery_refuse(c, want, DELIVERY_TEMP);
		return;
	}
	dy.dy_process = d->d_number;
	chan_send(c->c_chan, MSG_DELIVERY_OPEN, &dy, stream);
}

void
delivery_open(struct child *c, const struct msg_delivery_want *dw,
    const struct userinfo *ui)
{
	struct msg_deliver	 work;
	struct msg_delivery	 dy = { dw->dw_want, 0 };
	struct delivery		*d;
	unsigned int		 others;

	if (delivery_work(ui, &work) == -1) {
		delivery_refuse(c, dw->dw_want, DELIVERY_DISABLED);
	} else if (!dw->dw_open) {
		chan_send(c->c_chan, MSG_DELIVERY_KNOWN, &dy, -1);
	} else if ((d = delivery_find(dw->dw_user, ui, &work,
	    &others)) != NULL) {
		dy.dy_process = d->d_number;
		chan_send(c->c_chan, MSG_DELIVERY_SAME, &dy, -1);
	} else if (others >= LMTP_PROCESSES_USER ||
	    delivery.count >= LMTP_PROCESSES) {
		delivery_refuse(c, dw->dw_want, DELIVERY_FULL);
	} else
		delivery_start(c, dw->dw_want, dw->dw_user, ui, &work);
}

static void
delivery_leave(struct delivery *d)
{
	d->d_ending = 1;
	reap_overdue(&d->d_reap, LMTP_LAST_SECONDS);
}

struct verdict
delivery_end(struct child *c, const struct msg_delivery *dy)
{
	struct delivery	*d;

	if (dy->dy_process > delivery.last)
		return (LIE("unknown process"));
	TAILQ_FOREACH(d, &delivery.all, d_entry)
		if (d->d_number == dy->dy_process && !d->d_ending)
			delivery_leave(d);
	return (TAKEN);
}

void
delivery_abandon(void)
{
	struct delivery	*d;

	TAILQ_FOREACH(d, &delivery.all, d_entry)
		if (!d->d_ending)
			delivery_leave(d);
}

unsigned int
delivery_count(void)
{
	return (delivery.count);
}
