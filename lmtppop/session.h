/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of LMTP (RFC 2033) and their replies.
 */

#ifndef SESSION_H
#define SESSION_H

struct conn;

/* Queue the greeting. */
void		 session_greet(struct conn *);

/* Run a command line, without CRLF. */
void		 session_command(struct conn *, char *);

/* Reply to an invalid line with this error, and count it. */
void		 session_bad(struct conn *, const char *);

/* The parent has answered: reply to RCPT. */
void		 session_recipient(struct conn *);

/* A chunk has ended: reply to BDAT, or wait for verdicts. */
void		 session_chunk(struct conn *);

/* Reply for one recipient of a message.  Returns 0 if it has no result. */
int		 session_verdict(struct conn *);

#endif
