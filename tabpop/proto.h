/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenSMTPD's table protocol, version 0.1: writing and parsing its lines.
 */

#ifndef PROTO_H
#define PROTO_H

#include <stddef.h>
#include <stdint.h>

/* The services of a table process that popd uses. */
enum proto_service {
	SERVICE_CREDENTIALS,		/* user -> hash or user:hash */
	SERVICE_USERINFO,		/* user -> uid:gid:directory */
	SERVICE_AUTH,			/* user:password -> right or not */
	SERVICE_ALIAS,			/* user, @domain or @ -> servers */
	SERVICE_SYSTEM,			/* source|user:password: as AUTH;
					   syspop(8) only */
	SERVICES
};

enum proto_result {
	PROTO_FOUND,
	PROTO_NOT_FOUND,
	PROTO_WRONG,			/* SYSTEM: user known, password wrong */
	PROTO_ERROR,			/* the table reports an error */
	PROTO_BAD			/* not an answer of the protocol */
};

/*
 * Write the greeting for this table.  Return its length, or -1 if it does not
 * fit.
 */
int	 proto_greeting(char *, size_t, const char *table);

/*
 * Parse a line of the reply to the greeting.  *service is the service, or
 * SERVICES for one that popd does not use.  Return 0, 1 after the last line,
 * -1 if it is invalid.
 */
int	 proto_offer(const char *line, enum proto_service *service);

/*
 * Write a question about a key of proto_key().  Return its length, or -1 if it
 * does not fit.
 */
int	 proto_question(char *buf, size_t size, const char *table,
	    enum proto_service service, uint32_t id, const char *key);

/*
 * Parse an answer.  *service and *id tell which question it is for.  *value
 * points into line: the value with PROTO_FOUND, perhaps the reason with
 * PROTO_ERROR, else "".
 */
enum proto_result proto_answer(char *line, enum proto_service *service,
	    uint32_t *id, const char **value);

/* Return 1 if an answer as parsed by proto_answer() can be to that question. */
int	 proto_fits(enum proto_service asked, enum proto_service answered);

/*
 * Write the key to ask for a user by, in lower case.  Return 0, or -1 if there
 * is none: a `|' or a control character would change the question, and some
 * databases reject what is not UTF-8.
 */
int	 proto_key(const char *user, char *, size_t);

#endif
