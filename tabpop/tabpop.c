/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * tabpop: asks table processes, OpenSMTPD's programs for users in databases.
 * No network, no files, and no passwords except those that a table checks
 * itself.  In: sockets from the parent, of table processes (MSG_CONF_FILE,
 * MSG_TABLE) and of other children (MSG_PEER).  Out: answers.
 *
 * authpop asks whether a user is known (answers.c), and a checker gets the
 * hash.  The parent asks for uid, gid and directory of a user who has logged
 * in or gets mail, or for a route.  So a compromised tabpop, or a table
 * process that compromised it, decides about users of these tables, as the
 * tables do anyway, but not about users of a file before them.  It sees no
 * password, no mail and no hash of authtab.  A table process sees only its
 * questions, one user's at a time, and its own answers.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "chan.h"
#include "confset.h"
#include "inquiry.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "route.h"
#include "table.h"
#include "tableset.h"

/* A session or recipient whose userinfo or route is being looked up. */
struct pending {
	struct session_id	 pnd_id;
	enum mail_protocol	 pnd_protocol;	/* of a route */
	char			 pnd_user[USER_MAX];
};

static struct {
	struct tableset	*used;		/* NULL: none yet */
	unsigned int	 pending;
} tabpop;

static void
userinfo_answer(const struct session_id *id, enum look_result result,
    unsigned int place, const char *value)
{
	struct msg_userinfo_is	 us;
	struct userinfo		 ui;

	memset(&us, 0, sizeof(us));
	us.us_id = *id;
	us.us_result = result;
	us.us_place = place;
	if (result == LOOK_FOUND && (table_userinfo(value, &ui) != NULL ||
	    strlcpy(us.us_dir, ui.ui_dir, sizeof(us.us_dir)) >=
	    sizeof(us.us_dir))) {
		us.us_result = LOOK_TEMP;
		us.us_dir[0] = '\0';
	}
	if (us.us_result == LOOK_FOUND) {
		us.us_uid = ui.ui_uid;
		us.us_gid = ui.ui_gid;
	}
	proc_send(MSG_USERINFO_IS, &us, -1);
}

static void
userinfo_known(void *arg, const struct inquiry_answer *ia)
{
	struct pending	*pnd = arg;

	tabpop.pending--;
	userinfo_answer(&pnd->pnd_id, ia->ia_result, ia->ia_place,
	    ia->ia_value);
	free(pnd);
}

static struct verdict
parent_userinfo(void *arg, const void *data, int fd)
{
	const struct msg_userinfo	*mui = data;
	struct inquiry			*iq;
	struct pending			*pnd;

	if (tabpop.used == NULL || tabpop.pending >= ANSWERS_MAX) {
		userinfo_answer(&mui->mui_id, LOOK_TEMP, 0, "");
		return (TAKEN);
	}
	if ((pnd = calloc(1, sizeof(*pnd))) == NULL)
		fatal("calloc");
	pnd->pnd_id = mui->mui_id;
	tabpop.pending++;
	iq = inquiry_new(tabpop.used, TABLE_USERBASE, mui->mui_user, NULL,
	    userinfo_known, pnd);
	if (mui->mui_id.si_gen == 0)
		inquiry_for_mail(iq);
	return (TAKEN);
}

/*
 * The parent gets an address and a port, never text of a table.  A route that
 * names no server for this protocol counts as no route.
 */
static void
route_answer(const struct pending *pnd, enum look_result result,
    const char *value)
{
	struct msg_route_is	 ri;
	const char		*why;
	char			 quoted[LOG_QUOTE_MAX];

	memset(&ri, 0, sizeof(ri));
	ri.ri_id = pnd->pnd_id;
	ri.ri_result = result;
	if (result == LOOK_FOUND && (why = route_parse(value,
	    pnd->pnd_protocol, &ri.ri_host)) != NULL) {
		log_warnx("bad route of %s: %s",
		    log_quote(pnd->pnd_user, quoted, sizeof(quoted)), why);
		ri.ri_result = LOOK_TEMP;
	} else if (result == LOOK_FOUND && ri.ri_host.so_version == 0)
		ri.ri_result = LOOK_NONE;
	if (ri.ri_result != LOOK_FOUND)
		memset(&ri.ri_host, 0, sizeof(ri.ri_host));
	proc_send(MSG_ROUTE_IS, &ri, -1);
}

static void
route_known(void *arg, const struct inquiry_answer *ia)
{
	struct pending	*pnd = arg;

	tabpop.pending--;
	route_answer(pnd, ia->ia_result, ia->ia_value);
	free(pnd);
}

static struct verdict
parent_route(void *arg, const void *data, int fd)
{
	const struct msg_route_want	*rw = data;
	struct pending			*pnd, busy;

	if (tabpop.used == NULL || tabpop.pending >= ANSWERS_MAX) {
		memset(&busy, 0, sizeof(busy));
		busy.pnd_id = rw->rw_id;
		route_answer(&busy, LOOK_TEMP, "");
		return (TAKEN);
	}
	if ((pnd = calloc(1, sizeof(*pnd))) == NULL)
		fatal("calloc");
	pnd->pnd_id = rw->rw_id;
	pnd->pnd_protocol = rw->rw_protocol;
	memcpy(pnd->pnd_user, rw->rw_user, sizeof(pnd->pnd_user));
	tabpop.pending++;
	inquiry_new(tabpop.used, TABLE_ROUTE, pnd->pnd_user, NULL, route_known,
	    pnd);
	return (TAKEN);
}

/* The process may belong to a set that a reload has replaced. */
static struct verdict
parent_table(void *arg, const void *data, int fd)
{
	const struct msg_table	*mtb = data;

	if (tabpop.used == NULL ||
	    tableset_replace(tabpop.used, mtb->mtb_number, fd) == -1)
		close(fd);
	return (TAKEN);
}

static struct verdict
parent_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	switch (mp->mp_role) {
	case ROLE_AUTH:
		answers_auth(fd);
		return (TAKEN);
	case ROLE_CHECKER:
		answers_checker(fd, mp->mp_gen);
		return (TAKEN);
	default:
		close(fd);
		return (LIE("unexpected peer"));
	}
}

static void
conf_opened(struct tableset *ts, const char *why)
{
	confset_answer(ts, why);
}

static void
conf_check(const struct confset *cs)
{
	tableset_open(cs, conf_opened);
}

static void
conf_commit(void *made, struct confset *cs)
{
	answers_use(made);
	tableset_retire(tabpop.used);
	tabpop.used = made;
	tableset_use(made, cs);
}

static const struct confset_ops tabpop_ops = {
	CONFSET_KIND(FILE_TABLE), 2 * TABLES_ASKED_MAX + 1, conf_check,
	conf_commit
};

static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		parent_peer },
	{ MSG_TABLE,		parent_table },
	{ MSG_USERINFO,		parent_userinfo },
	{ MSG_ROUTE_WANT,	parent_route },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "tabpop");
	proc_start("tabpop", parent_rules);
	confset_init(&tabpop_ops);
	answers_start();

	proc_drop(argc, argv);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: sockets from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
