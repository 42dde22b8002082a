/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The AUTHORIZATION state of one connection (RFC 1939 section 4, RFC 2595
 * section 4, RFC 5034): octets in clear come in, replies and attempts to log
 * in go out.  Knows neither sockets nor who checks a password.
 */

#ifndef AUTHSTATE_H
#define AUTHSTATE_H

#include <stddef.h>
#include <stdint.h>

#include "sasl.h"

/* What holds for the connection. */
enum authstate_flag {
	AUTHSTATE_TLS	= 0x01,		/* it has TLS */
	AUTHSTATE_OFFER	= 0x02,		/* it may begin TLS */
	AUTHSTATE_CLEAR	= 0x04		/* it may log in without TLS */
};

/* What the next line answers. */
enum authstate_sasl {
	SASL_NONE,			/* nothing: a command */
	SASL_PLAIN,
	SASL_EXTERNAL,
	SASL_SCRAM_FIRST,
	SASL_SCRAM,
	SASL_SCRAM_LAST,		/* it believes that it is us */
	SASL_CRAM
};

/* All zero at first, but for the flags. */
struct authstate {
	char	*as_user;		/* of USER, NULL: none */
	struct scram_said *as_scram;	/* between its messages, NULL: it is
					   not */
	char	*as_stamp;		/* of the greeting, for APOP; NULL: it
					   is not offered */
	char	*as_challenge;		/* of CRAM-MD5, while it goes on */
	char	*as_cert;		/* the name in its certificate, NULL:
					   EXTERNAL is not offered */
	int	 as_skipping;		/* of line_take() */
	uint8_t	 as_bad;		/* bad commands in a row */
	uint8_t	 as_failures;		/* refused logins */
	uint8_t	 as_sasl;		/* the next line is AUTH's response:
					   enum authstate_sasl */
	uint8_t	 as_flags;		/* enum authstate_flag */
};

enum authstate_event {
	AUTHSTATE_MORE,			/* no whole line, no reply */
	AUTHSTATE_REPLY,		/* a reply to send */
	AUTHSTATE_CLOSE,		/* a reply to send, then it is over */
	AUTHSTATE_STLS,			/* a reply to send, then TLS begins */
	AUTHSTATE_LOGIN,		/* credentials to check, no reply yet */
	AUTHSTATE_OPEN			/* the session may begin, no reply */
};

/*
 * Execute the first line in len octets (which are changed).  *used octets of
 * them are done with, whatever is returned; *reply is a whole reply, there
 * until the next call.  credentials are set on AUTHSTATE_LOGIN only.  After
 * AUTHSTATE_STLS no octet that came before TLS may get here (RFC 2595
 * section 4): it may be somebody else's than the client's.
 */
enum authstate_event authstate_step(struct authstate *as, char *buf,
	    size_t len, size_t *used, const char **reply,
	    struct credentials *cr);

/*
 * The first reply of a connection, once its flags are set; good until the next
 * call.
 */
const char	*authstate_greeting(struct authstate *as);

/*
 * TLS has begun: nothing that was said before counts (RFC 2595 section 4),
 * but refused logins do.
 */
void	 authstate_secure(struct authstate *);

/*
 * The client has shown a certificate with this name, and may log in with it.
 */
void	 authstate_external(struct authstate *, const char *);

/*
 * SCRAM: the answer to a SCRAM_FIRST that had this session number, as
 * msg_auth_challenge has it.  The reply to send, good until the next call of
 * either of these; NULL if there is none, and the login has failed.
 */
const char *authstate_challenge(struct authstate *, uint64_t exchange,
	    const char *nonce, const char *known);

/*
 * SCRAM: the server's signature has come; and then it goes to the client, who
 * has the last word: the reply to send, or NULL if it has not come.
 */
void	 authstate_signed(struct authstate *, const char *);
const char *authstate_signature(struct authstate *);

/*
 * The login was refused: the user name is forgotten.  Returns 1 when that
 * was once too often.
 */
int	 authstate_refused(struct authstate *);

/* Free what it holds. */
void	 authstate_clear(struct authstate *);

#endif
