/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What popd can do, as CAPA lists it before and after login: RFC 2449 section 6
 * and RFC 5034 section 3 announce each of these in both states, but for STLS,
 * and without a difference, but for EXPIRE.  Every line is a promise that
 * something keeps:
 *
 * TOP, UIDL		wrkrpop
 * USER, SASL PLAIN	lsnrpop, where it takes a password
 * SASL EXTERNAL	lsnrpop, to who has shown a certificate for it
 * SASL SCRAM-SHA-256	lsnrpop, where it takes a password, if the
 *			administrator has it offered
 * SASL CRAM-MD5	the same
 * STLS			lsnrpop, before TLS, where it is offered
 * RESP-CODES		[IN-USE] is only said of other sessions of the user
 * AUTH-RESP-CODE	[AUTH] only for a refused login, [SYS/...] else
 * PIPELINING		both sides of login take any number of lines at once
 * EXPIRE		NEVER: nothing deletes mail but DELE and QUIT; else
 *			what wrkrpop removes is so many days old, at the least.
 *			Before login it is followed by USER, and may then be
 *			NEVER, too, if not all users have it.
 * LOGIN-DELAY		authpop keeps more than LOGINS_EACH logins of a user
 *			apart for so long
 *
 * APOP is in the greeting, as RFC 2449 section 6 has no word for it.
 *
 * UTF8 is not listed, though lsnrpop answers it: Evolution up to 3.46 hangs if
 * it is.
 */

#ifndef CAPA_H
#define CAPA_H

/* The longest reply to CAPA, with the NUL. */
#define CAPA_MAX	512

enum capa_flag {
	CAPA_LOGIN	= 0x01,		/* a password is taken here and now */
	CAPA_STLS	= 0x02,		/* TLS may begin here and now */
	CAPA_USER	= 0x04,		/* the user is known */
	CAPA_EXTERNAL	= 0x08,		/* a certificate was shown for login */
	CAPA_SCRAM	= 0x10,		/* settings: not for callers */
	CAPA_CRAM	= 0x20
};

/* The whole reply to CAPA, by the settings, too; good until the next call. */
const char	*capa_reply(int flags);

#endif
