/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SYSTEM_AUTH_H
#define SYSTEM_AUTH_H

enum system_auth {
	SYSTEM_AUTH_RIGHT,
	SYSTEM_AUTH_WRONG,		/* or may not log in, whatever it is */
	SYSTEM_AUTH_ERROR		/* it cannot be known for now */
};

/*
 * Return whether a password is that of a user of this system: by
 * auth_userokay(3) of type "auth-popd" on OpenBSD, by PAM with the service
 * "popd" on Linux, which is also told the source of the login, as text.  The
 * password is wiped.
 */
enum system_auth system_auth(const char *user, char *pass,
		    const char *source);

/*
 * Give up for good what that does not need.  Return NULL, or what failed, with
 * errno set, or 0 if it does not apply.
 */
const char	*system_auth_confine(void);

#endif
