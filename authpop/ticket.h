/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A proxy that asks by auth_http, and whose client proves itself by a digest,
 * has to log in to the server with the mailbox by a password, and has none.
 * The secret does not leave a checker: what the proxy gets for it is a ticket,
 *
 *	popd-ticket-time-random-code
 *
 * all in hexadecimal, the code an HMAC-SHA256 of the rest and the user, with
 * the secret.  A checker there that has the same secret takes it for the
 * password, for TICKET_SECONDS.  Only who has the secret can make one.
 */

#ifndef TICKET_H
#define TICKET_H

#include <stddef.h>
#include <time.h>

#include "limits.h"

/* One for a user by his entry (secret.h), into buf of TICKET_TEXT. */
void	 ticket_make(const char *entry, const char *user, time_t now,
	    char *buf, size_t size);

/* Whether this, in place of a password, is one of him, and not too old. */
int	 ticket_match(const char *entry, const char *user, const char *pass,
	    time_t now);

/*
 * Whether a challenge is one that a proxy made lately, <random.time@name> as
 * nginx has it, and none of ours: a digest that was seen long ago, or that is
 * for a session here, gets nobody a ticket.
 */
int	 ticket_salt(const char *challenge, time_t now);

#endif
