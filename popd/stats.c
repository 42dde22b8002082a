/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Statistics.  See stats.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <string.h>

#include "chan.h"
#include "child.h"
#include "delivery.h"
#include "restart.h"
#include "session.h"
#include "settings.h"
#include "stats.h"

/* Add up the gauges of live children. */
static void
stats_gauges(struct msg_stats *st)
{
	const struct child	*c;
	int			 i;

	memset(st->st_values.cv_gauge, 0, sizeof(st->st_values.cv_gauge));
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_chan == NULL)
			continue;
		st->st_waiting += c->c_wanted;
		for (i = 0; i < GAUGES; i++)
			st->st_values.cv_gauge[i] += c->c_gauge[i];
	}
}

void
stats_send(struct chan *chan)
{
	struct msg_stats	 st;

	memset(&st, 0, sizeof(st));
	st.st_values = *count_sums();
	stats_gauges(&st);
	st.st_start = (uint64_t)settings.started;
	st.st_sessions = session_count();
	st.st_sessions_max = settings.sessions_all;
	st.st_down = restart_missing();
	st.st_deliveries = delivery_count();
	chan_send(chan, MSG_STATS, &st, -1);
}
