/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Questions to other processes.  In: rows of their answers, no more than
 * requested.  Out: rows to popctl.  See query.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <sys/tree.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "control.h"
#include "limits.h"
#include "log.h"
#include "query.h"
#include "session.h"
#include "source.h"

struct query {
	RB_ENTRY(query)		 qy_node;
	struct source_key	 qy_key;
	struct msg_ask_source	 qy_row;
};

static int
query_cmp(const struct query *a, const struct query *b)
{
	return (memcmp(&a->qy_key, &b->qy_key, sizeof(a->qy_key)));
}

RB_HEAD(query_tree, query);
RB_PROTOTYPE(query_tree, query, qy_node, query_cmp)
RB_GENERATE(query_tree, query, qy_node, query_cmp)

static struct {
	struct control		*owner;		/* NULL: idle */
	uint64_t		 seq;
	unsigned int		 missing;	/* children yet to answer */
	int			 asking;	/* the timer runs */
	struct event		 timer;
	struct query_tree	 sources;
	size_t			 count;
} query = { .sources = RB_INITIALIZER(&query.sources) };

static void	 query_next(void);

/* Find or add the row of a source.  NULL if out of memory. */
static struct query *
query_get(const struct source *so)
{
	struct query	*qy, *old;

	if ((qy = calloc(1, sizeof(*qy))) == NULL)
		return (NULL);
	source_key(so, &qy->qy_key);
	if ((old = RB_INSERT(query_tree, &query.sources, qy)) != NULL) {
		free(qy);
		return (old);
	}
	qy->qy_row.aw_source = *so;
	qy->qy_row.aw_source.so_port = 0;
	query.count++;
	return (qy);
}

static void
query_clear(void)
{
	struct query	*qy;

	while ((qy = RB_MIN(query_tree, &query.sources)) != NULL) {
		RB_REMOVE(query_tree, &query.sources, qy);
		free(qy);
	}
	query.count = 0;
	query.owner = NULL;
}

/* Count sessions by source, the parent's own part of the answer. */
static void
query_sessions(void)
{
	struct query	*qy;
	struct session	*s;

	for (s = session_first(); s != NULL; s = session_next(s))
		if (s->s_state != SESSION_WANTED &&
		    (qy = query_get(&s->s_source)) != NULL)
			qy->qy_row.aw_sessions++;
}

static int
query_cmp_count(uint32_t a, uint32_t b)
{
	return (a == b ? 0 : a > b ? -1 : 1);
}

/* Order rows, worst first. */
static int
query_row_cmp(const void *x, const void *y)
{
	const struct msg_ask_source	*a = x, *b = y;
	int				 c;

	if ((c = query_cmp_count(a->aw_delay, b->aw_delay)) != 0 ||
	    (c = query_cmp_count(a->aw_failures, b->aw_failures)) != 0 ||
	    (c = query_cmp_count(a->aw_unauth, b->aw_unauth)) != 0 ||
	    (c = query_cmp_count(a->aw_sessions, b->aw_sessions)) != 0)
		return (c);
	return (memcmp(&a->aw_source, &b->aw_source, sizeof(a->aw_source)));
}

/* SOURCES_SHOWN_MAX rows are well within the limit of a channel. */
static void
query_show_sources(struct control *cn)
{
	struct msg_ask_source	*rows;
	struct query		*qy;
	size_t			 i, n = 0;

	if ((rows = calloc(query.count + 1, sizeof(*rows))) == NULL)
		return;
	RB_FOREACH(qy, query_tree, &query.sources)
		rows[n++] = qy->qy_row;
	qsort(rows, n, sizeof(*rows), query_row_cmp);
	for (i = 0; i < n && i < cn->cn_request.cq_count; i++)
		control_send(cn, MSG_ASK_SOURCE, &rows[i]);
	cn->cn_count = i;
	free(rows);
}

/* All answers are here, or time is up. */
static void
query_done(void)
{
	struct control	*cn = query.owner;
	unsigned int	 missing = query.missing;

	evtimer_del(&query.timer);
	query.asking = 0;
	if (cn != NULL && cn->cn_request.cq_command == CONTROL_SOURCES) {
		query_sessions();
		query_show_sources(cn);
	}
	query_clear();
	query.missing = 0;
	if (cn != NULL && missing > 0)
		control_end(cn, CONTROL_BUSY, "a process does not answer: "
		    "not all is shown");
	else if (cn != NULL)
		control_end(cn, CONTROL_DONE, "%s", "");
	query_next();
}

static void
query_timeout(int fd, short what, void *arg)
{
	query_done();
}

/* Ask a child unless it still owes an older answer; return 1 if asked. */
static int
query_child(struct child *c, const struct msg_ask *ak)
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
query_children(const struct msg_ask *ak)
{
	struct child	*c;

	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_role != ROLE_LISTENER && (c->c_role != ROLE_AUTH ||
		    ak->ak_what == ASK_CERTS))
			continue;
		query.missing += query_child(c, ak);
		if (query.missing > 0 && ak->ak_what == ASK_CERTS)
			return;
	}
}

/* Start the next question unless one is under way. */
static void
query_next(void)
{
	struct timeval	 tv = { 0, 0 };
	struct msg_ask	 ak;

	if (query.owner != NULL || (query.owner = control_asker()) == NULL)
		return;
	memset(&ak, 0, sizeof(ak));
	ak.ak_seq = ++query.seq;
	ak.ak_what = query.owner->cn_request.cq_command == CONTROL_SOURCES ?
	    ASK_SOURCES : ASK_CERTS;
	ak.ak_most = query.owner->cn_request.cq_count;
	query.owner->cn_asks = 0;
	query_children(&ak);
	if (query.missing > 0) {
		tv.tv_sec = ASK_MILLISECONDS / 1000;
		tv.tv_usec = ASK_MILLISECONDS % 1000 * 1000;
	}
	evtimer_set(&query.timer, query_timeout, NULL);
	evtimer_add(&query.timer, &tv);
	query.asking = 1;
}

void
query_begin(struct control *cn)
{
	if (cn->cn_request.cq_count > SOURCES_SHOWN_MAX)
		cn->cn_request.cq_count = SOURCES_SHOWN_MAX;
	cn->cn_asks = 1;
	control_patience(cn, CONTROL_MAX * ASK_MILLISECONDS / 1000 +
	    CONTROL_SECONDS);
	query_next();
}

void
query_forget(struct control *cn)
{
	if (query.owner == cn)
		query.owner = NULL;
	cn->cn_asks = 0;
	if (query.owner == NULL && query.asking)
		query_done();
}

/* Return whether a row counts; sets the verdict. */
static int
query_row(struct child *c, uint32_t most, struct verdict *vd)
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
	return (c->c_asking == query.seq && query.owner != NULL);
}

struct verdict
query_source(struct child *c, const struct msg_ask_source *aw)
{
	struct query	*qy;
	struct verdict	 vd;

	if (!query_row(c, SOURCES_SHOWN_MAX, &vd) ||
	    (qy = query_get(&aw->aw_source)) == NULL)
		return (vd);
	if (c->c_role == ROLE_AUTH) {
		qy->qy_row.aw_failures = aw->aw_failures;
		qy->qy_row.aw_delay = aw->aw_delay;
	} else
		qy->qy_row.aw_unauth += aw->aw_unauth;
	return (TAKEN);
}

struct verdict
query_cert(struct child *c, const struct certfacts *cx)
{
	struct verdict	 vd;

	if (query_row(c, KEYPAIRS_MAX, &vd) &&
	    query.owner->cn_request.cq_command == CONTROL_CERTIFICATES) {
		control_send(query.owner, MSG_ASK_CERT, cx);
		query.owner->cn_count++;
	}
	return (vd);
}

static void
query_answered(struct child *c)
{
	int	 now = c->c_asking != 0 && c->c_asking == query.seq;

	c->c_asking = 0;
	if (now && query.missing > 0 && --query.missing == 0)
		query_done();
}

struct verdict
query_end(struct child *c, const struct msg_ask *ak)
{
	if (c->c_asking == 0 || ak->ak_seq != c->c_asking)
		return (LIE("unexpected answer"));
	query_answered(c);
	return (TAKEN);
}

void
query_child_gone(struct child *c)
{
	query_answered(c);
}
