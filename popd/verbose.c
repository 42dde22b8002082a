/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passes the log level on to all processes.  See verbose.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include "chan.h"
#include "child.h"
#include "log.h"
#include "msg.h"
#include "rollcall.h"
#include "settings.h"
#include "verbose.h"

void
verbose_set(int verbose)
{
	struct msg_verbose	 vb = { verbose != 0, 0 };
	struct child		*c;

	settings.verbose = verbose;
	log_verbose(verbose);
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_chan != NULL)
			chan_send(c->c_chan, MSG_VERBOSE, &vb, -1);
	rollcall_verbose();
	log_info("log %s", verbose ? "verbose" : "brief");
}
