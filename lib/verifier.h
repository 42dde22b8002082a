/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A server's verifier of a password for SCRAM-SHA-256 (RFC 5802 section 3), in
 * the form of PostgreSQL and others:
 *
 *	SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey
 *
 * with all but the iterations in base64.  Passwords are taken octet by octet,
 * without SASLprep, which leaves ASCII unchanged.
 */

#ifndef VERIFIER_H
#define VERIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define VERIFIER_PREFIX		"SCRAM-SHA-256$"

/*
 * The line of authtab with the key for the salts of unknown users, of popctl
 * encrypt -k: "*" and base64, so that nobody logs in as that.
 */
#define VERIFIER_SALTS		"popd-salts"

struct verifier {
	uint32_t	 vf_iterations;
	uint8_t		 vf_salt[SCRAM_SALT_MAX];
	size_t		 vf_saltlen;
	uint8_t		 vf_stored[SCRAM_KEY];
	uint8_t		 vf_server[SCRAM_KEY];
};

/* Return whether a text is a verifier, valid or not. */
int	 verifier_is(const char *);

/* Return 0, or -1 if it is malformed.  The caller judges the iterations. */
int	 verifier_parse(const char *, struct verifier *);

/* Derive one from a password; salt and iterations are already set. */
void	 verifier_derive(struct verifier *, const char *pass);

/* Write it as text into buf of VERIFIER_TEXT. */
void	 verifier_text(const struct verifier *, char *buf, size_t size);

/* Write what the client is told of it: "s=...,i=...". */
void	 verifier_known(const struct verifier *, char *buf, size_t size);

/* Return whether it is for this password, by deriving it again. */
int	 verifier_match(const struct verifier *, const char *pass);

/*
 * Return whether a client's proof is for this text; if so write the server's
 * signature of it, "v=...", into buf.
 */
int	 verifier_proved(const struct verifier *vf, const char *text,
	    const uint8_t proof[SCRAM_KEY], char *buf, size_t size);

#endif
