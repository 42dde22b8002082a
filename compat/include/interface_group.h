/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef INTERFACE_GROUP_H
#define INTERFACE_GROUP_H

#include <net/if.h>

/*
 * Write the names of the interfaces of a group, at most max, into names.
 * Return how many there are, or -1 with errno set, ENOENT if there is no such
 * group.
 *
 * Linux has no groups; there egress, the interfaces of the default routes, is
 * derived from the routing tables.
 */
int	 interface_group(const char *group, char names[][IFNAMSIZ], int max);

#endif
