/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * pledge(2) by seccomp: the promises and the name of the program become a
 * filter, and a call that it does not allow kills the process with SIGSYS.
 * pledge_calls.c has the policy, pledge_filter.c makes the filter.
 *
 * Differences from OpenBSD, besides those in pledge_calls.c:
 *
 * - A filter survives execve(2).  A process with "exec" or "id" starts others;
 *   there pledge() does nothing, nor does unveil() after it.
 * - "sendfd" allows sendmsg(2), which "stdio" does not.  "recvfd" allows
 *   nothing: a filter cannot see what recvmsg(2) receives.  "dns", "getpw",
 *   "route", "fattr" and "chown" allow nothing.
 * - execpromises must be NULL.
 * - The process also gives up, for good: gaining privileges by execve(2), core
 *   dumps, being traced or inspected by others of its user, and by Landlock TCP
 *   connect and bind, signals to others (except with "proc"), abstract sockets
 *   (except with "unix"), and, if no promise names a path and unveil(2) was not
 *   called, every path.
 */

#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "confine_private.h"

static const struct {
	const char	*pp_name;
	uint32_t	 pp_bit;
} pledge_promises[] = {
	{ "stdio",	P_STDIO },
	{ "rpath",	P_RPATH },
	{ "wpath",	P_WPATH },
	{ "cpath",	P_CPATH },
	{ "fattr",	P_PARENT },
	{ "chown",	P_PARENT },
	{ "flock",	P_FLOCK },
	{ "tty",	P_TTY },
	{ "inet",	P_INET },
	{ "route",	P_ROUTE },
	{ "unix",	P_UNIX },
	{ "dns",	P_DNS },
	{ "getpw",	P_GETPW },
	{ "sendfd",	P_SENDFD },
	{ "recvfd",	P_RECVFD },
	{ "proc",	P_PROC },
	{ "exec",	P_EXEC },
	{ "id",		P_ID },
	{ "unveil",	P_UNVEIL },
	{ NULL,		0 }
};

static int	pledge_done;		/* a filter is installed */
static uint32_t	pledge_kept;		/* the promises it allows */
static int	pledge_ruled;		/* Landlock is applied */

static int
pledge_parse(const char *s, uint32_t *bits)
{
	size_t	 i, len;

	*bits = 0;
	for (s += strspn(s, " "); *s != '\0'; s += strspn(s, " ")) {
		len = strcspn(s, " ");
		for (i = 0; pledge_promises[i].pp_name != NULL; i++)
			if (strlen(pledge_promises[i].pp_name) == len &&
			    memcmp(pledge_promises[i].pp_name, s, len) == 0)
				break;
		if (pledge_promises[i].pp_name == NULL) {
			errno = EINVAL;
			return (-1);
		}
		*bits |= pledge_promises[i].pp_bit;
		s += len;
	}
	return (0);
}

/* Done before the first filter. */
static int
pledge_harden(void)
{
	/* An inherited personality may make readable memory executable. */
	if (personality(PER_LINUX) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return (-1);
	return (landlock_no_new_privs());
}

/*
 * Apply scopes and TCP rules together with the rules for paths, or in a set of
 * their own if unveil(2) was never called.
 */
static int
pledge_landlock(uint32_t bits)
{
	struct landlock_path	 root;
	uint64_t		 scoped = 0;
	int			 r;

	if (!(bits & P_PROC))
		scoped |= LANDLOCK_SCOPE_SIGNAL;
	if (!(bits & P_UNIX))
		scoped |= LANDLOCK_SCOPE_ABSTRACT;
	if ((r = unveil_lock(scoped)) != 0)
		return (r == -1 ? -1 : 0);
	if (!(bits & P_PATHS))
		return (landlock_confine(LANDLOCK_FS_ALL, LANDLOCK_NET_ALL,
		    scoped, NULL, 0));

	/*
	 * All paths stay visible, but every rule set forbids renames between
	 * directories unless it allows them.
	 */
	root.lp_access = LANDLOCK_FS_REFER;
	if ((root.lp_fd = open("/", O_PATH | O_CLOEXEC)) == -1)
		return (-1);
	r = landlock_confine(LANDLOCK_FS_REFER, LANDLOCK_NET_ALL, scoped,
	    &root, 1);
	close(root.lp_fd);
	return (r);
}

static int
pledge_install(uint32_t bits)
{
	struct sock_filter	 ins[PLEDGE_INS_MAX];
	struct sock_fprog	 prog;

	prog.len = pledge_filter(bits,
	    pledge_role((const char *)getauxval(AT_EXECFN)), ins);
	if (prog.len == 0) {
		errno = E2BIG;
		return (-1);
	}
	prog.filter = ins;
	return (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1 ?
	    -1 : 0);
}

int
pledge(const char *promises, const char *execpromises)
{
	uint32_t	 bits;

	if (execpromises != NULL) {
		errno = EINVAL;
		return (-1);
	}
	if (promises == NULL)
		return (0);
	if (pledge_parse(promises, &bits) == -1)
		return (-1);
	if (pledge_done && (bits & ~pledge_kept)) {
		errno = EPERM;
		return (-1);
	}
	if (bits & (P_EXEC | P_ID)) {
		unveil_ignore();
		return (0);
	}
	if (!pledge_done && pledge_harden() == -1)
		return (-1);
	/* Rules come after the last unveil. */
	if (!(bits & P_UNVEIL) && !pledge_ruled) {
		if (pledge_landlock(bits) == -1)
			return (-1);
		pledge_ruled = 1;
	}
	if (pledge_install(bits) == -1)
		return (-1);
	pledge_done = 1;
	pledge_kept = bits;
	return (0);
}
