/*
 * link: popd/authcount.o popd/login.o lib/route.o popd/routes.o
 * link: popd/session.o popd/worker.o
 * link: popd/maildrops.o popd/spools.o popd/userbase.o
 * link: popd/childlog.o $(IMSG_OBJS) lib/log.o lib/msg.o lib/source.o
 * link: lib/bucket.o lib/table.o lib/table_read.o $(COMPAT_TABLE)
 * link: popd/config.o lib/setting.o lib/subdir.o
 * link: lib/count.o $(COMPAT_BCMP)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent between two listeners, an authpop, a checker, a tabpop and
 * workers, all compromised.  A worker is started only while an AUTH_OK or a
 * GRANT is read for a session that its own listener wanted, once, after the
 * other of the two, for the same user and what the listener committed to, with
 * the ids that usertab has for that user; or while tabpop's answer is read for
 * a session so admitted about which it was asked, once.  A listener gets at
 * most one answer for each of its sessions.  The liar is named, never the
 * process that passed the lie on.
 *
 * Stubs surround the real login.c, worker.c and session.c.  The input is a
 * list of acts of three octets: kind, process, the rest.
 */

#include "loginstubs.h"

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

/* Its message stays unread until the parent reads the channel. */
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

/* Return the process to blame for a message of authpop: its author. */
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

/* A key to a session that waits for it: remember who named which user. */
static void
key_says(const struct session_id *id, int *said, char *user, const char *name)
{
	const struct session	*s = session_find(id);

	if (s == NULL || s->s_state != SESSION_WANTED || *said)
		return;
	*said = 1;
	strlcpy(user, name, USER_MAX);
}

/* Nobody is blamed: the queue named the session. */
static void
checker_says(const struct session_id *id, uint8_t rest)
{
	struct child		*c = child_of_gen(id->si_gen);
	struct known		*kn = known_of(id);
	struct msg_grant	 gn;
	struct verdict		 vd;

	memset(&gn, 0, sizeof(gn));
	gn.gn_id = *id;
	gn.gn_bond[0] = (uint8_t)(id->si_num + (rest >> 6 == 3));
	strlcpy(gn.gn_user, users[rest % 7], sizeof(gn.gn_user));
	if (id->si_gen <= LISTENERS && kn != NULL)
		(void)listener_read(c);
	if (kn != NULL && gn.gn_bond[0] == (uint8_t)id->si_num)
		key_says(id, &kn->kn_checker, kn->kn_checkers, gn.gn_user);
	fuzzer.fz_granting = &gn.gn_id;
	vd = login_grant(&gn);
	fuzzer.fz_granting = NULL;
	FUZZ(vd.vd_kind != VERDICT_LIE && vd.vd_gen == 0);
}

static void
auth_says(const struct session_id *id, uint8_t rest, int good)
{
	struct known		*kn = known_of(id);
	struct msg_auth_ok	 mo;
	struct msg_auth_bad	 mab;
	struct verdict		 vd;

	memset(&mo, 0, sizeof(mo));
	memset(&mab, 0, sizeof(mab));
	mo.mo_id = mab.mab_id = *id;
	strlcpy(mo.mo_user, users[rest % 7], sizeof(mo.mo_user));
	strlcpy(mab.mab_user, users[rest % 7], sizeof(mab.mab_user));
	mab.mab_result = rest % AUTH_RESULTS;
	mo.mo_purpose = rest % 3 == 0 ? PURPOSE_ROUTE : purpose(id);
	if (good) {
		if (kn != NULL)
			(void)listener_read(child_of_gen(id->si_gen));
		if (kn != NULL && mo.mo_purpose == purpose(id))
			key_says(id, &kn->kn_queue, kn->kn_queues,
			    mo.mo_user);
		fuzzer.fz_granting = &mo.mo_id;
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

/* Answer a question; any other answer is a lie of tabpop. */
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
	strlcpy(us.us_dir, dirs[rest >> 6], sizeof(us.us_dir));
	absurd = us.us_result == LOOK_PROVE || us.us_result == LOOK_WRONG ||
	    (us.us_result == LOOK_FOUND && us.us_dir[0] != '/');
	asking = kn != NULL && kn->kn_asking;
	fuzzer.fz_telling = &us;
	vd = login_userinfo_is(&us);
	fuzzer.fz_telling = NULL;
	FUZZ(vd.vd_gen == 0);
	if (asking && !absurd)
		FUZZ(vd.vd_kind == VERDICT_TAKEN && kn->kn_answered);
	else if (session_find(id) != NULL)
		FUZZ(vd.vd_kind == VERDICT_LIE);
	else
		FUZZ(vd.vd_kind == VERDICT_TAKEN);
}

/* It ends: the sessions that wait for it are told, and no others. */
static void
tables_end(uint8_t rest)
{
	size_t	 i;

	fuzzer.fz_down = rest & 1;
	login_tables_lost();
	for (i = 0; i < LISTENERS * NUMBERS; i++)
		FUZZ(!fuzzer.fz_known[i / NUMBERS][i % NUMBERS].kn_asking);
}

/* A message, the end of the channel, or the end of the process. */
static void
worker_acts(uint8_t who, uint8_t rest)
{
	union msg_payload	 data;
	const struct chan_rule	*cr;
	struct reap		*re;
	uint32_t		 type = MSG_LOG;
	size_t			 i;

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
	}
	for (; cr->cu_type != 0 && cr->cu_type != type; cr++)
		;
	FUZZ(cr->cu_type != 0);
	(void)cr->cu_handler(fuzzer.fz_worker[i].arg, &data, -1);
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

/* Check that counters match and are within their bounds. */
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
		if (fuzzer.fz_count < WORKERS_MAX)
			checker_says(&id, rest);
		break;
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
		if ((who & 0x60) == 0x60)
			login_checker_lost();
		else if (who & 0x40)
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
	while ((s = session_first()) != NULL)
		session_free(s);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}
