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
 * USER, SASL PLAIN	lsnrpop
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

/* The lines between "+OK" and ".", each with its end. */
#define CAPA_LINES							\
	"TOP\r\n"							\
	"UIDL\r\n"							\
	"USER\r\n"							\
	"SASL PLAIN\r\n"						\
	"RESP-CODES\r\n"						\
	"AUTH-RESP-CODE\r\n"						\
	"PIPELINING\r\n"						\
	"EXPIRE NEVER\r\n"						\
	"IMPLEMENTATION popd\r\n"

#define CAPA_REPLY							\
	"+OK capability list follows\r\n"				\
	CAPA_LINES							\
	".\r\n"

#endif
