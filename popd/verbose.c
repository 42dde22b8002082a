/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passes the log level on to all processes.  See verbose.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <signal.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "log.h"
#include "msg.h"
#include "session.h"
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

/* A worker reads its channel between commands, when signalled. */
static void
verbose_workers(void)
{
	struct msg_verbose	 vb = { (uint32_t)settings.verbose, 0 };
	struct session_id	 last = { 0, 0 };
	const struct session	*s;

	while ((s = session_after(&last)) != NULL) {
		last = s->s_id;
		if (s->s_chan == NULL || !chan_drained(s->s_chan))
			continue;
		chan_send(s->s_chan, MSG_VERBOSE, &vb, -1);
		kill(s->s_pid, SIGURG);
	}
}

void
verbose_reload(int verbose)
{
	settings.verbose = verbose;
	log_verbose(verbose);
	verbose_workers();
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
