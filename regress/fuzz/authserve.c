/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
 * link: authpop/origin.o authpop/pairs.o authpop/penalty.o authpop/keyhash.o
 * link: lib/chan.o lib/confset.o lib/log.o lib/msg.o lib/source.o lib/table.o
 * link: lib/bucket.o $(IMSG_OBJS) $(COMPAT_TABLE) authpop/digest.o
 * link: lib/setting.o lib/nets.o lib/count.o authpop/ask.o authpop/peer.o
 * link: lib/hmac.o authpop/seal.o $(COMPAT_BCMP)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop between compromised listeners, checkers and tabpop, on real
 * channels.  The parent is told of a correct password only if a checker said
 * so of exactly that check, once, and never of a cancelled one.  A checker
 * gets a check a second time only after tabpop was asked about it, and what
 * tabpop is told to send it is for that user.  In the end, with time and
 * working peers, every check is answered.
 *
 * The input is a list of acts: one octet for the kind and the peer, one for
 * the rest.
 */

#include "authends.h"

enum act {
	ACT_CHECK,			/* a PASS came */
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

static struct source
source_of(uint8_t rest)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[3] = rest & 7;
	return (so);
}

/* A password for a session of this generation and number. */
static void
listener_check(struct end *en, uint64_t gen, uint64_t num, uint8_t rest)
{
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
	mac.mac_method = AUTH_PASSWORD;
	ad->ad_result = -1;
	snprintf(ad->ad_user, sizeof(ad->ad_user), "%c",
	    'A' + rest % 64);
	snprintf(ad->ad_pass, sizeof(ad->ad_pass), "p%zu",
	    fuzzer.fz_count);
	memcpy(mac.mac_user, ad->ad_user, sizeof(ad->ad_user));
	memcpy(mac.mac_pass, ad->ad_pass, sizeof(ad->ad_pass));
	/* What it may not ask for must never be answered. */
	if (gen == en->en_gen && num > en->en_num) {
		fuzzer.fz_count++;
		en->en_num = num;
	}
	end_send(en, MSG_AUTH_CHECK, &mac, -1);
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

/* A table process is to check the password: the checker takes the next one. */
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
	strlcpy(md.mh_ticket, "text", sizeof(md.mh_ticket));
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

/* The result of a password checked by a table process. */
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

/* Select an open question to tabpop, or -1. */
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
	snprintf(mn.mn_user, sizeof(mn.mn_user), "%c", 'a' + rest % 26);
	end_send(&fuzzer.fz_parent, MSG_AUTH_COUNT, &mn, -1);
}

static void
parent_configures(uint8_t rest)
{
	struct msg_conf	 mc;

	memset(&mc, 0, sizeof(mc));
	if (rest & 1) {
		end_send(&fuzzer.fz_parent, MSG_CONF_TRY, &mc, -1);
		end_send(&fuzzer.fz_parent, MSG_CONF_CHECK, NULL, -1);
		fuzzer.fz_owed++;
		end_send(&fuzzer.fz_parent, MSG_CONF_COMMIT, NULL, -1);
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

/* Acts of a listener.  Return -1 for any other act. */
static int
listener_act(struct end *listener, enum act act, int who, uint8_t rest)
{
	switch (act) {
	case ACT_CHECK:
		listener_check(listener, listener->en_gen,
		    listener->en_num + 1 + (rest >> 6), rest);
		return (0);
	case ACT_CANCEL:
		listener_cancel(listener, rest);
		return (0);
	case ACT_FOREIGN:
		listener_check(listener, fuzzer.fz_peer[!(who % LISTENERS)].
		    en_gen + rest / 64, rest + 1, rest);
		return (0);
	case ACT_AGAIN:
		listener_check(listener, listener->en_gen, listener->en_num -
		    rest % 4, rest);
		return (0);
	default:
		return (-1);
	}
}

/* Acts of a checker, likewise. */
static int
checker_act(struct end *checker, enum act act, uint8_t rest)
{
	switch (act) {
	case ACT_CHECKED:
		if (checker->en_busy)
			checker_checked(checker, checker->en_check.mk_seq,
			    rest);
		return (0);
	case ACT_LIE:
		checker_checked(checker, checker->en_check.mk_seq + rest - 2,
		    rest);
		return (0);
	case ACT_PROVED:
		checker_proved(checker, rest);
		return (0);
	default:
		return (-1);
	}
}

/* Acts of tabpop, its end and its successor, likewise. */
static int
tables_act(struct end *tables, enum act act, uint8_t rest)
{
	switch (act) {
	case ACT_TABLES:
		if (rest & 1)
			peer_new(TABLES);
		else
			end_close(tables);
		return (0);
	case ACT_LOOKED:
		(void)tables_answer(tables, rest);
		return (0);
	case ACT_LOOKED_LIE:
		tables_looked(tables, fuzzer.fz_before + fuzzer.fz_lookups +
		    rest % 8 - 4, rest);
		return (0);
	default:
		return (-1);
	}
}

/* Octets of the input, from any of them. */
static void
send_octets(struct end *en, uint8_t len, struct fuzz_input *fi)
{
	unsigned char	 buf[256];
	size_t		 n;

	n = fuzz_take(fi, buf, len);
	en->en_garbled |= n > 0;
	if (en->en_fd != -1)
		(void)send(en->en_fd, buf, n, MSG_NOSIGNAL);
}

static void
run_act(enum act act, int who, uint8_t rest, struct fuzz_input *fi)
{
	struct end	*listener = &fuzzer.fz_peer[who % LISTENERS];
	struct end	*checker = &fuzzer.fz_peer[LISTENERS + who %
			    (TABLES - LISTENERS)];

	if (listener_act(listener, act, who, rest) == -1 &&
	    checker_act(checker, act, rest) == -1 &&
	    tables_act(&fuzzer.fz_peer[TABLES], act, rest) == -1)
		switch (act) {
		case ACT_OCTETS:
			send_octets(&fuzzer.fz_peer[who], rest, fi);
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

/* A working checker: some checks must be looked up by tabpop first. */
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
		/* Some of the running checks were cancelled. */
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
