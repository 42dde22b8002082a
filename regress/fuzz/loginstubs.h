/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Stubs under the parent's login.c and session.c, for fuzz/login: children
 * without processes, channels that keep what is sent, timers that fire when
 * the input says so.
 */

#ifndef LOGINSTUBS_H
#define LOGINSTUBS_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>

#include "chan.h"
#include "fuzz.h"
#include "limits.h"
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
#include "popd/userbase.h"
#include "popd/worker.h"
#include "table.h"

#define LISTENERS	2
#define NUMBERS		32		/* of sessions that have a chance */
#define WORKERS_MAX	64
#define UNREAD_MAX	4
#define TIMERS_MAX	(WORKERS_MAX + LISTENERS * NUMBERS + 2)

/* One session of a listener, as the fuzzer knows it. */
struct known {
	int	 kn_wanted, kn_started, kn_answered;
	int	 kn_asking;		/* tabpop is to say who that is */
	char	 kn_user[USER_MAX];
	/* The first that the queue says, and a checker of the right bond. */
	int	 kn_queue, kn_checker;
	char	 kn_queues[USER_MAX], kn_checkers[USER_MAX];
};

static const char	*const users[] = { "joe", "ann", "root", "wheel",
			    "nobody", "", "jOe " };

/* The request of a listener for a login, and the user it names. */
FUZZ_FN enum auth_purpose
purpose(const struct session_id *id)
{
	return (id->si_num % 4 == 3 ? PURPOSE_ROUTE : PURPOSE_SESSION);
}

FUZZ_FN const char *
named(const struct session_id *id)
{
	return (users[id->si_num % 7]);
}

struct settings	 settings = {
	.sessions_all = 8
};

static struct {
	struct child		 fz_listener[LISTENERS];	/* 1 and 2 */
	struct child		 fz_auth;			/* 3 */
	struct child		 fz_tables;
	int			 fz_down;	/* there is no tabpop now */
	uint32_t		 fz_procs;	/* places of processes */
	struct table		*fz_usertab;
	struct known		 fz_known[LISTENERS][NUMBERS];
	const struct session_id	*fz_granting;	/* AUTH_OK or GRANT is read */
	const struct msg_userinfo_is *fz_telling;	/* the same */
	struct {
		struct reap	*re;		/* NULL once it is gone */
		const struct chan_rule *rules;	/* NULL once it is closed */
		chan_closed	 closed;
		void		*arg;
	}			 fz_worker[WORKERS_MAX];
	size_t			 fz_count;
	struct session_id	 fz_unread[LISTENERS][UNREAD_MAX];
	size_t			 fz_nunread[LISTENERS];	/* in its channel */
	struct {
		struct event	*ev;		/* NULL: it does not run */
		void		(*late)(int, short, void *);
		void		*arg;
	}			 fz_timer[TIMERS_MAX];
} fuzzer;

static const char	 usertab[] =
    "joe 1001:1002:/mail/joe\nann 1003:1002:/mail/ann\n"
    "root 0:0:/root\nwheel 1004:0:/mail/wheel\n";

FUZZ_FN struct known *
known_of(const struct session_id *id)
{
	if (id->si_gen < 1 || id->si_gen > LISTENERS || id->si_num >= NUMBERS)
		return (NULL);
	return (&fuzzer.fz_known[id->si_gen - 1][id->si_num]);
}

void
handover_say(enum handover_type type, const char *user)
{
}

struct child *
child_of_gen(uint64_t gen)
{
	if (gen >= 1 && gen <= LISTENERS)
		return (&fuzzer.fz_listener[gen - 1]);
	return (gen == LISTENERS + 1 ? &fuzzer.fz_auth : NULL);
}

struct child *
child_of_role(enum role role)
{
	if (role == ROLE_TABLE && !fuzzer.fz_down)
		return (&fuzzer.fz_tables);
	return (role == ROLE_AUTH ? &fuzzer.fz_auth : NULL);
}

uint64_t
child_last_gen(void)
{
	return (LISTENERS + 1);
}

int
conf_expires(const char *user)
{
	return (1);
}

/* After the process, if one is first. */
FUZZ_FN unsigned int
file_place(void)
{
	return (fuzzer.fz_procs & 1);
}

const struct table *
conf_usertab(unsigned int place)
{
	return (place == file_place() ? fuzzer.fz_usertab : NULL);
}

const char *
conf_edited(void)
{
	return (NULL);
}

int
conf_http(void)
{
	return (1);
}

const struct config_bounds *
conf_bounds(unsigned int place)
{
	static const struct config_bounds	 any = {
		{ 0, UINT32_MAX }, { 0, UINT32_MAX }, NULL
	};

	return (&any);
}

uint32_t
conf_userprocs(void)
{
	return (fuzzer.fz_procs);
}

char *
child_status(int status, char *buf, size_t size)
{
	snprintf(buf, size, "%d", status);
	return (buf);
}

int
conf_routeproc(void)
{
	return (0);
}

const struct table *
conf_route(void)
{
	return (fuzzer.fz_usertab);
}

void
reap_init(struct reap *re, pid_t pid, const char *name,
    void (*gone)(void *, int), void *arg)
{
	FUZZ(fuzzer.fz_count > 0);
	re->re_gone = gone;
	re->re_arg = arg;
	fuzzer.fz_worker[fuzzer.fz_count - 1].re = re;
}

void
reap_overdue(struct reap *re, unsigned int seconds)
{
	FUZZ(seconds > 0);
}

/* Timers run out when the input says so. */
void
event_set(struct event *ev, int fd, short what,
    void (*callback)(int, short, void *), void *arg)
{
	size_t	 i;

	for (i = 0; fuzzer.fz_timer[i].ev != NULL; i++)
		FUZZ(i < TIMERS_MAX - 1 && fuzzer.fz_timer[i].ev != ev);
	fuzzer.fz_timer[i].ev = ev;
	fuzzer.fz_timer[i].late = callback;
	fuzzer.fz_timer[i].arg = arg;
}

int
event_add(struct event *ev, const struct timeval *tv)
{
	FUZZ(tv->tv_sec > 0);
	return (0);
}

int
event_del(struct event *ev)
{
	size_t	 i;

	for (i = 0; i < TIMERS_MAX; i++)
		if (fuzzer.fz_timer[i].ev == ev)
			fuzzer.fz_timer[i].ev = NULL;
	return (0);
}

int
lock_has(const char *user)
{
	return (0);
}

/* Check a user and ids against the file. */
FUZZ_FN void
test_file(const char *user, const struct exec_ids *ids)
{
	FUZZ(strcmp(user, "joe") == 0 || strcmp(user, "ann") == 0);
	FUZZ(ids->ei_gid == 1002);
	FUZZ(ids->ei_uid == (user[0] == 'j' ? 1001 : 1003));
}

/* Both keys are there, for one user, and it is no route. */
FUZZ_FN struct known *
test_keys(const struct session_id *id)
{
	struct known	*kn = known_of(id);

	FUZZ(purpose(id) == PURPOSE_SESSION);
	FUZZ(kn != NULL && kn->kn_wanted && kn->kn_queue && kn->kn_checker);
	FUZZ(strcmp(kn->kn_queues, kn->kn_checkers) == 0);
	FUZZ(strcmp(kn->kn_queues, named(id)) == 0);
	return (kn);
}

/* At once: with the second key, if no table process comes first. */
FUZZ_FN struct known *
test_granted(const struct session_id *id, const struct exec_ids *ids)
{
	struct known	*kn = test_keys(id);

	FUZZ(!kn->kn_asking && (fuzzer.fz_procs & 1) == 0);
	test_file(kn->kn_queues, ids);
	return (kn);
}

/* Use tabpop's answer, which was asked for and is never root. */
FUZZ_FN struct known *
test_told(const struct msg_userinfo_is *us, const struct exec_ids *ids)
{
	struct known	*kn;

	FUZZ((kn = known_of(&us->us_id)) != NULL && kn->kn_asking);
	kn->kn_asking = 0;
	if (us->us_result == LOOK_NONE || (us->us_place > file_place() &&
	    table_find(fuzzer.fz_usertab, kn->kn_user) != NULL))
		test_file(kn->kn_user, ids);
	else {
		FUZZ(us->us_result == LOOK_FOUND);
		FUZZ(us->us_uid != 0 && us->us_gid != 0);
		FUZZ(ids->ei_uid == us->us_uid && ids->ei_gid == us->us_gid);
	}
	return (kn);
}

/* A worker needs a WANT, AUTH_OK, GRANT and, if looked up, an answer. */
pid_t
exec_program(const char *program, char *const argv[], int stream,
    int channel, const struct exec_ids *ids)
{
	struct known	*kn;

	FUZZ((fuzzer.fz_granting != NULL) != (fuzzer.fz_telling != NULL));
	FUZZ(ids != NULL);
	kn = fuzzer.fz_granting != NULL ?
	    test_granted(fuzzer.fz_granting, ids) :
	    test_told(fuzzer.fz_telling, ids);
	FUZZ(kn->kn_wanted && !kn->kn_started && !kn->kn_answered);
	kn->kn_started = 1;
	/* Not a pid that a process could have. */
	return ((pid_t)(0x7f000000 + fuzzer.fz_count));
}

/* A worker's. */
struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	size_t	 i = fuzzer.fz_count++;

	FUZZ(i < WORKERS_MAX);
	close(fd);
	memset(&fuzzer.fz_worker[i], 0, sizeof(fuzzer.fz_worker[i]));
	fuzzer.fz_worker[i].rules = rules;
	fuzzer.fz_worker[i].closed = closed;
	fuzzer.fz_worker[i].arg = arg;
	return ((struct chan *)&fuzzer.fz_worker[i]);
}

void
chan_free(struct chan *ch)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (ch == (struct chan *)&fuzzer.fz_worker[i]) {
			FUZZ(fuzzer.fz_worker[i].rules != NULL);
			fuzzer.fz_worker[i].rules = NULL;
		}
}

/* A worker's channel is not used any more once it is closed. */
FUZZ_FN void
chan_test(const struct chan *ch)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (ch == (struct chan *)&fuzzer.fz_worker[i])
			FUZZ(fuzzer.fz_worker[i].rules != NULL);
}

void
forget_user(const char *user)
{
}

/* tabpop is asked about a session that has just got both keys, once. */
FUZZ_FN void
test_asked(const struct msg_userinfo *mui)
{
	const struct session_id	*id = fuzzer.fz_granting;
	struct known		*kn = test_keys(&mui->mui_id);

	FUZZ(id != NULL && fuzzer.fz_procs != 0 && !fuzzer.fz_down);
	FUZZ(memcmp(id, &mui->mui_id, sizeof(*id)) == 0);
	FUZZ(strcmp(kn->kn_queues, mui->mui_user) == 0);
	FUZZ(!kn->kn_asking && !kn->kn_answered);
	kn->kn_asking = 1;
	strlcpy(kn->kn_user, mui->mui_user, sizeof(kn->kn_user));
}

/* A listener has one answer to each session, and only to its own. */
int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	const struct session_id	*id = data;
	struct known		*kn;

	FUZZ((fd != -1) == msg_has_fd(type));
	if (fd != -1)
		close(fd);
	chan_test(ch);
	FUZZ((type == MSG_USERINFO) == (ch == fuzzer.fz_tables.c_chan));
	if (type == MSG_USERINFO)
		test_asked(data);
	if (type != MSG_SESSION_OPEN && type != MSG_SESSION_REFUSE)
		return (0);
	FUZZ((kn = known_of(id)) != NULL);
	FUZZ(ch == fuzzer.fz_listener[id->si_gen - 1].c_chan);
	FUZZ(kn->kn_wanted && !kn->kn_answered);
	FUZZ(kn->kn_started == (type == MSG_SESSION_OPEN));
	kn->kn_answered = 1;
	kn->kn_asking = 0;
	return (0);
}

int
chan_drained(struct chan *ch)
{
	chan_test(ch);
	return (1);
}

/* Accept only messages about the listener's own sessions, once. */
FUZZ_FN void
listener_wants(struct child *c, const struct session_id *id)
{
	struct msg_want	 mw;
	struct verdict	 vd;
	int		 lies;

	lies = id->si_gen != c->c_gen || id->si_num <= c->c_last;
	memset(&mw, 0, sizeof(mw));
	mw.mw_id = *id;
	mw.mw_purpose = purpose(id);
	mw.mw_bond[0] = (uint8_t)id->si_num;
	strlcpy(mw.mw_user, named(id), sizeof(mw.mw_user));
	vd = login_want(c, &mw);
	FUZZ(vd.vd_kind == (lies ? VERDICT_LIE : VERDICT_TAKEN));
	FUZZ(vd.vd_gen == 0);
	if (lies)
		return;
	FUZZ(session_find(id) != NULL);
	FUZZ(!known_of(id)->kn_wanted);
	known_of(id)->kn_wanted = 1;
}

/* Messages of a listener that were not read yet. */
FUZZ_FN unsigned int
listener_read(struct child *c)
{
	size_t	 i, n, which = (size_t)(c - fuzzer.fz_listener);

	n = fuzzer.fz_nunread[which];
	fuzzer.fz_nunread[which] = 0;
	for (i = 0; i < n; i++)
		listener_wants(c, &fuzzer.fz_unread[which][i]);
	return ((unsigned int)n);
}

unsigned int
chan_poll(struct chan *ch)
{
	int	 i;

	chan_test(ch);
	for (i = 0; i < LISTENERS; i++)
		if (ch == fuzzer.fz_listener[i].c_chan)
			return (listener_read(&fuzzer.fz_listener[i]));
	return (0);
}

#endif
