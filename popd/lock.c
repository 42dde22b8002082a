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
	int			 lkd_marked;
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

	if ((lkd = lock_find(user)) != NULL) {
		lkd->lkd_marked = 0;
		return (0);
	}
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
lock_each(void (*one)(const char *), int unmarked)
{
	struct locked	*lkd;

	RB_FOREACH(lkd, locked_tree, &lock.tree)
		if (!unmarked || !lkd->lkd_marked)
			one(lkd->lkd_user);
}

void
lock_mark(void)
{
	struct locked	*lkd;

	RB_FOREACH(lkd, locked_tree, &lock.tree)
		lkd->lkd_marked = 1;
}

unsigned int
lock_clear_marked(void (*one)(const char *))
{
	struct locked	*lkd, *next;
	unsigned int	 count = 0;

	for (lkd = RB_MIN(locked_tree, &lock.tree); lkd != NULL; lkd = next) {
		next = RB_NEXT(locked_tree, &lock.tree, lkd);
		if (!lkd->lkd_marked)
			continue;
		one(lkd->lkd_user);
		lock_drop(lkd);
		count++;
	}
	return (count);
}
