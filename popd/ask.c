/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Questions to other processes.  In: rows of their answers, no more than
 * requested.  Out: rows to popctl.  See ask.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <sys/tree.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "chan.h"
#include "child.h"
#include "control.h"
#include "limits.h"
#include "log.h"
#include "session.h"
#include "source.h"

struct asked {
	RB_ENTRY(asked)		 ad_node;
	struct source_key	 ad_key;
	struct msg_ask_source	 ad_row;
};

static int
asked_cmp(const struct asked *a, const struct asked *b)
{
	return (memcmp(&a->ad_key, &b->ad_key, sizeof(a->ad_key)));
}

RB_HEAD(asked_tree, asked);
RB_PROTOTYPE(asked_tree, asked, ad_node, asked_cmp)
RB_GENERATE(asked_tree, asked, ad_node, asked_cmp)

static struct {
	struct control		*owner;		/* NULL: idle */
	uint64_t		 seq;
	unsigned int		 missing;	/* children yet to answer */
	int			 asking;	/* the timer runs */
	struct event		 timer;
	struct asked_tree	 sources;
	size_t			 count;
} ask = { .sources = RB_INITIALIZER(&ask.sources) };

static void	 ask_next(void);

/* Find or add the row of a source.  NULL if out of memory. */
static struct asked *
ask_get(const struct source *so)
{
	struct asked	*ad, *old;

	if ((ad = calloc(1, sizeof(*ad))) == NULL)
		return (NULL);
	source_key(so, &ad->ad_key);
	if ((old = RB_INSERT(asked_tree, &ask.sources, ad)) != NULL) {
		free(ad);
		return (old);
	}
	ad->ad_row.aw_source = *so;
	ad->ad_row.aw_source.so_port = 0;
	ask.count++;
	return (ad);
}

static void
ask_clear(void)
{
	struct asked	*ad;

	while ((ad = RB_MIN(asked_tree, &ask.sources)) != NULL) {
		RB_REMOVE(asked_tree, &ask.sources, ad);
		free(ad);
	}
	ask.count = 0;
	ask.owner = NULL;
}

/* Count sessions by source, the parent's own part of the answer. */
static void
ask_sessions(void)
{
	struct asked	*ad;
	struct session	*s;

	for (s = session_first(); s != NULL; s = session_next(s))
		if (s->s_state != SESSION_WANTED &&
		    (ad = ask_get(&s->s_source)) != NULL)
			ad->ad_row.aw_sessions++;
}

static int
ask_cmp_count(uint32_t a, uint32_t b)
{
	return (a == b ? 0 : a > b ? -1 : 1);
}

/* Order rows, worst first. */
static int
ask_cmp(const void *x, const void *y)
{
	const struct msg_ask_source	*a = x, *b = y;
	int				 c;

	if ((c = ask_cmp_count(a->aw_delay, b->aw_delay)) != 0 ||
	    (c = ask_cmp_count(a->aw_failures, b->aw_failures)) != 0 ||
	    (c = ask_cmp_count(a->aw_unauth, b->aw_unauth)) != 0 ||
	    (c = ask_cmp_count(a->aw_sessions, b->aw_sessions)) != 0)
		return (c);
	return (memcmp(&a->aw_source, &b->aw_source, sizeof(a->aw_source)));
}

/* SOURCES_SHOWN_MAX rows are well within the limit of a channel. */
static void
ask_show_sources(struct control *cn)
{
	struct msg_ask_source	*rows;
	struct asked		*ad;
	size_t			 i, n = 0;

	if ((rows = calloc(ask.count + 1, sizeof(*rows))) == NULL)
		return;
	RB_FOREACH(ad, asked_tree, &ask.sources)
		rows[n++] = ad->ad_row;
	qsort(rows, n, sizeof(*rows), ask_cmp);
	for (i = 0; i < n && i < cn->cn_request.cq_count; i++)
		control_send(cn, MSG_ASK_SOURCE, &rows[i]);
	cn->cn_count = i;
	free(rows);
}

/* All answers are here, or time is up. */
static void
ask_done(void)
{
	struct control	*cn = ask.owner;
	unsigned int	 missing = ask.missing;

	evtimer_del(&ask.timer);
	ask.asking = 0;
	if (cn != NULL && cn->cn_request.cq_command == CONTROL_SOURCES) {
		ask_sessions();
		ask_show_sources(cn);
	}
	ask_clear();
	ask.missing = 0;
	if (cn != NULL && missing > 0)
		control_end(cn, CONTROL_BUSY, "a process does not answer: "
		    "not all is shown");
	else if (cn != NULL)
		control_end(cn, CONTROL_DONE, "%s", "");
	ask_next();
}

static void
ask_timeout(int fd, short what, void *arg)
{
	ask_done();
}

/* Ask a child unless it still owes an older answer; return 1 if asked. */
static int
ask_child(struct child *c, const struct msg_ask *ak)
{
	if (c->c_chan == NULL || !c->c_configured || c->c_asking != 0 ||
	    chan_send(c->c_chan, MSG_ASK, ak, -1) == -1)
		return (0);
	c->c_asking = ak->ak_seq;
	c->c_rows = 0;
	return (1);
}

/* Certificates: any one listener knows them.  Sources: ask all, and authpop. */
static void
ask_children(const struct msg_ask *ak)
{
	struct child	*c;

	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_role != ROLE_LISTENER && (c->c_role != ROLE_AUTH ||
		    ak->ak_what == ASK_CERTS))
			continue;
		ask.missing += ask_child(c, ak);
		if (ask.missing > 0 && ak->ak_what == ASK_CERTS)
			return;
	}
}

/* Start the next question unless one is under way. */
static void
ask_next(void)
{
	struct timeval	 tv = { 0, 0 };
	struct msg_ask	 ak;

	if (ask.owner != NULL || (ask.owner = control_asker()) == NULL)
		return;
	memset(&ak, 0, sizeof(ak));
	ak.ak_seq = ++ask.seq;
	ak.ak_what = ask.owner->cn_request.cq_command == CONTROL_SOURCES ?
	    ASK_SOURCES : ASK_CERTS;
	ak.ak_most = ask.owner->cn_request.cq_count;
	ask.owner->cn_asks = 0;
	ask_children(&ak);
	if (ask.missing > 0) {
		tv.tv_sec = ASK_MILLISECONDS / 1000;
		tv.tv_usec = ASK_MILLISECONDS % 1000 * 1000;
	}
	evtimer_set(&ask.timer, ask_timeout, NULL);
	evtimer_add(&ask.timer, &tv);
	ask.asking = 1;
}

void
ask_begin(struct control *cn)
{
	if (cn->cn_request.cq_count > SOURCES_SHOWN_MAX)
		cn->cn_request.cq_count = SOURCES_SHOWN_MAX;
	cn->cn_asks = 1;
	control_patience(cn, CONTROL_MAX * ASK_MILLISECONDS / 1000 +
	    CONTROL_SECONDS);
	ask_next();
}

void
ask_forget(struct control *cn)
{
	if (ask.owner == cn)
		ask.owner = NULL;
	cn->cn_asks = 0;
	if (ask.owner == NULL && ask.asking)
		ask_done();
}

/* Return whether a row counts; sets the verdict. */
static int
ask_row(struct child *c, uint32_t most, struct verdict *vd)
{
	if (c->c_asking == 0) {
		*vd = LIE("unexpected answer");
		return (0);
	}
	if (++c->c_rows > most) {
		*vd = LIE("too many rows");
		return (0);
	}
	*vd = TAKEN;
	return (c->c_asking == ask.seq && ask.owner != NULL);
}

struct verdict
ask_source(struct child *c, const struct msg_ask_source *aw)
{
	struct asked	*ad;
	struct verdict	 vd;

	if (!ask_row(c, SOURCES_SHOWN_MAX, &vd) ||
	    (ad = ask_get(&aw->aw_source)) == NULL)
		return (vd);
	if (c->c_role == ROLE_AUTH) {
		ad->ad_row.aw_failures = aw->aw_failures;
		ad->ad_row.aw_delay = aw->aw_delay;
	} else
		ad->ad_row.aw_unauth += aw->aw_unauth;
	return (TAKEN);
}

struct verdict
ask_cert(struct child *c, const struct certfacts *cx)
{
	struct verdict	 vd;

	if (ask_row(c, KEYPAIRS_MAX, &vd) &&
	    ask.owner->cn_request.cq_command == CONTROL_CERTIFICATES) {
		control_send(ask.owner, MSG_ASK_CERT, cx);
		ask.owner->cn_count++;
	}
	return (vd);
}

static void
ask_answered(struct child *c)
{
	int	 now = c->c_asking != 0 && c->c_asking == ask.seq;

	c->c_asking = 0;
	if (now && ask.missing > 0 && --ask.missing == 0)
		ask_done();
}

struct verdict
ask_end(struct child *c, const struct msg_ask *ak)
{
	if (c->c_asking == 0 || ak->ak_seq != c->c_asking)
		return (LIE("unexpected answer"));
	ask_answered(c);
	return (TAKEN);
}

void
ask_child_gone(struct child *c)
{
	ask_answered(c);
}
