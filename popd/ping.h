/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Whether the children still serve their loops: each is asked once a second,
 * and one that does not answer within the patience of its role (roles.h) is
 * killed.
 */

#ifndef PING_H
#define PING_H

struct child;
struct verdict;

/*
 * Ask from now on, once a second.  Once every child has answered, each has been
 * seen to serve its loop, all is called.
 */
void		 ping_start(void (*all)(void));

/* A child answered. */
struct verdict	 ping_answered(struct child *);

#endif
