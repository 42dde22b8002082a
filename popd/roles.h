/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The roles of the lasting children: which program each is, what it may say
 * to the parent, and how long it may take to answer.
 */

#ifndef ROLES_H
#define ROLES_H

#include "config.h"
#include "msg.h"

struct chan_rule;

struct roles_info {
	const char		*ro_program;
	const char		*ro_argument;	/* or NULL */
	enum config_user	 ro_user;	/* whose account it has */
	const struct chan_rule	*ro_rules;
	unsigned int		 ro_patience;	/* seconds, see ping.h */
};

/* For the lasting roles only. */
const struct roles_info	*roles_info(enum role);

#endif
