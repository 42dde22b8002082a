/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Table programs, an authpop and its checkers, as seen by tabpop. */

#ifndef TABLEPROGRAMS_H
#define TABLEPROGRAMS_H

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
	struct program_question asked[ASKED];
	unsigned int	 nasked;
	int		 held;
	struct inquiry_answer last;		/* of an inquiry of our own */
	char		 value[256];
	unsigned int	 ended;
	struct chan	*auth;
	struct chan	*c7;
	struct chan	*c8;
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

/* Check the question to the first table; with key NULL, that none came. */
UNIT_FN void
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
UNIT_FN void
table_says(enum proto_result result, const char *value)
{
	struct program_question	*qn = &t.asked[t.nasked - 1];
	question_done		*done = qn->qn_done;

	CHECK(done != NULL, "nobody waits");
	qn->qn_done = NULL;
	if (done != NULL)
		done(qn->qn_arg, result, value);
	timers_pass(0);
}

UNIT_FN void
silent(int level, const char *text)
{
}

#endif
