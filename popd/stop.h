/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Shutdown in order: accept no connections, tell every client, let each QUIT
 * finish its UPDATE.
 */

#ifndef STOP_H
#define STOP_H

/* Begin to stop; why is logged. */
void	 stop_begin(const char *);

/* Return whether popd is stopping. */
int	 stop_begun(void);

/* Have this called when popd begins to stop. */
void	 stop_hook(void (*)(void));

/* A process or the earlier popd is gone: exit if it was the last. */
void	 stop_check(void);

#endif
