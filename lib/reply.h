/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replies that lsnrpop gives before login and wrkrpop after it, in the same
 * words.  All texts are in lower case; those of CAPA are in capa.h.
 */

#ifndef REPLY_H
#define REPLY_H

#define REPLY_BYE	"+OK bye\r\n"
#define REPLY_UNKNOWN	"-ERR unknown command\r\n"
#define REPLY_ARGS	"-ERR wrong number of arguments\r\n"
#define REPLY_OCTETS	"-ERR only printable ASCII is allowed here\r\n"
#define REPLY_LONG	"-ERR line too long\r\n"

/* If a session cannot begin for a fault of ours. */
#define REPLY_TEMP	"-ERR [SYS/TEMP] cannot log in now, try again later\r\n"

/* For every connected client when popd stops. */
#define REPLY_STOPPING							\
	"-ERR [SYS/TEMP] server is shutting down, try again later\r\n"

/* For a client whose session an administrator ends. */
#define REPLY_KICKED							\
	"-ERR [SYS/TEMP] session was ended by the postmaster\r\n"

#endif
