/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Entries of authtab that are no hashes: what APOP (RFC 1939 section 7) and
 * CRAM-MD5 (RFC 2195) need, as Dovecot writes it, too.
 *
 *	{PLAIN}password		for both
 *	{CRAM-MD5}hex		for CRAM-MD5 alone: MD5 after the first block
 *				of the outer and of the inner half of HMAC
 *
 * Either serves for the password itself as well.  Whoever reads a {PLAIN} has
 * the password; whoever reads a {CRAM-MD5} has what logs in by CRAM-MD5, and
 * guesses the password as fast as MD5 is.
 *
 * A client's half is its digest, 32 hexadecimal digits in lower case, and the
 * challenge that it is about, one after the other in one text.
 */

#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

#include "limits.h"

enum secret_kind {
	SECRET_NONE,			/* it is something else */
	SECRET_PLAIN,
	SECRET_CRAM
};

/* What an entry claims to be. */
enum secret_kind secret_kind(const char *);

/* Whether it is one: 1; 0: it is malformed, -1: cut short. */
int		 secret_judge(const char *);

/* Whether an entry is this password's, in a time that does not tell. */
int		 secret_match(const char *entry, const char *pass);

/* Whether the digest of a client's half was made of its challenge and this. */
int		 secret_apop(const char *entry, const char *half);
int		 secret_cram(const char *entry, const char *half);

/* What entries of both kinds for one password have in common, likewise. */
void		 secret_common(const char *entry, char *buf, size_t size);

/* The entry of a password for CRAM-MD5, into buf of SECRET_CRAM_TEXT. */
void		 secret_text(const char *pass, char *buf, size_t size);

#endif
