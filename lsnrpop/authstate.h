/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The AUTHORIZATION state of one connection (RFC 1939 section 4, RFC 2595
 * section 4, RFC 5034).  In: octets in clear.  Out: replies and login
 * attempts.  Knows neither sockets nor how passwords are checked.
 */

#ifndef AUTHSTATE_H
#define AUTHSTATE_H

#include <stddef.h>
#include <stdint.h>

#include "sasl.h"

/* Flags of the connection. */
enum authstate_flag {
	AUTHSTATE_TLS	= 0x01,		/* has TLS */
	AUTHSTATE_OFFER	= 0x02,		/* may begin TLS */
	AUTHSTATE_CLEAR	= 0x04		/* may log in without TLS */
};

/* What the next line responds to. */
enum authstate_sasl {
	SASL_NONE,			/* nothing: a command */
	SASL_PLAIN,
	SASL_CRAM
};

/* Initialize with zeros, and set the flags. */
struct authstate {
	char	*as_user;		/* of USER; NULL: none */
	char	*as_stamp;		/* of the greeting, for APOP; NULL:
					   APOP is not offered */
	char	*as_challenge;		/* CRAM-MD5 under way; or NULL */
	int	 as_skipping;		/* for line_take() */
	uint8_t	 as_bad;		/* bad commands in a row */
	uint8_t	 as_failures;		/* refused logins */
	uint8_t	 as_sasl;		/* enum authstate_sasl */
	uint8_t	 as_flags;		/* enum authstate_flag */
};

enum authstate_event {
	AUTHSTATE_MORE,			/* no complete line, no reply */
	AUTHSTATE_REPLY,		/* a reply to send */
	AUTHSTATE_CLOSE,		/* a reply to send, then close */
	AUTHSTATE_STLS,			/* a reply to send, then TLS */
	AUTHSTATE_LOGIN			/* credentials to check, no reply yet */
};

/*
 * Execute the first line in len octets, which are modified.  *used octets have
 * been consumed, whatever is returned.  *reply is a complete reply, valid
 * until the next call.  Credentials are set for AUTHSTATE_LOGIN only; wipe
 * them.  After AUTHSTATE_STLS pass no octet received before TLS (RFC 2595
 * section 4): it may come from an attacker.
 */
enum authstate_event authstate_step(struct authstate *as, char *buf,
	    size_t len, size_t *used, const char **reply,
	    struct credentials *cr);

/*
 * Return the greeting; call once, with the flags set.  Valid until the next
 * call.
 */
const char	*authstate_greeting(struct authstate *as);

/*
 * TLS has begun: forget all commands before it (RFC 2595 section 4), but not
 * the number of refused logins.
 */
void	 authstate_secure(struct authstate *);

/* The login was refused: forget the user name.  Return 1 if too many were. */
int	 authstate_refused(struct authstate *);

/* Free what it holds. */
void	 authstate_clear(struct authstate *);

#endif
