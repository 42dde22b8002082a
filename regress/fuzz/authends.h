/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent of authpop and its peers on real channels, for fuzz/authserve:
 * what each receives is checked against what was asked.
 */

#ifndef AUTHENDS_H
#define AUTHENDS_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <event.h>
#include <signal.h>
#include <time.h>

#include "authpop/serve.h"
#include "chan.h"
#include "fuzz.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "table.h"

#define ASKED_MAX	2048		/* more than LOOKUPS_WAITING */
#define LOOKUPS		ASKED_MAX	/* each is asked about once */
#define PROOFS		8		/* of a checker, at a time */
#define LISTENERS	2
#define TABLES		4		/* after the checkers */
#define PEERS		5
#define CROWD		16

/* Milliseconds until everything is forgotten; longer than any delay. */
#define FORGOTTEN	((KNOWN_SECONDS + 1) * 1000ULL)
#define LATER		(3600 * 1000ULL)

/* A password that a checker has shown to a table process. */
struct proof {
	uint64_t	 po_seq;
	struct asked	*po_asked;
};

/* The other end of a channel. */
struct end {
	struct imsgbuf	 en_buf;
	int		 en_fd;		/* -1: closed */
	uint64_t	 en_gen;
	uint64_t	 en_num;	/* listener: of its last session */
	struct msg_check en_check;	/* checker: given last */
	int		 en_busy;
	int		 en_garbled;	/* what follows is part of it */
	struct proof	 en_proofs[PROOFS];
	size_t		 en_nproofs;
};

/* A question to tabpop. */
struct looked {
	char		 lo_user[8];
	uint64_t	 lo_tables;	/* by which: its generation */
	enum { LO_ASKED, LO_ANSWERED, LO_GIVEN } lo_state;
};

/* A check requested by a listener; the password identifies it. */
struct asked {
	struct session_id ad_id;
	uint64_t	 ad_tables;	/* tabpop when a checker failed it */
	int		 ad_elsewhere;	/* a checker said so */
	char		 ad_user[8], ad_pass[16];
	int		 ad_given, ad_over, ad_result;
	int		 ad_again;	/* given to another checker */
};

static struct {
	struct end	 fz_parent;
	struct end	 fz_peer[PEERS];
	struct asked	 fz_asked[ASKED_MAX];
	size_t		 fz_count;
	uint64_t	 fz_gen;
	uint64_t	 fz_ms;		/* that have passed */
	struct chan	*fz_chan;	/* authpop's end of fz_parent */
	int		 fz_owed;	/* answers to the parent itself */
	struct looked	 fz_looked[LOOKUPS];
	uint64_t	 fz_before;	/* lookups of earlier inputs */
	size_t		 fz_lookups;
	int		 fz_answers[256];	/* of tabpop, by user, that
						   did nothing yet */
	int		 fz_crowded;	/* lookups may give way */
} fuzzer;

/* Time passes as the input says, also for libevent. */
int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int	 r = (int)syscall(SYS_clock_gettime, clock, ts);

	if (fuzzer.fz_chan != NULL && (clock == CLOCK_MONOTONIC ||
	    clock == CLOCK_MONOTONIC_COARSE)) {
		ts->tv_sec = (time_t)(fuzzer.fz_ms / 1000);
		ts->tv_nsec = (long)(fuzzer.fz_ms % 1000) * 1000000;
	}
	return (r);
}

FUZZ_FN void
end_open(struct end *en, int fd)
{
	memset(en, 0, sizeof(*en));
	en->en_fd = fd;
	if (imsgbuf_init(&en->en_buf, fd) == -1)
		abort();
	imsgbuf_allow_fdpass(&en->en_buf);
}

FUZZ_FN void
end_close(struct end *en)
{
	if (en->en_fd == -1)
		return;
	imsgbuf_clear(&en->en_buf);
	close(en->en_fd);
	en->en_fd = -1;
	/* What it had was given to another. */
	en->en_busy = en->en_nproofs = 0;
}

FUZZ_FN void
parent_lost(void *arg, const char *why)
{
	FUZZ(!"authpop ended its channel to the parent");
}

void
proc_start(const char *name, const struct chan_rule *rules)
{
	int	 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1 ||
	    event_init() == NULL)
		abort();
	end_open(&fuzzer.fz_parent, fds[1]);
	fuzzer.fz_chan = chan_new(fds[0], "parent", rules, parent_lost, NULL);
}

struct verdict
proc_verbose(void *arg, const void *data, int fd)
{
	return (TAKEN);
}

struct verdict
proc_ping(void *arg, const void *data, int fd)
{
	proc_send(MSG_PONG, NULL, -1);
	return (TAKEN);
}

int
proc_send(uint32_t type, const void *data, int fd)
{
	return (chan_send(fuzzer.fz_chan, type, data, fd));
}

FUZZ_FN void
end_send(struct end *en, uint32_t type, const void *data, int fd)
{
	if (en->en_fd == -1) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (imsg_compose(&en->en_buf, type, 0, 0, fd, data,
	    msg_size(type)) == -1)
		abort();
	if (imsgbuf_flush(&en->en_buf) == -1)
		end_close(en);
}

FUZZ_FN struct asked *
asked_of_id(const struct session_id *id)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_asked[i].ad_id.si_gen == id->si_gen &&
		    fuzzer.fz_asked[i].ad_id.si_num == id->si_num)
			return (&fuzzer.fz_asked[i]);
	return (NULL);
}

FUZZ_FN struct asked *
asked_of_pass(const char *pass)
{
	size_t	 i = strtoul(pass + 1, NULL, 10);

	return (i < fuzzer.fz_count &&
	    strcmp(fuzzer.fz_asked[i].ad_pass, pass) == 0 ?
	    &fuzzer.fz_asked[i] : NULL);
}

/* Nothing of this listener is to be answered any more. */
FUZZ_FN void
asked_forget(uint64_t gen)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_asked[i].ad_id.si_gen == gen)
			fuzzer.fz_asked[i].ad_over = 1;
}

/* The generation of tabpop, or 0 without one that follows the protocol. */
FUZZ_FN uint64_t
tables_gen(void)
{
	const struct end	*en = &fuzzer.fz_peer[TABLES];

	return (en->en_fd == -1 || en->en_garbled ? 0 : en->en_gen);
}

/*
 * A wrong password of a user for whom no table process is needed is told as
 * late as one of the others: tabpop has answered about him, too.
 */
FUZZ_FN void
test_late(const struct asked *ad, const char *user)
{
	if (ad->ad_given > 1 || ad->ad_tables == 0 ||
	    ad->ad_tables != tables_gen() || fuzzer.fz_crowded)
		return;
	FUZZ(fuzzer.fz_answers[(uint8_t)user[0]] > 0);
	fuzzer.fz_answers[(uint8_t)user[0]]--;
}

/* A message about a login to the parent. */
FUZZ_FN void
test_answer(const struct session_id *id, const char *user, uint32_t result)
{
	struct asked	*ad = asked_of_id(id);
	char		 lower[8];

	FUZZ(ad != NULL && !ad->ad_over);
	ad->ad_over = 1;
	strlcpy(lower, ad->ad_user, sizeof(lower));
	table_lower(lower);
	FUZZ(strcmp(user, lower) == 0);
	FUZZ(result < AUTH_ELSEWHERE);
	if (result == AUTH_TEMP)
		return;
	FUZZ(ad->ad_given && ad->ad_result == (int)result);
	if (result != AUTH_ACCEPTED)
		test_late(ad, user);
}

/*
 * What a checker is given: something that was asked for, and only once, or
 * once more after it said that tabpop is to be asked first; all of this once
 * again, since its checker may have ended.
 */
FUZZ_FN void
test_check(struct end *en, const struct msg_check *mk)
{
	struct asked	*ad = asked_of_pass(mk->mk_pass);

	FUZZ(!en->en_busy);
	FUZZ(ad != NULL);
	if (ad->ad_given && !mk->mk_looked) {
		FUZZ(!ad->ad_again);
		ad->ad_again = 1;
		ad->ad_given = ad->ad_elsewhere = 0;
	}
	FUZZ(ad->ad_given == (mk->mk_looked != 0));
	FUZZ(!mk->mk_looked || ad->ad_elsewhere);
	ad->ad_given++;
	en->en_check = *mk;
	en->en_busy = 1;
}

/* tabpop is asked about a user whose check waits for it. */
FUZZ_FN void
test_lookup(const struct msg_lookup *mlk)
{
	struct looked	*lo = &fuzzer.fz_looked[fuzzer.fz_lookups];
	size_t		 i, n = 0;

	FUZZ(mlk->mlk_seq == fuzzer.fz_before + ++fuzzer.fz_lookups);
	FUZZ(fuzzer.fz_lookups <= LOOKUPS);
	FUZZ(strlen(mlk->mlk_user) < sizeof(lo->lo_user));
	strlcpy(lo->lo_user, mlk->mlk_user, sizeof(lo->lo_user));
	lo->lo_tables = fuzzer.fz_peer[TABLES].en_gen;
	lo->lo_state = LO_ASKED;
	for (i = 0; i < fuzzer.fz_lookups; i++)
		n += fuzzer.fz_looked[i].lo_state == LO_ASKED &&
		    fuzzer.fz_looked[i].lo_tables == lo->lo_tables;
	FUZZ(n <= LOOKUPS_MAX);
}

/* It gives its answer once, to the checker that checks that user. */
FUZZ_FN void
test_give(const struct msg_give *gi)
{
	struct looked	*lo;
	struct end	*en;
	struct asked	*ad;
	size_t		 i = gi->gi_lookup - fuzzer.fz_before - 1;

	FUZZ(gi->gi_lookup > fuzzer.fz_before && i < fuzzer.fz_lookups);
	lo = &fuzzer.fz_looked[i];
	FUZZ(lo->lo_state == LO_ANSWERED);
	lo->lo_state = LO_GIVEN;
	fuzzer.fz_answers[(uint8_t)lo->lo_user[0]]--;
	for (i = LISTENERS; i < TABLES; i++) {
		en = &fuzzer.fz_peer[i];
		if (en->en_fd == -1 || en->en_gen != gi->gi_checker)
			continue;
		ad = asked_of_pass(en->en_check.mk_pass);
		FUZZ(ad != NULL && en->en_check.mk_seq == gi->gi_check);
		FUZZ(en->en_check.mk_looked);
		FUZZ(strcmp(en->en_check.mk_user, lo->lo_user) == 0);
	}
}

/* A cache that remembers nothing is asked. */
FUZZ_FN void
test_cached(struct end *en, const struct msg_check *mk)
{
	struct msg_checked	 mh;

	FUZZ(!mk->mk_looked);
	memset(&mh, 0, sizeof(mh));
	mh.mh_seq = mk->mk_seq;
	mh.mh_result = AUTH_NO_MATCH;
	end_send(en, MSG_CHECKED, &mh, -1);
}

FUZZ_FN void
end_message(struct end *en, struct imsg *imsg)
{
	union msg_payload	 data;

	FUZZ(msg_check(imsg, &data) == NULL);
	switch (imsg_get_type(imsg)) {
	case MSG_AUTH_OK:
		FUZZ(en == &fuzzer.fz_parent);
		test_answer(&data.auth_ok.mo_id, data.auth_ok.mo_user,
		    AUTH_ACCEPTED);
		break;
	case MSG_AUTH_BAD:
		FUZZ(en == &fuzzer.fz_parent);
		FUZZ(data.auth_bad.mab_result != AUTH_ACCEPTED);
		test_answer(&data.auth_bad.mab_id, data.auth_bad.mab_user,
		    data.auth_bad.mab_result);
		break;
	case MSG_CHECK:
		FUZZ(en >= &fuzzer.fz_peer[LISTENERS] &&
		    en < &fuzzer.fz_peer[TABLES]);
		if (data.check.mk_cached)
			test_cached(en, &data.check);
		else
			test_check(en, &data.check);
		break;
	case MSG_LOOKUP:
		FUZZ(en == &fuzzer.fz_peer[TABLES]);
		test_lookup(&data.lookup);
		break;
	case MSG_GIVE:
		FUZZ(en == &fuzzer.fz_peer[TABLES]);
		test_give(&data.give);
		break;
	case MSG_CONF_OK:
	case MSG_PONG:
		FUZZ(en == &fuzzer.fz_parent && fuzzer.fz_owed-- > 0);
		break;
	default:
		/* tabpop sees nothing else, no password above all. */
		FUZZ(en != &fuzzer.fz_peer[TABLES]);
		break;
	}
	imsg_free(imsg);
}

FUZZ_FN void
end_read(struct end *en)
{
	struct imsg	 imsg;

	if (en->en_fd == -1)
		return;
	if (imsgbuf_read(&en->en_buf) != 1) {
		FUZZ(en != &fuzzer.fz_parent);
		end_close(en);
		if (en < &fuzzer.fz_peer[LISTENERS])
			asked_forget(en->en_gen);
		return;
	}
	while (imsgbuf_get(&en->en_buf, &imsg) == 1)
		end_message(en, &imsg);
}

/* Run authpop until it is idle, and check its messages. */
FUZZ_FN void
settle(void)
{
	int	 i, turn;

	for (turn = 0; turn < 3; turn++) {
		if (event_loop(EVLOOP_NONBLOCK) == -1)
			abort();
		end_read(&fuzzer.fz_parent);
		for (i = 0; i < PEERS; i++)
			end_read(&fuzzer.fz_peer[i]);
	}
}

/* A new listener, checker or tabpop in this place. */
FUZZ_FN void
peer_new(int i)
{
	struct msg_peer	 mp;
	int		 fds[2];

	if (fuzzer.fz_peer[i].en_gen != 0) {
		end_close(&fuzzer.fz_peer[i]);
		settle();
		if (i < LISTENERS)
			asked_forget(fuzzer.fz_peer[i].en_gen);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	end_open(&fuzzer.fz_peer[i], fds[1]);
	memset(&mp, 0, sizeof(mp));
	mp.mp_role = i < LISTENERS ? ROLE_LISTENER :
	    i < TABLES ? ROLE_CHECKER : ROLE_TABLE;
	mp.mp_gen = fuzzer.fz_peer[i].en_gen = ++fuzzer.fz_gen;
	end_send(&fuzzer.fz_parent, MSG_PEER, &mp, fds[0]);
}

#endif
