/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A checker continues to check passwords against the old authtab while it
 * reads the new one: a slice per turn of the event loop.  The certificate
 * table is read last.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authtab.h"
#include "certtab.h"
#include "hashes.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "table.h"

static struct {
	struct hashes_reader	*reader;	/* NULL: not reading */
	struct authtab_file	 files[TABLES_ASKED_MAX];
	const struct authtab	*old;
	int			 warn;
	unsigned int		 place;		/* being read */
	struct table_reader	*certs;		/* NULL: none, or read */
	struct authtab		*new;		/* NULL: not reading */
	authtab_done		*done;
	struct event		 turn;
	int			 all;		/* report errors of both */
	char			 bad[MSG_TEXT_MAX];	/* the first error */
} authtab;

void
authtab_free(struct authtab *at)
{
	unsigned int	 i;

	if (at == NULL)
		return;
	for (i = 0; i < TABLES_ASKED_MAX; i++)
		hashes_free(at->at_hashes[i]);
	table_free(at->at_certs);
	free(at);
}

uint32_t
authtab_place(const struct authtab *at, const char *user)
{
	uint32_t	 i;

	for (i = 0; i < TABLES_ASKED_MAX; i++)
		if (hashes_has(at->at_hashes[i], user))
			break;
	return (i);
}

static void
authtab_cancel(void)
{
	hashes_cancel(authtab.reader);
	table_cancel(authtab.certs);
	authtab_free(authtab.new);
	authtab.reader = NULL;
	authtab.certs = NULL;
	authtab.new = NULL;
}

/* Start to read the next file from a place on, if there is one. */
static void
authtab_next(unsigned int place)
{
	const struct authtab_file	*af;

	while (place < TABLES_ASKED_MAX && authtab.files[place].af_fd == -1)
		place++;
	authtab.place = place;
	if (place == TABLES_ASKED_MAX)
		return;
	af = &authtab.files[place];
	authtab.reader = hashes_open(af->af_fd, af->af_name,
	    authtab.old == NULL ? NULL : authtab.old->at_hashes[place],
	    authtab.warn);
	if (authtab.reader == NULL)
		fatal("hashes_open");
	if ((af->af_flags & TABLE_WHOLE) != 0)
		hashes_whole(authtab.reader);
	if (authtab.all)
		hashes_all(authtab.reader);
}

/* Read the next slice. */
static enum table_state
authtab_step(char *why, size_t size)
{
	enum table_state	 state;

	if (authtab.reader != NULL) {
		state = hashes_step(authtab.reader, why, size);
		if (state != TABLE_DONE)
			return (state);
		authtab.new->at_hashes[authtab.place] =
		    hashes_take(authtab.reader);
		authtab.reader = NULL;
		authtab_next(authtab.place + 1);
		return (TABLE_MORE);
	}
	if (authtab.certs == NULL)
		return (TABLE_DONE);
	state = table_step(authtab.certs, TABLE_SLICE, why, size);
	if (state == TABLE_DONE) {
		authtab.new->at_certs = table_take(authtab.certs);
		authtab.certs = NULL;
	}
	return (state);
}

/*
 * Handle an error; with authtab.all read the second table, too.  "": the
 * second is good, but the first was not.
 */
static void
authtab_bad(const char *why)
{
	const struct timeval	 now = { 0, 0 };
	char			 last[MSG_TEXT_MAX];

	if (authtab.all && authtab.reader != NULL && authtab.certs != NULL) {
		hashes_cancel(authtab.reader);
		authtab.reader = NULL;
		strlcpy(authtab.bad, why, sizeof(authtab.bad));
		evtimer_add(&authtab.turn, &now);
		return;
	}
	strlcpy(last, why, sizeof(last));
	if (last[0] == '\0')
		strlcpy(last, authtab.bad, sizeof(last));
	else if (authtab.bad[0] != '\0')
		log_warnx("%s", authtab.bad);
	authtab_cancel();
	authtab.done(NULL, last);
}

static void
authtab_turn(int fd, short what, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct authtab		*at;
	char			 why[MSG_TEXT_MAX];

	switch (authtab_step(why, sizeof(why))) {
	case TABLE_MORE:
		evtimer_add(&authtab.turn, &now);
		return;
	case TABLE_DONE:
		if (authtab.bad[0] != '\0') {
			authtab_bad("");
			return;
		}
		at = authtab.new;
		authtab.new = NULL;
		authtab.done(at, NULL);
		return;
	case TABLE_BAD:
		authtab_bad(why);
		return;
	}
}

void
authtab_read(const struct authtab_file *hashes,
    const struct authtab_file *certs, const struct authtab *old,
    uint32_t flags, authtab_done *done)
{
	const struct timeval	 now = { 0, 0 };

	if ((authtab.new = calloc(1, sizeof(*authtab.new))) == NULL)
		fatal("calloc");
	memcpy(authtab.files, hashes, sizeof(authtab.files));
	authtab.old = old;
	authtab.warn = (flags & CONF_WARN) != 0;
	authtab.all = (flags & CONF_ALL) != 0;
	authtab_next(0);
	if (certs->af_fd != -1 && (authtab.certs = table_open(certs->af_fd,
	    certs->af_name, old == NULL ? NULL : old->at_certs,
	    certtab_row)) == NULL)
		fatal("table_open");
	if (authtab.certs != NULL && (certs->af_flags & TABLE_WHOLE) != 0)
		table_whole(authtab.certs);
	authtab.bad[0] = '\0';
	if (authtab.all && authtab.certs != NULL)
		table_all(authtab.certs);
	authtab.done = done;
	evtimer_set(&authtab.turn, authtab_turn, NULL);
	evtimer_add(&authtab.turn, &now);
}
