/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Landlock, the kernel's own word for it: a process gives up rights to
 * paths, TCP ports, abstract sockets and signals.  unveil(2) and pledge(2)
 * stand on it.  The structures are ours, since the system's header may be
 * older than the kernel.
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

#define CREATE_VERSION		1U	/* flag: tell the version */
#define RULE_PATH_BENEATH	1

struct landlock_ruleset {
	uint64_t	lr_fs;
	uint64_t	lr_net;
	uint64_t	lr_scoped;
};

struct landlock_beneath {
	uint64_t	lb_access;
	int32_t		lb_fd;
} __attribute__((packed));

/* What each version knows: rights to paths, TCP, scopes, and the size. */
static const struct landlock_known {
	int		lk_abi;
	uint64_t	lk_fs;
	uint64_t	lk_net;
	uint64_t	lk_scoped;
	size_t		lk_size;
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
	static long	abi = -1;

	if (abi == -1) {
		abi = syscall(NR_CREATE_RULESET, NULL, 0, CREATE_VERSION);
		if (abi < 2)
			abi = 0;
	}
	return abi;
}

int
landlock_no_new_privs(void)
{
	static int	done;

	if (!done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	done = 1;
	return 0;
}

static int
landlock_allow(int ruleset, uint64_t handled, const struct landlock_path *lp)
{
	struct landlock_beneath	 lb;

	memset(&lb, 0, sizeof(lb));
	lb.lb_fd = lp->lp_fd;
	lb.lb_access = lp->lp_access & handled;
	if (lb.lb_access == 0)
		return 0;
	return syscall(NR_ADD_RULE, ruleset, RULE_PATH_BENEATH, &lb, 0) == -1 ?
	    -1 : 0;
}

/*
 * A set of what is asked for and known here.  The newest kernel is asked
 * first, and no version of it: each worker comes here.  -2: nothing is known.
 */
static int
landlock_create(struct landlock_ruleset *lr)
{
	const struct landlock_known	*lk;
	struct landlock_ruleset		 some;
	int				 ruleset;

	for (lk = landlock_known; lk->lk_abi > 0; lk++) {
		some.lr_fs = lr->lr_fs & lk->lk_fs;
		some.lr_net = lr->lr_net & lk->lk_net;
		some.lr_scoped = lr->lr_scoped & lk->lk_scoped;
		if (some.lr_fs == 0 && some.lr_net == 0 && some.lr_scoped == 0)
			return -2;
		ruleset = syscall(NR_CREATE_RULESET, &some, lk->lk_size, 0);
		if (ruleset != -1) {
			*lr = some;
			return ruleset;
		}
		if (errno == ENOSYS || errno == EOPNOTSUPP)
			return -2;
		if (errno != E2BIG && errno != EINVAL)
			return -1;
	}
	return -2;
}

int
landlock_confine(uint64_t fs, uint64_t net, uint64_t scoped,
    const struct landlock_path *paths, int n)
{
	struct landlock_ruleset	 lr = { fs, net, scoped };
	int			 i, r = 0, ruleset, saved;

	if ((ruleset = landlock_create(&lr)) < 0)
		return ruleset == -2 ? 0 : -1;
	for (i = 0; i < n && r == 0; i++)
		r = landlock_allow(ruleset, lr.lr_fs, &paths[i]);
	if (r == 0)
		r = landlock_no_new_privs();
	if (r == 0 && syscall(NR_RESTRICT_SELF, ruleset, 0) == -1)
		r = -1;
	saved = errno;
	close(ruleset);
	errno = saved;
	return r;
}
