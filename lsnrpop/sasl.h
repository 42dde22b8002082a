/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SASL PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A), SCRAM-SHA-256
 * (scram.h) and CRAM-MD5 (RFC 2195): from the base64 of a client's response to
 * who it wants to be.
 */

#ifndef SASL_H
#define SASL_H

#include <stddef.h>

#include "limits.h"
#include "msg.h"

/*
 * What a PASS or an AUTH brings, as msg_auth_check has it.  Wipe it as soon as
 * it was used.
 */
struct credentials {
	enum auth_method	 cr_method;
	char			 cr_user[USER_MAX];
	char			 cr_pass[PASS_MAX];
	struct scram_said	 cr_said;	/* AUTH_SCRAM */
};

enum sasl_error {
	SASL_OK,
	SASL_SYNTAX,		/* not base64, or not such a message */
	SASL_OTHER,		/* wants to act for somebody else */
	SASL_BINDING		/* wants a channel binding */
};

/*
 * Decode len octets of text (at most LINE_LEN_AUTH_MAX) strictly: whole
 * groups, padding where it belongs and with zero bits (RFC 4648 section 3.5),
 * nothing else.  The authorization identity may be empty or repeat the user
 * name.  credentials are wiped unless SASL_OK is returned.
 */
enum sasl_error	 sasl_plain(const char *, size_t, struct credentials *);

/*
 * The same for EXTERNAL, whose message is the authorization identity alone:
 * the name of a user, or nothing.  name is that in the client's certificate,
 * shorter than USER_MAX.
 */
enum sasl_error	 sasl_external(const char *, size_t, const char *name,
		    struct credentials *);

/*
 * The first message of a client in SCRAM-SHA-256, which is kept in cr_said,
 * and the second: said is what is known of the exchange until then.
 */
enum sasl_error	 sasl_scram_first(const char *, size_t, struct credentials *);
enum sasl_error	 sasl_scram(const char *, size_t,
		    const struct scram_said *said, struct credentials *);

/* A name and a digest for a challenge of ours; APOP brings them as they are. */
enum sasl_error	 sasl_digest(enum auth_method, const char *user,
		    const char *digest, const char *challenge,
		    struct credentials *);

/* The response to this challenge in CRAM-MD5: both, with a space between. */
enum sasl_error	 sasl_cram(const char *, size_t, const char *challenge,
		    struct credentials *);

#endif
