/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The arguments of MAIL and RCPT: a path and parameters.
 */

#ifndef PATH_H
#define PATH_H

#include <stdint.h>

#include "limits.h"

enum path_result {
	PATH_OK,
	PATH_SYNTAX,
	PATH_LONG,			/* no user has such a name */
	PATH_BAD_UTF8
};

struct path {
	char		 pa_address[USER_MAX];	/* without its <>; may be "" */
	int		 pa_utf8;		/* not all of it is ASCII */
	const char	*pa_rest;		/* where parameters begin */
};

/*
 * Take "<address>" from the start of a string, with what comes after it; an
 * old source route is skipped (RFC 5321 section 4.1.2 and appendix C).
 */
enum path_result path_parse(const char *, struct path *);

/*
 * Whom mail to this address is for, as usertab has it: the whole in lower
 * case, and the part before its last @, "" if there is none.  Both are as
 * long as the address at the most.
 */
void		 path_keys(const char *, char whole[USER_MAX],
		    char local[USER_MAX]);

enum param {
	PARAM_NONE,			/* there are no more */
	PARAM_SIZE,			/* *value is it */
	PARAM_BODY,			/* 7BIT or 8BITMIME */
	PARAM_SMTPUTF8,
	PARAM_SYNTAX,			/* one of these with another value */
	PARAM_UNKNOWN
};

/* The next parameter of MAIL; the string moves on. */
enum param	 path_param(const char **, uint64_t *value);

#endif
