/*
 * link: tabpop/answers.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What tabpop knows for authpop, and who gets it: also when strangers leave
 * behind more than there is room for, and when authpop or a checker lies.
 */

#include <sys/types.h>

#include <event.h>
#include <stdlib.h>
#include <unistd.h>

#include "tabpop/answers.h"
#include "tabpop/inquiry.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "setting.h"
#include "unit.h"

#include "timers.h"

#define AUTH		3		/* sockets, as this test has them */
#define CHECKER		4
#define GEN		77

struct chan {
	const struct chan_rule	*ch_rules;
	void			*ch_arg;
};

struct inquiry {
	inquiry_done		*iq_done;
	void			*iq_arg;
};

static struct {
	struct chan	 chans[8];		/* by socket */
	struct inquiry	*last;
	unsigned int	 inquiries;		/* that are open */
	uint64_t	 sent[MSG_MAX];
	struct msg_looked looked;		/* the last */
	struct msg_hash	 hash;
} t;

void
fatal(const char *fmt, ...)
{
	abort();
}

void
log_warnx(const char *fmt, ...)
{
}

uint32_t
setting(enum setting which)
{
	return (180);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	t.chans[fd].ch_rules = rules;
	t.chans[fd].ch_arg = arg;
	return (&t.chans[fd]);
}

void
chan_free(struct chan *ch)
{
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	t.sent[type]++;
	if (type == MSG_LOOKED)
		t.looked = *(const struct msg_looked *)data;
	if (type == MSG_HASH)
		t.hash = *(const struct msg_hash *)data;
	return (0);
}

struct inquiry *
inquiry_new(struct tableset *ts, enum table_flag kind, const char *user,
    const char *pass, unsigned int place, inquiry_done *done, void *arg)
{
	if ((t.last = calloc(1, sizeof(*t.last))) == NULL)
		abort();
	t.last->iq_done = done;
	t.last->iq_arg = arg;
	t.inquiries++;
	return (t.last);
}

void
inquiry_free(struct inquiry *iq)
{
	t.inquiries -= iq != NULL;
	free(iq);
}

/* The tables answer what they were asked last, or this. */
static void
tables_answer(struct inquiry *iq, enum look_result result, const char *value)
{
	struct inquiry		 was = *iq;
	struct inquiry_answer	 ia = { result, 1, value };

	inquiry_free(iq);
	was.iq_done(was.iq_arg, &ia);
}

/* A message from one of them; returns whether it was taken. */
static int
come(int from, uint32_t type, const void *data)
{
	const struct chan_rule	*cu = t.chans[from].ch_rules;

	while (cu->cu_type != type)
		cu++;
	return (cu->cu_handler(t.chans[from].ch_arg, data,
	    -1).vd_kind == VERDICT_TAKEN);
}

static int
lookup(uint64_t seq)
{
	struct msg_lookup	 lk = { seq, "joe" };

	return (come(AUTH, MSG_LOOKUP, &lk));
}

static int
give(uint64_t seq, uint64_t check)
{
	struct msg_give	 gi = { seq, GEN, check };

	return (come(AUTH, MSG_GIVE, &gi));
}

static int
prove(uint64_t check)
{
	struct msg_prove	 pv = { check, "secret" };

	return (come(CHECKER, MSG_PROVE, &pv));
}

static void
test_given(void)
{
	unit_case("a hash goes to the checker that authpop names, once");
	CHECK(lookup(1), "LOOKUP");
	CHECK(!lookup(1), "the same twice is no lie");
	CHECK(!give(1, 10), "given before it is known");
	tables_answer(t.last, LOOK_FOUND, "hash");
	CHECK(t.looked.ld_seq == 1 && t.looked.ld_result == LOOK_FOUND,
	    "LOOKED");
	CHECK(give(1, 10) && t.hash.hs_check == 10 &&
	    t.hash.hs_result == LOOK_FOUND && t.hash.hs_place == 1 &&
	    strcmp(t.hash.hs_hash, "hash") == 0, "HASH");
	CHECK(give(1, 11) && t.hash.hs_check == 11 &&
	    t.hash.hs_result == LOOK_TEMP && t.hash.hs_hash[0] == '\0',
	    "a second time");
}

static void
test_proved(void)
{
	struct inquiry	*iq;

	unit_case("a password is shown for the check that it is for");
	CHECK(lookup(2), "LOOKUP");
	tables_answer(t.last, LOOK_PROVE, "");
	CHECK(give(2, 20) && t.hash.hs_result == LOOK_PROVE, "HASH");
	CHECK(!give(2, 21), "given twice");
	CHECK(prove(22) && t.hash.hs_check == 22 &&
	    t.hash.hs_result == LOOK_TEMP, "PROVE of another check");
	CHECK(prove(20), "PROVE");
	iq = t.last;
	CHECK(!prove(20), "twice at once");
	tables_answer(iq, LOOK_FOUND, "");
	CHECK(t.hash.hs_check == 20 && t.hash.hs_result == LOOK_FOUND,
	    "proved");
	CHECK(prove(20) && t.hash.hs_result == LOOK_TEMP, "after that");
}

/* Logins that fail, or whose clients leave: nobody comes for the answers. */
static void
test_left(void)
{
	struct inquiry	*waiting, *proving;
	uint64_t	 seq = 100;

	unit_case("what nobody comes for keeps nobody out");
	CHECK(lookup(seq), "LOOKUP");
	waiting = t.last;
	CHECK(lookup(++seq), "LOOKUP");
	tables_answer(t.last, LOOK_PROVE, "");
	CHECK(give(seq, 30) && prove(30), "PROVE");
	proving = t.last;
	for (; seq < 100 + ANSWERS_MAX - 1; ) {
		lookup(++seq);
		tables_answer(t.last, LOOK_FOUND, "hash");
	}
	CHECK(t.inquiries == 2 && waiting != proving, "%u are asked",
	    t.inquiries);
	CHECK(lookup(++seq) && t.looked.ld_seq == 100 &&
	    t.looked.ld_result == LOOK_TEMP, "the oldest is not answered");
	CHECK(lookup(++seq) && t.hash.hs_check == 30 &&
	    t.hash.hs_result == LOOK_TEMP, "a proof is not answered");
	CHECK(t.inquiries == 2, "%u are asked", t.inquiries);
	tables_answer(t.last, LOOK_FOUND, "new");
	CHECK(t.looked.ld_seq == seq && t.looked.ld_result == LOOK_FOUND,
	    "LOOKED");
	CHECK(give(seq, 40) && strcmp(t.hash.hs_hash, "new") == 0, "HASH");
	CHECK(give(100, 41) && t.hash.hs_result == LOOK_TEMP, "the oldest");
}

static void
test_forgotten(void)
{
	unit_case("another authpop begins anew");
	answers_auth(AUTH);
	CHECK(t.inquiries == 0, "%u are asked", t.inquiries);
	CHECK(give(8000, 50) && t.hash.hs_result == LOOK_TEMP, "an old one");
	CHECK(lookup(1), "LOOKUP");
	tables_answer(t.last, LOOK_NONE, "");
	CHECK(t.looked.ld_result == LOOK_NONE, "LOOKED");
}

int
main(void)
{
	answers_start();
	answers_use((struct tableset *)&t);
	answers_auth(AUTH);
	answers_checker(CHECKER, GEN);
	test_given();
	test_proved();
	test_left();
	test_forgotten();
	return (unit_done());
}
