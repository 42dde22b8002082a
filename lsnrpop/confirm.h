/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SCRAM: a session whose worker has started, but whose client has yet to
 * verify the server's signature and agree.  Until then it counts as two
 * connections without a login.
 */

#ifndef CONFIRM_H
#define CONFIRM_H

struct client;

/* Send the signature to the client; fd, of its worker, is owned from now on. */
void	 confirm_ask(struct client *, int fd, const char *);

/* The client agrees: open the session. */
void	 confirm_done(struct client *);

/* It does not, or it ends: close fd; nothing if none is pending. */
void	 confirm_drop(struct client *);

/* Return the number of pending confirmations. */
unsigned int confirm_count(void);

#endif
