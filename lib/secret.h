/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Entries of authtab that are not hashes: what APOP (RFC 1939 section 7) and
 * CRAM-MD5 (RFC 2195) need, written as Dovecot does.
 *
 *	{PLAIN}password		for both
 *	{CRAM-MD5}hex		for CRAM-MD5 alone: MD5 after the first block
 *				of the outer and of the inner half of HMAC
 *
 * Both also serve to check a password.  A thief of a {PLAIN} has the password;
 * a thief of a {CRAM-MD5} can log in by CRAM-MD5, and guess the password at the
 * speed of MD5.
 *
 * A client's half is its digest, 32 lower-case hexadecimal digits, followed by
 * the challenge that it answers, in one text.
 */

#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

#include "limits.h"

enum secret_kind {
	SECRET_NONE,			/* something else */
	SECRET_PLAIN,
	SECRET_CRAM
};

/* Return the kind that an entry claims to be. */
enum secret_kind secret_kind(const char *);

/* Return 1 if it is valid, 0 if malformed, -1 if truncated. */
int		 secret_judge(const char *);

/* Return whether an entry is for this password; takes constant time. */
int		 secret_match(const char *entry, const char *pass);

/* Return whether the digest of a client's half answers its challenge. */
int		 secret_apop(const char *entry, const char *half);
int		 secret_cram(const char *entry, const char *half);

/* Write what entries of both kinds for one password have in common. */
void		 secret_common(const char *entry, char *buf, size_t size);

/* Write the CRAM-MD5 entry of a password into buf of SECRET_CRAM_TEXT. */
void		 secret_text(const char *pass, char *buf, size_t size);

#endif
