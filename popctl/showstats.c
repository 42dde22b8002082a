/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Statistics.  In: popd's counters.  Out: OpenMetrics text. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "daemon.h"
#include "msg.h"
#include "openmetrics.h"
#include "popctl.h"
#include "showstats.h"

int
showstats_run(const struct popctl *ct, int argc, char *argv[])
{
	static char		 text[OPENMETRICS_MAX];
	union msg_payload	 payload;
	struct msg_control	 cq;
	uint32_t		 type;

	if (argc != 1)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_STATS;
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	while ((type = daemon_next(&payload)) != 0)
		if (type == MSG_STATS)
			fwrite(text, 1, openmetrics_text(&payload.stats, text),
			    stdout);
	return (daemon_status());
}
