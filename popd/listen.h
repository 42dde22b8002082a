/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets, opened once as root and passed to each listener; popd
 * never accepts from them.  A socket that both the old and the new
 * configuration have stays open, so a reload refuses no connection.
 */

#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>

struct config;
struct listens;

/*
 * Open the sockets of a configuration, non-blocking and listening; free with
 * listen_free().  Open sockets are reused, at startup inherited ones, too
 * (inherit.h).  With wait, wait for addresses still held by children of a
 * killed popd.  Returns NULL with the reason in why.
 */
struct listens	*listen_open(const struct config *, int wait, char *why,
		    size_t);

/* Close the sockets that no other configuration has; NULL is ignored. */
void		 listen_free(struct listens *);

/*
 * Return the i-th socket, from 0, its rule and its name; -1 after the last or
 * if lt is NULL.
 */
int		 listen_fd(const struct listens *, unsigned int i,
		    unsigned int *rule, const char **name);

/* Get the sockets in use for a new popd.  Returns their number, at most max. */
unsigned int	 listen_hand_down(int *, unsigned int max);

/* Log the sockets that are new; they are logged again when closed. */
void		 listen_tell(const struct listens *);

/*
 * A socket is one open file in all listeners: undo what a compromised one may
 * have changed.
 */
void		 listen_mend(void);

/*
 * Close all sockets, to accept nothing more; remove those with a path, before
 * that and unless another popd has them.
 */
void		 listen_close(void);
void		 listen_remove(void);

#endif
