/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Channels to other popds.  See neighbour.h.
 */

#include <sys/types.h>

#include "neighbour.h"

static struct {
	struct handover	 before;
	struct handover	 after;
	int		 taken;		/* this popd has taken over */
	int		 serves;	/* the newer one does */
} neighbour = { .before = { .ho_fd = -1 }, .after = { .ho_fd = -1 } };

void
neighbour_before(int fd, void (*heard)(uint32_t, const char *))
{
	handover_open(&neighbour.before, fd, heard);
}

void
neighbour_after(int fd, void (*heard)(uint32_t, const char *))
{
	neighbour.serves = 0;
	handover_open(&neighbour.after, fd, heard);
}

void
neighbour_taken(void)
{
	neighbour.taken = 1;
}

int
neighbour_elder(void)
{
	return (neighbour.taken && neighbour.before.ho_fd != -1);
}

void
neighbour_serves(void)
{
	neighbour.serves = 1;
}

void
neighbour_gone(void)
{
	handover_close(&neighbour.after);
}

void
neighbour_say_before(enum handover_type type, const char *text)
{
	handover_say(&neighbour.before, type, text);
}

void
neighbour_say_after(enum handover_type type, const char *text)
{
	handover_say(&neighbour.after, type, text);
}

void
neighbour_say_successor(enum handover_type type, const char *text)
{
	if (neighbour.serves)
		handover_say(&neighbour.after, type, text);
}

void
neighbour_order(enum handover_type type, const char *text)
{
	handover_say(&neighbour.before, type, text);
	if (!neighbour.serves &&
	    (type == HANDOVER_LOCK || type == HANDOVER_UNLOCK))
		handover_say(&neighbour.after, type, text);
}

void
neighbour_yield(const char *user)
{
	handover_say(&neighbour.before, HANDOVER_YIELD, user);
	neighbour_say_successor(HANDOVER_YIELD, user);
}
