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
	PATH_LONG,			/* longer than any user */
	PATH_BAD_UTF8
};

struct path {
	char		 pa_address[USER_MAX];	/* without <>; may be "" */
	int		 pa_utf8;		/* contains non-ASCII */
	const char	*pa_rest;		/* its parameters */
};

/*
 * Parse "<address>" at the start of a string; a source route is skipped (RFC
 * 5321 section 4.1.2 and appendix C).
 */
enum path_result path_parse(const char *, struct path *);

/*
 * Make the keys for usertab: the whole address in lower case, and the part
 * before its last @, or "".  Neither is longer than the address.
 */
void		 path_keys(const char *, char whole[USER_MAX],
		    char local[USER_MAX]);

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
