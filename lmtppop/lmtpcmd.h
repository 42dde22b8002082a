/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of LMTP (RFC 2033) and their answers.
 */

#ifndef LMTPCMD_H
#define LMTPCMD_H

struct conn;

void		 lmtpcmd_greet(struct conn *);

/* A line that came, without its end. */
void		 lmtpcmd_command(struct conn *, char *);

/* A line that is none: why, with its code. */
void		 lmtpcmd_bad(struct conn *, const char *);

/* The parent has answered for the recipient. */
void		 lmtpcmd_recipient(struct conn *);

/* A chunk is over. */
void		 lmtpcmd_chunk(struct conn *);

/* The message is: answer one recipient.  0 if he has no verdict yet. */
int		 lmtpcmd_verdict(struct conn *);

#endif
