/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines that anyone can cause from outside: at most one per minute of each
 * kind, with the number of events.
 */

#ifndef TALLY_H
#define TALLY_H

#include <sys/types.h>
#include <event.h>

#include "source.h"

struct tally {
	const char	*ta_what;	/* set by the owner, the rest zero */
	struct event	 ta_timer;
	unsigned int	 ta_count;	/* since the last line */
	int		 ta_running;
	struct source	 ta_source;	/* of the last one */
	char		 ta_why[128];
};

/* Count an event of this source.  The text must not come from the client. */
void	 tally_add(struct tally *, const struct source *, const char *);

#endif
