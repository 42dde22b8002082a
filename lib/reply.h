/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a client hears from lsnrpop before login and from wrkrpop after it in
 * the same words.  All texts are in lower case; what CAPA says is in capa.h.
 */

#ifndef REPLY_H
#define REPLY_H

#define REPLY_BYE	"+OK bye\r\n"
#define REPLY_UNKNOWN	"-ERR unknown command\r\n"
#define REPLY_ARGS	"-ERR wrong number of arguments\r\n"
#define REPLY_OCTETS	"-ERR only printable ASCII is allowed here\r\n"
#define REPLY_LONG	"-ERR line too long\r\n"

/* What every client is told that is there when popd stops. */
#define REPLY_STOPPING							\
	"-ERR [SYS/TEMP] server is shutting down, try again later\r\n"

/* What a client hears whose session an admin ends. */
#define REPLY_KICKED							\
	"-ERR [SYS/TEMP] session was ended by the postmaster\r\n"

#endif
