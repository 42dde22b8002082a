/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The numbers that popd.conf(5) can change, one set for each process: the
 * parent has what the admin wrote, a child what came with its configuration,
 * a worker what came with its work.  limits.h has the defaults and why.
 */

#ifndef SETTING_H
#define SETTING_H

#include <stdint.h>

enum setting {
	SETTING_SESSIONS,		/* in all; 0: as many as fit */
	SETTING_SESSIONS_USER,		/* of one user */
	SETTING_CONNECTIONS_SOURCE,	/* of one source without a login;
					   0: as its share allows */
	SETTING_CONNECTIONS,		/* of a listener without a login;
					   0: UNAUTH_PART of what fits */
	SETTING_HANDSHAKE,		/* seconds */
	SETTING_LOGIN,			/* seconds */
	SETTING_IDLE,			/* seconds */
	SETTING_FAILURES,		/* that end a connection */
	SETTING_TAKEOVER,		/* seconds; 0: never */
	SETTING_EXPIRE,			/* days; 0: never */
	SETTING_EXPIRE_SOME,		/* 1: not for every user */
	SETTING_LOGIN_DELAY,		/* seconds; 0: none */
	SETTING_AUDIT,			/* 1: a line for each message removed */
	SETTING_CACHE,			/* seconds that a password is remembered
					   without use; 0: never */
	SETTING_SCRAM,			/* 1: SCRAM-SHA-256 is offered */
	SETTING_APOP,			/* 1: APOP is offered */
	SETTING_CRAM,			/* 1: CRAM-MD5 is offered */
	SETTING_LMTP_OCTETS,		/* of a message, as it comes */
	SETTING_COUNT
};

/* All of them, as messages carry them. */
struct setting_values {
	uint32_t	 stv_value[SETTING_COUNT];
};

/* The value in this process; the default until setting_use(). */
uint32_t	 setting(enum setting);

/* From now on these; each is brought into its bounds.  It is copied. */
void		 setting_use(const struct setting_values *);

/* All defaults. */
void		 setting_defaults(struct setting_values *);

/* The least and the most that an admin may ask for. */
uint32_t	 setting_least(enum setting);
uint32_t	 setting_most(enum setting);

#endif
