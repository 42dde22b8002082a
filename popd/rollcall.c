/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Rounds of all sessions.  See rollcall.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chan.h"
#include "limits.h"
#include "log.h"
#include "rollcall.h"
#include "session.h"
#include "settings.h"

static struct {
	TAILQ_HEAD(, rollcall)	 rounds;	/* waiting for answers */
	struct rollcall		 log;		/* of SIGUSR1 */
	unsigned int		 logged;
	int			 logging;
	struct rollcall		 verbose;
	int			 telling;
} rollcall = { .rounds = TAILQ_HEAD_INITIALIZER(rollcall.rounds) };

static void	 rollcall_timeout(int, short, void *);

static int64_t
rollcall_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static int
rollcall_wants(const struct rollcall *rl, const struct session *s)
{
	if (s->s_state != SESSION_OPEN && s->s_state != SESSION_LEFT)
		return (0);
	if (rl->rl_user != NULL && strcmp(rl->rl_user, s->s_user) != 0)
		return (0);
	return (rl->rl_source == NULL ||
	    (rl->rl_source->so_version == s->s_source.so_version &&
	    memcmp(rl->rl_source->so_addr, s->s_source.so_addr,
	    sizeof(s->s_source.so_addr)) == 0));
}

/* A worker in two rounds may answer twice, which is harmless. */
static void
rollcall_ask(struct rollcall *rl, const struct session *s)
{
	rl->rl_ids[rl->rl_count++] = s->s_id;
	if (s->s_chan != NULL && kill(s->s_pid, SIGURG) == 0)
		rl->rl_missing++;
}

/* Deliver a slice after the last answer or the timeout. */
static void
rollcall_deliver(struct rollcall *rl)
{
	const struct session	*s;
	unsigned int		 i;

	TAILQ_REMOVE(&rollcall.rounds, rl, rl_entry);
	for (i = 0; i < rl->rl_count; i++)
		if ((s = session_find(&rl->rl_ids[i])) != NULL &&
		    rollcall_wants(rl, s))
			rl->rl_one(rl->rl_arg, s);
	rl->rl_slice(rl->rl_arg, session_after(&rl->rl_last) == NULL);
}

static void
rollcall_timeout(int fd, short what, void *arg)
{
	rollcall_deliver(arg);
}

static void
rollcall_wait(struct rollcall *rl, int ms)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_usec = ms * 1000;
	evtimer_add(&rl->rl_timer, &tv);
}

/* A slice also ends after this many sessions that do not match. */
void
rollcall_next(struct rollcall *rl)
{
	struct session	*s;
	int		 looked = 0;

	rl->rl_count = rl->rl_missing = 0;
	rl->rl_asked = rollcall_clock();
	while (rl->rl_count < ROLLCALL_SLICE &&
	    looked++ < 16 * ROLLCALL_SLICE &&
	    (s = session_after(&rl->rl_last)) != NULL) {
		rl->rl_last = s->s_id;
		if (rollcall_wants(rl, s))
			rollcall_ask(rl, s);
	}
	TAILQ_INSERT_TAIL(&rollcall.rounds, rl, rl_entry);
	rollcall_wait(rl, rl->rl_missing > 0 ? ROLLCALL_MILLISECONDS : 0);
}

void
rollcall_begin(struct rollcall *rl, const char *user,
    const struct source *source, void (*one)(void *, const struct session *),
    void (*slice)(void *, int), void *arg)
{
	memset(rl, 0, sizeof(*rl));
	rl->rl_user = user;
	rl->rl_source = source;
	rl->rl_one = one;
	rl->rl_slice = slice;
	rl->rl_arg = arg;
	evtimer_set(&rl->rl_timer, rollcall_timeout, rl);
	rollcall_next(rl);
}

void
rollcall_end(struct rollcall *rl)
{
	struct rollcall	*other;

	evtimer_del(&rl->rl_timer);
	TAILQ_FOREACH(other, &rollcall.rounds, rl_entry)
		if (other == rl)
			break;
	if (other != NULL)
		TAILQ_REMOVE(&rollcall.rounds, rl, rl_entry);
}

int
rollcall_fresh(const struct rollcall *rl, const struct session *s)
{
	return (s->s_told != 0 && s->s_told >= rl->rl_asked);
}

static int
rollcall_has(const struct rollcall *rl, const struct session *s)
{
	unsigned int	 i;

	for (i = 0; i < rl->rl_count; i++)
		if (rl->rl_ids[i].si_num == s->s_id.si_num &&
		    rl->rl_ids[i].si_gen == s->s_id.si_gen)
			return (1);
	return (0);
}

void
rollcall_told(struct session *s, const struct msg_doing *dg)
{
	struct rollcall	*rl;

	TAILQ_FOREACH(rl, &rollcall.rounds, rl_entry)
		if (!rollcall_fresh(rl, s) && rl->rl_missing > 0 &&
		    rollcall_has(rl, s) && --rl->rl_missing == 0)
			rollcall_wait(rl, 0);
	s->s_doing = *dg;
	s->s_told = rollcall_clock();
}

/* Log one session for SIGUSR1. */
static void
rollcall_log_one(void *arg, const struct session *s)
{
	const struct msg_doing	*dg = &s->s_doing;
	struct timespec		 now;
	char			 text[SESSION_TEXT_MAX], idle[24] = "-";

	if (++rollcall.logged > ROLLCALL_LOGGED)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (rollcall_fresh(&rollcall.log, s))
		snprintf(idle, sizeof(idle), "%llu",
		    (unsigned long long)dg->dg_idle / 1000);
	log_info("session open %s %s seconds=%lld idle=%s retrieved=%llu "
	    "octets=%llu marked=%llu pid=%d",
	    session_text(s, text, sizeof(text)), s->s_tls,
	    (long long)(now.tv_sec - s->s_since.tv_sec), idle,
	    (unsigned long long)dg->dg_messages,
	    (unsigned long long)dg->dg_octets,
	    (unsigned long long)dg->dg_marked, (int)s->s_pid);
}

static void
rollcall_log_slice(void *arg, int last)
{
	if (!last && rollcall.logged <= ROLLCALL_LOGGED) {
		rollcall_next(&rollcall.log);
		return;
	}
	rollcall.logging = 0;
	log_info("%u sessions%s", session_count(),
	    rollcall.logged > ROLLCALL_LOGGED ? ": see popctl for the others" :
	    "");
}

void
rollcall_log(void)
{
	if (rollcall.logging)
		return;
	rollcall.logging = 1;
	rollcall.logged = 0;
	rollcall_begin(&rollcall.log, NULL, NULL, rollcall_log_one,
	    rollcall_log_slice, NULL);
}

/* A worker reads its channel between commands, when signalled. */
static void
rollcall_verbose_one(void *arg, const struct session *s)
{
	struct msg_verbose	 vb = { 0, 0 };

	vb.vb_verbose = (uint32_t)settings.verbose;
	if (s->s_chan == NULL || !chan_drained(s->s_chan))
		return;
	chan_send(s->s_chan, MSG_VERBOSE, &vb, -1);
	kill(s->s_pid, SIGURG);
}

static void
rollcall_verbose_slice(void *arg, int last)
{
	rollcall.telling = !last;
	if (!last)
		rollcall_next(&rollcall.verbose);
}

void
rollcall_verbose(void)
{
	if (rollcall.telling)
		rollcall_end(&rollcall.verbose);
	rollcall.telling = 1;
	rollcall_begin(&rollcall.verbose, NULL, NULL, rollcall_verbose_one,
	    rollcall_verbose_slice, NULL);
}
