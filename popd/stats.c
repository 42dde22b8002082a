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
stats_gauges(struct msg_stats *mst)
{
	const struct child	*c;
	int			 i;

	memset(mst->mst_values.cv_gauge, 0, sizeof(mst->mst_values.cv_gauge));
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if (c->c_chan == NULL)
			continue;
		mst->mst_waiting += c->c_wanted;
		for (i = 0; i < GAUGES; i++)
			mst->mst_values.cv_gauge[i] += c->c_gauge[i];
	}
}

void
stats_send(struct chan *chan)
{
	struct msg_stats	 mst;

	memset(&mst, 0, sizeof(mst));
	mst.mst_values = *count_sums();
	stats_gauges(&mst);
	mst.mst_start = (uint64_t)settings.started;
	mst.mst_sessions = session_count();
	mst.mst_sessions_max = settings.sessions_all;
	mst.mst_down = restart_missing();
	mst.mst_deliveries = delivery_count();
	chan_send(chan, MSG_STATS, &mst, -1);
}
