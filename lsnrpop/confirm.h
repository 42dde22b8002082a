/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SCRAM: a session that its worker has begun, and its client not yet: the
 * client has to hear the signature of the server and to agree.  Until then it
 * counts as one without a login, and for two.
 */

#ifndef CONFIRM_H
#define CONFIRM_H

struct client;

/* Say this to the client; fd, of its worker, is the client's from now on. */
void	 confirm_ask(struct client *, int fd, const char *);

/* It agrees: the session is open. */
void	 confirm_done(struct client *);

/* It does not, or it ends; nothing if no session waits. */
void	 confirm_drop(struct client *);

/* How many wait. */
unsigned int confirm_count(void);

#endif
