/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A checker goes on checking passwords against the old authtab while it reads
 * the new one: a slice in each turn of its event loop.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>

#include "authtab.h"
#include "hash.h"
#include "log.h"
#include "msg.h"

static struct {
	struct hashes_reader	*reader;	/* NULL: none at work */
	authtab_done		*done;
	struct event		 turn;
} authtab;

void
authtab_cancel(void)
{
	if (authtab.reader == NULL)
		return;
	evtimer_del(&authtab.turn);
	hashes_cancel(authtab.reader);
	authtab.reader = NULL;
}

static void
authtab_turn(int fd, short what, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct hashes		*ha;
	char			 why[MSG_TEXT_MAX];

	switch (hashes_step(authtab.reader, why, sizeof(why))) {
	case TABLE_MORE:
		evtimer_add(&authtab.turn, &now);
		return;
	case TABLE_DONE:
		ha = hashes_take(authtab.reader);
		authtab.reader = NULL;
		authtab.done(ha, NULL);
		return;
	case TABLE_BAD:
		authtab_cancel();
		authtab.done(NULL, why);
		return;
	}
}

void
authtab_read(int fd, const char *name, const struct hashes *old, int warn,
    authtab_done *done)
{
	const struct timeval	 now = { 0, 0 };

	authtab_cancel();
	if ((authtab.reader = hashes_open(fd, name, old, warn)) == NULL)
		fatal("hashes_open");
	authtab.done = done;
	evtimer_set(&authtab.turn, authtab_turn, NULL);
	evtimer_add(&authtab.turn, &now);
}
