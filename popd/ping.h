/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Hanging children: each is pinged once a second and killed if it does not
 * answer within the time of its role (roles.h).
 */

#ifndef PING_H
#define PING_H

struct child;
struct verdict;

/*
 * Start pinging, once a second, and call all() when every child has answered
 * once.
 */
void		 ping_start(void (*all)(void));

/* A child has answered. */
struct verdict	 ping_answered(struct child *);

#endif
