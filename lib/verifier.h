/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a server has of a password for SCRAM-SHA-256 (RFC 5802 section 3), as
 * PostgreSQL and others write it:
 *
 *	SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey
 *
 * with all but the iterations in base64.  Passwords are taken octet for octet:
 * there is no SASLprep here, which leaves ASCII as it is.
 */

#ifndef VERIFIER_H
#define VERIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define VERIFIER_PREFIX		"SCRAM-SHA-256$"

struct verifier {
	uint32_t	 vf_iterations;
	uint8_t		 vf_salt[SCRAM_SALT_MAX];
	size_t		 vf_saltlen;
	uint8_t		 vf_stored[SCRAM_KEY];
	uint8_t		 vf_server[SCRAM_KEY];
};

/* Whether a text is one, good or bad. */
int	 verifier_is(const char *);

/* 0, or -1: it is malformed.  Its iterations are for the caller to judge. */
int	 verifier_parse(const char *, struct verifier *);

/* One for a password and a salt that is there already. */
void	 verifier_derive(struct verifier *, const char *pass);

/* The text of one, into buf of VERIFIER_TEXT. */
void	 verifier_text(const struct verifier *, char *buf, size_t size);

/* What the client is told of one: "s=...,i=...". */
void	 verifier_known(const struct verifier *, char *buf, size_t size);

/* Whether it is one for this password, the slow way. */
int	 verifier_match(const struct verifier *, const char *pass);

/*
 * Whether a client's proof is for this text; then the server's own signature
 * of it as "v=..." in buf.
 */
int	 verifier_proved(const struct verifier *vf, const char *text,
	    const uint8_t proof[SCRAM_KEY], char *buf, size_t size);

#endif
