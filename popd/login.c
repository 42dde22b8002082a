/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A login in the parent.  In: a listener's WANT, one answer of authpop, and a
 * checker's GRANT.  Out: a worker or a refusal.
 *
 * A mailbox has two keys, and the parent trusts nobody alone: a session is
 * opened only for what its listener committed to (bond.h) and a checker has
 * checked, and for the user that listener, authpop and checker name.  AUTH_OK
 * and GRANT come over two channels, in any order.
 */

#include <sys/types.h>

#include <string.h>
#include <time.h>

#include "authcount.h"
#include "chan.h"
#include "child.h"
#include "conf.h"
#include "count.h"
#include "forget.h"
#include "limits.h"
#include "lock.h"
#include "log.h"
#include "login.h"
#include "route.h"
#include "routes.h"
#include "session.h"
#include "table.h"
#include "userbase.h"
#include "worker.h"

/* Lines of this minute: */
static struct {
	time_t		 since;
	unsigned int	 busy;		/* about logins refused unchecked, */
	unsigned int	 edited;	/* and about an authtab */
} login;

/*
 * This line is frozen, since administrators' filters parse it.  What the
 * client chose comes last, quoted (popd.log(5)).
 */
static void
login_log_failed(const struct session *s, const char *reason,
    const char *user)
{
	char	 name[SESSION_NAME_MAX], source[SOURCE_TEXT_MAX];
	char	 quoted[LOG_QUOTE_MAX];

	log_info("login failed session=%s source=%s reason=%s user=%s",
	    msg_session_name(&s->s_id, name, sizeof(name)),
	    source_text(&s->s_source, source, sizeof(source)), reason,
	    log_quote(user, quoted, sizeof(quoted)));
}

/* Log times for which the frozen line has no room. */
static void
login_log_wait(const struct session *s, const struct msg_wait *mwt)
{
	char	 name[SESSION_NAME_MAX], source[SOURCE_TEXT_MAX];

	log_debug("login waited session=%s source=%s queued=%u.%03u "
	    "delayed=%u.%03u",
	    msg_session_name(&s->s_id, name, sizeof(name)),
	    source_text(&s->s_source, source, sizeof(source)),
	    mwt->mwt_queued / 1000, mwt->mwt_queued % 1000,
	    mwt->mwt_delayed / 1000, mwt->mwt_delayed % 1000);
}

/* Count from zero if the minute is over. */
static void
login_minute(void)
{
	struct timespec		 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - login.since < 60 && login.since != 0)
		return;
	if (login.busy > BUSY_LINES_MAX)
		log_warnx("login failed: %u more with reason=busy",
		    login.busy - BUSY_LINES_MAX);
	login.since = now.tv_sec;
	login.busy = login.edited = 0;
}

/*
 * Log a login refused because too many are pending: limited, so that a flood
 * does not fill the log.
 */
static void
login_log_busy(const struct session *s, const char *user)
{
	login_minute();
	if (login.busy++ < BUSY_LINES_MAX)
		login_log_failed(s, "busy", user);
}

/* A right password may be in a table that was edited, and not read since. */
static void
login_log_edited(void)
{
	const char	*name;

	login_minute();
	if (login.edited > 0 || (name = conf_edited()) == NULL)
		return;
	login.edited++;
	log_warnx("%s has changed since it was read: see popctl reload", name);
}

/* Refuse a session and free it. */
static void
login_refuse(struct session *s, enum refuse_reason reason)
{
	struct msg_refuse	 mr;
	struct child		*c;

	memset(&mr, 0, sizeof(mr));
	mr.mr_id = s->s_id;
	mr.mr_reason = reason;
	if ((c = child_of_gen(s->s_id.si_gen)) != NULL) {
		c->c_wanted--;
		chan_send(c->c_chan, MSG_SESSION_REFUSE, &mr, -1);
	}
	session_free(s);
}

/* Refuse a WANT; authpop's answer will find no session. */
static void
login_decline(struct child *c, const struct msg_want *mw)
{
	struct msg_refuse	 mr;

	memset(&mr, 0, sizeof(mr));
	mr.mr_id = mw->mw_id;
	mr.mr_reason = REFUSE_TEMP;
	chan_send(c->c_chan, MSG_SESSION_REFUSE, &mr, -1);
}

struct verdict
login_want(struct child *c, const struct msg_want *mw)
{
	if (mw->mw_id.si_gen != c->c_gen)
		return (LIE("session of another listener"));
	if (mw->mw_id.si_num <= c->c_last)
		return (LIE("session number reused"));
	c->c_last = mw->mw_id.si_num;
	if (c->c_wanted >= WANTS_MAX) {
		login_decline(c, mw);
		return (DROP("too many pending logins"));
	}
	/* Otherwise a digest for a login could buy a ticket. */
	if (mw->mw_purpose == PURPOSE_ROUTE && !conf_http()) {
		login_decline(c, mw);
		return (DROP("no rule has auth_http"));
	}
	if (session_new(mw) == NULL) {
		login_decline(c, mw);
		return (DROP("no memory"));
	}
	c->c_wanted++;
	return (TAKEN);
}

/* Return the live listener of this generation, or NULL. */
static struct child *
login_listener(uint64_t gen)
{
	struct child	*c = child_of_gen(gen);

	return (c != NULL && c->c_role == ROLE_LISTENER ? c : NULL);
}

/*
 * Find the session of an answer, or return NULL and set the verdict.  The
 * listener sent its WANT before authpop heard of the session, so it may still
 * wait in the channel; if not, the listener bypassed us.
 */
static struct session *
login_find(const struct session_id *id, struct verdict *vd)
{
	struct session	*s;
	struct child	*c;

	/* Reading may end the listener: look it up each time. */
	while ((c = login_listener(id->si_gen)) != NULL &&
	    id->si_num > c->c_last && chan_poll(c->c_chan) > 0)
		;
	if ((s = session_find(id)) != NULL)
		return (s);
	c = login_listener(id->si_gen);
	if (id->si_gen > child_last_gen() ||
	    (c == NULL && child_of_gen(id->si_gen) != NULL))
		*vd = LIE("unknown listener");
	else if (c != NULL && id->si_num > c->c_last)
		*vd = LIE_OF(id->si_gen, "unannounced login");
	else	/* cancelled */
		*vd = TAKEN;
	return (NULL);
}

/* The same for authpop, which answers once. */
static struct session *
login_find_once(const struct session_id *id, struct verdict *vd)
{
	struct session	*s = login_find(id, vd);

	if (s == NULL || (s->s_keys & KEY_QUEUE) == 0)
		return (s);
	*vd = DROP("second answer");
	return (NULL);
}

/* Refuse an authenticated user, which is a failed login of the source. */
static void
login_refuse_user(struct session *s, const char *reason, enum count count,
    enum refuse_reason refuse)
{
	login_log_failed(s, reason, s->s_user);
	count_add(count, 1);
	authcount_failed(s);
	login_refuse(s, refuse);
}

static void
login_log_routed(const struct session *s, const char *user,
    const struct source *host)
{
	char	 name[SESSION_NAME_MAX], quoted[LOG_QUOTE_MAX];
	char	 source[SOURCE_TEXT_MAX], to[SOURCE_TEXT_MAX];
	char	 proxy[SOURCE_TEXT_MAX];

	log_info("login routed session=%s user=%s source=%s protocol=%s "
	    "to=%s port=%u proxy=%s %s",
	    msg_session_name(&s->s_id, name, sizeof(name)),
	    log_quote(user, quoted, sizeof(quoted)),
	    source_text(&s->s_source, source, sizeof(source)),
	    route_protocol(s->s_protocol),
	    source_text(host, to, sizeof(to)), host->so_port,
	    source_text(&s->s_proxy, proxy, sizeof(proxy)), s->s_tls);
}

static void
login_routed(struct session *s, const struct source *host)
{
	struct msg_route	 mu;
	struct child		*c;

	if (lock_has(s->s_user)) {
		login_refuse_user(s, "locked", COUNT_LOGIN_LOCKED,
		    REFUSE_LOCKED);
		return;
	}
	if (host->so_version == 0) {
		count_add(COUNT_LOGIN_ROUTE, 1);
		login_log_failed(s, "route", s->s_user);
		login_refuse(s, REFUSE_PERM);
		return;
	}
	memset(&mu, 0, sizeof(mu));
	mu.mu_id = s->s_id;
	mu.mu_host = *host;
	strlcpy(mu.mu_user, s->s_user, sizeof(mu.mu_user));
	count_add(COUNT_LOGIN_ROUTED, 1);
	login_log_routed(s, s->s_user, host);
	if ((c = child_of_gen(s->s_id.si_gen)) != NULL) {
		c->c_wanted--;
		chan_send(c->c_chan, MSG_SESSION_ROUTE, &mu, -1);
	}
	session_free(s);
}

static void
login_unknown(struct session *s)
{
	count_add(COUNT_LOGIN_BUSY, 1);
	login_log_busy(s, s->s_user);
	/* A request for a route was not counted. */
	if (s->s_purpose != PURPOSE_ROUTE)
		authcount_nothing(s);
	login_refuse(s, REFUSE_TEMP);
}

/* tabpop has not answered in time. */
static void
login_late(int fd, short what, void *arg)
{
	struct session	*s = arg;

	s->s_asking = 0;
	login_unknown(s);
}

/* The session waits for tabpop no longer. */
static void
login_answered(struct session *s)
{
	evtimer_del(&s->s_late);
	s->s_asking = 0;
}

/*
 * A proxy asks for the user's server: look it up, open nothing.  A process
 * has no route for users of files, who would send it their passwords.
 */
static void
login_route(struct session *s)
{
	struct source	 host = { .so_version = 0 };

	if (!conf_routeproc())
		route_find(conf_route(), s->s_user, s->s_protocol, &host);
	else if (!userbase_in_file(s->s_user)) {
		if (routes_ask(s, login_late) == -1)
			login_unknown(s);
		return;
	}
	login_routed(s, &host);
}

static void
login_userinfo(struct session *s, const char *why, const struct userinfo *ui)
{
	enum refuse_reason	 refuse;

	if (why != NULL) {
		/*
		 * To the client this looks like a wrong password, also the
		 * next time, and takes as long.
		 */
		forget_user(s->s_user);
		login_refuse_user(s, why, COUNT_LOGIN_TABLE, REFUSE_AUTH);
		return;
	}
	if (lock_has(s->s_user)) {
		login_refuse_user(s, "locked", COUNT_LOGIN_LOCKED,
		    REFUSE_LOCKED);
		return;
	}
	if (worker_open(s, ui, &refuse) == -1) {
		count_add(COUNT_LOGIN_REFUSED, 1);
		authcount_nothing(s);
		login_refuse(s, refuse);
	} else
		count_add(COUNT_LOGIN_ACCEPTED, 1);
}

/* The session is the user's: find out where the mail is. */
static void
login_admit(struct session *s)
{
	struct userinfo	 ui;
	const char	*why;

	if (s->s_purpose == PURPOSE_ROUTE) {
		login_route(s);
		return;
	}
	why = userbase_find(s->s_user, &ui);
	if (why == NULL || *why != '\0')
		login_userinfo(s, why, &ui);
	else if (userbase_ask(s, login_late) == -1)
		login_unknown(s);
}

/* One of the two names the user, as the listener did; if both have, open. */
static struct verdict
login_key(struct session *s, enum session_key key, const char *user)
{
	if (strcmp(s->s_user, user) != 0) {
		login_refuse(s, REFUSE_TEMP);
		return (DROP("another user"));
	}
	s->s_keys |= key;
	if (s->s_keys == KEY_BOTH)
		login_admit(s);
	return (TAKEN);
}

struct verdict
login_auth_ok(const struct msg_auth_ok *mo)
{
	struct session	*s;
	struct verdict	 vd;

	if ((s = login_find_once(&mo->mo_id, &vd)) == NULL)
		return (vd);
	/* Either the listener or authpop lies: refuse. */
	if (mo->mo_purpose != s->s_purpose) {
		login_refuse(s, REFUSE_TEMP);
		return (DROP("wrong purpose"));
	}
	s->s_wait = mo->mo_wait;
	s->s_method = mo->mo_method;
	return (login_key(s, KEY_QUEUE, mo->mo_user));
}

/*
 * The checker has the session's id and salt from authpop, so a wrong one is no
 * lie of the checker's.  If the listener asks for what it has not committed to,
 * or authpop changed it, the session waits until the listener gives up.
 */
struct verdict
login_grant(const struct msg_grant *gn)
{
	struct session	*s;
	struct verdict	 vd;

	if ((s = login_find(&gn->gn_id, &vd)) == NULL)
		return (vd.vd_kind == VERDICT_TAKEN ? vd :
		    DROP("unknown session"));
	if (timingsafe_bcmp(gn->gn_bond, s->s_bond, sizeof(s->s_bond)) != 0)
		return (DROP("not what the session was wanted for"));
	/* A check is repeated if its first checker dies. */
	if ((s->s_keys & KEY_CHECKER) != 0)
		return (TAKEN);
	return (login_key(s, KEY_CHECKER, gn->gn_user));
}

/*
 * Return the session that waits for an answer of tabpop, about a route or not;
 * or NULL with the verdict.
 */
static struct session *
login_asking(const struct session_id *id, int route, struct verdict *vd)
{
	struct session	*s;

	/* The session may have ended meanwhile. */
	*vd = TAKEN;
	if ((s = session_find(id)) == NULL)
		return (NULL);
	if (s->s_asking && (s->s_purpose == PURPOSE_ROUTE) == route)
		return (s);
	*vd = LIE("unexpected answer");
	return (NULL);
}

struct verdict
login_userinfo_is(const struct msg_userinfo_is *us)
{
	struct userinfo	 ui;
	struct session	*s;
	struct verdict	 vd;
	const char	*why;

	if ((s = login_asking(&us->us_id, 0, &vd)) == NULL)
		return (vd);
	vd = userbase_told(us, s->s_user, &ui, &why);
	if (vd.vd_kind != VERDICT_TAKEN)
		return (vd);
	login_answered(s);
	if (why != NULL && *why == '\0')
		login_unknown(s);
	else
		login_userinfo(s, why, &ui);
	return (vd);
}

struct verdict
login_route_is(const struct msg_route_is *ri)
{
	struct session	*s;
	struct verdict	 vd;

	if ((s = login_asking(&ri->ri_id, 1, &vd)) == NULL)
		return (vd);
	if (!routes_answer_ok(ri))
		return (LIE("invalid answer"));
	login_answered(s);
	if (ri->ri_result == LOOK_TEMP)
		login_unknown(s);
	else
		login_routed(s, &ri->ri_host);
	return (TAKEN);
}

void
login_checker_lost(void)
{
	struct session	*s, *next;

	for (s = session_first(); s != NULL; s = next) {
		next = session_next(s);
		if (s->s_keys == KEY_QUEUE)
			login_unknown(s);
	}
}

void
login_tables_lost(void)
{
	struct session	*s, *next;

	for (s = session_first(); s != NULL; s = next) {
		next = session_next(s);
		if (!s->s_asking)
			continue;
		login_answered(s);
		login_unknown(s);
	}
}

struct verdict
login_auth_bad(const struct msg_auth_bad *mab)
{
	static const char	*const reasons[AUTH_RESULTS] = {
		[AUTH_NO_USER] = "user",
		[AUTH_NO_MATCH] = "password",
		[AUTH_LOCKED] = "locked",
		[AUTH_NO_HASH] = "hash",
		[AUTH_DELAY] = "delay"
	};
	static const enum count	 counts[AUTH_RESULTS] = {
		[AUTH_NO_USER] = COUNT_LOGIN_USER,
		[AUTH_NO_MATCH] = COUNT_LOGIN_PASSWORD,
		[AUTH_LOCKED] = COUNT_LOGIN_LOCKED,
		[AUTH_NO_HASH] = COUNT_LOGIN_PASSWORD,
		[AUTH_DELAY] = COUNT_LOGIN_DELAY
	};
	struct session		*s;
	struct verdict		 vd;

	if (mab->mab_result == AUTH_ACCEPTED ||
	    mab->mab_result == AUTH_ELSEWHERE ||
	    mab->mab_result == AUTH_PROVING)
		return (LIE("not a refusal"));
	if ((s = login_find_once(&mab->mab_id, &vd)) == NULL)
		return (vd);
	if (mab->mab_result == AUTH_TEMP) {
		count_add(COUNT_LOGIN_BUSY, 1);
		login_log_busy(s, mab->mab_user);
		login_refuse(s, REFUSE_TEMP);
		return (TAKEN);
	}
	count_add(counts[mab->mab_result], 1);
	login_log_failed(s, reasons[mab->mab_result], mab->mab_user);
	if (mab->mab_result != AUTH_DELAY)
		login_log_edited();
	login_log_wait(s, &mab->mab_wait);
	login_refuse(s, mab->mab_result == AUTH_DELAY ? REFUSE_DELAY :
	    REFUSE_AUTH);
	return (TAKEN);
}
