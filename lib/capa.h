/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What popd can do, as CAPA lists it before and after login alike: RFC 2449
 * section 6 and RFC 5034 section 3 announce each of these in both states
 * without a difference.  Every line is a promise that something keeps:
 *
 * TOP, UIDL		wrkrpop
 * USER, SASL PLAIN	lsnrpop, where it takes a password
 * STLS			lsnrpop, before TLS, where it is offered
 * RESP-CODES		[IN-USE] is only said of other sessions of the user
 * AUTH-RESP-CODE	[AUTH] only for a refused login, [SYS/...] else
 * PIPELINING		both sides of login take any number of lines at once
 * EXPIRE NEVER		nothing deletes mail but DELE and QUIT
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
	CAPA_STLS	= 0x02		/* TLS may begin here and now */
};

/* The whole reply to CAPA; it is there until the next call. */
const char	*capa_reply(int flags);

#endif
