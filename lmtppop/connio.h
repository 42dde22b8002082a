/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replies to a client, and the end of its connection after the last one.
 */

#ifndef CONNIO_H
#define CONNIO_H

struct conn;

/* Queue a reply, one line without CRLF. */
void		 connio_say(struct conn *, const char *);

/* Close after the queued replies; the reason is logged. */
void		 connio_end(struct conn *, const char *);

/*
 * Send queued replies, as many as the socket takes now.  Return -1 if the
 * client is gone.
 */
int		 connio_flush(struct conn *);

#endif
