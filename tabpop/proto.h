/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The lines of OpenSMTPD's table protocol, version 0.1.
 */

#ifndef PROTO_H
#define PROTO_H

#include <stddef.h>
#include <stdint.h>

/* What a table process may offer, as far as it is asked for it. */
enum proto_service {
	SERVICE_CREDENTIALS,		/* user -> hash or user:hash */
	SERVICE_USERINFO,		/* user -> uid:gid:directory */
	SERVICE_AUTH,			/* user:password -> right or not */
	SERVICE_ALIAS,			/* user, @domain or @ -> servers */
	SERVICE_SYSTEM,			/* source|user:password: the same, of
					   syspop(8) alone */
	SERVICES
};

enum proto_result {
	PROTO_FOUND,
	PROTO_NOT_FOUND,
	PROTO_WRONG,			/* SYSTEM: known, but not so */
	PROTO_ERROR,			/* the table says so itself */
	PROTO_BAD			/* no answer of the protocol */
};

/* The lines that greet a table of this name.  The length, or -1: no room. */
int	 proto_greeting(char *, size_t, const char *table);

/*
 * A line that answers it: a service in *service, or SERVICES for one that is
 * never asked for.  1 after the last of them, 0 if there are more, -1 if it
 * is no such line.
 */
int	 proto_offer(const char *line, enum proto_service *service);

/*
 * A question about a key that proto_key() made.  The length, or -1: no room.
 */
int	 proto_question(char *, size_t, const char *table,
	    enum proto_service, uint32_t id, const char *key);

/*
 * The answer to one for that service: its id, and with PROTO_FOUND the value,
 * in the line; "" where none belongs.  With PROTO_ERROR it may say why.
 */
enum proto_result proto_answer(char *line, enum proto_service *service,
	    uint32_t *id, const char **value);

/* Whether the answer that proto_answer() found may be to that question. */
int	 proto_fits(enum proto_service asked, enum proto_service answered);

/*
 * The key that a user is asked for by, in lower case; 0, or -1 if there can
 * be none: a `|' or a control character would be another question, and what is
 * not UTF-8 is an error to some databases.
 */
int	 proto_key(const char *user, char *, size_t);

#endif
