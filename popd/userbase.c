/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The tables of userbase, in order; the first that knows a user decides.  Files
 * are searched here; for processes tabpop is asked, and a session, or a
 * recipient of mail (recipient.c), waits a little longer than TABLE_SECONDS.
 *
 * tabpop's answer is checked like a line of a file: no uid or gid of root, an
 * absolute directory.  It is accepted only once, for the session that asked,
 * whose user is authenticated, or for the mail of a recipient.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "config.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "session.h"
#include "settings.h"
#include "table.h"
#include "userbase.h"

/* Return the row of the first file that has a user, and its index. */
static const struct table_row *
userbase_row(const char *user, uint32_t *place)
{
	const struct table_row	*tr = NULL;
	const struct table	*tb;

	for (*place = 0; *place < TABLES_ASKED_MAX; (*place)++)
		if ((tb = conf_usertab(*place)) != NULL &&
		    (tr = table_find(tb, user)) != NULL)
			break;
	return (tr);
}

/* Return whether the uid is one of popd's own, not of a user. */
static int
userbase_ours(uid_t uid)
{
	int	 i;

	if (settings.uid != 0)
		return (0);
	for (i = 0; i < CONFIG_USERS; i++)
		if (settings.uids[i] == uid)
			return (1);
	return (0);
}

/* Return NULL, or why these ids cannot have a session. */
static const char *
userbase_check(const struct userinfo *ui)
{
	return (ui->ui_uid == 0 || ui->ui_gid == 0 ||
	    userbase_ours(ui->ui_uid) ? "root" : NULL);
}

static const char *
userbase_parse(const struct table_row *tr, struct userinfo *ui)
{
	if (tr == NULL || table_userinfo(tr->tr_value, ui) != NULL)
		return ("usertab");
	return (userbase_check(ui));
}

const char *
userbase_find(const char *user, struct userinfo *ui)
{
	const struct table_row	*tr;
	uint32_t		 place;

	tr = userbase_row(user, &place);
	if ((conf_userprocs() & ((1U << place) - 1)) != 0)
		return ("");
	return (userbase_parse(tr, ui));
}

int
userbase_may_know(const char *user)
{
	uint32_t	 place;

	return (userbase_row(user, &place) != NULL || conf_userprocs() != 0);
}

int
userbase_wait(struct session *s, uint32_t type, const void *question,
    void (*late)(int, short, void *))
{
	/* tabpop answers earlier, whatever the tables do. */
	const struct timeval	 tv = { TABLE_SECONDS + 2, 0 };
	struct child		*c = child_of_role(ROLE_TABLE);

	if (c == NULL || chan_send(c->c_chan, type, question, -1) == -1)
		return (-1);
	evtimer_set(&s->s_late, late, s);
	evtimer_add(&s->s_late, &tv);
	s->s_asking = 1;
	return (0);
}

int
userbase_ask(struct session *s, void (*late)(int, short, void *))
{
	struct msg_userinfo	 mui;

	memset(&mui, 0, sizeof(mui));
	mui.mui_id = s->s_id;
	strlcpy(mui.mui_user, s->s_user, sizeof(mui.mui_user));
	return (userbase_wait(s, MSG_USERINFO, &mui, late));
}

struct verdict
userbase_told(const struct msg_userinfo_is *us, const char *user,
    struct userinfo *ui, const char **why)
{
	const struct userinfo	 said = { us->us_uid, us->us_gid, us->us_dir };
	const struct table_row	*tr;
	uint32_t		 place;

	if (us->us_result == LOOK_PROVE || us->us_result == LOOK_WRONG ||
	    (us->us_result == LOOK_FOUND && us->us_dir[0] != '/'))
		return (LIE("invalid answer"));
	*ui = said;
	tr = userbase_row(user, &place);
	if (us->us_result == LOOK_NONE || place < us->us_place)
		*why = userbase_parse(tr, ui);
	else if (us->us_result == LOOK_TEMP)
		*why = "";
	else
		*why = userbase_check(ui);
	return (TAKEN);
}
