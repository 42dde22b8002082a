/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Locked users.  See lock.h.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "lock.h"

struct locked {
	RB_ENTRY(locked)	 lkd_node;
	char			 lkd_user[USER_MAX];
};

static int
locked_cmp(const struct locked *a, const struct locked *b)
{
	return (strcmp(a->lkd_user, b->lkd_user));
}

RB_HEAD(locked_tree, locked);
RB_PROTOTYPE(locked_tree, locked, lkd_node, locked_cmp)
RB_GENERATE(locked_tree, locked, lkd_node, locked_cmp)

static struct {
	struct locked_tree	 tree;
	unsigned int		 count;
} lock = { RB_INITIALIZER(&lock.tree), 0 };

static struct locked *
lock_find(const char *user)
{
	struct locked	 key;

	strlcpy(key.lkd_user, user, sizeof(key.lkd_user));
	return (RB_FIND(locked_tree, &lock.tree, &key));
}

static void
lock_drop(struct locked *lkd)
{
	RB_REMOVE(locked_tree, &lock.tree, lkd);
	lock.count--;
	free(lkd);
}

int
lock_add(const char *user)
{
	struct locked	*lkd;

	if (lock_has(user))
		return (0);
	if ((lkd = calloc(1, sizeof(*lkd))) == NULL)
		return (-1);
	strlcpy(lkd->lkd_user, user, sizeof(lkd->lkd_user));
	RB_INSERT(locked_tree, &lock.tree, lkd);
	if (++lock.count > LOCKED_MAX) {
		lock_drop(lkd);
		errno = ENOSPC;
		return (-1);
	}
	return (1);
}

int
lock_remove(const char *user)
{
	struct locked	*lkd;

	if ((lkd = lock_find(user)) == NULL)
		return (0);
	lock_drop(lkd);
	return (1);
}

int
lock_has(const char *user)
{
	return (lock_find(user) != NULL);
}

unsigned int
lock_count(void)
{
	return (lock.count);
}

void
lock_each(void (*one)(const char *))
{
	struct locked	*lkd;

	RB_FOREACH(lkd, locked_tree, &lock.tree)
		one(lkd->lkd_user);
}
