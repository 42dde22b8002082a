/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limit of Linux is kernel.pid_max; root has none on open files. */

#include <limits.h>
#include <stdio.h>

#include <system_room.h>

unsigned int
system_room(unsigned int files)
{
	FILE		*f;
	unsigned int	 max;

	if ((f = fopen("/proc/sys/kernel/pid_max", "r")) == NULL)
		return (UINT_MAX);
	if (fscanf(f, "%u", &max) != 1)
		max = UINT_MAX;
	fclose(f);
	return (max - max / 4);
}
