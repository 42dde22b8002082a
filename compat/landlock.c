/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Landlock: a process gives up rights to paths, TCP ports, abstract sockets and
 * signals.  Used by unveil(2) and pledge(2).  The structures are our own, since
 * the system's header may be older than the kernel.
 */

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "confine_private.h"

/* The same on all architectures. */
#define NR_CREATE_RULESET	444
#define NR_ADD_RULE		445
#define NR_RESTRICT_SELF	446

#define CREATE_VERSION		1U	/* flag: ask for the version */
#define RULE_PATH_BENEATH	1

struct landlock_ruleset {
	uint64_t	 lr_fs;
	uint64_t	 lr_net;
	uint64_t	 lr_scoped;
};

struct landlock_beneath {
	uint64_t	 lb_access;
	int32_t		 lb_fd;
} __attribute__((packed));

/* What each version knows: rights to paths, TCP, scopes, and its size. */
static const struct landlock_known {
	int		 lk_abi;
	uint64_t	 lk_fs;
	uint64_t	 lk_net;
	uint64_t	 lk_scoped;
	size_t		 lk_size;
} landlock_known[] = {
	{ 6, 0xffff, 3, 3, sizeof(struct landlock_ruleset) },
	{ 5, 0xffff, 3, 0, offsetof(struct landlock_ruleset, lr_scoped) },
	{ 4, 0x7fff, 3, 0, offsetof(struct landlock_ruleset, lr_scoped) },
	{ 3, 0x7fff, 0, 0, offsetof(struct landlock_ruleset, lr_net) },
	{ 2, 0x3fff, 0, 0, offsetof(struct landlock_ruleset, lr_net) },
	{ 0, 0, 0, 0, 0 }
};

int
landlock_abi(void)
{
	static long	 abi = -1;

	if (abi == -1) {
		abi = syscall(NR_CREATE_RULESET, NULL, 0, CREATE_VERSION);
		if (abi < 2)
			abi = 0;
	}
	return (abi);
}

int
landlock_no_new_privs(void)
{
	static int	 done;

	if (!done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (-1);
	done = 1;
	return (0);
}

static int
landlock_allow(int ruleset, uint64_t handled, const struct landlock_path *lp)
{
	struct landlock_beneath	 lb;

	memset(&lb, 0, sizeof(lb));
	lb.lb_fd = lp->lp_fd;
	lb.lb_access = lp->lp_access & handled;
	if (lb.lb_access == 0)
		return (0);
	return (syscall(NR_ADD_RULE, ruleset, RULE_PATH_BENEATH, &lb, 0) == -1 ?
	    -1 : 0);
}

/* Ask for those rights that this version knows.  -2: it knows none. */
static int
landlock_try(const struct landlock_known *lk, struct landlock_ruleset *lr)
{
	lr->lr_fs &= lk->lk_fs;
	lr->lr_net &= lk->lk_net;
	lr->lr_scoped &= lk->lk_scoped;
	if (lr->lr_fs == 0 && lr->lr_net == 0 && lr->lr_scoped == 0)
		return (-2);
	return (syscall(NR_CREATE_RULESET, lr, lk->lk_size, 0));
}

/*
 * Create a ruleset of the rights asked for and known here; -2: none.  Each
 * worker calls this, so a kernel that knows all is not asked for its version;
 * one that refuses is, and gets no less than that version knows.  EPERM is
 * never the kernel's answer, only that of a container's filter.
 */
static int
landlock_create(struct landlock_ruleset *lr)
{
	const struct landlock_known	*lk = landlock_known;
	struct landlock_ruleset		 asked = *lr;
	int				 ruleset, saved;

	ruleset = landlock_try(lk, lr);
	if (ruleset == -1 &&
	    (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
		return (-2);
	if (ruleset != -1 || (errno != E2BIG && errno != EINVAL))
		return (ruleset);
	saved = errno;
	while (lk->lk_abi > landlock_abi())
		lk++;
	if (lk == landlock_known) {
		errno = saved;
		return (-1);
	}
	*lr = asked;
	return (landlock_try(lk, lr));
}

int
landlock_confine(uint64_t fs, uint64_t net, uint64_t scoped,
    const struct landlock_path *paths, int n)
{
	struct landlock_ruleset	 lr = { fs, net, scoped };
	int			 i, r = 0, ruleset, saved;

	if ((ruleset = landlock_create(&lr)) < 0)
		return (ruleset == -2 ? 0 : -1);
	for (i = 0; i < n && r == 0; i++)
		r = landlock_allow(ruleset, lr.lr_fs, &paths[i]);
	if (r == 0)
		r = landlock_no_new_privs();
	if (r == 0 && syscall(NR_RESTRICT_SELF, ruleset, 0) == -1)
		r = -1;
	saved = errno;
	close(ruleset);
	errno = saved;
	return (r);
}
