/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Recipients of mail.  In: requests of lmtppop.  Out: delivery.c, with a user.
 *
 * A recipient found in a file is answered at once.  Up to LMTP_ASKED others
 * wait for tabpop, as logins do; the rest must be asked for again.  tabpop
 * prefers logins (program.c), so a slow table slows mail only.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "delivery.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "recipient.h"
#include "table.h"
#include "userbase.h"

/* A recipient waiting for tabpop. */
struct recipient {
	TAILQ_ENTRY(recipient)	 rt_entry;
	uint64_t		 rt_number;	/* in tabpop's answer */
	struct child		*rt_child;	/* lmtppop */
	struct msg_delivery_want rt_want;
	struct event		 rt_late;
};

static struct {
	TAILQ_HEAD(, recipient)	 all;
	unsigned int		 count;
	uint64_t		 last;
} recipient = { .all = TAILQ_HEAD_INITIALIZER(recipient.all) };

static void
recipient_free(struct recipient *rt)
{
	TAILQ_REMOVE(&recipient.all, rt, rt_entry);
	recipient.count--;
	evtimer_del(&rt->rt_late);
	free(rt);
}

/* The user cannot be found out now: refuse temporarily. */
static void
recipient_unknown(struct recipient *rt)
{
	delivery_refuse(rt->rt_child, rt->rt_want.dw_want, DELIVERY_TEMP);
	recipient_free(rt);
}

static void
recipient_late(int fd, short what, void *arg)
{
	recipient_unknown(arg);
}

/* Ask tabpop.  Return 0, or -1. */
static int
recipient_send(const struct recipient *rt)
{
	struct child		*c = child_of_role(ROLE_TABLE);
	struct msg_userinfo	 mui;

	memset(&mui, 0, sizeof(mui));
	mui.mui_id.si_num = rt->rt_number;
	strlcpy(mui.mui_user, rt->rt_want.dw_user, sizeof(mui.mui_user));
	return (c == NULL ? -1 :
	    chan_send(c->c_chan, MSG_USERINFO, &mui, -1));
}

static void
recipient_ask(struct child *c, const struct msg_delivery_want *dw)
{
	/* tabpop answers earlier, whatever the tables do. */
	const struct timeval	 tv = { TABLE_SECONDS + 2, 0 };
	struct recipient	*rt;

	if (recipient.count >= LMTP_ASKED) {
		delivery_refuse(c, dw->dw_want, DELIVERY_FULL);
		return;
	}
	if ((rt = calloc(1, sizeof(*rt))) == NULL) {
		log_warn("calloc");
		delivery_refuse(c, dw->dw_want, DELIVERY_TEMP);
		return;
	}
	rt->rt_number = ++recipient.last;
	rt->rt_child = c;
	rt->rt_want = *dw;
	TAILQ_INSERT_TAIL(&recipient.all, rt, rt_entry);
	recipient.count++;
	evtimer_set(&rt->rt_late, recipient_late, rt);
	evtimer_add(&rt->rt_late, &tv);
	if (recipient_send(rt) == -1)
		recipient_unknown(rt);
}

/* Act on the result for a user; why is that of userbase_find(). */
static void
recipient_known(struct child *c, const struct msg_delivery_want *dw,
    const char *why, const struct userinfo *ui)
{
	if (why == NULL)
		delivery_open(c, dw, ui);
	else if (*why == '\0')
		recipient_ask(c, dw);
	else
		delivery_refuse(c, dw->dw_want, strcmp(why, "usertab") == 0 ?
		    DELIVERY_UNKNOWN : DELIVERY_DISABLED);
}

struct verdict
recipient_want(struct child *c, const struct msg_delivery_want *dw)
{
	struct userinfo	 ui;
	const char	*why;

	if (!conf_begun())
		return (LIE("unexpected message"));
	why = userbase_find(dw->dw_user, &ui);
	recipient_known(c, dw, why, &ui);
	return (TAKEN);
}

struct verdict
recipient_answer(const struct msg_userinfo_is *us)
{
	struct recipient	*rt;
	struct userinfo		 ui;
	struct verdict		 vd;
	const char		*why;

	if (us->us_id.si_num > recipient.last)
		return (LIE("unexpected answer"));
	TAILQ_FOREACH(rt, &recipient.all, rt_entry)
		if (rt->rt_number == us->us_id.si_num)
			break;
	/* Too late, or lmtppop is gone. */
	if (rt == NULL)
		return (TAKEN);
	vd = userbase_told(us, rt->rt_want.dw_user, &ui, &why);
	if (vd.vd_kind != VERDICT_TAKEN)
		return (vd);
	if (why != NULL && *why == '\0') {
		recipient_unknown(rt);
		return (vd);
	}
	recipient_known(rt->rt_child, &rt->rt_want, why, &ui);
	recipient_free(rt);
	return (vd);
}

void
recipient_lost(void)
{
	struct recipient	*next, *rt;

	for (rt = TAILQ_FIRST(&recipient.all); rt != NULL; rt = next) {
		next = TAILQ_NEXT(rt, rt_entry);
		recipient_unknown(rt);
	}
}

void
recipient_abandon(void)
{
	struct recipient	*next, *rt;

	for (rt = TAILQ_FIRST(&recipient.all); rt != NULL; rt = next) {
		next = TAILQ_NEXT(rt, rt_entry);
		recipient_free(rt);
	}
}
