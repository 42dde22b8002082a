/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue process, between the listeners, which have passwords, the
 * checkers, which have hashes, and the parent, which wants to know who may log
 * in.  In: AUTH_CHECK and AUTH_CANCEL of listeners, CHECKED of checkers;
 * neither is believed beyond its role.  Out: CHECK, and to the parent AUTH_OK
 * or AUTH_BAD, once for each check that is not cancelled.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "chan.h"
#include "confset.h"
#include "count.h"
#include "digest.h"
#include "keyhash.h"
#include "log.h"
#include "lookup.h"
#include "msg.h"
#include "nets.h"
#include "peer.h"
#include "proc.h"
#include "queue.h"
#include "seal.h"
#include "serve.h"
#include "setting.h"
#include "table.h"

static struct {
	struct queue		*queue;
	struct event		 timer;	/* when the next delay ends */
	uint64_t		 seq;
	uint8_t			 key[KEYHASH_KEY];	/* see cache.h */
	uint8_t			 seal[KEYHASH_KEY];	/* see seal.h */
	struct peers		 peers;
} serve;

static void	 serve_run(void);

static uint64_t
serve_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((uint64_t)ts.tv_sec * 1000 +
	    (uint64_t)ts.tv_nsec / 1000000);
}

/* Return how long a check waited until it was taken or given up. */
static struct msg_wait
serve_wait(const struct check *ck)
{
	struct msg_wait	 mwt;
	uint64_t	 end = ck->ck_taken != 0 ? ck->ck_taken : serve_now();

	mwt.mwt_queued = (uint32_t)(end - ck->ck_came);
	mwt.mwt_delayed = (uint32_t)(ck->ck_ready - ck->ck_came);
	if (mwt.mwt_delayed > mwt.mwt_queued)
		mwt.mwt_delayed = mwt.mwt_queued;
	return (mwt);
}

/* Tell the parent who may log in. */
static void
serve_admit(const struct check *ck)
{
	struct msg_auth_ok	 mo;

	memset(&mo, 0, sizeof(mo));
	mo.mo_id = ck->ck_id;
	mo.mo_wait = serve_wait(ck);
	mo.mo_purpose = ck->ck_purpose;
	mo.mo_method = ck->ck_method;
	strlcpy(mo.mo_user, ck->ck_user, sizeof(mo.mo_user));
	proc_send(MSG_AUTH_OK, &mo, -1);
}

/* Tell the parent who may not. */
static void
serve_refuse(const struct session_id *id, const char *user,
    enum auth_result result, struct msg_wait wait)
{
	struct msg_auth_bad	 mab;

	memset(&mab, 0, sizeof(mab));
	mab.mab_id = *id;
	mab.mab_result = result;
	mab.mab_wait = wait;
	strlcpy(mab.mab_user, user, sizeof(mab.mab_user));
	proc_send(MSG_AUTH_BAD, &mab, -1);
}

/* Tell a listener the ticket for its proxy.  Return -1 if it cannot be sent. */
static int
serve_ticket(const struct session_id *id, const char *text)
{
	struct msg_auth_ticket	 ati;
	struct peer		*pe;

	pe = peer_listener(&serve.peers, id->si_gen);
	memset(&ati, 0, sizeof(ati));
	ati.ati_id = *id;
	strlcpy(ati.ati_text, text, sizeof(ati.ati_text));
	if (pe == NULL ||
	    chan_send(pe->pe_chan, MSG_AUTH_TICKET, &ati, -1) == -1)
		return (-1);
	return (chan_drained(pe->pe_chan) ? 0 : -1);
}

/* End a failed check: count it, answer unless cancelled, and wipe it. */
static void
serve_finish(struct check *ck, enum auth_result result)
{
	if (result != AUTH_TEMP && result != AUTH_DELAY &&
	    ck->ck_result == AUTH_ACCEPTED)
		queue_failed(serve.queue, ck, serve_now());
	if (!ck->ck_cancelled)
		serve_refuse(&ck->ck_id, ck->ck_user, result, serve_wait(ck));
	queue_check_free(ck);
}

/*
 * tabpop has answered.  A check that failed before is answered now; others
 * wait for a checker, which gets the hash.
 */
static void
serve_looked(struct check *ck, enum look_result result)
{
	if (ck->ck_result != AUTH_ACCEPTED)
		serve_finish(ck, ck->ck_result);
	else if (result == LOOK_TEMP || ck->ck_cancelled)
		serve_finish(ck, AUTH_TEMP);
	else {
		ck->ck_looked = 1;
		ck->ck_prove = result == LOOK_PROVE;
		queue_again(serve.queue, ck, serve_now());
		serve_run();
	}
}

/*
 * A wrong password of a user in authtab, or of one without a hash: count it,
 * but answer only when tabpop would have answered about an unknown user.
 */
static void
serve_failed(struct check *ck, enum auth_result result)
{
	if ((ck->ck_method != AUTH_PASSWORD && !digest_method(ck->ck_method)) ||
	    result == AUTH_TEMP || ck->ck_lookup != 0 || !lookup_ready()) {
		serve_finish(ck, result);
		return;
	}
	queue_failed(serve.queue, ck, serve_now());
	ck->ck_result = result;
	lookup_add(ck);
}

/*
 * End a successful check of this user.  A right password counts even if the
 * login comes too soon after another; only a client that knows it is told so
 * (RFC 2449 section 8.1.1).  Routes do not count as logins, since the login is
 * made on another server.
 */
static void
serve_succeed(struct check *ck, const char *ticket)
{
	uint64_t	 delay = setting(SETTING_LOGIN_DELAY) * 1000ULL;

	if (ck->ck_purpose == PURPOSE_ROUTE)
		delay = 0;
	if (!digest_fresh(peer_listener(&serve.peers, ck->ck_id.si_gen),
	    ck)) {
		serve_finish(ck, AUTH_TEMP);
		return;
	}
	queue_succeeded(serve.queue, ck, serve_now());
	if (delay != 0 && !ck->ck_cancelled &&
	    !queue_login(serve.queue, ck, delay)) {
		serve_finish(ck, AUTH_DELAY);
		return;
	}
	/* The listener must have it before the parent opens the session. */
	if (ck->ck_purpose == PURPOSE_ROUTE && digest_method(ck->ck_method) &&
	    !ck->ck_cancelled && serve_ticket(&ck->ck_id, ticket) == -1) {
		serve_finish(ck, AUTH_TEMP);
		return;
	}
	if (!ck->ck_cancelled)
		serve_admit(ck);
	queue_check_free(ck);
}

/* Give a check to an idle checker; or one that asks the cache, to any. */
static void
serve_give(struct peer *pe, struct check *ck)
{
	struct msg_check	 mk;

	memset(&mk, 0, sizeof(mk));
	mk.mk_id = ck->ck_id;
	mk.mk_seq = ++serve.seq;
	mk.mk_method = ck->ck_method;
	mk.mk_purpose = ck->ck_purpose;
	memcpy(mk.mk_salt, ck->ck_salt, sizeof(mk.mk_salt));
	memcpy(mk.mk_user, ck->ck_user, sizeof(mk.mk_user));
	mk.mk_cached = (uint16_t)ck->ck_cached;
	memcpy(mk.mk_pass, ck->ck_pass, sizeof(mk.mk_pass));
	if (ck->ck_method == AUTH_PASSWORD)
		keyhash_whole(serve.key, NULL, ck->ck_user, ck->ck_pass,
		    mk.mk_tag);
	if (digest_method(ck->ck_method))
		ck->ck_stamp = digest_stamp(serve.seal, ck->ck_id.si_gen,
		    ck->ck_pass);
	mk.mk_looked = ck->ck_looked;
	if (ck->ck_cached)
		peer_keep(pe, ck, mk.mk_seq);
	else {
		pe->pe_check = ck;
		pe->pe_seq = mk.mk_seq;
	}
	/* If this fails, serve_closed() will find another checker. */
	ck->ck_sent = chan_send(pe->pe_chan, MSG_CHECK, &mk, -1) == 0;
	/* Without this the checker waits for a short time. */
	if (ck->ck_looked)
		lookup_give(ck, pe->pe_gen, mk.mk_seq);
	explicit_bzero(&mk, sizeof(mk));
}

/* Give checks to idle checkers, and set the timer for the next delay. */
static void
serve_run(void)
{
	struct check	*ck;
	struct timeval	 tv;
	uint64_t	 now = serve_now();
	int64_t		 wait;

	evtimer_del(&serve.timer);
	while (peer_idle(&serve.peers, NULL) != NULL &&
	    (ck = queue_next(serve.queue, now)) != NULL)
		serve_give(peer_idle(&serve.peers, ck), ck);
	count_gauge(GAUGE_QUEUE, queue_waiting(serve.queue));
	/* 0: wait for a checker to become idle, or to be started. */
	if ((wait = queue_wait(serve.queue, now)) <= 0)
		return;
	tv.tv_sec = wait / 1000;
	tv.tv_usec = (wait % 1000) * 1000;
	if (evtimer_add(&serve.timer, &tv) == -1)
		fatalx("evtimer_add");
}

static void
serve_timer(int fd, short what, void *arg)
{
	serve_run();
}

/* Not in the cache: it waits.  If cancelled it was a guess all the same. */
static void
serve_asked(struct check *ck)
{
	ck->ck_cached = 0;
	ck->ck_proof = 0;
	if (ck->ck_cancelled)
		serve_finish(ck, AUTH_NO_MATCH);
	else
		queue_again(serve.queue, ck, serve_now());
}

/* Ask the cache about a new check that is delayed, if it may. */
static void
serve_ask(const struct session_id *id)
{
	struct check	*ck;
	struct peer	*pe;

	if ((ck = queue_ask(serve.queue, id, serve_now())) == NULL)
		return;
	pe = peer_own(&serve.peers, ck);
	/* A checker that is at a slow hash reads nothing meanwhile. */
	if (pe != NULL && chan_drained(pe->pe_chan))
		serve_give(pe, ck);
	else
		serve_asked(ck);
}

/* Check that this peer may send such a check. */
static struct verdict
listener_judge(struct peer *pe, const struct msg_auth_check *mac)
{
	if (mac->mac_id.si_gen != pe->pe_gen)
		return (LIE("session of another listener"));
	if (mac->mac_id.si_num <= pe->pe_last)
		return (LIE("session number used before"));
	pe->pe_last = mac->mac_id.si_num;
	return (TAKEN);
}

/* No room in the queue. */
static void
listener_refuse(const struct msg_auth_check *mac)
{
	char	 user[USER_MAX];

	memcpy(user, mac->mac_user, sizeof(user));
	table_lower(user);
	serve_refuse(&mac->mac_id, user, AUTH_TEMP, (struct msg_wait){ 0, 0 });
}

static struct verdict
listener_check(void *arg, const void *data, int fd)
{
	const struct msg_auth_check	*mac = data;
	struct check			*displaced;
	struct verdict			 vd = listener_judge(arg, mac);

	if (vd.vd_kind != VERDICT_TAKEN)
		return (vd);
	/* The challenge may be of a previous authpop. */
	if (!digest_judge(serve.seal, mac) ||
	    queue_add(serve.queue, mac, serve_now(), &displaced) == -1)
		listener_refuse(mac);
	else {
		serve_ask(&mac->mac_id);
		/* It was added, perhaps in place of another. */
		if (displaced != NULL)
			serve_finish(displaced, AUTH_TEMP);
		serve_run();
	}
	return (TAKEN);
}

/* A check that is gone was answered a moment ago: no error. */
static struct verdict
listener_cancel(void *arg, const void *data, int fd)
{
	const struct session_id	*id = data;
	struct peer		*pe = arg;

	if (id->si_gen != pe->pe_gen || id->si_num == 0)
		return (LIE("not a session of this listener"));
	if (queue_cancel(serve.queue, id, serve_now())) {
		serve_run();
		return (TAKEN);
	}
	lookup_cancel(id);
	LIST_FOREACH(pe, &serve.peers, pe_entry)
		peer_cancel(pe, id->si_gen, id->si_num);
	return (TAKEN);
}

static struct verdict
checker_checked(void *arg, const void *data, int fd)
{
	const struct msg_checked	*mh = data;
	struct peer			*pe = arg;
	struct check			*ck;

	if ((ck = peer_find(pe, mh->mh_seq)) == NULL)
		return (LIE("unexpected answer"));
	/* Only the queue knows of other logins. */
	if (mh->mh_result == AUTH_DELAY)
		return (LIE("decides on a delay"));
	if (mh->mh_result == AUTH_ELSEWHERE &&
	    (ck->ck_looked || (ck->ck_method != AUTH_PASSWORD &&
	    !digest_method(ck->ck_method))))
		return (LIE("asks twice"));
	if (mh->mh_result == AUTH_PROVING &&
	    (!ck->ck_looked || ck->ck_proof != 0 ||
	    ck->ck_method != AUTH_PASSWORD))
		return (LIE("proves twice"));
	peer_take(pe, ck);
	if (ck->ck_cached && mh->mh_result != AUTH_ACCEPTED) {
		ck->ck_denied = mh->mh_result == AUTH_NO_MATCH;
		serve_asked(ck);
	} else if (mh->mh_result == AUTH_ELSEWHERE)
		lookup_add(ck);
	else if (mh->mh_result == AUTH_PROVING)
		peer_keep(pe, ck, mh->mh_seq);
	else if (mh->mh_result != AUTH_ACCEPTED)
		serve_failed(ck, mh->mh_result);
	else
		serve_succeed(ck, mh->mh_ticket);
	serve_run();
	return (TAKEN);
}

static const struct chan_rule listener_rules[] = {
	{ MSG_AUTH_CHECK,	listener_check },
	{ MSG_AUTH_CANCEL,	listener_cancel },
	{ 0,			NULL }
};

static const struct chan_rule checker_rules[] = {
	{ MSG_CHECKED,		checker_checked },
	{ 0,			NULL }
};

/* Tell a listener how its challenges for APOP and CRAM-MD5 begin. */
static void
listener_epoch(const struct peer *pe)
{
	struct msg_auth_epoch	 ec;

	memset(&ec, 0, sizeof(ec));
	seal_epoch(serve.seal, pe->pe_gen, ec.ec_text);
	/* If this fails, serve_closed() will be called. */
	chan_send(pe->pe_chan, MSG_AUTH_EPOCH, &ec, -1);
}

/* A listener is gone: cancel all its checks. */
static void
listener_forget(uint64_t gen)
{
	struct peer	*pe;

	queue_forget(serve.queue, gen);
	lookup_forget(gen);
	LIST_FOREACH(pe, &serve.peers, pe_entry)
		peer_cancel(pe, gen, 0);
}

/*
 * The checker of a check has died: another one checks it from the beginning.
 * Only once, as this password may be what checkers die of.
 */
static void
serve_again(struct check *ck)
{
	if ((ck->ck_again && ck->ck_sent) || ck->ck_cancelled) {
		serve_finish(ck, AUTH_TEMP);
		return;
	}
	ck->ck_again |= ck->ck_sent;
	ck->ck_looked = ck->ck_prove = ck->ck_cached = 0;
	ck->ck_lookup = ck->ck_proof = 0;
	queue_again(serve.queue, ck, serve_now());
}

static void
serve_closed(void *arg, const char *why)
{
	struct peer	*pe = arg;
	struct check	*ck = pe->pe_check, *next;

	if (why != NULL)
		log_warnx("%s ended: %s", pe->pe_name, why);
	LIST_REMOVE(pe, pe_entry);
	chan_free(pe->pe_chan);
	if (pe->pe_role != ROLE_CHECKER)
		listener_forget(pe->pe_gen);
	if (ck != NULL)
		serve_again(ck);
	for (ck = LIST_FIRST(&pe->pe_kept); ck != NULL; ck = next) {
		next = LIST_NEXT(ck, ck_asking);
		serve_again(ck);
	}
	free(pe);
	serve_run();
}

static struct verdict
parent_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;
	struct peer		*pe;

	if (mp->mp_role == ROLE_TABLE) {
		lookup_peer(fd);
		return (TAKEN);
	}
	if (mp->mp_role != ROLE_LISTENER && mp->mp_role != ROLE_CHECKER) {
		close(fd);
		return (LIE("unexpected peer"));
	}
	LIST_FOREACH(pe, &serve.peers, pe_entry)
		if (pe->pe_role == mp->mp_role && pe->pe_gen == mp->mp_gen)
			break;
	if (pe != NULL)
		serve_closed(pe, NULL);

	if ((pe = calloc(1, sizeof(*pe))) == NULL)
		fatal("calloc");
	pe->pe_role = mp->mp_role;
	pe->pe_gen = mp->mp_gen;
	LIST_INIT(&pe->pe_kept);
	snprintf(pe->pe_name, sizeof(pe->pe_name), "%s %llu",
	    msg_role_name(mp->mp_role), (unsigned long long)mp->mp_gen);
	pe->pe_chan = chan_new(fd, pe->pe_name,
	    mp->mp_role == ROLE_CHECKER ? checker_rules : listener_rules,
	    serve_closed, pe);
	if (pe->pe_chan == NULL)
		fatal("chan_new");
	LIST_INSERT_HEAD(&serve.peers, pe, pe_entry);
	if (pe->pe_role == ROLE_LISTENER)
		listener_epoch(pe);
	serve_run();
	return (TAKEN);
}

/* A right password opened nothing. */
static struct verdict
parent_count(void *arg, const void *data, int fd)
{
	const struct msg_auth_count	*mn = data;

	queue_logout(serve.queue, mn->mn_user);
	if (mn->mn_failed)
		queue_opened_nothing(serve.queue, &mn->mn_source,
		    mn->mn_user, serve_now());
	return (TAKEN);
}

/* The administrator asks who fails. */
static struct verdict
parent_ask(void *arg, const void *data, int fd)
{
	return (ask_sources(serve.queue, data, serve_now()));
}

/* The administrator clears the failures of a source. */
static struct verdict
parent_forgive(void *arg, const void *data, int fd)
{
	queue_clear(serve.queue, data);
	return (TAKEN);
}

/* The queue only uses the networks; nothing can be wrong. */
static void
conf_check(const struct confset *cs)
{
	confset_answer(&serve, NULL);
}

static void
conf_commit(void *made, struct confset *cs)
{
	nets_use(cs->cs_nets, cs->cs_nnets);
	cs->cs_nets = NULL;
	/* No tag known to a checker's cache is made again. */
	arc4random_buf(serve.key, sizeof(serve.key));
}

static const struct confset_ops serve_ops = {
	0, 0, conf_check, conf_commit
};

static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		parent_peer },
	{ MSG_AUTH_COUNT,	parent_count },
	{ MSG_ASK,		parent_ask },
	{ MSG_FORGIVE,		parent_forgive },
	{ 0,			NULL }
};

void
serve_start(void)
{
	proc_start(msg_role_name(ROLE_AUTH), parent_rules);
	confset_init(&serve_ops);
	LIST_INIT(&serve.peers);
	serve.queue = queue_new();
	arc4random_buf(serve.seal, sizeof(serve.seal));
	arc4random_buf(serve.key, sizeof(serve.key));
	lookup_start(serve_looked, serve_now);
	evtimer_set(&serve.timer, serve_timer, NULL);
}
