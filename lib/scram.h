/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The messages of SASL SCRAM-SHA-256 (RFC 5802, RFC 7677), as text; the only
 * secret in them is the client's proof.  The parts of an exchange:
 *
 * The listener parses the client's messages, keeps the first for the second,
 * and composes the replies, with a random part of its own in each nonce.  The
 * queue adds the rest of the server's nonce and knows which were used
 * (authpop/seal.h).  A checker, which alone has verifiers,
 * supplies salt and iterations, composes the messages again, since a proof
 * covers their text, and judges the proof.
 *
 * A compromised listener cannot log in as a user whose exchange it saw: a proof
 * is for one nonce, and that nonce is good for one answer.  Nor can a
 * compromised queue give a nonce to a second client.
 *
 * There is no channel binding: libtls has no tls-exporter.  A client that asks
 * for it ("p=") is refused; one that says it could ("y") is not deceived, since
 * SCRAM-SHA-256-PLUS is never offered (RFC 5802 section 6).  Extensions in a
 * client's first message are ignored, unless mandatory; no client sends any in
 * its second, where none are accepted.
 */

#ifndef SCRAM_H
#define SCRAM_H

#include <stddef.h>

#include "limits.h"

enum scram_error {
	SCRAM_OK,
	SCRAM_SYNTAX,
	SCRAM_OTHER,		/* acts for another user */
	SCRAM_BINDING		/* requires channel binding */
};

/* Parts of a client's first message, pointing into it. */
struct scram_first {
	char		 sf_user[USER_MAX];	/* decoded */
	const char	*sf_bare;		/* after the GS2 header */
	const char	*sf_nonce;		/* of the client */
	size_t		 sf_noncelen;
};

/* Parse a client's first message. */
enum scram_error scram_first(const char *, struct scram_first *);

/*
 * Parse the second message of a client with this first message and the server's
 * nonce; copy its proof, as base64, to proof of SCRAM_PROOF_TEXT.
 */
enum scram_error scram_final(const char *, const char *first,
		    const char *nonce, char *proof);

/*
 * Compose the server's first message: the nonce, and the checker's text about
 * the user, "s=...,i=...".  Return 0, or -1 if it does not fit.
 */
int		 scram_challenge(const char *first, const char *nonce,
		    const char *known, char *buf, size_t size);

/* Compose the text that the proof covers.  -1: it does not fit. */
int		 scram_message(const char *first, const char *nonce,
		    const char *known, char *buf, size_t size);

#endif
