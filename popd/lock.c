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
	RB_ENTRY(locked)	 lk_node;
	int			 lk_marked;
	char			 lk_user[USER_MAX];
};

static int
locked_cmp(const struct locked *a, const struct locked *b)
{
	return (strcmp(a->lk_user, b->lk_user));
}

RB_HEAD(locked_tree, locked);
RB_PROTOTYPE(locked_tree, locked, lk_node, locked_cmp)
RB_GENERATE(locked_tree, locked, lk_node, locked_cmp)

static struct {
	struct locked_tree	 tree;
	unsigned int		 count;
} lock = { RB_INITIALIZER(&lock.tree), 0 };

static struct locked *
lock_find(const char *user)
{
	struct locked	 key;

	strlcpy(key.lk_user, user, sizeof(key.lk_user));
	return (RB_FIND(locked_tree, &lock.tree, &key));
}

static void
lock_drop(struct locked *lk)
{
	RB_REMOVE(locked_tree, &lock.tree, lk);
	lock.count--;
	free(lk);
}

int
lock_add(const char *user)
{
	struct locked	*lk;

	if ((lk = lock_find(user)) != NULL) {
		lk->lk_marked = 0;
		return (0);
	}
	if ((lk = calloc(1, sizeof(*lk))) == NULL)
		return (-1);
	strlcpy(lk->lk_user, user, sizeof(lk->lk_user));
	RB_INSERT(locked_tree, &lock.tree, lk);
	if (++lock.count > LOCKED_MAX) {
		lock_drop(lk);
		errno = ENOSPC;
		return (-1);
	}
	return (1);
}

int
lock_remove(const char *user)
{
	struct locked	*lk;

	if ((lk = lock_find(user)) == NULL)
		return (0);
	lock_drop(lk);
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
	struct locked	*lk;

	RB_FOREACH(lk, locked_tree, &lock.tree)
		if (!unmarked || !lk->lk_marked)
			one(lk->lk_user);
}

void
lock_mark(void)
{
	struct locked	*lk;

	RB_FOREACH(lk, locked_tree, &lock.tree)
		lk->lk_marked = 1;
}

unsigned int
lock_clear_marked(void (*one)(const char *))
{
	struct locked	*lk, *next;
	unsigned int	 count = 0;

	for (lk = RB_MIN(locked_tree, &lock.tree); lk != NULL; lk = next) {
		next = RB_NEXT(locked_tree, &lock.tree, lk);
		if (!lk->lk_marked)
			continue;
		one(lk->lk_user);
		lock_drop(lk);
		count++;
	}
	return (count);
}
