/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A proxy that asks by auth_http, and whose client uses a digest, has to
 * log in to the server of the mailbox with a password, and has none.  The
 * secret does not leave a checker; the proxy gets a ticket instead,
 *
 * 	popd-ticket-time-random-code
 *
 * all in hexadecimal, the code an HMAC-SHA256 of the rest and the user,
 * keyed with the secret.  A checker there with the same secret accepts it
 * as the password for TICKET_SECONDS.  Making one takes the secret.
 */

#ifndef TICKET_H
#define TICKET_H

#include <stddef.h>
#include <time.h>

#include "limits.h"

/*
 * Write a ticket for a user with this entry (secret.h) to buf, TICKET_TEXT
 * octets.
 */
void	 ticket_make(const char *entry, const char *user, time_t now,
	    char *buf, size_t size);

/* Return whether a password is a ticket of this user, and not too old. */
int	 ticket_match(const char *entry, const char *user, const char *pass,
	    time_t now);

/*
 * Return whether a challenge was made recently by a proxy, <random.time@name>
 * as nginx does, and not here: an old digest, or one for a session here, gets
 * no ticket.
 */
int	 ticket_salt(const char *challenge, time_t now);

#endif
