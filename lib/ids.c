/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Verify the ids of a process that has dropped privileges; proc.c and
 * popd/exec.c set them.  See ids.h.
 */

#include <sys/types.h>

#include <unistd.h>

#include "ids.h"

static int
ids_are(uid_t uid, gid_t gid)
{
	uid_t	 ruid, euid, suid;
	gid_t	 rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) == -1 ||
	    getresgid(&rgid, &egid, &sgid) == -1)
		return (0);
	return (ruid == uid && euid == uid && suid == uid &&
	    rgid == gid && egid == gid && sgid == gid);
}

/*
 * Return whether gid is the only group, or there are none.  getgroups(2) fails
 * if there are more than fit.
 */
static int
ids_only_group(gid_t gid)
{
	gid_t	 group;
	int	 n;

	if ((n = getgroups(1, &group)) == -1)
		return (0);
	return (n == 0 || group == gid);
}

const char *
ids_prove(uid_t uid, gid_t gid)
{
	if (!ids_are(uid, gid))
		return ("ids differ from those set");
	if (!ids_only_group(gid))
		return ("groups differ from those set");
	if (setuid(0) != -1 || setgid(0) != -1)
		return ("root could be regained");
	return (NULL);
}
