/*
 * link: tabpop/answers.o tabpop/inquiry.o tabpop/proto.o
 * link: lib/log.o lib/setting.o lib/source.o lib/table.o lib/utf8.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What tabpop tells the checkers of authpop, and for how long. */

#include "tableprograms.h"

/* A message over a channel, as if it had come. */
static struct verdict
says(struct chan *ch, uint32_t type, const void *data)
{
	const struct chan_rule	*cu;

	for (cu = ch->ch_rules; cu->cu_type != type; cu++)
		if (cu->cu_type == 0)
			return (LIE("may not say that"));
	return (cu->cu_handler(ch->ch_arg, data, -1));
}

static struct verdict
say_lookup(struct chan *ch, uint64_t seq, const char *user)
{
	struct msg_lookup	 mlk;

	memset(&mlk, 0, sizeof(mlk));
	mlk.mlk_seq = seq;
	strlcpy(mlk.mlk_user, user, sizeof(mlk.mlk_user));
	return (says(ch, MSG_LOOKUP, &mlk));
}

static struct verdict
say_give(struct chan *ch, uint64_t seq, uint64_t checker, uint64_t check)
{
	struct msg_give	 gi;

	memset(&gi, 0, sizeof(gi));
	gi.gi_lookup = seq;
	gi.gi_checker = checker;
	gi.gi_check = check;
	return (says(ch, MSG_GIVE, &gi));
}

static struct verdict
say_prove(struct chan *ch, uint64_t check, const char *pass)
{
	struct msg_prove	 pv;

	memset(&pv, 0, sizeof(pv));
	pv.pv_check = check;
	strlcpy(pv.pv_pass, pass, sizeof(pv.pv_pass));
	return (says(ch, MSG_PROVE, &pv));
}

static int
taken(struct verdict vd)
{
	return (vd.vd_kind == VERDICT_TAKEN);
}

static int
lie(struct verdict vd)
{
	return (vd.vd_kind == VERDICT_LIE && vd.vd_gen == 0);
}

static void
want_looked(struct chan *auth, unsigned int count, uint64_t seq,
    enum look_result result)
{
	CHECK(auth->ch_sent == count, "%u messages", auth->ch_sent);
	CHECK(auth->ch_looked.ld_seq == seq &&
	    auth->ch_looked.ld_result == result, "%llu: %u",
	    (unsigned long long)auth->ch_looked.ld_seq,
	    auth->ch_looked.ld_result);
}

static void
want_hash(struct chan *ch, unsigned int count, uint64_t check,
    enum look_result result, uint32_t place, const char *hash)
{
	CHECK(ch->ch_sent == count, "%u messages", ch->ch_sent);
	CHECK(ch->ch_hash.mhs_check == check, "check %llu",
	    (unsigned long long)ch->ch_hash.mhs_check);
	CHECK(ch->ch_hash.mhs_result == result, "%u", ch->ch_hash.mhs_result);
	CHECK(ch->ch_hash.mhs_place == place, "%u", ch->ch_hash.mhs_place);
	CHECK(strcmp(ch->ch_hash.mhs_hash, hash) == 0, "%s",
	    ch->ch_hash.mhs_hash);
}

/* A new authpop, which forgets all before, and checkers 7 and 8. */
static void
start(const char *name, struct chan **auth, struct chan **c7,
    struct chan **c8)
{
	unit_case(name);
	t.nchans = t.nasked = 0;
	memset(t.programs, 0, sizeof(t.programs));
	t.programs[0].pg_up = t.programs[2].pg_up = 1;
	answers_use((struct tableset *)&t);
	answers_auth(-1);
	answers_checker(-1, 7);
	answers_checker(-1, 8);
	*auth = &t.chans[0];
	*c7 = &t.chans[1];
	*c8 = &t.chans[2];
	CHECK(t.held == 0, "%d inquiries left", t.held);
}

static void
test_hash_given(void)
{
	start("the hash goes to the checker that authpop names", &t.auth, &t.c7,
	    &t.c8);
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	want_looked(t.auth, 1, 1, LOOK_FOUND);
	CHECK(t.c7->ch_sent == 0 && t.c8->ch_sent == 0, "without a GIVE");
	CHECK(taken(say_give(t.auth, 1, 8, 55)), "give");
	want_hash(t.c8, 1, 55, LOOK_FOUND, 0, HASH);
	CHECK(t.c7->ch_sent == 0 && t.auth->ch_sent == 1, "to others, too");
}

static void
test_hash_once(void)
{
	unit_case("and once");
	CHECK(taken(say_give(t.auth, 1, 7, 56)), "give");
	want_hash(t.c7, 1, 56, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(t.auth, 99, 7, 57)), "what was never asked");
	want_hash(t.c7, 2, 57, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(t.auth, 99, 3, 58)), "no such checker");
	CHECK(t.auth->ch_sent == 1 && t.c7->ch_sent == 2 && t.c8->ch_sent == 1,
	    "to others");
}

static void
test_authpop_lies(void)
{
	start("an authpop that lies: asks twice, gives what it has not",
	    &t.auth, &t.c7, &t.c8);
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	CHECK(lie(say_lookup(t.auth, 1, "ann")), "the same number");
	CHECK(lie(say_give(t.auth, 1, 7, 5)), "not known yet");
	CHECK(lie(say_prove(t.auth, 5, "secret")), "a proof");
	CHECK(t.c7->ch_sent == 0, "to a checker");
	timers_pass(0);
	table_says(PROTO_NOT_FOUND, "");
	table_says(PROTO_NOT_FOUND, "");
	want_looked(t.auth, 1, 1, LOOK_NONE);
}

static void
test_new_authpop(void)
{
	start("a new authpop gets nothing of what the last one asked", &t.auth,
	    &t.c7, &t.c8);
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	CHECK(taken(say_lookup(t.auth, 2, "joe")), "lookup");
	want_asked(2, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	answers_auth(-1);
	t.auth = &t.chans[3];
	CHECK(t.asked[0].qn_done == NULL && t.held == 0, "not forgotten");
	CHECK(taken(say_give(t.auth, 2, 7, 5)), "give");
	want_hash(t.c7, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_lookup(t.auth, 1, "ann")), "its own numbers");
	want_asked(3, 0, SERVICE_CREDENTIALS, "ann");
}

static void
test_not_fetched(void)
{
	start("an answer that is not fetched is forgotten", &t.auth, &t.c7,
	    &t.c8);
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	timers_pass(0);
	table_says(PROTO_FOUND, HASH);
	timers_pass((LOGIN_SECONDS + TABLE_SECONDS + 12) * 1000LL);
	CHECK(taken(say_give(t.auth, 1, 7, 5)), "give");
	want_hash(t.c7, 1, 5, LOOK_TEMP, 0, "");
}

static void
test_proof_taken(void)
{
	start("a password is taken of the checker that is to prove", &t.auth,
	    &t.c7, &t.c8);
	t.programs[2].pg_proves = 1;
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	timers_pass(0);
	table_says(PROTO_NOT_FOUND, "");
	want_looked(t.auth, 1, 1, LOOK_PROVE);
	CHECK(taken(say_prove(t.c7, 5, "secret")), "before the GIVE");
	want_hash(t.c7, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(t.auth, 1, 7, 5)), "give");
	want_hash(t.c7, 2, 5, LOOK_PROVE, 2, "");
	CHECK(taken(say_prove(t.c8, 5, "secret")), "of another checker");
	want_hash(t.c8, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_prove(t.c7, 6, "secret")), "of another check");
	want_hash(t.c7, 3, 6, LOOK_TEMP, 0, "");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
}

static void
test_own_result(void)
{
	unit_case("the result goes to it alone");
	CHECK(taken(say_prove(t.c7, 5, "secret")), "prove");
	want_asked(2, 2, SERVICE_AUTH, "joe:secret");
	CHECK(lie(say_give(t.auth, 1, 8, 9)), "given a second time");
	table_says(PROTO_FOUND, "");
	want_hash(t.c7, 4, 5, LOOK_FOUND, 2, "");
	CHECK(t.auth->ch_sent == 1 && t.c8->ch_sent == 1, "to others");
	CHECK(taken(say_prove(t.c7, 5, "secret")), "again");
	want_hash(t.c7, 5, 5, LOOK_TEMP, 0, "");
	want_asked(2, 2, SERVICE_AUTH, "joe:secret");
}

static void
test_two_proofs(void)
{
	start("a checker that shows two passwords at once lies", &t.auth, &t.c7,
	    &t.c8);
	t.programs[0].pg_proves = 1;
	CHECK(taken(say_lookup(t.auth, 1, "joe")), "lookup");
	timers_pass(0);
	CHECK(taken(say_give(t.auth, 1, 7, 5)), "give");
	CHECK(taken(say_prove(t.c7, 5, "secret")), "prove");
	CHECK(lie(say_prove(t.c7, 5, "guess")), "prove");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	CHECK(lie(say_lookup(t.c7, 2, "ann")), "asks itself");
}

static void
test_checker_dies(void)
{
	unit_case("one that dies meanwhile gets nothing, nor its successor");
	t.c7->ch_closed(t.c7->ch_arg, NULL);
	answers_checker(-1, 9);
	table_says(PROTO_FOUND, "");
	CHECK(t.chans[3].ch_sent == 0 && t.c8->ch_sent == 0, "sent");
	CHECK(t.held == 0, "%d left", t.held);
}

/* Logins that fail, or are given up, before the hash is given to a checker. */
static void
leave(struct chan *auth, uint64_t from, uint64_t to)
{
	/* Nobody's name: no table is asked. */
	for (; from <= to; from++) {
		CHECK(taken(say_lookup(auth, from, "|")), "lookup");
		timers_pass(0);
	}
}

static void
test_full(void)
{
	struct chan	*auth, *c7, *c8;
	const uint64_t	 all = ANSWERS_MAX;

	start("answers that are not fetched keep no other out", &auth, &c7,
	    &c8);
	leave(auth, 1, all);
	CHECK(auth->ch_sent == all, "%u answers", auth->ch_sent);
	CHECK(taken(say_lookup(auth, all + 1, "joe")), "one more");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	want_looked(auth, all + 1, all + 1, LOOK_FOUND);
	CHECK(taken(say_give(auth, all + 1, 7, 5)), "give");
	want_hash(c7, 1, 5, LOOK_FOUND, 0, HASH);
	CHECK(taken(say_give(auth, 1, 7, 6)), "the oldest");
	want_hash(c7, 2, 6, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(auth, 2, 7, 7)), "the next");
	want_hash(c7, 3, 7, LOOK_NONE, 0, "");
}

static void
test_full_told(void)
{
	struct chan	*auth, *c7, *c8;
	const uint64_t	 all = ANSWERS_MAX;

	start("a checker that waits for a dropped one is told", &auth, &c7,
	    &c8);
	t.programs[0].pg_proves = 1;
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	timers_pass(0);
	CHECK(taken(say_give(auth, 1, 7, 5)), "give");
	CHECK(taken(say_prove(c7, 5, "secret")), "prove");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	t.programs[0].pg_proves = 0;
	CHECK(taken(say_lookup(auth, 2, "ann")), "lookup");
	want_asked(2, 0, SERVICE_CREDENTIALS, "ann");
	leave(auth, 3, all + 1);
	want_hash(c7, 2, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_lookup(auth, all + 2, "|")), "one more");
	want_looked(auth, all + 1, 2, LOOK_TEMP);
	timers_pass(0);
	CHECK(t.held == 0, "%d left", t.held);
}

static void
test_no_tables(void)
{
	struct chan	*auth, *c7, *c8;

	start("without tables nothing is known", &auth, &c7, &c8);
	answers_use(NULL);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	want_looked(auth, 1, 1, LOOK_TEMP);
}

int
main(void)
{
	struct setting_values	 stv;

	log_to(silent);
	setting_defaults(&stv);
	setting_use(&stv);
	answers_start();
	test_hash_given();
	test_hash_once();
	test_authpop_lies();
	test_new_authpop();
	test_not_fetched();
	test_proof_taken();
	test_own_result();
	test_two_proofs();
	test_checker_dies();
	test_full();
	test_full_told();
	test_no_tables();
	return (unit_done());
}
