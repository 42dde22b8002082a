/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The capabilities of popd, as listed by CAPA before and after login.  RFC 2449
 * section 6 and RFC 5034 section 3 announce all but STLS in both states, and
 * all but EXPIRE unchanged.  What keeps the promise of each line:
 *
 * TOP, UIDL		wrkrpop
 * USER, SASL PLAIN	lsnrpop, if it takes a password
 * SASL CRAM-MD5	lsnrpop, if it takes a password and the administrator
 *			offers it
 * STLS			lsnrpop, before TLS, if it is offered
 * RESP-CODES		[IN-USE] is only said of other sessions of the user
 * AUTH-RESP-CODE	[AUTH] only for a refused login, otherwise [SYS/...]
 * PIPELINING		both sides of login take any number of lines at once
 * EXPIRE		NEVER: only DELE and QUIT delete mail; otherwise wrkrpop
 *			removes mail that is at least so many days old. Before
 *			login it is followed by USER, or is NEVER, if not all
 *			users have it.
 * LOGIN-DELAY		authpop delays a user's logins beyond LOGINS_EACH by
 *			this time
 *
 * APOP is announced by the greeting; RFC 2449 section 6 has no capability for
 * it.
 *
 * UTF8 is not listed, though lsnrpop answers it: Evolution up to 3.46 hangs if
 * it is.
 */

#ifndef CAPA_H
#define CAPA_H

/* The longest reply to CAPA, with the NUL. */
#define CAPA_MAX	512

enum capa_flag {
	CAPA_LOGIN	= 0x01,		/* a password is accepted now */
	CAPA_STLS	= 0x02,		/* TLS may begin now */
	CAPA_USER	= 0x04,		/* the user is known */
	CAPA_CRAM	= 0x08		/* a setting: not for callers */
};

/*
 * Return the whole reply to CAPA, by flags and settings; valid until the next
 * call.
 */
const char	*capa_reply(int flags);

#endif
