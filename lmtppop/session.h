/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of LMTP (RFC 2033) and their answers.
 */

#ifndef SESSION_H
#define SESSION_H

struct conn;

void		 session_greet(struct conn *);

/* A line that came, without its end. */
void		 session_command(struct conn *, char *);

/* A line that is none: why, with its code. */
void		 session_bad(struct conn *, const char *);

/* The parent has answered for the recipient. */
void		 session_recipient(struct conn *);

/* A chunk is over. */
void		 session_chunk(struct conn *);

/* The message is: answer one recipient.  0 if he has no verdict yet. */
int		 session_verdict(struct conn *);

#endif
