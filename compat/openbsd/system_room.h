/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SYSTEM_ROOM_H
#define SYSTEM_ROOM_H

#include <sys/types.h>
#include <sys/sysctl.h>
#include <limits.h>

/* See ../include/system_room.h: kern.maxproc, .maxthread and .maxfiles. */
static inline unsigned int
system_limit(int what)
{
	int	 mib[] = { CTL_KERN, what }, max;
	size_t	 len = sizeof(max);

	if (sysctl(mib, 2, &max, &len, NULL, 0) == -1 || max < 0)
		return (UINT_MAX);
	return ((unsigned int)max - (unsigned int)max / 4);
}

static inline unsigned int
system_room(unsigned int files)
{
	unsigned int	 by_files = system_limit(KERN_MAXFILES) / files;
	unsigned int	 by_processes = system_limit(KERN_MAXPROC);
	unsigned int	 by_threads = system_limit(KERN_MAXTHREAD);

	if (by_processes > by_threads)
		by_processes = by_threads;
	return (by_files < by_processes ? by_files : by_processes);
}

#endif
