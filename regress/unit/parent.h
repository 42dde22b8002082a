/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Stubs of children, workers and the clock around the real login.c, worker.c
 * and session.c; they record what the parent would have done.
 */

#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "msg.h"
#include "popd/child.h"
#include "popd/conf.h"
#include "popd/config.h"
#include "popd/exec.h"
#include "popd/forget.h"
#include "popd/handover.h"
#include "popd/lock.h"
#include "popd/login.h"
#include "popd/session.h"
#include "popd/settings.h"
#include "popd/worker.h"
#include "table.h"
#include "unit.h"

struct settings	 settings = { .sessions_all = 100 };

/* Two listeners, 5 and 7, and an authpop, 6. */
static struct child	 listener = { .c_role = ROLE_LISTENER, .c_gen = 5,
			    .c_chan = (struct chan *)&listener };
static struct child	 other = { .c_role = ROLE_LISTENER, .c_gen = 7,
			    .c_chan = (struct chan *)&other };
static struct child	 authpop = { .c_role = ROLE_AUTH, .c_gen = 6,
			    .c_chan = (struct chan *)&authpop };
static struct child	 tabpop = { .c_role = ROLE_TABLE, .c_gen = 8,
			    .c_chan = (struct chan *)&tabpop };

/* The role and the first message of a process. */
static struct {
	struct table	*usertab;
	struct table	*route;
	int		 routeproc;
	uint32_t	 userprocs;
	int		 no_http;
	const char	*user;		/* that a listener names */
	struct config_bounds bounds[2];
	unsigned int	 uid, gid;		/* of joe */
	int		 listener_gone;
	char		 log[8192];
} parent;

static struct {
	int			 execs;
	const char		*locked;	/* this user */
	char			 forgot[USER_MAX];	/* the last */
	struct exec_ids		 ids;
	uint32_t		 sent[MSG_MAX];
	struct msg_yield	 yield;		/* the last one */
	struct msg_auth_count	 count;		/* the last one */
	int			 full;		/* channels of workers */
	enum refuse_reason	 refused;
	struct msg_route	 route;
	int			 polls;
	const struct msg_want	*unread;	/* what a poll finds */
	pid_t			 pid;
	struct reap		*worker;	/* the last one */
	int			 overdue;	/* how often */
	unsigned int		 limit;		/* seconds, the shortest */
	const struct chan_rule	*rules;		/* of its channel */
	void			*arg;
	chan_closed		 closed;
	int			 frees;
	struct event		*timer;		/* the one that runs */
	void			(*late)(int, short, void *);
	void			*late_arg;
	long			 late_seconds;
} did;

void
handover_say(enum handover_type type, const char *user)
{
}

struct child *
child_of_gen(uint64_t gen)
{
	if (gen == 5 && !parent.listener_gone)
		return (&listener);
	return (gen == 7 ? &other : gen == 6 ? &authpop : NULL);
}

struct child *
child_of_role(enum role role)
{
	if (role == ROLE_TABLE && (parent.routeproc || parent.userprocs != 0))
		return (&tabpop);
	return (role == ROLE_AUTH ? &authpop : NULL);
}

uint64_t
child_last_gen(void)
{
	return (7);
}

int
conf_expires(const char *user)
{
	return (1);
}

const struct table *
conf_usertab(unsigned int place)
{
	return (place == 0 ? parent.usertab : NULL);
}

const char *
conf_edited(void)
{
	return (NULL);
}

int
conf_http(void)
{
	return (!parent.no_http);
}

const struct config_bounds *
conf_bounds(unsigned int place)
{
	return (&parent.bounds[place]);
}

uint32_t
conf_userprocs(void)
{
	return (parent.userprocs);
}

int
conf_routeproc(void)
{
	return (parent.routeproc);
}

const struct table *
conf_route(void)
{
	return (parent.route);
}

char *
child_status(int status, char *buf, size_t size)
{
	snprintf(buf, size, "%d", status);
	return (buf);
}

/* Its process is gone when a test says so. */
void
reap_init(struct reap *re, pid_t pid, const char *name,
    void (*gone)(void *, int), void *arg)
{
	re->re_gone = gone;
	re->re_arg = arg;
	did.worker = re;
}

void
reap_overdue(struct reap *re, unsigned int seconds)
{
	did.overdue++;
	if (did.limit == 0 || seconds < did.limit)
		did.limit = seconds;
}

/* A timer runs out when a test says so. */
void
event_set(struct event *ev, int fd, short what,
    void (*callback)(int, short, void *), void *arg)
{
	did.late = callback;
	did.late_arg = arg;
}

int
event_add(struct event *ev, const struct timeval *tv)
{
	did.timer = ev;
	did.late_seconds = (long)tv->tv_sec;
	return (0);
}

int
event_del(struct event *ev)
{
	if (did.timer == ev)
		did.timer = NULL;
	return (0);
}

int
lock_has(const char *user)
{
	return (did.locked != NULL && strcmp(did.locked, user) == 0);
}

pid_t
exec_program(const char *program, char *const argv[], int stream,
    int channel, const struct exec_ids *ids)
{
	did.execs++;
	if (ids != NULL)
		did.ids = *ids;
	return (++did.pid);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	close(fd);
	did.rules = rules;
	did.closed = closed;
	did.arg = arg;
	return ((struct chan *)&did);
}

void
chan_free(struct chan *ch)
{
	if (ch != NULL)
		did.frees++;
}

void
forget_user(const char *user)
{
	strlcpy(did.forgot, user, sizeof(did.forgot));
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	did.sent[type]++;
	if (type == MSG_SESSION_REFUSE)
		did.refused = ((const struct msg_refuse *)data)->mr_reason;
	if (type == MSG_SESSION_ROUTE)
		did.route = *(const struct msg_route *)data;
	if (type == MSG_AUTH_COUNT)
		did.count = *(const struct msg_auth_count *)data;
	if (type == MSG_YIELD)
		did.yield = *(const struct msg_yield *)data;
	if (fd != -1)
		close(fd);
	return (0);
}

int
chan_drained(struct chan *ch)
{
	return (!did.full);
}

unsigned int
chan_poll(struct chan *ch)
{
	const struct msg_want	*mw = did.unread;

	did.polls++;
	if (mw == NULL || ch != listener.c_chan)
		return (0);
	did.unread = NULL;
	(void)login_want(&listener, mw);
	return (1);
}

UNIT_FN int
taken(struct verdict vd)
{
	return (vd.vd_kind == VERDICT_TAKEN);
}

UNIT_FN int
dropped(struct verdict vd)
{
	return (vd.vd_kind == VERDICT_DROP && vd.vd_why != NULL);
}

/* The lie of the sender, or of the peer of this generation. */
UNIT_FN int
lie(struct verdict vd)
{
	return (vd.vd_kind == VERDICT_LIE && vd.vd_gen == 0 &&
	    vd.vd_why != NULL);
}

UNIT_FN int
lie_of(struct verdict vd, uint64_t gen)
{
	return (vd.vd_kind == VERDICT_LIE && vd.vd_gen == gen &&
	    vd.vd_why != NULL);
}

static void
sink(int level, const char *text)
{
	strlcat(parent.log, text, sizeof(parent.log));
	strlcat(parent.log, "\n", sizeof(parent.log));
}

UNIT_FN struct msg_want
want(uint64_t gen, uint64_t num)
{
	struct msg_want	 mw;

	memset(&mw, 0, sizeof(mw));
	mw.mw_id.si_gen = gen;
	mw.mw_id.si_num = num;
	strlcpy(mw.mw_user, parent.user, sizeof(mw.mw_user));
	return (mw);
}

UNIT_FN struct verdict
say_want(struct child *c, uint64_t gen, uint64_t num)
{
	struct msg_want	 mw = want(gen, num);

	return (login_want(c, &mw));
}

/* A checker accepts; the bonds of these wants are 0. */
UNIT_FN struct verdict
say_grant(uint64_t gen, uint64_t num, const char *user, uint8_t bond)
{
	struct msg_grant	 gn;

	memset(&gn, 0, sizeof(gn));
	gn.gn_id.si_gen = gen;
	gn.gn_id.si_num = num;
	gn.gn_bond[0] = bond;
	strlcpy(gn.gn_user, user, sizeof(gn.gn_user));
	return (login_grant(&gn));
}

UNIT_FN struct verdict
say_queue(uint64_t gen, uint64_t num, const char *user)
{
	struct msg_auth_ok	 mo;

	memset(&mo, 0, sizeof(mo));
	mo.mo_id.si_gen = gen;
	mo.mo_id.si_num = num;
	strlcpy(mo.mo_user, user, sizeof(mo.mo_user));
	return (login_auth_ok(&mo));
}

/* Both: of the queue, the verdict. */
UNIT_FN struct verdict
say_ok(uint64_t gen, uint64_t num, const char *user)
{
	(void)say_grant(gen, num, user, 0);
	return (say_queue(gen, num, user));
}

UNIT_FN struct verdict
say_bad(uint64_t gen, uint64_t num, enum auth_result result)
{
	struct msg_auth_bad	 mab;

	memset(&mab, 0, sizeof(mab));
	mab.mab_id.si_gen = gen;
	mab.mab_id.si_num = num;
	mab.mab_result = result;
	return (login_auth_bad(&mab));
}

UNIT_FN struct verdict
say_end(struct child *c, uint64_t gen, uint64_t num)
{
	struct msg_end	 me;

	memset(&me, 0, sizeof(me));
	me.me_id.si_gen = gen;
	me.me_id.si_num = num;
	me.me_reason = END_DONE;
	return (worker_session_end(c, &me));
}

/* A case begins with no session. */
static void
start(const char *name)
{
	const struct config_bounds	 any = {
		{ 0, UINT32_MAX }, { 0, UINT32_MAX }, NULL
	};
	struct session			*s;

	unit_case(name);
	while ((s = session_first()) != NULL)
		session_free(s);
	memset(&did, 0, sizeof(did));
	did.pid = 1000;
	listener.c_last = other.c_last = 0;
	listener.c_wanted = other.c_wanted = 0;
	listener.c_sessions = other.c_sessions = 0;
	parent.listener_gone = 0;
	parent.user = "joe";
	parent.bounds[0] = parent.bounds[1] = any;
	parent.log[0] = '\0';
}

UNIT_FN void
worker_dies(int status)
{
	did.worker->re_gone(did.worker->re_arg, status);
}

/* The timer that runs runs out. */
UNIT_FN void
late(void)
{
	CHECK(did.timer != NULL, "no timer");
	if (did.timer == NULL)
		return;
	did.timer = NULL;
	did.late(-1, EV_TIMEOUT, did.late_arg);
}

/* Pass on a message of a worker, as its channel does. */
UNIT_FN struct verdict
worker_says(uint32_t type, const void *payload)
{
	const struct chan_rule	*cr;

	for (cr = did.rules; cr->cu_type != 0; cr++)
		if (cr->cu_type == type)
			return (cr->cu_handler(did.arg, payload, -1));
	return (LIE("message not allowed from this peer"));
}

UNIT_FN void
open_one(const char *name)
{
	start(name);
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_ok(5, 1, "joe")), "grant");
	CHECK(did.execs == 1 && did.frees == 0, "not opened");
}

/* Call this first.  Return 0, or -1 if the table cannot be made. */
static int
parent_init(void)
{
	char	 path[] = "/tmp/unit-parent.XXXXXX", why[128], text[256];
	int	 fd, len;

	/* Without root only our own mail could be served. */
	if ((parent.uid = geteuid()) == 0)
		parent.uid = 1001;
	if ((parent.gid = getegid()) == 0)
		parent.gid = 102;
	settings.uid = geteuid();
	settings.gid = getegid();
	len = snprintf(text, sizeof(text), "joe %u:%u:/tmp\nann %u:%u:/tmp\n"
	    "jo %u:%u:/tmp\ntoor 0:%u:/tmp\nwheel %u:0:/tmp\n", parent.uid,
	    parent.gid, parent.uid, parent.gid, parent.uid, parent.gid,
	    parent.gid, parent.uid);
	log_to(sink);
	if ((fd = mkstemp(path)) == -1 || unlink(path) == -1 ||
	    write(fd, text, len) != len)
		return (-1);
	parent.usertab = table_read(fd, "usertab", NULL, why, sizeof(why));
	close(fd);
	return (parent.usertab == NULL ? -1 : 0);
}

#endif
