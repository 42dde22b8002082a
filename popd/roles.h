/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The roles of long-lived children: their programs, the messages each may
 * send, and how long an answer may take.
 */

#ifndef ROLES_H
#define ROLES_H

#include "config.h"
#include "msg.h"

struct chan_rule;

struct roles_info {
	const char		*ro_program;
	const char		*ro_argument;	/* or NULL */
	enum config_user	 ro_user;	/* its account */
	const struct chan_rule	*ro_rules;
	unsigned int		 ro_patience;	/* seconds, see ping.h */
};

/* Return the role's row; long-lived roles only. */
const struct roles_info	*roles_info(enum role);

#endif
