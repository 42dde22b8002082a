/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table processes of one configuration.  See tableset.h.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confset.h"
#include "limits.h"
#include "log.h"
#include "proc.h"
#include "program.h"
#include "tableset.h"

/* Tables of credentials and userbase, and one of routes. */
#define PROGRAMS_MAX	(2 * TABLES_ASKED_MAX + 1)

struct tableset {
	struct program	*ts_programs[PROGRAMS_MAX];
	char		 ts_where[PROGRAMS_MAX][PATH_LEN_MAX];	/* file:line */
	unsigned int	 ts_count;
	uint32_t	 ts_kept;	/* bit n: TABLE_KEPT */
	uint32_t	 ts_down;	/* bit n: kept, and is down */
	int		 ts_used;	/* in use now */
	int		 ts_retired;
	unsigned int	 ts_held;
	struct event	 ts_end;
};

static struct {
	struct tableset	*opening;	/* NULL: none */
	int		 first;		/* popd's first */
	tableset_done	*done;
} tableset;

static void
tableset_free(struct tableset *ts)
{
	unsigned int	 i;

	event_del(&ts->ts_end);
	for (i = 0; i < ts->ts_count; i++)
		program_free(ts->ts_programs[i]);
	free(ts);
}

static void
tableset_end(int fd, short what, void *arg)
{
	tableset_free(arg);
}

/* Deferred: a program of the set may be in a callback. */
static void
tableset_try_end(struct tableset *ts)
{
	const struct timeval	 now = { 0, 0 };

	if (ts->ts_retired && ts->ts_held == 0)
		evtimer_add(&ts->ts_end, &now);
}

/* A process of the set that is being opened cannot be asked. */
static void
tableset_bad(struct tableset *ts, const struct program *pg, const char *why)
{
	char		 text[MSG_TEXT_MAX];
	unsigned int	 i;

	for (i = 0; i < ts->ts_count; i++)
		if (ts->ts_programs[i] == pg)
			break;
	snprintf(text, sizeof(text), "%s: table %s: %s",
	    i < ts->ts_count ? ts->ts_where[i] : "?", program_name(pg), why);
	tableset.opening = NULL;
	/* The caller may close their descriptors at any time. */
	for (i = 0; i < ts->ts_count; i++)
		program_detach(ts->ts_programs[i]);
	tableset.done(NULL, text);
	ts->ts_retired = 1;
	tableset_try_end(ts);
}

static void
tableset_try_done(struct tableset *ts)
{
	unsigned int	 i;

	for (i = 0; i < ts->ts_count; i++)
		if (!program_up(ts->ts_programs[i]) &&
		    (ts->ts_down & 1U << i) == 0)
			return;
	tableset.opening = NULL;
	tableset.done(ts, NULL);
}

/*
 * Return whether a process may be down.  At popd's first start none is known
 * to be good, so one that offers the wrong services is a mistake in popd.conf.
 */
static int
tableset_tolerates(struct tableset *ts, const struct program *pg)
{
	unsigned int	 n;

	for (n = 0; ts->ts_programs[n] != pg; n++)
		;
	if ((ts->ts_kept & 1U << n) == 0 ||
	    (tableset.first && program_lacks(pg)))
		return (0);
	ts->ts_down |= 1U << n;
	return (1);
}

static void
tableset_changed(struct program *pg, const char *why, void *arg)
{
	struct tableset		*ts = arg;
	struct msg_table	 mtb = { program_number(pg), 0 };

	if (ts == tableset.opening) {
		if (why != NULL && !tableset_tolerates(ts, pg)) {
			tableset_bad(ts, pg, why);
			return;
		}
		if (why != NULL)
			log_warnx("table %s: %s", program_name(pg), why);
		tableset_try_done(ts);
		return;
	}
	if (ts->ts_retired)
		return;
	if (why == NULL) {
		log_info("table %s is back", program_name(pg));
		return;
	}
	log_warnx("table %s: %s", program_name(pg), why);
	/* Processes of a set that is not in use yet are replaced once it is. */
	if (ts->ts_used)
		proc_send(MSG_TABLE_WANT, &mtb, -1);
}

/* Add a program.  Return 0, or -1 if the message is invalid. */
static int
tableset_add(struct tableset *ts, const struct confset_file *cf)
{
	const char	*where = strchr(cf->cf_file.mf_name, ' ');
	struct program	*pg;

	pg = program_new(&cf->cf_file, tableset_changed, ts);
	if (pg == NULL)
		return (-1);
	strlcpy(ts->ts_where[ts->ts_count], where == NULL ? "" : where + 1,
	    sizeof(ts->ts_where[0]));
	if ((cf->cf_file.mf_flags & TABLE_KEPT) != 0)
		ts->ts_kept |= 1U << ts->ts_count;
	ts->ts_programs[ts->ts_count++] = pg;
	return (0);
}

void
tableset_open(const struct confset *cs, tableset_done *done)
{
	struct tableset	*ts;
	size_t		 i;

	if ((ts = calloc(1, sizeof(*ts))) == NULL)
		fatal("calloc");
	evtimer_set(&ts->ts_end, tableset_end, ts);
	tableset.done = done;
	for (i = 0; i < cs->cs_count; i++)
		if (tableset_add(ts, &cs->cs_files[i]) == -1) {
			tableset_free(ts);
			done(NULL, "table without a name");
			return;
		}
	tableset.opening = ts;
	tableset.first = (cs->cs_conf.mc_flags & CONF_FIRST) != 0;
	for (i = 0; i < cs->cs_count; i++)
		program_attach(ts->ts_programs[i], cs->cs_files[i].cf_fd, 0);
	tableset_try_done(ts);
}

void
tableset_use(struct tableset *ts, struct confset *cs)
{
	struct msg_table	 mtb = { 0, 0 };
	unsigned int		 i;

	ts->ts_used = 1;
	for (i = 0; i < ts->ts_count; i++) {
		if (program_adopt(ts->ts_programs[i]))
			cs->cs_files[i].cf_fd = -1;
		mtb.mtb_number = program_number(ts->ts_programs[i]);
		if (!program_up(ts->ts_programs[i]))
			proc_send(MSG_TABLE_WANT, &mtb, -1);
	}
}

void
tableset_retire(struct tableset *ts)
{
	if (ts == NULL)
		return;
	ts->ts_retired = 1;
	tableset_try_end(ts);
}

void
tableset_hold(struct tableset *ts)
{
	ts->ts_held++;
}

void
tableset_release(struct tableset *ts)
{
	ts->ts_held--;
	tableset_try_end(ts);
}

int
tableset_replace(struct tableset *ts, uint32_t number, int fd)
{
	unsigned int	 i;

	for (i = 0; i < ts->ts_count; i++)
		if (program_number(ts->ts_programs[i]) == number) {
			program_attach(ts->ts_programs[i], fd, 1);
			return (0);
		}
	return (-1);
}

struct program *
tableset_program(const struct tableset *ts, enum table_flag flag,
    unsigned int place)
{
	unsigned int	 i;

	for (i = 0; i < ts->ts_count; i++)
		if (program_place(ts->ts_programs[i], flag) == place)
			return (ts->ts_programs[i]);
	return (NULL);
}
