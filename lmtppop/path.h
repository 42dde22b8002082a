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
	PATH_LONG,
	PATH_BAD_UTF8
};

struct path {
	char		 pa_address[LMTP_ADDRESS_MAX];	/* without <>; may be
							   "" */
	const char	*pa_rest;			/* its parameters */
};

/*
 * Parse "<address>" at the start of a string; a source route is skipped (RFC
 * 5321 section 4.1.2 and appendix C).
 */
enum path_result path_parse(const char *, struct path *);

/* The users that an address may mean, in this order; bits. */
enum path_key {
	PATH_WHOLE = 0,			/* in lower case, without quotes */
	PATH_LOCAL = 1,			/* the part before the last @ */
	PATH_UNTAGGED = 2,		/* without "+tag" */
	PATH_KEYS = 4
};

/*
 * Make a key for usertab of an address shorter than USER_MAX.  Return 0, or -1
 * if the address has no such key.
 */
int		 path_key(const char *, unsigned int which,
		    char key[USER_MAX]);

enum param {
	PARAM_NONE,			/* end */
	PARAM_SIZE,			/* in *value */
	PARAM_BODY,			/* 7BIT or 8BITMIME */
	PARAM_SMTPUTF8,
	PARAM_SYNTAX,			/* bad value of these */
	PARAM_UNKNOWN
};

/* Parse the next parameter of MAIL, and advance the string. */
enum param	 path_param(const char **, uint64_t *value);

#endif
