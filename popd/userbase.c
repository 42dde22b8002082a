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
 * absolute directory, within the bounds of its table.  It is accepted only
 * once, for the session that asked, whose user is authenticated, or for the
 * mail of a recipient.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <string.h>

#include "bucket.h"
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

static struct {
	struct bucket	 lines;		/* for the log */
} userbase;

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

static int
userbase_process(uint32_t place)
{
	return ((conf_userprocs() >> place & 1) != 0);
}

/*
 * Return whether popd itself runs as this user; its groups are not for users of
 * table processes.
 */
static int
userbase_ours(const struct userinfo *ui, uint32_t place)
{
	int	 i;

	if (settings.uid != 0)
		return (0);
	for (i = 0; i < CONFIG_USERS; i++)
		if (settings.uids[i] == ui->ui_uid ||
		    (settings.gids[i] == ui->ui_gid && userbase_process(place)))
			return (1);
	return (0);
}

/* Log an answer out of bounds; mail may cause any number. */
static void
userbase_log(const char *user, const struct userinfo *ui, const char *what)
{
	char	 name[LOG_QUOTE_MAX], dir[LOG_QUOTE_MAX];

	if (bucket_spend(&userbase.lines, 1, TABLE_LINES_MAX) == 0)
		log_warnx("%s out of bounds user=%s uid=%u gid=%u directory=%s",
		    what, log_quote(user, name, sizeof(name)), ui->ui_uid,
		    ui->ui_gid, log_quote(ui->ui_dir, dir, sizeof(dir)));
}

/* Return NULL, or why these ids and directory cannot have a session. */
static const char *
userbase_check(const char *user, const struct userinfo *ui, uint32_t place)
{
	const char	*what;

	if (ui->ui_uid == 0 || ui->ui_gid == 0 || userbase_ours(ui, place))
		return ("root");
	if ((what = config_outside(conf_bounds(place), ui)) == NULL)
		return (NULL);
	userbase_log(user, ui, what);
	return ("bounds");
}

static const char *
userbase_parse(const char *user, const struct table_row *tr,
    struct userinfo *ui, uint32_t place)
{
	if (tr == NULL || table_userinfo(tr->tr_value, ui) != NULL)
		return ("usertab");
	return (userbase_check(user, ui, place));
}

int
userbase_in_file(const char *user)
{
	uint32_t	 place;

	return (userbase_row(user, &place) != NULL &&
	    (conf_userprocs() & ((1U << place) - 1)) == 0);
}

const char *
userbase_find(const char *user, struct userinfo *ui)
{
	const struct table_row	*tr;
	uint32_t		 place;

	tr = userbase_row(user, &place);
	if ((conf_userprocs() & ((1U << place) - 1)) != 0)
		return ("");
	return (userbase_parse(user, tr, ui, place));
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
		*why = userbase_parse(user, tr, ui, place);
	else if (us->us_result == LOOK_TEMP || !userbase_process(us->us_place))
		*why = "";
	else
		*why = userbase_check(user, ui, us->us_place);
	return (TAKEN);
}
