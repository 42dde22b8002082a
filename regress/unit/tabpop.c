/*
 * link: tabpop/answers.o tabpop/inquiry.o tabpop/proto.o
 * link: lib/log.o lib/setting.o lib/source.o lib/table.o lib/utf8.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * tabpop between an authpop and checkers that are not ours any more, and
 * tables that say what they like: who learns what, and whose word counts.
 * Around the real answers.c and inquiry.c are stubs: of channels, of table
 * processes and of the clock.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <unistd.h>

#include "tabpop/answers.h"
#include "tabpop/inquiry.h"
#include "tabpop/program.h"
#include "tabpop/tableset.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "unit.h"

/* Each answer may have one. */
#define TIMERS_MAX	(2 * ANSWERS_MAX + 256)
#include "timers.h"

#define PLACES		3		/* tables: one, none, one more */
#define ASKED		64
#define HASH		"$2b$04$0123456789012345678901"

struct chan {
	const struct chan_rule	*ch_rules;
	chan_closed		 ch_closed;
	void			*ch_arg;
	int			 ch_open;
	unsigned int		 ch_sent;
	uint32_t		 ch_type;	/* of the last */
	struct msg_looked	 ch_looked;
	struct msg_hash		 ch_hash;
};

struct program {
	int			 pg_up;
	int			 pg_proves;	/* its service is auth */
	int			 pg_system;	/* or it is the system */
};

struct program_question {
	struct program		*qn_program;
	enum proto_service	 qn_service;
	char			 qn_key[USER_MAX + PASS_MAX];
	question_done		*qn_done;	/* NULL: over, or forgotten */
	void			*qn_arg;
};

static struct {
	struct chan	 chans[16];
	unsigned int	 nchans;
	struct program	 programs[PLACES];
	struct program_question	 asked[ASKED];
	unsigned int	 nasked;
	int		 held;
	struct inquiry_answer last;		/* of an inquiry of our own */
	char		 value[256];
	unsigned int	 ended;
} t;

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	struct chan	*ch = &t.chans[t.nchans++];

	memset(ch, 0, sizeof(*ch));
	ch->ch_rules = rules;
	ch->ch_closed = closed;
	ch->ch_arg = arg;
	ch->ch_open = 1;
	return (ch);
}

void
chan_free(struct chan *ch)
{
	if (ch != NULL)
		ch->ch_open = 0;
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	CHECK(ch->ch_open, "%s over a closed channel", msg_name(type));
	ch->ch_sent++;
	ch->ch_type = type;
	if (type == MSG_LOOKED)
		ch->ch_looked = *(const struct msg_looked *)data;
	else if (type == MSG_HASH)
		ch->ch_hash = *(const struct msg_hash *)data;
	return (0);
}

const char *
msg_name(uint32_t type)
{
	return ("a message");
}

struct program *
tableset_program(const struct tableset *ts, enum table_flag flag,
    unsigned int place)
{
	return (place == 0 || place == 2 ? &t.programs[place] : NULL);
}

void
tableset_hold(struct tableset *ts)
{
	t.held++;
}

void
tableset_release(struct tableset *ts)
{
	t.held--;
}

void
program_complain(struct program *pg, const char *what)
{
}

int
program_up(const struct program *pg)
{
	return (pg->pg_up);
}

int
program_offers(const struct program *pg, enum proto_service service)
{
	return (service == (pg->pg_system ? SERVICE_SYSTEM : pg->pg_proves ?
	    SERVICE_AUTH : SERVICE_CREDENTIALS));
}

struct program_question *
program_ask(struct program *pg, enum proto_service service, const char *key,
    enum program_turn turn, question_done *done, void *arg)
{
	struct program_question	*qn = &t.asked[t.nasked++];

	if (!pg->pg_up) {
		t.nasked--;
		return (NULL);
	}
	qn->qn_program = pg;
	qn->qn_service = service;
	strlcpy(qn->qn_key, key, sizeof(qn->qn_key));
	qn->qn_done = done;
	qn->qn_arg = arg;
	return (qn);
}

void
program_forget(struct program_question *qn)
{
	qn->qn_done = NULL;
}

/* The first table was asked this; nobody was if the key is NULL. */
static void
want_asked(unsigned int count, unsigned int place, enum proto_service service,
    const char *key)
{
	const struct program_question	*qn = &t.asked[count == 0 ? 0 : count -
	    1];

	timers_pass(0);
	CHECK(t.nasked == count, "%u questions", t.nasked);
	if (count == 0 || t.nasked < count)
		return;
	CHECK(qn->qn_program == &t.programs[place], "another table");
	CHECK(qn->qn_service == service, "service %d", qn->qn_service);
	CHECK(strcmp(qn->qn_key, key) == 0, "%s", qn->qn_key);
}

/* What the table says that was asked last. */
static void
table_says(enum proto_result result, const char *value)
{
	struct program_question	*qn = &t.asked[t.nasked - 1];
	question_done	*done = qn->qn_done;

	CHECK(done != NULL, "nobody waits");
	qn->qn_done = NULL;
	if (done != NULL)
		done(qn->qn_arg, result, value);
	timers_pass(0);
}

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
inquiry_over(void *arg, const struct inquiry_answer *ia)
{
	t.last = *ia;
	strlcpy(t.value, ia->ia_value, sizeof(t.value));
	t.ended++;
}

/* An inquiry of our own. */
static struct inquiry *
inquire(const char *name, enum table_flag kind, const char *user,
    const char *pass)
{
	static const struct source	 source = { .so_version = 4,
					    .so_addr = { 192, 0, 2, 1 } };
	struct inquiry_proof		 ip = { pass, &source, 0 };

	if (name != NULL)
		unit_case(name);
	t.nasked = t.ended = 0;
	memset(t.programs, 0, sizeof(t.programs));
	t.programs[0].pg_up = t.programs[2].pg_up = 1;
	return (inquiry_new((struct tableset *)&t, kind, user,
	    pass != NULL ? &ip : NULL, inquiry_over, NULL));
}

static void
want_end(enum look_result result, unsigned int place, const char *value)
{
	CHECK(t.ended == 1, "ended %u times", t.ended);
	CHECK(t.last.ia_result == result && t.last.ia_place == place,
	    "%d at %u", t.last.ia_result, t.last.ia_place);
	CHECK(strcmp(t.value, value) == 0, "%s", t.value);
	CHECK(t.held == 0, "%d left", t.held);
}

static void
test_order(void)
{
	inquire("the first that knows the user decides", TABLE_CREDENTIALS,
	    "Joe@Example.ORG", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe@example.org");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe@example.org");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 2, HASH);

	inquire("nobody knows him", TABLE_CREDENTIALS, "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_NOT_FOUND, "");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");

	inquire("after one that has an error none is asked", TABLE_CREDENTIALS,
	    "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_ERROR, "");
	want_end(LOOK_TEMP, 0, "");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");

	inquire("nor after one that is down", TABLE_CREDENTIALS, "joe", NULL);
	t.programs[0].pg_up = 0;
	timers_pass(0);
	want_end(LOOK_TEMP, 0, "");
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);

	inquire("nor after one that is too slow", TABLE_CREDENTIALS, "joe",
	    NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	timers_pass(TABLE_SECONDS * 1000 - 1);
	CHECK(t.ended == 0, "too soon");
	timers_pass(1);
	want_end(LOOK_TEMP, 0, "");
	CHECK(t.asked[0].qn_done == NULL, "the question is not forgotten");

	unit_case("the time is one for all of them");
	inquire(NULL, TABLE_CREDENTIALS, "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	timers_pass(TABLE_SECONDS * 1000 - 100);
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe");
	timers_pass(100);
	want_end(LOOK_TEMP, 2, "");

	unit_case("what is not wanted any more ends without a word");
	inquiry_free(inquire(NULL, TABLE_CREDENTIALS, "joe", NULL));
	timers_pass(TABLE_SECONDS * 1000);
	CHECK(t.ended == 0 && t.nasked == 0 && t.held == 0, "it goes on");
}

static void
test_values(void)
{
	static const struct {
		const char	*value;
		const char	*hash;		/* NULL: makes no sense */
	} values[] = {
		{ HASH, HASH },
		{ "joe:" HASH, HASH },
		{ "JOE:" HASH, HASH },
		{ "ann:" HASH, NULL },
		{ "joe2:" HASH, NULL },
		{ ":" HASH, NULL },
		{ "joe:", NULL },
	};
	char		 text[HASH_TEXT_MAX + 1];
	size_t		 i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		inquire(i == 0 ? "a hash, or his name and a hash" :
		    values[i].hash == NULL && values[i - 1].hash != NULL ?
		    "a hash of somebody else is none" : NULL,
		    TABLE_CREDENTIALS, "joe", NULL);
		want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
		table_says(PROTO_FOUND, values[i].value);
		want_end(values[i].hash != NULL ? LOOK_FOUND : LOOK_TEMP, 0,
		    values[i].hash != NULL ? values[i].hash : "");
		CHECK(t.nasked == 1, "%s: the next is asked", values[i].value);
	}

	unit_case("a hash that is too long is none, and is not cut");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	inquire(NULL, TABLE_CREDENTIALS, "joe", NULL);
	timers_pass(0);
	table_says(PROTO_FOUND, text);
	want_end(LOOK_TEMP, 0, "");

	inquire("userinfo that makes no sense is none", TABLE_USERBASE, "joe",
	    NULL);
	want_asked(1, 0, SERVICE_USERINFO, "joe");
	table_says(PROTO_FOUND, "1000:1000");
	want_end(LOOK_TEMP, 0, "");
	inquire(NULL, TABLE_USERBASE, "joe", NULL);
	timers_pass(0);
	table_says(PROTO_FOUND, "1000:1000:/home/joe");
	want_end(LOOK_FOUND, 0, "1000:1000:/home/joe");

	unit_case("a name that would be another question is nobody's");
	inquire(NULL, TABLE_CREDENTIALS, "joe|ann", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "joe\nann", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
	inquire("nor is one that is not UTF-8", TABLE_CREDENTIALS,
	    "jos\xe9", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "jos\xc3\xa9", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "jos\xc3\xa9");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 0, HASH);
}

static void
test_proof(void)
{
	inquire("a table that judges passwords is not asked for a hash",
	    TABLE_CREDENTIALS, "joe", NULL);
	t.programs[0].pg_proves = 1;
	want_asked(0, 0, SERVICE_AUTH, NULL);
	want_end(LOOK_PROVE, 0, "");

	inquire("it sees user and password, no other does", TABLE_CREDENTIALS,
	    "Joe", "a:b");
	want_asked(1, 0, SERVICE_AUTH, "joe:a:b");
	table_says(PROTO_FOUND, "");
	want_end(LOOK_FOUND, 0, "");

	inquire("after it the next is asked as ever", TABLE_CREDENTIALS, "joe",
	    "secret");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 2, HASH);

	inquire("and may want to see the password, too", TABLE_CREDENTIALS,
	    "joe", "secret");
	t.programs[2].pg_proves = 1;
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	want_end(LOOK_PROVE, 2, "");

	inquire("the system sees where it comes from, and decides",
	    TABLE_CREDENTIALS, "joe", "secret");
	t.programs[0].pg_system = 1;
	want_asked(1, 0, SERVICE_SYSTEM, "192.0.2.1|joe:secret");
	table_says(PROTO_WRONG, "");
	want_end(LOOK_WRONG, 0, "");
	want_asked(1, 0, SERVICE_SYSTEM, "192.0.2.1|joe:secret");

	inquire("what cannot be asked it does not know", TABLE_CREDENTIALS,
	    "joe:x", "secret");
	want_asked(1, 2, SERVICE_CREDENTIALS, "joe:x");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "joe", "a\nb");
	want_asked(1, 2, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");
}

static void
test_answers(void)
{
	struct chan	*auth, *c7, *c8;

	start("the hash goes to the checker that authpop names", &auth, &c7,
	    &c8);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	want_looked(auth, 1, 1, LOOK_FOUND);
	CHECK(c7->ch_sent == 0 && c8->ch_sent == 0, "without a GIVE");
	CHECK(taken(say_give(auth, 1, 8, 55)), "give");
	want_hash(c8, 1, 55, LOOK_FOUND, 0, HASH);
	CHECK(c7->ch_sent == 0 && auth->ch_sent == 1, "to others, too");

	unit_case("and once");
	CHECK(taken(say_give(auth, 1, 7, 56)), "give");
	want_hash(c7, 1, 56, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(auth, 99, 7, 57)), "what was never asked");
	want_hash(c7, 2, 57, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(auth, 99, 3, 58)), "no such checker");
	CHECK(auth->ch_sent == 1 && c7->ch_sent == 2 && c8->ch_sent == 1,
	    "to others");

	start("an authpop that lies: asks twice, gives what it has not", &auth,
	    &c7, &c8);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	CHECK(lie(say_lookup(auth, 1, "ann")), "the same number");
	CHECK(lie(say_give(auth, 1, 7, 5)), "not known yet");
	CHECK(lie(say_prove(auth, 5, "secret")), "a proof");
	CHECK(c7->ch_sent == 0, "to a checker");
	timers_pass(0);
	table_says(PROTO_NOT_FOUND, "");
	table_says(PROTO_NOT_FOUND, "");
	want_looked(auth, 1, 1, LOOK_NONE);

	start("a new authpop gets nothing of what the last one asked", &auth,
	    &c7, &c8);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	CHECK(taken(say_lookup(auth, 2, "joe")), "lookup");
	want_asked(2, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	answers_auth(-1);
	auth = &t.chans[3];
	CHECK(t.asked[0].qn_done == NULL && t.held == 0, "not forgotten");
	CHECK(taken(say_give(auth, 2, 7, 5)), "give");
	want_hash(c7, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_lookup(auth, 1, "ann")), "its own numbers");
	want_asked(3, 0, SERVICE_CREDENTIALS, "ann");

	start("what nobody comes for is forgotten", &auth, &c7, &c8);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	timers_pass(0);
	table_says(PROTO_FOUND, HASH);
	timers_pass((LOGIN_SECONDS + TABLE_SECONDS + 12) * 1000LL);
	CHECK(taken(say_give(auth, 1, 7, 5)), "give");
	want_hash(c7, 1, 5, LOOK_TEMP, 0, "");
}

static void
test_proofs(void)
{
	struct chan	*auth, *c7, *c8;

	start("a password is taken of the checker that is to prove", &auth,
	    &c7, &c8);
	t.programs[2].pg_proves = 1;
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	timers_pass(0);
	table_says(PROTO_NOT_FOUND, "");
	want_looked(auth, 1, 1, LOOK_PROVE);
	CHECK(taken(say_prove(c7, 5, "secret")), "before the GIVE");
	want_hash(c7, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_give(auth, 1, 7, 5)), "give");
	want_hash(c7, 2, 5, LOOK_PROVE, 2, "");
	CHECK(taken(say_prove(c8, 5, "secret")), "of another checker");
	want_hash(c8, 1, 5, LOOK_TEMP, 0, "");
	CHECK(taken(say_prove(c7, 6, "secret")), "of another check");
	want_hash(c7, 3, 6, LOOK_TEMP, 0, "");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");

	unit_case("the result goes to it alone");
	CHECK(taken(say_prove(c7, 5, "secret")), "prove");
	want_asked(2, 2, SERVICE_AUTH, "joe:secret");
	CHECK(lie(say_give(auth, 1, 8, 9)), "given a second time");
	table_says(PROTO_FOUND, "");
	want_hash(c7, 4, 5, LOOK_FOUND, 2, "");
	CHECK(auth->ch_sent == 1 && c8->ch_sent == 1, "to others");
	CHECK(taken(say_prove(c7, 5, "secret")), "again");
	want_hash(c7, 5, 5, LOOK_TEMP, 0, "");
	want_asked(2, 2, SERVICE_AUTH, "joe:secret");

	start("a checker that shows two passwords at once lies", &auth, &c7,
	    &c8);
	t.programs[0].pg_proves = 1;
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	timers_pass(0);
	CHECK(taken(say_give(auth, 1, 7, 5)), "give");
	CHECK(taken(say_prove(c7, 5, "secret")), "prove");
	CHECK(lie(say_prove(c7, 5, "guess")), "prove");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	CHECK(lie(say_lookup(c7, 2, "ann")), "asks itself");

	unit_case("one that dies meanwhile gets nothing, nor its successor");
	c7->ch_closed(c7->ch_arg, NULL);
	answers_checker(-1, 9);
	table_says(PROTO_FOUND, "");
	CHECK(t.chans[3].ch_sent == 0 && c8->ch_sent == 0, "sent");
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
test_many(void)
{
	struct chan	*auth, *c7, *c8;
	const uint64_t	 all = ANSWERS_MAX;

	start("what nobody comes for keeps nobody out", &auth, &c7, &c8);
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

	start("and whoever waits for what gives way is told", &auth, &c7, &c8);
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

	start("without tables nothing is known", &auth, &c7, &c8);
	answers_use(NULL);
	CHECK(taken(say_lookup(auth, 1, "joe")), "lookup");
	want_looked(auth, 1, 1, LOOK_TEMP);
}

static void
silent(int level, const char *text)
{
}

int
main(void)
{
	struct setting_values	 stv;

	log_to(silent);
	setting_defaults(&stv);
	setting_use(&stv);
	answers_start();
	test_order();
	test_values();
	test_proof();
	test_answers();
	test_proofs();
	test_many();
	return (unit_done());
}
