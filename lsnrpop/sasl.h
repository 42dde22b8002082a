/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SASL PLAIN (RFC 4616) and CRAM-MD5 (RFC 2195): from a client's response in
 * base64 to credentials.
 */

#ifndef SASL_H
#define SASL_H

#include <stddef.h>

#include "limits.h"
#include "msg.h"

/* Credentials of a PASS or AUTH, as in msg_auth_check.  Wipe after use. */
struct credentials {
	enum auth_method	 cr_method;
	char			 cr_user[USER_MAX];
	char			 cr_pass[PASS_MAX];
};

enum sasl_error {
	SASL_OK,
	SASL_SYNTAX,		/* not base64, or malformed */
	SASL_OTHER		/* wants to act for another user */
};

/*
 * Decode len octets of text (at most LINE_LEN_AUTH_MAX) strictly: whole
 * groups, correct padding with zero bits (RFC 4648 section 3.5), nothing else.
 * The authorization identity may be empty or equal to the user name.  The
 * credentials are wiped unless SASL_OK is returned.
 */
enum sasl_error	 sasl_plain(const char *, size_t, struct credentials *);

/* A name and the digest for a challenge, as APOP sends them. */
enum sasl_error	 sasl_digest(enum auth_method method, const char *user,
		    const char *digest, const char *challenge,
		    struct credentials *cr);

/* The CRAM-MD5 response to this challenge: name, space, digest. */
enum sasl_error	 sasl_cram(const char *, size_t, const char *challenge,
		    struct credentials *);

#endif
