/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A popd after an upgrade: it accepts no more connections and exits after the
 * last session.
 */

#ifndef DRAIN_H
#define DRAIN_H

/*
 * The new popd, or another one in its place, accepts now: stop accepting, and
 * tell it the number of sessions whenever it has changed.
 */
void	 drain_begin(void);

/* Stay for so long without sessions: nobody may serve. */
void	 drain_stay(unsigned int seconds);

/* Return whether this popd is draining. */
int	 drain_begun(void);

/* A child or session has ended: stop if it was the last. */
void	 drain_check(void);

#endif
