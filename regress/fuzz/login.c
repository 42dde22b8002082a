/*
 * link: popd/removals.o popd/login.o lib/route.o popd/routes.o popd/session.o popd/worker.o
 * link: popd/maildrops.o popd/spools.o popd/userbase.o
 * link: popd/childlog.o $(IMSG_OBJS) lib/log.o lib/msg.o lib/source.o
 * link: lib/bucket.o lib/table.o lib/table_read.o $(COMPAT_TABLE)
 * link: lib/setting.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent between two listeners, an authpop, a tabpop and workers that are
 * not ours any more.  A worker is started only while an AUTH_OK is read for a
 * session that its own listener wanted, once, with the ids that usertab has for
 * that user; or while tabpop's answer is read for one that was granted so and
 * that it was asked about, once.  A listener gets one answer for each of its
 * sessions, if any.  Whoever lies is named, and it is never the one that
 * passed the lie on.
 * Around the real login.c, worker.c and session.c are stubs.
 *
 * The input is a list of acts of three octets: what, of whom, the rest.
 */

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
#include "popd/exec.h"
#include "popd/forget.h"
#include "popd/lock.h"
#include "popd/login.h"
#include "popd/removals.h"
#include "popd/rollcall.h"
#include "popd/session.h"
#include "popd/settings.h"
#include "popd/upgrade.h"
#include "popd/userbase.h"
#include "popd/worker.h"
#include "table.h"

#define LISTENERS	2
#define NUMBERS		32		/* of sessions that have a chance */
#define WORKERS_MAX	64
#define UNREAD_MAX	4
#define TIMERS_MAX	(WORKERS_MAX + LISTENERS * NUMBERS + 2)

/* What is known here of one session of a listener. */
struct known {
	int	 kn_wanted, kn_started, kn_answered;
	int	 kn_asking;		/* tabpop is to say who that is */
	char	 kn_user[USER_MAX];
};

/* What a listener wants of a login. */
static enum auth_purpose
purpose(const struct session_id *id)
{
	return (id->si_num % 4 == 3 ? PURPOSE_ROUTE : PURPOSE_SESSION);
}

struct settings	 settings = {
	.sessions_all = 20,
	.sessions_listener = 8
};

static struct {
	struct child		 fz_listener[LISTENERS];	/* 1 and 2 */
	struct child		 fz_auth;			/* 3 */
	struct child		 fz_tables;
	int			 fz_down;	/* there is no tabpop now */
	uint32_t		 fz_procs;	/* places of processes */
	struct table		*fz_usertab;
	struct known		 fz_known[LISTENERS][NUMBERS];
	const struct msg_auth_ok *fz_granting;	/* being read */
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

static struct known *
known_of(const struct session_id *id)
{
	if (id->si_gen < 1 || id->si_gen > LISTENERS || id->si_num >= NUMBERS)
		return (NULL);
	return (&fuzzer.fz_known[id->si_gen - 1][id->si_num]);
}

void
upgrade_yield(const char *user)
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
static unsigned int
file_place(void)
{
	return (fuzzer.fz_procs & 1);
}

const struct table *
conf_usertab(unsigned int place)
{
	return (place == file_place() ? fuzzer.fz_usertab : NULL);
}

int
conf_http(void)
{
	return (1);
}

uint32_t
conf_userprocs(void)
{
	return (fuzzer.fz_procs);
}

char *
child_status(int status, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%d", status);
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

void
rollcall_told(struct session *s, const struct msg_doing *dg)
{
}

int
lock_has(const char *user)
{
	return (0);
}

/* Whom the file knows gets what it says. */
static void
test_file(const char *user, const struct exec_ids *ids)
{
	FUZZ(strcmp(user, "joe") == 0 || strcmp(user, "ann") == 0);
	FUZZ(ids->ei_gid == 1002);
	FUZZ(ids->ei_uid == (user[0] == 'j' ? 1001 : 1003));
}

/* At once: what authpop says, of somebody whom no process comes first for. */
static struct known *
test_granted(const struct msg_auth_ok *mo, const struct exec_ids *ids)
{
	struct known	*kn;

	/* A route opens nothing, whoever says so. */
	FUZZ(mo->mo_purpose == PURPOSE_SESSION);
	FUZZ(purpose(&mo->mo_id) == PURPOSE_SESSION);
	FUZZ((kn = known_of(&mo->mo_id)) != NULL && !kn->kn_asking);
	FUZZ((fuzzer.fz_procs & 1) == 0);
	test_file(mo->mo_user, ids);
	return (kn);
}

/* Later: what tabpop says, which was asked; never root. */
static struct known *
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

/* No worker but for what was wanted, granted, and asked if need be. */
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
	/* Not a pid that could be somebody's. */
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
static void
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

/* tabpop is asked about a session that authpop has just granted, once. */
static void
test_asked(const struct msg_userinfo *mui)
{
	const struct msg_auth_ok	*mo = fuzzer.fz_granting;
	struct known			*kn = known_of(&mui->mui_id);

	FUZZ(mo != NULL && fuzzer.fz_procs != 0 && !fuzzer.fz_down);
	FUZZ(memcmp(&mo->mo_id, &mui->mui_id, sizeof(mo->mo_id)) == 0);
	FUZZ(strcmp(mo->mo_user, mui->mui_user) == 0);
	FUZZ(purpose(&mo->mo_id) == PURPOSE_SESSION);
	FUZZ(kn != NULL && kn->kn_wanted && !kn->kn_asking &&
	    !kn->kn_answered);
	kn->kn_asking = 1;
	(void)strlcpy(kn->kn_user, mui->mui_user, sizeof(kn->kn_user));
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

/* Only what is the listener's own is taken, and once. */
static void
listener_wants(struct child *c, const struct session_id *id)
{
	struct msg_want	 mw;
	struct verdict	 vd;
	int		 lies;

	lies = id->si_gen != c->c_gen || id->si_num <= c->c_last;
	memset(&mw, 0, sizeof(mw));
	mw.mw_id = *id;
	mw.mw_purpose = purpose(id);
	vd = login_want(c, &mw);
	FUZZ(vd.vd_kind == (lies ? VERDICT_LIE : VERDICT_TAKEN));
	FUZZ(vd.vd_gen == 0);
	if (lies)
		return;
	FUZZ(session_find(id) != NULL);
	FUZZ(!known_of(id)->kn_wanted);
	known_of(id)->kn_wanted = 1;
}

/* What a listener said that was not read yet. */
static unsigned int
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

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char	 why[256];
	FILE	*f;
	int	 i;

	log_init("fuzz");
	log_to(fuzz_silent);
	if ((f = tmpfile()) == NULL ||
	    fwrite(usertab, 1, sizeof(usertab) - 1, f) != sizeof(usertab) - 1 ||
	    fflush(f) != 0)
		abort();
	fuzzer.fz_usertab = table_read(fileno(f), "usertab", NULL, why,
	    sizeof(why));
	if (fuzzer.fz_usertab == NULL)
		abort();
	fclose(f);
	for (i = 0; i <= LISTENERS; i++) {
		struct child	*c = child_of_gen((uint64_t)i + 1);

		c->c_role = i < LISTENERS ? ROLE_LISTENER : ROLE_AUTH;
		c->c_gen = (uint64_t)i + 1;
		c->c_chan = (struct chan *)c;
	}
	fuzzer.fz_tables.c_role = ROLE_TABLE;
	fuzzer.fz_tables.c_chan = (struct chan *)&fuzzer.fz_tables;
	return (0);
}

/* It says so, and is not heard before somebody reads it. */
static void
listener_unread(struct child *c, const struct session_id *id)
{
	size_t	 which = (size_t)(c - fuzzer.fz_listener);

	if (fuzzer.fz_nunread[which] < UNREAD_MAX)
		fuzzer.fz_unread[which][fuzzer.fz_nunread[which]++] = *id;
}

static void
listener_ends(struct child *c, const struct session_id *id, uint8_t rest)
{
	struct msg_end	 me;
	struct known	*kn = known_of(id);
	struct verdict	 vd;

	memset(&me, 0, sizeof(me));
	me.me_id = *id;
	me.me_reason = rest % END_REASONS;
	vd = worker_session_end(c, &me);
	FUZZ(vd.vd_gen == 0);
	if (id->si_gen != c->c_gen || id->si_num > c->c_last)
		FUZZ(vd.vd_kind == VERDICT_LIE);
	/* It wants no answer any more. */
	if (kn != NULL && id->si_gen == c->c_gen && kn->kn_wanted) {
		kn->kn_answered = 1;
		kn->kn_asking = 0;
	}
}

/* Who is to be blamed for what authpop said: the one who invented it. */
static void
test_blame(const struct session_id *id, struct verdict vd)
{
	struct child	*c;

	if (vd.vd_kind != VERDICT_LIE) {
		FUZZ(vd.vd_gen == 0);
		return;
	}
	if (vd.vd_gen == 0) {
		FUZZ(id->si_gen > LISTENERS);
		return;
	}
	FUZZ(vd.vd_gen == id->si_gen && vd.vd_gen <= LISTENERS);
	c = child_of_gen(vd.vd_gen);
	FUZZ(id->si_num > c->c_last);
	FUZZ(fuzzer.fz_nunread[id->si_gen - 1] == 0);
}

static void
auth_says(const struct session_id *id, uint8_t rest, int good)
{
	static const char	*users[] = { "joe", "ann", "root", "wheel",
				    "nobody", "", "jOe " };
	struct msg_auth_ok	 mo;
	struct msg_auth_bad	 mab;
	struct verdict		 vd;

	memset(&mo, 0, sizeof(mo));
	memset(&mab, 0, sizeof(mab));
	mo.mo_id = mab.mab_id = *id;
	(void)strlcpy(mo.mo_user, users[rest % 7], sizeof(mo.mo_user));
	(void)strlcpy(mab.mab_user, users[rest % 7], sizeof(mab.mab_user));
	mab.mab_result = rest % AUTH_RESULTS;
	mo.mo_purpose = rest % 3 == 0 ? PURPOSE_ROUTE : purpose(id);
	if (good) {
		fuzzer.fz_granting = &mo;
		vd = login_auth_ok(&mo);
		fuzzer.fz_granting = NULL;
	} else
		vd = login_auth_bad(&mab);
	if (!good && (mab.mab_result == AUTH_ACCEPTED ||
	    mab.mab_result == AUTH_ELSEWHERE || mab.mab_result == AUTH_PROVING))
		FUZZ(vd.vd_kind == VERDICT_LIE && vd.vd_gen == 0);
	else
		test_blame(id, vd);
}

/* What was asked is answered; anything else is a lie of tabpop, no other's. */
static void
tables_say(const struct session_id *id, uint8_t rest)
{
	static const char	*dirs[] = { "/mail/joe", "/", "", "mail" };
	struct msg_userinfo_is	 us;
	struct known		*kn = known_of(id);
	struct verdict		 vd;
	int			 asking, absurd;

	memset(&us, 0, sizeof(us));
	us.us_id = *id;
	us.us_result = rest % LOOK_RESULTS;
	us.us_place = rest >> 2 & 3;
	us.us_uid = rest & 0x10 ? 2001 : 0;
	us.us_gid = rest & 0x20 ? 2002 : 0;
	(void)strlcpy(us.us_dir, dirs[rest >> 6], sizeof(us.us_dir));
	absurd = us.us_result == LOOK_PROVE || us.us_result == LOOK_WRONG ||
	    (us.us_result == LOOK_FOUND && us.us_dir[0] != '/');
	asking = kn != NULL && kn->kn_asking;
	fuzzer.fz_telling = &us;
	vd = userbase_answer(&us);
	fuzzer.fz_telling = NULL;
	FUZZ(vd.vd_gen == 0);
	if (asking && !absurd)
		FUZZ(vd.vd_kind == VERDICT_TAKEN && kn->kn_answered);
	else if (session_find(id) != NULL)
		FUZZ(vd.vd_kind == VERDICT_LIE);
	else
		FUZZ(vd.vd_kind == VERDICT_TAKEN);
}

/* It ends: who waits for it is told so, and nobody else. */
static void
tables_end(uint8_t rest)
{
	size_t	 i;

	fuzzer.fz_down = rest & 1;
	userbase_lost();
	for (i = 0; i < LISTENERS * NUMBERS; i++)
		FUZZ(!fuzzer.fz_known[i / NUMBERS][i % NUMBERS].kn_asking);
}

/* Its channel brings something, or ends; or it is gone. */
static void
worker_acts(uint8_t who, uint8_t rest)
{
	union msg_payload	 data;
	const struct chan_rule	*cr;
	struct reap		*re;
	uint32_t		 type = MSG_LOG;
	size_t			 i;
	int			 times = 1;

	if (fuzzer.fz_count == 0)
		return;
	i = who % fuzzer.fz_count;
	if (rest & 1) {
		if ((re = fuzzer.fz_worker[i].re) == NULL)
			return;
		fuzzer.fz_worker[i].re = NULL;
		re->re_gone(re->re_arg, rest);
		return;
	}
	if ((cr = fuzzer.fz_worker[i].rules) == NULL ||
	    fuzzer.fz_worker[i].re == NULL)
		return;
	if (rest & 4) {
		fuzzer.fz_worker[i].closed(fuzzer.fz_worker[i].arg,
		    rest & 2 ? "why" : NULL);
		return;
	}
	memset(&data, 0, sizeof(data));
	if (rest & 2) {
		type = MSG_REPORT;
		data.report.rp_reason = rest % REPORT_REASONS;
	} else if (rest & 8) {
		type = MSG_REMOVED;
		times = rest & 16 ? AUDIT_WINDOW : 1;
	}
	for (; cr->cu_type != 0 && cr->cu_type != type; cr++)
		;
	FUZZ(cr->cu_type != 0);
	while (times-- > 0 && cr->cu_handler(fuzzer.fz_worker[i].arg, &data,
	    -1).vd_kind == VERDICT_TAKEN)
		;
}

/* A listener that does not say so has ended a session all the same. */
static void
timer_fires(uint8_t who)
{
	void	*arg;
	size_t	 i = who % TIMERS_MAX;

	if (fuzzer.fz_timer[i].ev == NULL)
		return;
	arg = fuzzer.fz_timer[i].arg;
	fuzzer.fz_timer[i].ev = NULL;
	fuzzer.fz_timer[i].late(-1, EV_TIMEOUT, arg);
}

/* Its successor has another generation, which is not ours. */
static void
listener_dies(struct child *c)
{
	size_t	 i, which = (size_t)(c - fuzzer.fz_listener);

	worker_listener_gone(c);
	c->c_wanted = 0;
	fuzzer.fz_nunread[which] = 0;
	for (i = 0; i < NUMBERS; i++)
		if (fuzzer.fz_known[which][i].kn_wanted) {
			fuzzer.fz_known[which][i].kn_answered = 1;
			fuzzer.fz_known[which][i].kn_asking = 0;
		}
}

/* What is counted is there, and no more than may be. */
static void
test_counts(void)
{
	const struct child	*c;
	struct session		*s;
	uint32_t		 wanted, working, all = 0;
	int			 i;

	for (i = 0; i < LISTENERS; i++) {
		c = &fuzzer.fz_listener[i];
		wanted = working = 0;
		for (s = session_first(); s != NULL; s = session_next(s)) {
			if (s->s_id.si_gen != c->c_gen)
				continue;
			if (s->s_state == SESSION_WANTED)
				wanted++;
			else
				working++;
		}
		FUZZ(c->c_wanted == wanted && c->c_sessions == working);
		FUZZ(working <= settings.sessions_listener);
		all += working;
	}
	FUZZ(session_count() == all && all <= settings.sessions_all);
}

static void
run_act(uint8_t what, uint8_t who, uint8_t rest)
{
	struct session_id	 id = { (what >> 3) % 5, who % NUMBERS };
	struct child		*c = &fuzzer.fz_listener[what >> 7];

	switch (what % 8) {
	case 0:
	case 1:
		listener_unread(c, &id);
		if ((rest & 1) == 0)
			(void)listener_read(c);
		break;
	case 2:
		(void)listener_read(c);
		listener_ends(c, &id, rest);
		break;
	case 3:
	case 4:
		/* No more of them at a time than are kept here. */
		if (fuzzer.fz_count < WORKERS_MAX)
			auth_says(&id, rest, 1);
		break;
	case 5:
		auth_says(&id, rest, 0);
		break;
	case 6:
		/* A bit that NUMBERS has no use for. */
		if ((who & 0x40) != 0 && fuzzer.fz_count < WORKERS_MAX)
			tables_say(&id, rest);
		else if ((who & 0x40) == 0)
			worker_acts(who, rest);
		break;
	default:
		if (who & 0x40)
			tables_end(rest);
		else if (rest & 1)
			timer_fires(who);
		else
			listener_dies(c);
		break;
	}
	test_counts();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct setting_values	 stv;
	struct session		*s;
	uint8_t			 what, who;
	int			 i, free_fd = fuzz_free_fd();

	memset(fuzzer.fz_known, 0, sizeof(fuzzer.fz_known));
	memset(fuzzer.fz_nunread, 0, sizeof(fuzzer.fz_nunread));
	memset(fuzzer.fz_timer, 0, sizeof(fuzzer.fz_timer));
	fuzzer.fz_count = 0;
	setting_defaults(&stv);
	stv.stv_value[SETTING_AUDIT] = size % 2;
	/* Files only; a process before the file, or after it. */
	fuzzer.fz_procs = size / 2 % 3;
	fuzzer.fz_down = 0;
	setting_use(&stv);
	for (i = 0; i < LISTENERS; i++) {
		fuzzer.fz_listener[i].c_last = 0;
		fuzzer.fz_listener[i].c_wanted = 0;
		fuzzer.fz_listener[i].c_sessions = 0;
	}
	while (fi.fi_len > 2) {
		what = fuzz_byte(&fi);
		who = fuzz_byte(&fi);
		run_act(what, who, fuzz_byte(&fi));
	}
	while ((s = session_first()) != NULL) {
		removals_forget(s);
		session_free(s);
	}
	/* That of audit.c, which is nobody's. */
	for (i = 0; i < TIMERS_MAX; i++)
		if (fuzzer.fz_timer[i].ev != NULL &&
		    fuzzer.fz_timer[i].arg == NULL)
			fuzzer.fz_timer[i].late(-1, 0, NULL);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}
