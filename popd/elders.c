/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sessions of older popds.  In: their counts.  Out: rows for popctl.  See
 * elders.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "elders.h"
#include "limits.h"


static struct {
	struct elder {
		pid_t		 el_pid;
		uint32_t	 el_sessions;
	}		 all[ELDERS_MAX];
	unsigned int	 count;
} elders;

/* Return the index of a pid, or that of the next entry. */
static unsigned int
elders_find(pid_t pid)
{
	unsigned int	 i;

	for (i = 0; i < elders.count; i++)
		if (elders.all[i].el_pid == pid)
			break;
	return (i);
}

void
elders_heard(const char *text)
{
	unsigned int	 i, sessions;
	int		 pid;

	if (sscanf(text, "%d %u", &pid, &sessions) != 2 || pid <= 0)
		return;
	i = elders_find(pid);
	if (sessions == 0) {
		if (i < elders.count)
			elders.all[i] = elders.all[--elders.count];
		return;
	}
	if (i == ELDERS_MAX)
		return;
	elders.all[i].el_pid = pid;
	elders.all[i].el_sessions = sessions;
	if (i == elders.count)
		elders.count++;
}

pid_t
elders_forget(void)
{
	return (elders.count == 0 ? 0 : elders.all[--elders.count].el_pid);
}

pid_t
elders_get(unsigned int i, uint32_t *sessions)
{
	if (i >= elders.count)
		return (0);
	*sessions = elders.all[i].el_sessions;
	return (elders.all[i].el_pid);
}

uint32_t
elders_sessions(void)
{
	unsigned int	 i;
	uint32_t	 n = 0;

	for (i = 0; i < elders.count; i++)
		n += elders.all[i].el_sessions;
	return (n);
}
