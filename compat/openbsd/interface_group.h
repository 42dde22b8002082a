/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef INTERFACE_GROUP_H
#define INTERFACE_GROUP_H

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Allocate the members of a group, for free(3).  -1 with errno set. */
static inline int
interface_members(int fd, struct ifgroupreq *ifgr)
{
	/* How much room they need, then the names. */
	if (ioctl(fd, SIOCGIFGMEMB, ifgr) == -1)
		return (-1);
	if ((ifgr->ifgr_groups = calloc(1, ifgr->ifgr_len + 1)) == NULL)
		return (-1);
	if (ioctl(fd, SIOCGIFGMEMB, ifgr) != -1)
		return (0);
	free(ifgr->ifgr_groups);
	return (-1);
}

/* See ../include/interface_group.h. */
static inline int
interface_group(const char *group, char names[][IFNAMSIZ], int max)
{
	struct ifgroupreq	 ifgr;
	size_t			 i;
	int			 fd, n = 0, error;

	memset(&ifgr, 0, sizeof(ifgr));
	if (strlcpy(ifgr.ifgr_name, group, sizeof(ifgr.ifgr_name)) >=
	    sizeof(ifgr.ifgr_name)) {
		errno = ENOENT;
		return (-1);
	}
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		return (-1);
	error = interface_members(fd, &ifgr);
	close(fd);
	if (error == -1)
		return (-1);
	for (i = 0; i < ifgr.ifgr_len / sizeof(struct ifg_req) && n < max; i++)
		strlcpy(names[n++], ifgr.ifgr_groups[i].ifgrq_member,
		    IFNAMSIZ);
	free(ifgr.ifgr_groups);
	return (n);
}

#endif
