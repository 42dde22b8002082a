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
 * Whether a password is that of a user of this system: by auth_userokay(3) of
 * type "auth-popd" on OpenBSD, by PAM with the service "popd" on Linux, which
 * is also told where he comes from, as text.  The password is wiped.
 */
enum system_auth system_auth(const char *user, char *pass,
		    const char *source);

/*
 * Give up for good what is of no use for that.  NULL, or what failed, and
 * errno, 0 if that says nothing.
 */
const char	*system_auth_confine(void);

#endif
