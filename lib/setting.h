/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The numbers that popd.conf(5) can change, one set per process: the parent has
 * the administrator's, a child those of its configuration, a worker those of
 * its work.  limits.h has the defaults and their reasons.
 */

#ifndef SETTING_H
#define SETTING_H

#include <stdint.h>

enum setting {
	SETTING_SESSIONS,		/* in total; 0: as many as fit */
	SETTING_SESSIONS_USER,		/* per user */
	SETTING_CONNECTIONS_SOURCE,	/* per source, without a login; 0:
					   limited by its share */
	SETTING_CONNECTIONS,		/* per listener, without a login; 0:
					   see UNAUTH_PART */
	SETTING_HANDSHAKE,		/* seconds */
	SETTING_LOGIN,			/* seconds */
	SETTING_IDLE,			/* seconds */
	SETTING_FAILURES,		/* that end a connection */
	SETTING_TAKEOVER,		/* seconds; 0: never */
	SETTING_EXPIRE,			/* days; 0: never */
	SETTING_EXPIRE_SOME,		/* 1: not for all users */
	SETTING_LOGIN_DELAY,		/* seconds; 0: none */
	SETTING_CACHE,			/* seconds a password is cached unused;
					   0: never */
	SETTING_APOP,			/* 1: APOP is offered */
	SETTING_CRAM,			/* 1: CRAM-MD5 is offered */
	SETTING_DOTLOCK,		/* seconds until a dotlock is stale */
	SETTING_LMTP_OCTETS,		/* of a message, as received */
	SETTING_LMTP_DELIM,		/* a character; 0: none */
	SETTING_COUNT
};

/* All of them, as in messages. */
struct setting_values {
	uint32_t	 stv_value[SETTING_COUNT];
};

/* Return the value in this process; the default before setting_use(). */
uint32_t	 setting(enum setting);

/* Use a copy of these, each the default or limited to its bounds. */
void		 setting_use(const struct setting_values *);

/* Fill in the defaults. */
void		 setting_defaults(struct setting_values *);

/* Return the least and the most that an administrator may set. */
uint32_t	 setting_least(enum setting);
uint32_t	 setting_most(enum setting);

#endif
