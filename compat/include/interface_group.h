/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef INTERFACE_GROUP_H
#define INTERFACE_GROUP_H

#include <net/if.h>

/*
 * The names of the interfaces of a group into names, max at the most: how
 * many there are, or -1 and errno, ENOENT if there is no such group.
 *
 * Linux has no groups; there the group egress, the interfaces of the default
 * routes, is made from the routing tables.
 */
int	 interface_group(const char *group, char names[][IFNAMSIZ], int max);

#endif
