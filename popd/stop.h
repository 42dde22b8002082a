/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The end of popd, in order: nobody connects any more; every client is told;
 * what a QUIT began is finished.
 */

#ifndef STOP_H
#define STOP_H

/* Begin to stop; why is for the log. */
void	 stop_begin(const char *);

/* Whether it has begun. */
int	 stop_begun(void);

/* Call this when popd begins to stop. */
void	 stop_hook(void (*)(void));

/* A process is gone, or the popd before this one: perhaps it was the last. */
void	 stop_check(void);

#endif
