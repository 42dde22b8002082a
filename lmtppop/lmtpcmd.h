/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of LMTP (RFC 2033) and their replies.
 */

#ifndef LMTPCMD_H
#define LMTPCMD_H

struct conn;

/* Queue the greeting. */
void		 lmtpcmd_greet(struct conn *);

/* Run a command line, without CRLF. */
void		 lmtpcmd_command(struct conn *, char *);

/* Reply to an invalid line with this error, and count it. */
void		 lmtpcmd_bad(struct conn *, const char *);

/* The parent has answered: reply to RCPT. */
void		 lmtpcmd_recipient(struct conn *);

/* A chunk has ended: reply to BDAT, or wait for verdicts. */
void		 lmtpcmd_chunk(struct conn *);

/* Reply for one recipient of a message.  Return 0 if it has no result. */
int		 lmtpcmd_verdict(struct conn *);

#endif
