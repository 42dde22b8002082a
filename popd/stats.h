/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What popd knows of itself in numbers.
 */

#ifndef STATS_H
#define STATS_H

struct chan;

/* Answer MSG_STATS_WANT: the sums, and what is now. */
void	 stats_send(struct chan *);

#endif
