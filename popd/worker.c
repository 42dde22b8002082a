/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Workers: one process per session, started as the mail user and watched until
 * both worker and listener are done with the session, which is then logged in
 * one line.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authcount.h"
#include "chan.h"
#include "child.h"
#include "conf.h"
#include "count.h"
#include "exec.h"
#include "handover.h"
#include "limits.h"
#include "log.h"
#include "maildrops.h"
#include "reap.h"
#include "session.h"
#include "setting.h"
#include "settings.h"
#include "spools.h"
#include "table.h"
#include "worker.h"

static struct {
	int	 stopping;
} worker;

static struct verdict	 worker_log(void *, const void *, int);
static struct verdict	 worker_report(void *, const void *, int);
static struct verdict	 worker_quit(void *, const void *, int);
static struct verdict	 worker_version(void *, const void *, int);
static void		 worker_gone(void *, int);

static const struct chan_rule	 rules[] = {
	{ MSG_LOG, worker_log },
	{ MSG_REPORT, worker_report },
	{ MSG_QUIT, worker_quit },
	{ MSG_VERSION, worker_version },
	{ 0, NULL }
};

/* Log why there is no session. */
static void __attribute__((__format__(printf, 2, 3)))
worker_complain(const struct session *s, const char *fmt, ...)
{
	char	 text[SESSION_TEXT_MAX], why[MSG_TEXT_MAX];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_warnx("%s: %s", session_text(s, text, sizeof(text)), why);
}

static struct verdict
worker_log(void *arg, const void *data, int fd)
{
	const struct msg_log	*ml = data;
	struct session		*s = arg;
	char			 id[SESSION_NAME_MAX];

	childlog_write(&s->s_log, s->s_name,
	    msg_session_name(&s->s_id, id, sizeof(id)), ml);
	return (TAKEN);
}

/* Close the channel of a worker. */
static void
worker_detach(struct session *s)
{
	chan_free(s->s_chan);
	s->s_chan = NULL;
	if (s->s_state != SESSION_SERVED)
		reap_overdue(&s->s_reap, LAST_SECONDS);
}

/* The last message of a worker: do not wait for the end of its channel. */
static struct verdict
worker_report(void *arg, const void *data, int fd)
{
	struct session	*s = arg;

	s->s_reported = 1;
	memcpy(&s->s_report, data, sizeof(s->s_report));
	if (s->s_report.rp_reason == REPORT_REFUSED)
		authcount_nothing(s);
	worker_detach(s);
	return (TAKEN);
}

/* The session is over for its client, who may log in again. */
static struct verdict
worker_quit(void *arg, const void *data, int fd)
{
	struct session	*s = arg;

	if (s->s_quit)
		return (LIE("second QUIT"));
	s->s_quit = 1;
	return (TAKEN);
}

/* Its program was replaced: it has refused the client and exits. */
static struct verdict
worker_version(void *arg, const void *data, int fd)
{
	struct session	*s = arg;

	childlog_version(ROLE_WORKER, data);
	s->s_reported = 1;
	s->s_report.rp_reason = REPORT_REFUSED;
	authcount_nothing(s);
	worker_detach(s);
	return (TAKEN);
}

static void
worker_closed(void *arg, const char *why)
{
	struct session	*s = arg;
	char		 text[SESSION_TEXT_MAX];

	if (why != NULL) {
		log_warnx("%s %s: %s: killed", s->s_name,
		    session_text(s, text, sizeof(text)), why);
		if (s->s_state != SESSION_SERVED)
			kill(s->s_pid, SIGKILL);
	}
	worker_detach(s);
}

/*
 * Return the session that should have the user's maildrop: the oldest one
 * whose worker is alive.
 */
static const struct session *
worker_oldest(const char *user)
{
	struct session	*s, *oldest = NULL;

	for (s = session_of_user(user); s != NULL; s = session_next_of_user(s))
		if (s->s_chan != NULL && (oldest == NULL ||
		    s->s_since.tv_sec < oldest->s_since.tv_sec ||
		    (s->s_since.tv_sec == oldest->s_since.tv_sec &&
		    s->s_since.tv_nsec < oldest->s_since.tv_nsec)))
			oldest = s;
	return (oldest);
}

/* A user whose name cannot be a file name has no spool. */
static void
worker_spool(const struct session *s, struct msg_work *wk)
{
	char	 text[SESSION_TEXT_MAX];

	if (settings.mbox == NULL)
		return;
	wk->wk_locks = settings.mbox_locks;
	if (spools_path(s->s_user, wk->wk_mbox, sizeof(wk->wk_mbox)) == -1)
		log_warnx("%s: no spool: not a file name",
		    session_text(s, text, sizeof(text)));
}

/* Fill in the first message to a worker. */
static int
worker_fill(const struct session *s, const struct userinfo *ui,
    struct msg_work *wk)
{
	const struct session	*other;

	memset(wk, 0, sizeof(*wk));
	wk->wk_id = s->s_id;
	wk->wk_verbose = (uint32_t)settings.verbose;
	wk->wk_settings = settings.values;
	if (!conf_expires(s->s_user))
		wk->wk_settings.stv_value[SETTING_EXPIRE] = 0;
	strlcpy(wk->wk_user, s->s_user, sizeof(wk->wk_user));
	if (maildrops_path(ui, wk->wk_maildir, sizeof(wk->wk_maildir)) == -1)
		return (-1);
	wk->wk_home = (uint32_t)strlen(ui->ui_dir);
	worker_spool(s, wk);
	if ((other = worker_oldest(s->s_user)) != NULL) {
		wk->wk_other = other->s_source;
		wk->wk_since = other->s_login;
	}
	return (0);
}

/* Start the process; its message is in the channel before it runs. */
static pid_t
worker_start(struct session *s, const struct userinfo *ui,
    const struct msg_work *wk, int stream)
{
	struct exec_ids	 ids = { ui->ui_uid, ui->ui_gid };
	char		 title[SESSION_TITLE_MAX];
	char *const	 argv[] = { title, NULL };
	pid_t		 pid;
	int		 fds[2];

	/* The worker's end is non-blocking, too: it uses poll(2). */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1)
		return (-1);
	/* Until there is a pid. */
	strlcpy(s->s_name, msg_role_name(ROLE_WORKER), sizeof(s->s_name));
	if ((s->s_chan = chan_new(fds[0], s->s_name, rules, worker_closed,
	    s)) == NULL) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	session_title(s, title, sizeof(title));
	if (chan_send(s->s_chan, MSG_WORK, wk, -1) == -1)
		pid = -1;
	else
		pid = exec_program("wrkrpop", argv, stream, fds[1],
		    settings.uid == 0 ? &ids : NULL);
	close(fds[1]);
	return (pid);
}

/* Skip workers that have not read their last message: do not flood them. */
void
worker_yield(const char *user, const struct session *but)
{
	struct session		*s;
	struct msg_yield	 my;
	struct timespec		 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	my.my_sent = (uint64_t)now.tv_sec * 1000 +
	    (uint64_t)now.tv_nsec / 1000000;
	for (s = session_of_user(user); s != NULL; s = session_next_of_user(s))
		if (setting(SETTING_TAKEOVER) > 0 && s != but &&
		    s->s_chan != NULL && chan_drained(s->s_chan))
			chan_send(s->s_chan, MSG_YIELD, &my, -1);
}

/* Log a login: popd.log(5). */
static void
worker_log_login(const struct session *s)
{
	static const char	*const methods[AUTH_METHODS] = {
		[AUTH_PASSWORD] = "password",
		[AUTH_APOP] = "apop",
		[AUTH_CRAM] = "cram-md5"
	};
	const struct msg_wait	*mwt = &s->s_wait;
	char			 text[SESSION_TEXT_MAX];
	char			 local[SOURCE_TEXT_MAX];

	log_info("login %s %s port=%u local=%s localport=%u worker=%d "
	    "queued=%u.%03u delayed=%u.%03u method=%s",
	    session_text(s, text, sizeof(text)), s->s_tls,
	    s->s_source.so_port, source_text(&s->s_local, local,
	    sizeof(local)), s->s_local.so_port, (int)s->s_pid,
	    mwt->mwt_queued / 1000, mwt->mwt_queued % 1000,
	    mwt->mwt_delayed / 1000, mwt->mwt_delayed % 1000,
	    methods[s->s_method]);
}

static void
worker_opened(struct session *s, pid_t pid, int stream)
{
	struct child	*c = child_of_gen(s->s_id.si_gen);

	clock_gettime(CLOCK_MONOTONIC, &s->s_since);
	s->s_login = time(NULL);
	session_working(s, pid);
	reap_init(&s->s_reap, pid, s->s_name, worker_gone, s);
	worker_yield(s->s_user, s);
	handover_say(HANDOVER_YIELD, s->s_user);
	worker_log_login(s);
	if (c == NULL) {
		close(stream);
		return;
	}
	c->c_wanted--;
	c->c_sessions++;
	chan_send(c->c_chan, MSG_SESSION_OPEN, &s->s_id, stream);
}

/* Without root, only the user running popd can be served. */
static int
worker_foreign(const struct userinfo *ui)
{
	return (settings.uid != 0 &&
	    (ui->ui_uid != settings.uid || ui->ui_gid != settings.gid));
}

/* Read what this user's workers have sent. */
static void
worker_hear(const char *user)
{
	struct session	*s;

	for (s = session_of_user(user); s != NULL; s = session_next_of_user(s))
		if (s->s_chan != NULL)
			chan_poll(s->s_chan);
}

/*
 * Return whether a user has too many sessions.  Those whose QUIT is done are
 * over for the client, which may log in again, but only SESSIONS_OVER times;
 * that a worker is done may not have been read yet.
 */
static int
worker_full_user(const char *user)
{
	unsigned int	 busy, most = setting(SETTING_SESSIONS_USER);

	worker_hear(user);
	return (session_count_user(user, &busy) >= most + SESSIONS_OVER ||
	    busy >= most);
}

/* Check the limits: in all, and of this user. */
static int
worker_full(const struct session *s, enum refuse_reason *refuse)
{
	if (session_count() >= settings.sessions_all) {
		worker_complain(s, "all %u sessions are in use",
		    settings.sessions_all);
		return (1);
	}
	if (worker_full_user(s->s_user)) {
		worker_complain(s, "%u sessions of this user",
		    setting(SETTING_SESSIONS_USER));
		/* A silent session makes room for the next attempt. */
		worker_yield(s->s_user, s);
		handover_say(HANDOVER_YIELD, s->s_user);
		*refuse = REFUSE_IN_USE;
		return (1);
	}
	return (0);
}

int
worker_open(struct session *s, const struct userinfo *ui,
    enum refuse_reason *refuse)
{
	struct msg_work	 wk;
	pid_t		 pid;
	int		 fds[2];

	*refuse = REFUSE_TEMP;
	if (worker_foreign(ui)) {
		worker_complain(s, "popd runs as uid %u gid %u and cannot "
		    "serve uid %u gid %u", (unsigned int)settings.uid,
		    (unsigned int)settings.gid, (unsigned int)ui->ui_uid,
		    (unsigned int)ui->ui_gid);
		*refuse = REFUSE_PERM;
		return (-1);
	}
	if (worker_full(s, refuse))
		return (-1);
	if (worker_fill(s, ui, &wk) == -1) {
		worker_complain(s, "%s", strerror(errno));
		*refuse = REFUSE_PERM;
		return (-1);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1) {
		worker_complain(s, "socketpair: %s", strerror(errno));
		return (-1);
	}
	pid = worker_start(s, ui, &wk, fds[1]);
	if (pid == -1)
		worker_complain(s, "cannot start a worker: %s",
		    strerror(errno));
	close(fds[1]);
	if (pid == -1) {
		close(fds[0]);
		return (-1);
	}
	worker_opened(s, pid, fds[0]);
	return (0);
}

/* Return the reason that ends the session in the log, the most specific. */
static const char *
worker_reason(const struct session *s)
{
	static const char	*const reports[REPORT_REASONS] = {
		[REPORT_QUIT] = "quit",
		[REPORT_QUIT_PARTLY] = "quit-partly",
		[REPORT_EOF] = "client-gone",
		[REPORT_REFUSED] = "refused",
		[REPORT_BAD_COMMANDS] = "bad-commands",
		[REPORT_ERROR] = "error",
		[REPORT_GAVE_WAY] = "gave-way"
	};
	static const char	*const ends[END_REASONS] = {
		[END_DONE] = NULL,
		[END_CLIENT] = NULL,
		[END_IDLE] = "idle",
		[END_LOGIN_TIME] = "login-time",
		[END_ERROR] = "connection-error",
		[END_REFUSED] = NULL,
		[END_STUCK] = NULL
	};

	if (!s->s_reported)
		return (s->s_reap.re_killed ? "worker-hung" : "worker-died");
	if (s->s_report.rp_reason == REPORT_EOF && s->s_kicked)
		return ("kicked");
	if (s->s_report.rp_reason != REPORT_EOF)
		return (reports[s->s_report.rp_reason]);
	if (worker.stopping)
		return ("shutdown");
	if (ends[s->s_end_reason] != NULL)
		return (ends[s->s_end_reason]);
	return (reports[REPORT_EOF]);
}

static void
worker_count(const struct session *s)
{
	const struct msg_report	*rp = &s->s_report;

	count_add(COUNT_SESSIONS, 1);
	if (!s->s_reported)
		return;
	count_add(COUNT_MESSAGES, rp->rp_messages);
	count_add(COUNT_OCTETS, rp->rp_octets);
	count_add(COUNT_DELETED, rp->rp_deleted);
	count_add(COUNT_EXPIRED, rp->rp_expired);
	if (rp->rp_reason != REPORT_REFUSED)
		count_add(rp->rp_index ? COUNT_INDEX_USED : COUNT_INDEX_READ,
		    1);
}

/* Worker and listener are done: log the session and free it. */
static void
worker_finish(struct session *s)
{
	const struct msg_report	*rp = &s->s_report;
	struct child		*c = child_of_gen(s->s_id.si_gen);
	struct timespec		 now;
	char			 text[SESSION_TEXT_MAX];
	long long		 ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - s->s_since.tv_sec) * 1000LL +
	    (now.tv_nsec - s->s_since.tv_nsec) / 1000000;
	session_text(s, text, sizeof(text));
	worker_count(s);
	log_info("session end %s %s moved=%u retrieved=%llu octets=%llu "
	    "top=%llu deleted=%llu expired=%llu kept=%llu left=%llu "
	    "lock=%u.%03u seconds=%lld.%03lld reason=%s", text,
	    s->s_tls, rp->rp_moved, (unsigned long long)rp->rp_messages,
	    (unsigned long long)rp->rp_octets,
	    (unsigned long long)rp->rp_tops,
	    (unsigned long long)rp->rp_deleted,
	    (unsigned long long)rp->rp_expired,
	    (unsigned long long)rp->rp_marked,
	    (unsigned long long)rp->rp_left, rp->rp_lock / 1000,
	    rp->rp_lock % 1000, ms / 1000, ms % 1000, worker_reason(s));
	/* Only now: a listener can end a session and keep its worker. */
	if (c != NULL)
		c->c_sessions--;
	if (s->s_kicked)
		evtimer_del(&s->s_late);
	session_free(s);
}

/* Have the listener end the session: first its input, then all of it. */
static void
worker_kick_listener(const struct session *s)
{
	struct child	*c = child_of_gen(s->s_id.si_gen);

	if (c != NULL)
		chan_send(c->c_chan, MSG_SESSION_KICK, &s->s_id, -1);
}

/* The client does not read the rest. */
static void
worker_kick_late(int fd, short what, void *arg)
{
	worker_kick_listener(arg);
}

void
worker_kick(struct session *s)
{
	const struct timeval	 tv = { LAST_SECONDS, 0 };
	char			 text[SESSION_TEXT_MAX];

	if (s->s_kicked || s->s_state != SESSION_OPEN)
		return;
	log_info("kicked %s", session_text(s, text, sizeof(text)));
	s->s_kicked = 1;
	if (s->s_chan != NULL) {
		chan_send(s->s_chan, MSG_KICK, NULL, -1);
		kill(s->s_pid, SIGURG);
	}
	worker_kick_listener(s);
	evtimer_set(&s->s_late, worker_kick_late, s);
	evtimer_add(&s->s_late, &tv);
}

unsigned int
worker_kick_user(const char *user)
{
	struct session	*s, *next;
	unsigned int	 n = 0;

	for (s = session_of_user(user); s != NULL; s = next) {
		next = session_next_of_user(s);
		if (s->s_state != SESSION_OPEN)
			continue;
		worker_kick(s);
		n++;
	}
	return (n);
}

/*
 * The listener has ended a session; the worker gets WORKER_SECONDS to finish
 * the last command, if it has not had them already.
 */
static void
worker_left(struct session *s, uint32_t reason)
{
	s->s_end_reason = reason;
	if (s->s_state == SESSION_SERVED) {
		evtimer_del(&s->s_late);
		worker_finish(s);
		return;
	}
	s->s_state = SESSION_LEFT;
	reap_overdue(&s->s_reap, reason == END_STUCK ? LAST_SECONDS :
	    WORKER_SECONDS);
}

struct verdict
worker_session_end(struct child *c, const struct msg_end *me)
{
	struct session	*s;

	if (me->me_id.si_gen != c->c_gen)
		return (LIE("session of another listener"));
	if (me->me_id.si_num > c->c_last)
		return (LIE("unknown session"));
	/* A refusal may have crossed this message. */
	if ((s = session_find(&me->me_id)) == NULL)
		return (TAKEN);
	if (s->s_state == SESSION_LEFT)
		return (LIE("session ended before"));
	if (s->s_state == SESSION_WANTED) {
		c->c_wanted--;
		session_free(s);
		return (TAKEN);
	}
	worker_left(s, me->me_reason);
	return (TAKEN);
}

void
worker_listener_gone(const struct child *c)
{
	struct session	*s, *next;

	for (s = session_first(); s != NULL; s = next) {
		next = session_next(s);
		if (s->s_id.si_gen != c->c_gen)
			continue;
		if (s->s_state == SESSION_WANTED)
			session_free(s);
		else if (s->s_state != SESSION_LEFT)
			worker_left(s, END_ERROR);
	}
}

void
worker_stop_all(void)
{
	struct session	*s;

	worker.stopping = 1;
	for (s = session_first(); s != NULL; s = session_next(s))
		if (s->s_chan != NULL)
			chan_send(s->s_chan, MSG_STOP, NULL, -1);
}

/*
 * The listener has not ended the session of a dead worker: its client may be
 * slow to read the rest.  The session counts no more here, so tell the listener
 * to stop counting it, too.
 */
static void
worker_late(int fd, short what, void *arg)
{
	struct session	*s = arg;
	struct child	*c;

	if ((c = child_of_gen(s->s_id.si_gen)) != NULL)
		chan_send(c->c_chan, MSG_SESSION_OVER, &s->s_id, -1);
	worker_left(s, END_DONE);
}

static void
worker_gone(void *arg, int status)
{
	const struct timeval	 tv = { LAST_SECONDS, 0 };
	struct session		*s = arg;
	enum session_state	 was = s->s_state;
	char			 text[SESSION_TEXT_MAX], how[64];

	s->s_state = SESSION_SERVED;
	/* All that it sent before it died has arrived. */
	while (s->s_chan != NULL && chan_poll(s->s_chan) > 0)
		;
	/* Do not listen to another holder of the channel. */
	worker_detach(s);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_warnx("%s %s: %s", s->s_name,
		    session_text(s, text, sizeof(text)),
		    child_status(status, how, sizeof(how)));
	if (was == SESSION_LEFT) {
		worker_finish(s);
		return;
	}
	if (s->s_kicked)
		evtimer_del(&s->s_late);
	evtimer_set(&s->s_late, worker_late, s);
	evtimer_add(&s->s_late, &tv);
}
