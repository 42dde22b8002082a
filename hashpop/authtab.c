/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A checker continues to check passwords against the old authtab while it
 * reads the new one: a slice per turn of the event loop.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authtab.h"
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
	struct authtab		*new;		/* NULL: not reading */
	authtab_done		*done;
	struct event		 turn;
	int			 all;		/* report all errors */
} authtab;

void
authtab_free(struct authtab *at)
{
	unsigned int	 i;

	if (at == NULL)
		return;
	for (i = 0; i < TABLES_ASKED_MAX; i++)
		hashes_free(at->at_hashes[i]);
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
	authtab_free(authtab.new);
	authtab.reader = NULL;
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

	if (authtab.reader == NULL)
		return (TABLE_DONE);
	state = hashes_step(authtab.reader, why, size);
	if (state != TABLE_DONE)
		return (state);
	authtab.new->at_hashes[authtab.place] = hashes_take(authtab.reader);
	authtab.reader = NULL;
	authtab_next(authtab.place + 1);
	return (TABLE_MORE);
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
		at = authtab.new;
		authtab.new = NULL;
		authtab.done(at, NULL);
		return;
	case TABLE_BAD:
		authtab_cancel();
		authtab.done(NULL, why);
		return;
	}
}

void
authtab_read(const struct authtab_file *hashes, const struct authtab *old,
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
	authtab.done = done;
	evtimer_set(&authtab.turn, authtab_turn, NULL);
	evtimer_add(&authtab.turn, &now);
}
