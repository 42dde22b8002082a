/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Rows for popctl from the parent's own tables.  See report.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "child.h"
#include "command.h"
#include "conf.h"
#include "control.h"
#include "delivery.h"
#include "handover.h"
#include "limits.h"
#include "lock.h"
#include "report.h"
#include "restart.h"
#include "session.h"
#include "setting.h"
#include "settings.h"
#include "sockets.h"
#include "version.h"

static void
report_popd(struct control *cn)
{
	struct msg_control_popd	 qd;

	memset(&qd, 0, sizeof(qd));
	qd.qd_since = settings.started;
	qd.qd_pid = getpid();
	qd.qd_uid = settings.uid;
	qd.qd_verbose = (uint32_t)settings.verbose;
	qd.qd_locked = lock_count();
	strlcpy(qd.qd_version, POPD_VERSION, sizeof(qd.qd_version));
	control_send(cn, MSG_CONTROL_POPD, &qd);
}

static void
report_listens(struct control *cn)
{
	struct msg_control_listen	 ql;
	const char			*name;
	unsigned int			 i, rule;

	for (i = 0; sockets_fd(conf_listens(), i, &rule, &name) != -1; i++) {
		memset(&ql, 0, sizeof(ql));
		ql.ql_flags = conf_flags(rule);
		strlcpy(ql.ql_name, name, sizeof(ql.ql_name));
		control_send(cn, MSG_CONTROL_LISTEN, &ql);
	}
}

static uint32_t
report_state(const struct child *c)
{
	if (c->c_state == CHILD_GONE)
		return (PROCESS_ENDING);
	return (c->c_configured ? PROCESS_UP : PROCESS_STARTING);
}

static void
report_process(struct control *cn, const struct child *c)
{
	struct msg_control_process	 qp;

	memset(&qp, 0, sizeof(qp));
	qp.qp_role = c->c_role;
	qp.qp_state = report_state(c);
	qp.qp_pid = c->c_pid;
	qp.qp_uid = settings.uids[child_role(c->c_role)->ro_user];
	qp.qp_since = c->c_started;
	qp.qp_restarts = restart_count(c->c_role);
	qp.qp_sessions = c->c_sessions;
	control_send(cn, MSG_CONTROL_PROCESS, &qp);
}

/* Report a role with a process missing, and when it is restarted. */
static void
report_down(struct control *cn, enum role role)
{
	struct msg_control_process	 qp;

	memset(&qp, 0, sizeof(qp));
	qp.qp_role = role;
	qp.qp_state = PROCESS_DOWN;
	qp.qp_uid = settings.uids[child_role(role)->ro_user];
	qp.qp_since = restart_next(role);
	qp.qp_restarts = restart_count(role);
	if (qp.qp_since != 0)
		control_send(cn, MSG_CONTROL_PROCESS, &qp);
}

/* Report the popd before an upgrade until it has ended. */
static void
report_elder(struct control *cn)
{
	struct msg_control_process	 qp;
	const struct elder		*el = handover_elder();

	if (el == NULL || el->el_pid == 0)
		return;
	memset(&qp, 0, sizeof(qp));
	qp.qp_role = ROLE_PARENT;
	qp.qp_state = PROCESS_ENDING;
	qp.qp_uid = settings.uid;
	qp.qp_pid = el->el_pid;
	qp.qp_sessions = el->el_sessions;
	control_send(cn, MSG_CONTROL_PROCESS, &qp);
}

static void
report_limit(struct control *cn, enum control_limit limit, uint32_t used,
    uint32_t most)
{
	struct msg_control_limit	 qm = { limit, most, used, 0 };

	control_send(cn, MSG_CONTROL_LIMIT, &qm);
}

static void
report_limits(struct control *cn)
{
	const struct child	*c;
	uint32_t		 wants = 0;

	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_wanted > wants)
			wants = c->c_wanted;
	report_limit(cn, LIMIT_SESSIONS, session_count(),
	    settings.sessions_all);
	report_limit(cn, LIMIT_USER, session_count_most(),
	    setting(SETTING_SESSIONS_USER));
	report_limit(cn, LIMIT_WANTS, wants, WANTS_MAX);
	report_limit(cn, LIMIT_LOCKED, lock_count(), LOCKED_MAX);
	report_limit(cn, LIMIT_DELIVERIES, delivery_count(), LMTP_PROCESSES);
}

void
report_status(struct control *cn)
{
	const struct child	*c;
	const char		*edited;
	enum role		 role;

	report_popd(cn);
	report_listens(cn);
	report_elder(cn);
	TAILQ_FOREACH(c, child_all(), c_entry)
		report_process(cn, c);
	for (role = ROLE_LISTENER; role < ROLE_WORKER; role++)
		report_down(cn, role);
	report_limits(cn);
	if ((edited = conf_edited()) != NULL)
		control_end(cn, CONTROL_DONE, "%s has changed since it was "
		    "read: see popctl reload", edited);
	else
		control_end(cn, CONTROL_DONE, "%s", "");
}

/* Return whether the request is for this session. */
static int
report_wants(const struct msg_control *cq, const struct session *s)
{
	if (s->s_state != SESSION_OPEN && s->s_state != SESSION_LEFT)
		return (0);
	if (cq->cq_user[0] != '\0' && strcmp(cq->cq_user, s->s_user) != 0)
		return (0);
	return (cq->cq_source.so_version == 0 ||
	    (cq->cq_source.so_version == s->s_source.so_version &&
	    memcmp(cq->cq_source.so_addr, s->s_source.so_addr,
	    sizeof(s->s_source.so_addr)) == 0));
}

static void
report_session(struct control *cn, const struct session *s)
{
	struct msg_control_session	 qs;

	memset(&qs, 0, sizeof(qs));
	qs.qs_id = s->s_id;
	qs.qs_source = s->s_source;
	qs.qs_since = s->s_login;
	qs.qs_pid = s->s_pid;
	strlcpy(qs.qs_user, s->s_user, sizeof(qs.qs_user));
	control_send(cn, MSG_CONTROL_SESSION, &qs);
	cn->cn_count++;
}

static void
report_sessions_end(struct control *cn)
{
	const struct elder	*el = handover_elder();

	if (el != NULL && el->el_sessions > 0)
		control_end(cn, CONTROL_DONE, "%u more sessions in the earlier "
		    "popd: see -s %s.%d", el->el_sessions, settings.socket,
		    (int)el->el_pid);
	else
		control_end(cn, CONTROL_DONE, "%s", "");
}

/* In order of their ids, as far as popctl takes them at once. */
void
report_sessions(struct control *cn)
{
	const struct session	*s;

	cn->cn_stalled = 0;
	control_patience(cn, CONTROL_SECONDS);
	while (chan_drained(cn->cn_chan)) {
		if ((s = session_after(&cn->cn_last)) == NULL) {
			report_sessions_end(cn);
			return;
		}
		cn->cn_last = s->s_id;
		if (report_wants(&cn->cn_request, s))
			report_session(cn, s);
	}
	cn->cn_stalled = 1;
}
