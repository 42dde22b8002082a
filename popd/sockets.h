/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets, opened once as root and passed to each listener; popd
 * never accepts from them.  A socket that both the old and the new
 * configuration have stays open, so a reload refuses no connection.
 */

#ifndef SOCKETS_H
#define SOCKETS_H

#include <stddef.h>

#include "msg.h"

struct chan;
struct config;
struct listens;

/*
 * Open the sockets of a configuration, non-blocking and listening; free with
 * sockets_free().  Open sockets are reused, at startup inherited ones, too
 * (inherit.h).  With wait, wait for addresses still held by children of a
 * killed popd.  Return NULL with the reason in why.
 */
struct listens	*sockets_open(const struct config *, int wait, char *why,
		    size_t);

/* Close the sockets that no other configuration has; NULL is ignored. */
void		 sockets_free(struct listens *);

/*
 * Return the i-th socket, from 0, its rule and its name; -1 after the last or
 * if lt is NULL.
 */
int		 sockets_fd(const struct listens *, unsigned int i,
		    unsigned int *rule, const char **name);

/* Get the sockets in use for a new popd.  Return their number, at most max. */
unsigned int	 sockets_hand_down(int *, unsigned int max);

/* Log the sockets that are new; they are logged again when closed. */
void		 sockets_tell(const struct listens *);

/*
 * A socket is one open file in all listeners: undo what a compromised one may
 * have changed.
 */
void		 sockets_mend(void);

/*
 * Look for a socket that cannot be mended: after shutdown(2) any on OpenBSD, on
 * Linux one with a path.  Return 1 if there is a new one, which the next reload
 * replaces, else 0.
 */
int		 sockets_lost(void);

/* Return the number of networks for a role; send them, return 0, or -1. */
unsigned int	 sockets_nets(const struct listens *, const struct config *,
		    enum role);
int		 sockets_send_nets(const struct listens *,
		    const struct config *, enum role, struct chan *);

/*
 * Close all sockets, to accept nothing more; remove those with a path, before
 * that and unless another popd has them.
 */
void		 sockets_close(void);
void		 sockets_remove(void);

#endif
