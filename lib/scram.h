/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The messages of SASL SCRAM-SHA-256 (RFC 5802, RFC 7677), as text: no secret
 * but the client's proof is in them.  Who does what in an exchange:
 *
 * The listener parses what the client says, keeps its first message for the
 * second, and makes up the answers.  The queue adds the nonce of the server,
 * and knows which of its nonces were used (authpop/seal.h).  A checker, which
 * alone has verifiers, gives salt and iterations, puts the messages together
 * again, as a proof is about their text, and judges it.
 *
 * A listener that lies cannot log in as somebody whose exchange it saw: the
 * proof is for one nonce, that nonce is good for one answer.
 *
 * There is no channel binding: libtls gives no tls-exporter.  So a client that
 * asks for it ("p=") is refused, and one that says that it could ("y") is not
 * lied to, since SCRAM-SHA-256-PLUS is never offered (RFC 5802 section 6).
 * Extensions of a client's first message are ignored, but a mandatory one; no
 * client has any in its second, and none are taken there.
 */

#ifndef SCRAM_H
#define SCRAM_H

#include <stddef.h>

#include "limits.h"

enum scram_error {
	SCRAM_OK,
	SCRAM_SYNTAX,
	SCRAM_OTHER,		/* wants to act for somebody else */
	SCRAM_BINDING		/* wants a channel binding */
};

/* Parts of a client's first message, which they point into. */
struct scram_first {
	char		 sf_user[USER_MAX];	/* decoded */
	const char	*sf_bare;		/* after the GS2 header */
	const char	*sf_nonce;		/* the client's */
	size_t		 sf_noncelen;
};

/* A client's first message. */
enum scram_error scram_first(const char *, struct scram_first *);

/*
 * The second of the client whose first was this, with the nonce of the server;
 * its proof, as base64, into proof of SCRAM_PROOF_TEXT.
 */
enum scram_error scram_final(const char *, const char *first,
		    const char *nonce, char *proof);

/*
 * The server's first message: the nonce, and what the checker knows of the
 * user, "s=...,i=...".  -1: it does not fit.
 */
int		 scram_challenge(const char *first, const char *nonce,
		    const char *known, char *buf, size_t size);

/* What the proof is about.  -1: it does not fit. */
int		 scram_message(const char *first, const char *nonce,
		    const char *known, char *buf, size_t size);

#endif
