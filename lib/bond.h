/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The two keys to a mailbox.  A listener commits to what its client said: its
 * SESSION_WANT has the bond, a SHA-256 of all of it and a random salt.  A
 * checker that accepts computes the bond of what it has checked, for its GRANT
 * to the parent, which opens a session only if the two are equal.
 *
 * The queue, between them, passes on the salt and what was said.  If it changes
 * anything, such as the session or the password, the bonds differ.  Without
 * the salt, those who see a bond cannot guess passwords.
 */

#ifndef BOND_H
#define BOND_H

#include <stdint.h>

#include "msg.h"

/* Compute it; the user in any case of letters. */
void	 bond_make(const struct session_id *id, const uint8_t salt[BOND_SALT],
	    enum auth_purpose purpose, enum auth_method method,
	    const char *user, const char *pass, uint8_t bond[BOND_LEN]);

#endif
