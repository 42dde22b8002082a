/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
 * link: authpop/origin.o authpop/pairs.o authpop/penalty.o authpop/keyhash.o
 * link: lib/chan.o lib/confset.o lib/log.o lib/msg.o lib/source.o lib/table.o
 * link: lib/bucket.o $(IMSG_OBJS) $(COMPAT_TABLE) authpop/digest.o lib/secret.o
 * link: lib/setting.o lib/nets.o lib/count.o authpop/ask.o authpop/peer.o
 * link: lib/hmac.o lib/base64.o authpop/seal.o $(COMPAT_CRYPT) authpop/ticket.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop between listeners, checkers and a tabpop that are not ours any more,
 * over real channels: the parent, which is in here, is told of a right
 * password only if a checker said so of just that check, once, and of nothing
 * that was cancelled.  A checker gets a check a second time only after tabpop
 * was asked about it, and what tabpop is told to give it is for that user.  In
 * the end, with time and peers that work, nothing is left without an answer.
 *
 * The input is a list of acts: an octet for what and who, one for the rest.
 */

#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <event.h>
#include <signal.h>
#include <time.h>

#include "authpop/authpop.h"
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

/* Milliseconds: until all is forgotten; longer than any delay. */
#define FORGOTTEN	((KNOWN_SECONDS + 1) * 1000ULL)
#define LATER		(3600 * 1000ULL)

enum act {
	ACT_CHECK,			/* a PASS came */
	ACT_FIRST,			/* SCRAM begins */
	ACT_PROOF,			/* the last nonce, or one like it */
	ACT_CANCEL,
	ACT_CHECKED,			/* to what the checker was given last */
	ACT_LIE,			/* a result for any number */
	ACT_FOREIGN,			/* another listener's session */
	ACT_AGAIN,			/* a session number a second time */
	ACT_OCTETS,
	ACT_REPLACE,			/* this peer dies; there is another */
	ACT_COUNT,
	ACT_WAIT,			/* time passes */
	ACT_CONF,			/* a configuration, and a ping */
	ACT_TABLES,			/* there is a new tabpop, or none */
	ACT_LOOKED,			/* it answers */
	ACT_LOOKED_LIE,			/* of any number */
	ACT_PROVED,			/* a table process saw a password */
	ACT_CROWD,			/* more than tabpop can be asked of */
	ACTS
};

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
	struct msg_auth_challenge en_challenge;	/* listener: the last */
	struct msg_check en_check;	/* checker: given last */
	int		 en_busy;
	int		 en_garbled;	/* what follows is part of it */
	struct proof	 en_proofs[PROOFS];
	size_t		 en_nproofs;
};

/* What tabpop was asked. */
struct looked {
	char		 lo_user[8];
	uint64_t	 lo_tables;	/* by which: its generation */
	enum { LO_ASKED, LO_ANSWERED, LO_GIVEN } lo_state;
};

/* A check that a listener asked for; its password names it. */
struct asked {
	struct session_id ad_id;
	enum auth_method ad_method;
	uint64_t	 ad_tables;	/* tabpop when a checker failed it */
	int		 ad_elsewhere;	/* a checker said so */
	char		 ad_user[8], ad_pass[16];
	int		 ad_given, ad_over, ad_result;
	int		 ad_first;	/* the parent never hears of it */
	char		 ad_nonce[SCRAM_NONCE + 1];
	int		 ad_used;	/* and there was a proof for it */
};

static struct {
	struct end	 fz_parent;
	struct end	 fz_peer[PEERS];
	struct asked	 fz_asked[ASKED_MAX];
	size_t		 fz_count;
	uint64_t	 fz_gen;
	uint64_t	 fz_ms;		/* that have passed */
	struct chan	*fz_chan;	/* authpop's end of fz_parent */
	int		 fz_owed;	/* answers to the parent's own questions */
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

static void
end_open(struct end *en, int fd)
{
	memset(en, 0, sizeof(*en));
	en->en_fd = fd;
	if (imsgbuf_init(&en->en_buf, fd) == -1)
		abort();
	imsgbuf_allow_fdpass(&en->en_buf);
}

static void
end_close(struct end *en)
{
	if (en->en_fd == -1)
		return;
	imsgbuf_clear(&en->en_buf);
	close(en->en_fd);
	en->en_fd = -1;
}

static void
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

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* Not where the clock begins. */
	fuzzer.fz_ms = FORGOTTEN;
	log_init("fuzz");
	log_to(fuzz_silent);
	signal(SIGPIPE, SIG_IGN);
	serve_start();
	return (0);
}

static void
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

static struct asked *
asked_of_id(const struct session_id *id)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_asked[i].ad_id.si_gen == id->si_gen &&
		    fuzzer.fz_asked[i].ad_id.si_num == id->si_num)
			return (&fuzzer.fz_asked[i]);
	return (NULL);
}

static struct asked *
asked_of_pass(const char *pass)
{
	size_t	 i = strtoul(pass + 1, NULL, 10);

	return (i < fuzzer.fz_count &&
	    strcmp(fuzzer.fz_asked[i].ad_pass, pass) == 0 ?
	    &fuzzer.fz_asked[i] : NULL);
}

/* Nothing of this listener is to be answered any more. */
static void
asked_forget(uint64_t gen)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_asked[i].ad_id.si_gen == gen)
			fuzzer.fz_asked[i].ad_over = 1;
}

/* The generation of tabpop, 0 if there is none that keeps to the rules. */
static uint64_t
tables_gen(void)
{
	const struct end	*en = &fuzzer.fz_peer[TABLES];

	return (en->en_fd == -1 || en->en_garbled ? 0 : en->en_gen);
}

/*
 * A wrong password of somebody whom no table process is needed for is told as
 * late as one of the others: tabpop has answered about him, too.
 */
static void
test_late(const struct asked *ad, const char *user)
{
	if (ad->ad_method != AUTH_PASSWORD || ad->ad_given > 1 ||
	    ad->ad_tables == 0 || ad->ad_tables != tables_gen() ||
	    fuzzer.fz_crowded)
		return;
	FUZZ(fuzzer.fz_answers[(uint8_t)user[0]] > 0);
	fuzzer.fz_answers[(uint8_t)user[0]]--;
}

/* What the parent is told of a login. */
static void
test_answer(const struct session_id *id, const char *user, uint32_t result)
{
	struct asked	*ad = asked_of_id(id);
	char		 lower[8];

	FUZZ(ad != NULL && !ad->ad_over && !ad->ad_first);
	ad->ad_over = 1;
	(void)strlcpy(lower, ad->ad_user, sizeof(lower));
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
 * once more after it said that tabpop is to be asked first.
 */
static void
test_check(struct end *en, const struct msg_check *mk)
{
	struct asked	*ad = asked_of_pass(mk->mk_pass);

	FUZZ(!en->en_busy);
	FUZZ(ad != NULL && ad->ad_given == (mk->mk_looked != 0));
	FUZZ(!mk->mk_looked || ad->ad_elsewhere);
	ad->ad_given++;
	en->en_check = *mk;
	en->en_busy = 1;
}

/* A proof goes to a checker once for each nonce that was given. */
static void
test_check_scram(struct end *en, const struct msg_check_scram *mks)
{
	struct asked	*ad;
	size_t		 i, found = 0;

	test_check(en, &mks->mks_check);
	for (i = 0; i < fuzzer.fz_count; i++) {
		ad = &fuzzer.fz_asked[i];
		if (ad->ad_first && ad->ad_given &&
		    ad->ad_id.si_num == mks->mks_said.sm_exchange &&
		    strcmp(mks->mks_said.sm_nonce, ad->ad_nonce) == 0) {
			FUZZ(!ad->ad_used);
			ad->ad_used = 1;
			found++;
		}
	}
	FUZZ(found == 1);
}

/* An answer to a SCRAM_FIRST; or a signature, before the parent's. */
static void
test_challenge(struct end *en, const struct msg_auth_challenge *mch)
{
	struct asked	*ad = asked_of_id(&mch->mch_id);

	FUZZ(ad != NULL && mch->mch_id.si_gen == en->en_gen);
	if (!ad->ad_first) {
		/* The parent's answer, sent after it, is read before it. */
		FUZZ(ad->ad_result == AUTH_ACCEPTED);
		return;
	}
	FUZZ(!ad->ad_over);
	ad->ad_over = 1;
	FUZZ((mch->mch_nonce[0] != '\0') == (mch->mch_text[0] != '\0'));
	if (mch->mch_nonce[0] == '\0')
		return;
	FUZZ(ad->ad_result == AUTH_ACCEPTED);
	(void)strlcpy(ad->ad_nonce, mch->mch_nonce, sizeof(ad->ad_nonce));
	en->en_challenge = *mch;
}

/* tabpop is asked about somebody who waits for it. */
static void
test_lookup(const struct msg_lookup *mlk)
{
	struct looked	*lo = &fuzzer.fz_looked[fuzzer.fz_lookups];
	size_t		 i, n = 0;

	FUZZ(mlk->mlk_seq == fuzzer.fz_before + ++fuzzer.fz_lookups);
	FUZZ(fuzzer.fz_lookups <= LOOKUPS);
	FUZZ(strlen(mlk->mlk_user) < sizeof(lo->lo_user));
	(void)strlcpy(lo->lo_user, mlk->mlk_user, sizeof(lo->lo_user));
	lo->lo_tables = fuzzer.fz_peer[TABLES].en_gen;
	lo->lo_state = LO_ASKED;
	for (i = 0; i < fuzzer.fz_lookups; i++)
		n += fuzzer.fz_looked[i].lo_state == LO_ASKED &&
		    fuzzer.fz_looked[i].lo_tables == lo->lo_tables;
	FUZZ(n <= LOOKUPS_MAX);
}

/* It gives what it was asked about, once, to whoever checks that user. */
static void
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

static void
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
		test_check(en, &data.check);
		break;
	case MSG_CHECK_SCRAM:
		FUZZ(en >= &fuzzer.fz_peer[LISTENERS] &&
		    en < &fuzzer.fz_peer[TABLES]);
		test_check_scram(en, &data.check_scram);
		break;
	case MSG_AUTH_CHALLENGE:
		FUZZ(en < &fuzzer.fz_peer[LISTENERS]);
		test_challenge(en, &data.auth_challenge);
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

static void
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

/* Let authpop do all that it has to do, and see what it says. */
static void
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
static void
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

static struct source
source_of(uint8_t rest)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[3] = rest & 7;
	return (so);
}

/* A check for a session of this generation and number. */
static void
listener_asks(struct end *en, enum auth_method method, uint64_t gen,
    uint64_t num, uint8_t rest)
{
	struct msg_auth_scram	 mas;
	struct msg_auth_check	 mac;
	struct asked		*ad = &fuzzer.fz_asked[fuzzer.fz_count];

	if (fuzzer.fz_count == ASKED_MAX || en->en_fd == -1 ||
	    en->en_garbled)
		return;
	memset(&mac, 0, sizeof(mac));
	memset(ad, 0, sizeof(*ad));
	ad->ad_id.si_gen = mac.mac_id.si_gen = gen;
	ad->ad_id.si_num = mac.mac_id.si_num = num;
	mac.mac_source = source_of(rest);
	mac.mac_method = method;
	ad->ad_method = method;
	ad->ad_first = method == AUTH_SCRAM_FIRST;
	ad->ad_result = -1;
	(void)snprintf(ad->ad_user, sizeof(ad->ad_user), "%c",
	    'A' + rest % 64);
	(void)snprintf(ad->ad_pass, sizeof(ad->ad_pass), "p%zu",
	    fuzzer.fz_count);
	memcpy(mac.mac_user, ad->ad_user, sizeof(ad->ad_user));
	memcpy(mac.mac_pass, ad->ad_pass, sizeof(ad->ad_pass));
	/* What it may not ask for must never be answered. */
	if (gen == en->en_gen && num > en->en_num) {
		fuzzer.fz_count++;
		en->en_num = num;
	}
	if (method != AUTH_SCRAM) {
		end_send(en, MSG_AUTH_CHECK, &mac, -1);
		return;
	}
	memset(&mas, 0, sizeof(mas));
	mas.mas_check = mac;
	mas.mas_said.sm_exchange = en->en_challenge.mch_id.si_num +
	    (rest >> 6 == 3);
	(void)strlcpy(mas.mas_said.sm_nonce, en->en_challenge.mch_nonce,
	    sizeof(mas.mas_said.sm_nonce));
	end_send(en, MSG_AUTH_SCRAM, &mas, -1);
}

/* A password. */
static void
listener_check(struct end *en, uint64_t gen, uint64_t num, uint8_t rest)
{
	listener_asks(en, AUTH_PASSWORD, gen, num, rest);
}

static void
listener_cancel(struct end *en, uint8_t rest)
{
	struct session_id	 id = { en->en_gen, 0 };
	struct asked		*ad;

	/* After half a message it is not read, and cancels nothing. */
	if (en->en_garbled)
		return;
	id.si_num = en->en_num - (rest & 0x3f);
	end_send(en, MSG_AUTH_CANCEL, &id, -1);
	settle();
	if ((ad = asked_of_id(&id)) != NULL)
		ad->ad_over = 1;
}

/* A table process is to see what a checker works on: it takes the next. */
static void
checker_proves(struct end *en)
{
	struct proof	*po = &en->en_proofs[en->en_nproofs++];

	po->po_seq = en->en_check.mk_seq;
	po->po_asked = asked_of_pass(en->en_check.mk_pass);
}

static void
checker_checked(struct end *en, uint64_t seq, uint8_t rest)
{
	struct msg_checked	 md;
	struct asked		*ad;

	memset(&md, 0, sizeof(md));
	md.mh_seq = seq;
	md.mh_result = rest % AUTH_RESULTS;
	if (md.mh_result == AUTH_PROVING && en->en_nproofs == PROOFS)
		md.mh_result = AUTH_TEMP;
	(void)strlcpy(md.mh_text, "text", sizeof(md.mh_text));
	if (en->en_busy && seq == en->en_check.mk_seq) {
		ad = asked_of_pass(en->en_check.mk_pass);
		ad->ad_result = (int)md.mh_result;
		ad->ad_tables = tables_gen();
		ad->ad_elsewhere |= md.mh_result == AUTH_ELSEWHERE;
		en->en_busy = 0;
		if (md.mh_result == AUTH_PROVING)
			checker_proves(en);
	}
	end_send(en, MSG_CHECKED, &md, -1);
}

/* What came of a password that a table process saw. */
static void
checker_proved(struct end *en, uint8_t rest)
{
	struct msg_checked	 md;
	size_t			 i;

	if (en->en_nproofs == 0)
		return;
	i = (rest >> 4) % en->en_nproofs;
	memset(&md, 0, sizeof(md));
	md.mh_seq = en->en_proofs[i].po_seq;
	md.mh_result = (rest & 0xf) % AUTH_RESULTS;
	en->en_proofs[i].po_asked->ad_result = (int)md.mh_result;
	en->en_proofs[i] = en->en_proofs[--en->en_nproofs];
	end_send(en, MSG_CHECKED, &md, -1);
}

/* tabpop answers something, which it may have been asked. */
static void
tables_looked(struct end *en, uint64_t seq, uint8_t rest)
{
	struct msg_looked	 ld;
	struct looked		*lo = NULL;
	size_t			 i = seq - fuzzer.fz_before - 1;

	memset(&ld, 0, sizeof(ld));
	ld.ld_seq = seq;
	ld.ld_result = rest % LOOK_RESULTS;
	if (seq > fuzzer.fz_before && i < fuzzer.fz_lookups)
		lo = &fuzzer.fz_looked[i];
	if (lo != NULL && lo->lo_state == LO_ASKED &&
	    lo->lo_tables == tables_gen()) {
		lo->lo_state = LO_ANSWERED;
		fuzzer.fz_answers[(uint8_t)lo->lo_user[0]]++;
		end_send(en, MSG_LOOKED, &ld, -1);
		return;
	}
	/* A lie, and the end of it. */
	end_send(en, MSG_LOOKED, &ld, -1);
	en->en_garbled = 1;
}

/* One of those that tabpop was asked; or -1. */
static int
tables_answer(struct end *en, uint8_t rest)
{
	size_t	 i, skip = rest >> 3;

	for (i = 0; i < fuzzer.fz_lookups; i++)
		if (fuzzer.fz_looked[i].lo_state == LO_ASKED &&
		    fuzzer.fz_looked[i].lo_tables == tables_gen() &&
		    skip-- == 0) {
			tables_looked(en, fuzzer.fz_before + i + 1, rest);
			return (0);
		}
	return (-1);
}

/* A right password was of no use. */
static void
parent_counts(uint8_t rest)
{
	struct msg_auth_count	 mn;

	memset(&mn, 0, sizeof(mn));
	mn.mn_source = source_of(rest);
	mn.mn_failed = rest & 1;
	(void)snprintf(mn.mn_user, sizeof(mn.mn_user), "%c", 'a' + rest % 26);
	if (rest & 2)
		(void)snprintf(mn.mn_cert, sizeof(mn.mn_cert), "%c@",
		    'a' + rest % 26);
	end_send(&fuzzer.fz_parent, MSG_AUTH_COUNT, &mn, -1);
}

static void
parent_configures(uint8_t rest)
{
	struct msg_conf	 mc;

	memset(&mc, 0, sizeof(mc));
	end_send(&fuzzer.fz_parent, MSG_CONF_TRY, &mc, -1);
	if (rest & 1) {
		end_send(&fuzzer.fz_parent, MSG_CONF_CHECK, NULL, -1);
		fuzzer.fz_owed++;
		end_send(&fuzzer.fz_parent, rest & 2 ? MSG_CONF_COMMIT :
		    MSG_CONF_ABORT, NULL, -1);
	}
	end_send(&fuzzer.fz_parent, MSG_PING, NULL, -1);
	fuzzer.fz_owed++;
	settle();
	FUZZ(fuzzer.fz_owed == 0);
}

/* Users of table processes, more than wait for one that is slow. */
static void
crowd_comes(struct end *listener, struct end *checker, uint8_t rest)
{
	size_t	 i;

	fuzzer.fz_crowded = 1;
	for (i = 0; i < (size_t)rest * CROWD && fuzzer.fz_count < ASKED_MAX;
	    i++) {
		fuzzer.fz_ms++;
		listener_check(listener, listener->en_gen,
		    listener->en_num + 1, (uint8_t)(rest + i % 3));
		settle();
		if (checker->en_busy)
			checker_checked(checker, checker->en_check.mk_seq,
			    checker->en_check.mk_looked ? AUTH_NO_MATCH :
			    AUTH_ELSEWHERE);
		settle();
	}
}

static void
run_act(enum act act, int who, uint8_t rest, struct fuzz_input *fi)
{
	struct end	*listener = &fuzzer.fz_peer[who % LISTENERS];
	struct end	*checker = &fuzzer.fz_peer[LISTENERS + who %
			    (TABLES - LISTENERS)];
	struct end	*tables = &fuzzer.fz_peer[TABLES];
	unsigned char	 buf[256];
	size_t		 len;

	switch (act) {
	case ACT_CHECK:
		listener_check(listener, listener->en_gen,
		    listener->en_num + 1 + (rest >> 6), rest);
		break;
	case ACT_FIRST:
		listener_asks(listener, AUTH_SCRAM_FIRST, listener->en_gen,
		    listener->en_num + 1, rest);
		break;
	case ACT_PROOF:
		listener_asks(listener, AUTH_SCRAM, listener->en_gen,
		    listener->en_num + 1, rest);
		break;
	case ACT_CANCEL:
		listener_cancel(listener, rest);
		break;
	case ACT_CHECKED:
		if (checker->en_busy)
			checker_checked(checker, checker->en_check.mk_seq,
			    rest);
		break;
	case ACT_LIE:
		checker_checked(checker, checker->en_check.mk_seq + rest - 2,
		    rest);
		break;
	case ACT_FOREIGN:
		listener_check(listener, fuzzer.fz_peer[!(who % LISTENERS)].
		    en_gen + rest / 64, rest + 1, rest);
		break;
	case ACT_AGAIN:
		listener_check(listener, listener->en_gen, listener->en_num -
		    rest % 4, rest);
		break;
	case ACT_OCTETS:
		len = fuzz_take(fi, buf, rest);
		fuzzer.fz_peer[who].en_garbled |= len > 0;
		if (fuzzer.fz_peer[who].en_fd != -1)
			(void)send(fuzzer.fz_peer[who].en_fd, buf, len,
			    MSG_NOSIGNAL);
		break;
	case ACT_REPLACE:
		peer_new(who);
		break;
	case ACT_COUNT:
		parent_counts(rest);
		break;
	case ACT_WAIT:
		fuzzer.fz_ms += 20 * rest;
		break;
	case ACT_CONF:
		parent_configures(rest);
		break;
	case ACT_TABLES:
		if (rest & 1)
			peer_new(TABLES);
		else
			end_close(tables);
		break;
	case ACT_LOOKED:
		(void)tables_answer(tables, rest);
		break;
	case ACT_LOOKED_LIE:
		tables_looked(tables, fuzzer.fz_before + fuzzer.fz_lookups +
		    rest % 8 - 4, rest);
		break;
	case ACT_PROVED:
		checker_proved(checker, rest);
		break;
	case ACT_CROWD:
		crowd_comes(listener, checker, rest);
		break;
	default:
		break;
	}
	settle();
}

/* How many of those that were asked for have no answer yet. */
static size_t
asked_left(void)
{
	size_t	 i, n = 0;

	for (i = 0; i < fuzzer.fz_count; i++)
		n += !fuzzer.fz_asked[i].ad_over;
	return (n);
}

/* A checker that works: some of what it is given tabpop has to know first. */
static void
end_checks(struct end *en)
{
	const struct msg_check	*mk = &en->en_check;

	if (en->en_nproofs > 0)
		checker_proved(en, AUTH_NO_MATCH);
	if (!en->en_busy)
		return;
	if (!mk->mk_looked && mk->mk_method == AUTH_PASSWORD &&
	    mk->mk_seq % 2 == 0)
		checker_checked(en, mk->mk_seq, AUTH_ELSEWHERE);
	else if (mk->mk_looked && mk->mk_seq % 3 == 0)
		checker_checked(en, mk->mk_seq, AUTH_PROVING);
	else
		checker_checked(en, mk->mk_seq, AUTH_NO_MATCH);
}

/*
 * From now on the checkers work, and tabpop if there was one: each turn there
 * is an answer more, or the first half of one.
 */
static void
test_end(void)
{
	size_t	 turns = 0;
	int	 i;

	for (i = LISTENERS; i < PEERS; i++)
		if (i != TABLES || fuzzer.fz_peer[i].en_gen != 0)
			peer_new(i);
	settle();
	while (asked_left() > 0) {
		/* Some of what is worked on nobody wants any more. */
		FUZZ(turns++ < 2 * ASKED_MAX + PEERS);
		fuzzer.fz_ms += LATER;
		for (i = LISTENERS; i < TABLES; i++)
			end_checks(&fuzzer.fz_peer[i]);
		while (tables_answer(&fuzzer.fz_peer[TABLES], 1) == 0)
			;
		settle();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	uint8_t			 what;
	int			 i, free_fd = fuzz_free_fd();

	fuzzer.fz_count = 0;
	fuzzer.fz_before += fuzzer.fz_lookups;
	fuzzer.fz_lookups = 0;
	fuzzer.fz_crowded = 0;
	fuzzer.fz_ms += FORGOTTEN;
	memset(fuzzer.fz_answers, 0, sizeof(fuzzer.fz_answers));
	memset(fuzzer.fz_peer, 0, sizeof(fuzzer.fz_peer));
	fuzzer.fz_peer[TABLES].en_fd = -1;
	for (i = 0; i < TABLES; i++)
		peer_new(i);
	settle();
	while (fi.fi_len > 1) {
		what = fuzz_byte(&fi);
		run_act((what >> 2) % ACTS, what & 3, fuzz_byte(&fi), &fi);
	}
	test_end();
	for (i = 0; i < PEERS; i++)
		end_close(&fuzzer.fz_peer[i]);
	settle();
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}
