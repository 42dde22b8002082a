/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SASL PLAIN (RFC 4616) and EXTERNAL (RFC 4422 appendix A): from the base64 of
 * a client's response to who it wants to be.
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
};

enum sasl_error {
	SASL_OK,
	SASL_SYNTAX,		/* not base64, or not such a message */
	SASL_OTHER		/* wants to act for somebody else */
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

#endif
