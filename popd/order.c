/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of popctl.  In: a request.  Out: its answer.  See order.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <errno.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "control.h"
#include "forget.h"
#include "handover.h"
#include "limits.h"
#include "lock.h"
#include "log.h"
#include "order.h"
#include "query.h"
#include "report.h"
#include "session.h"
#include "setting.h"
#include "stats.h"
#include "table.h"
#include "upgrade.h"
#include "userbase.h"
#include "verbose.h"
#include "worker.h"

/* Interval of checks for completion. */
#define SOON_MS		200

static void
order_kick(struct control *cn)
{
	const struct msg_control	*cq = &cn->cn_request;
	const struct elder		*el = handover_elder();
	struct session			*s;

	if (cq->cq_id.si_gen != 0 && (s = session_find(&cq->cq_id)) != NULL &&
	    s->s_state == SESSION_OPEN) {
		worker_kick(s);
		cn->cn_count = 1;
		control_end(cn, CONTROL_DONE, "%s", "");
		return;
	}
	cn->cn_count = worker_kick_user(cq->cq_user);
	handover_say(HANDOVER_KICK, cq->cq_user);
	/* A session id belongs to one popd; a user may be in both. */
	if (el != NULL && el->el_sessions > 0 && cq->cq_id.si_gen == 0)
		control_end(cn, CONTROL_DONE, "the earlier popd, with %u "
		    "sessions, ends this user's, too", el->el_sessions);
	else if (cn->cn_count == 0)
		control_end(cn, CONTROL_FAILED, "no such session");
	else
		control_end(cn, CONTROL_DONE, "%s", "");
}

static void
order_lock(struct control *cn)
{
	const char	*user = cn->cn_request.cq_user, *why = "";
	char		 quoted[LOG_QUOTE_MAX];

	/* Of no file or table: a line of lock.h ends there. */
	if (!userbase_may_know(user) || strchr(user, '\n') != NULL) {
		control_end(cn, CONTROL_FAILED, "no such user in the userbase");
		return;
	}
	switch (lock_add(user)) {
	case -1:
		control_end(cn, CONTROL_FAILED, "%s", errno == ENOSPC ?
		    "too many users are locked" : strerror(errno));
		return;
	case 0:
		why = "already locked";
		break;
	default:
		forget_user(user);
		log_info("locked user=%s", log_quote(user, quoted,
		    sizeof(quoted)));
		handover_say(HANDOVER_LOCK, user);
	}
	if (lock_keep(user, 1) == -1)
		control_end(cn, CONTROL_FAILED, "locked until popd is "
		    "restarted: %s", strerror(errno));
	else
		control_end(cn, CONTROL_DONE, "%s", why);
}

static void
order_unlock(struct control *cn)
{
	const char	*user = cn->cn_request.cq_user;
	char		 quoted[LOG_QUOTE_MAX];

	if (!lock_has(user)) {
		control_end(cn, CONTROL_FAILED, "not locked");
		return;
	}
	if (lock_keep(user, 0) == -1) {
		control_end(cn, CONTROL_FAILED, "still locked: %s",
		    strerror(errno));
		return;
	}
	lock_remove(user);
	log_info("unlocked user=%s", log_quote(user, quoted, sizeof(quoted)));
	handover_say(HANDOVER_UNLOCK, user);
	control_end(cn, CONTROL_DONE, "%s", "");
}

static void
order_forgive(struct control *cn)
{
	const struct source	*so = &cn->cn_request.cq_source;
	struct child		*c = child_of_role(ROLE_AUTH);
	char			 text[SOURCE_TEXT_MAX];

	if (c == NULL ||
	    chan_send(c->c_chan, MSG_FORGIVE, so, -1) == -1) {
		control_end(cn, CONTROL_FAILED, "authpop is down");
		return;
	}
	log_info("forgiven source=%s", source_text(so, text, sizeof(text)));
	control_end(cn, CONTROL_DONE, "%s", "");
}

static void
order_log(struct control *cn)
{
	int	 verbose = LOG_BRIEF;

	if (cn->cn_request.cq_count <= LOG_TRACE)
		verbose = (int)cn->cn_request.cq_count;
	verbose_set(verbose);
	handover_say(HANDOVER_LOG, verbose_name(verbose));
	control_end(cn, CONTROL_DONE, "%s", "");
}

static void
order_soon(struct control *cn)
{
	const struct timeval	 tv = { 0, SOON_MS * 1000 };

	evtimer_add(&cn->cn_later, &tv);
}

/*
 * Allow for two reloads of two exchanges: one may have read the files before.
 */
static void
order_reload(struct control *cn)
{
	if (upgrade_reload() == -1) {
		control_end(cn, CONTROL_FAILED, "another popd has taken over");
		return;
	}
	cn->cn_reload = RELOAD_ASKED;
	control_patience(cn, 4 * CONF_SECONDS + CONTROL_SECONDS);
	conf_reload();
}

/* Wait a moment for log lines of the children about new files. */
static void
order_reloaded(struct control *cn, int ok, const char *why)
{
	if (ok) {
		cn->cn_reload = RELOAD_DONE;
		order_soon(cn);
		return;
	}
	cn->cn_reload = RELOAD_NONE;
	control_end(cn, CONTROL_FAILED, "%s", why);
}

static void
order_upgrade(struct control *cn)
{
	const char	*why;

	if ((why = upgrade_begin()) != NULL) {
		control_end(cn, CONTROL_FAILED, "%s", why);
		return;
	}
	control_patience(cn, UPGRADE_SECONDS + CONTROL_SECONDS);
	order_soon(cn);
}

/* Check on the upgrade. */
static void
order_upgrading(struct control *cn)
{
	char	 why[MSG_TEXT_MAX];

	switch (upgrade_state(why, sizeof(why))) {
	case UPGRADE_STARTING:
		order_soon(cn);
		break;
	case UPGRADE_DONE:
		control_end(cn, CONTROL_DONE, "%s", "");
		break;
	default:
		control_end(cn, CONTROL_FAILED, "%s", why);
		break;
	}
}

/* After an upgrade the old popd may stop at once: answer before. */
static void
order_stop(struct control *cn)
{
	if (cn->cn_requested && !cn->cn_ended &&
	    cn->cn_request.cq_command == CONTROL_UPGRADE)
		order_upgrading(cn);
}

static void
order_later(int fd, short what, void *arg)
{
	struct control	*cn = arg;

	if (cn->cn_request.cq_command == CONTROL_UPGRADE) {
		order_upgrading(cn);
		return;
	}
	cn->cn_reload = RELOAD_NONE;
	control_end(cn, CONTROL_DONE, "%s", "");
}

static void
order_stats(struct control *cn)
{
	stats_send(cn->cn_chan);
	control_end(cn, CONTROL_DONE, "%s", "");
}

static void	(*const orders[CONTROL_COMMANDS])(struct control *) = {
	[CONTROL_STATUS] = report_status,
	[CONTROL_SESSIONS] = report_sessions,
	[CONTROL_SOURCES] = query_begin,
	[CONTROL_CERTIFICATES] = query_begin,
	[CONTROL_KICK] = order_kick,
	[CONTROL_LOCK] = order_lock,
	[CONTROL_UNLOCK] = order_unlock,
	[CONTROL_FORGIVE] = order_forgive,
	[CONTROL_RELOAD] = order_reload,
	[CONTROL_LOG] = order_log,
	[CONTROL_UPGRADE] = order_upgrade,
	[CONTROL_STATS] = order_stats
};

static void
order_run(struct control *cn)
{
	orders[cn->cn_request.cq_command](cn);
}

static const struct control_hooks	 order_hooks = {
	.cth_request = order_run,
	.cth_later = order_later,
	.cth_drained = report_sessions,
	.cth_reloaded = order_reloaded,
	.cth_stop = order_stop,
	.cth_forget = query_forget
};

void
order_init(void)
{
	control_hook(&order_hooks);
}
