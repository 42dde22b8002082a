/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Statistics of popd.
 */

#ifndef STATS_H
#define STATS_H

struct chan;

/* Send popctl the counters and current values. */
void	 stats_send(struct chan *);

#endif
