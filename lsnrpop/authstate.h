/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The AUTHORIZATION state of one connection (RFC 1939 section 4, RFC 5034):
 * octets in clear come in, replies and attempts to log in go out.  Knows
 * neither sockets nor who checks a password.
 */

#ifndef AUTHSTATE_H
#define AUTHSTATE_H

#include <stddef.h>
#include <stdint.h>

#include "sasl.h"

/* All zero at first. */
struct authstate {
	char	*as_user;		/* of USER, NULL: none */
	int	 as_skipping;		/* of line_take() */
	uint8_t	 as_bad;		/* bad commands in a row */
	uint8_t	 as_failures;		/* refused logins */
	uint8_t	 as_sasl;		/* the next line is AUTH's response */
};

enum authstate_event {
	AUTHSTATE_MORE,			/* no whole line, no reply */
	AUTHSTATE_REPLY,		/* a reply to send */
	AUTHSTATE_CLOSE,		/* a reply to send, then it is over */
	AUTHSTATE_LOGIN			/* credentials to check, no reply yet */
};

/*
 * Execute the first line in len octets (which are changed).  *used octets of
 * them are done with, whatever is returned; *reply is a constant, whole
 * reply.  credentials are set on AUTHSTATE_LOGIN only.
 */
enum authstate_event authstate_step(struct authstate *as, char *buf,
	    size_t len, size_t *used, const char **reply,
	    struct credentials *cr);

/*
 * The login was refused: the user name is forgotten.  Returns 1 when that
 * was once too often.
 */
int	 authstate_refused(struct authstate *);

/* Free what it holds. */
void	 authstate_clear(struct authstate *);

#endif
