/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets.  They are opened once, as root, and handed to each
 * listener; popd itself never accepts from them.  One that the configuration
 * in use has and the next one, too, stays open: nobody who connects meanwhile
 * is turned away.
 */

#ifndef SOCKETS_H
#define SOCKETS_H

#include <stddef.h>

struct config;
struct listens;

/*
 * The sockets of a configuration, non-blocking and listening, for
 * sockets_free(): those that are open, and new ones for its other addresses.
 * At startup those that were handed down come first (inherit.h).  With wait,
 * addresses that the children of a popd that was killed still hold
 * are waited for.  NULL with one line in why.
 */
struct listens	*sockets_open(const struct config *, int wait, char *why,
		    size_t);

/* Close what no other configuration has; NULL is fine. */
void		 sockets_free(struct listens *);

/*
 * The i-th socket, from 0, the number of its rule and its name; -1 after the
 * last.  NULL has none.
 */
int		 sockets_fd(const struct listens *, unsigned int i,
		    unsigned int *rule, const char **name);

/*
 * Those that are in use, for a popd that is to take them over; returns how
 * many there are, max at the most.
 */
unsigned int	 sockets_hand_down(int *, unsigned int max);

/* These are in use from now on: log which are new, and later which go. */
void		 sockets_tell(const struct listens *);

/*
 * A socket is one open file for all listeners: make good again what one of
 * them may have done to it.
 */
void		 sockets_mend(void);

/*
 * Close all of them: nobody connects any more.  Before it, unless another popd
 * has them: remove those that have a path.
 */
void		 sockets_close(void);
void		 sockets_remove(void);

#endif
