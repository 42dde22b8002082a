/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How many connections of each source are not yet authenticated.
 */

#ifndef SOURCES_H
#define SOURCES_H

struct source;

/*
 * Count one more, unless the source has max already, or there is no memory:
 * then -1.
 */
int	 sources_add(const struct source *, unsigned int);

/* One that was counted is authenticated or gone. */
void	 sources_remove(const struct source *);

#endif
