/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passes the log level on to all processes.  See verbose.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <string.h>

#include "chan.h"
#include "child.h"
#include "log.h"
#include "msg.h"
#include "rollcall.h"
#include "settings.h"
#include "verbose.h"

static const char	*const names[] = {
	[LOG_BRIEF] = "brief",
	[LOG_VERBOSE] = "verbose",
	[LOG_TRACE] = "trace"
};

const char *
verbose_name(int verbose)
{
	return (names[verbose > LOG_TRACE ? LOG_TRACE : verbose]);
}

int
verbose_level(const char *name)
{
	int	 verbose;

	for (verbose = LOG_TRACE; verbose > LOG_BRIEF; verbose--)
		if (strcmp(name, names[verbose]) == 0)
			break;
	return (verbose);
}

void
verbose_reload(int verbose)
{
	settings.verbose = verbose;
	log_verbose(verbose);
	rollcall_verbose();
}

void
verbose_set(int verbose)
{
	struct msg_verbose	 vb = { (uint32_t)verbose, 0 };
	struct child		*c;

	verbose_reload(verbose);
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_chan != NULL)
			chan_send(c->c_chan, MSG_VERBOSE, &vb, -1);
	log_info("log %s", verbose_name(verbose));
}
