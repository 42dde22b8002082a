/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users whom an admin keeps from logging in, until he unlocks them or reloads.
 * A reload takes a while, and whoever is locked meanwhile stays so: those of
 * before are marked when it is asked for, and unlocked when it is done.
 */

#ifndef LOCK_H
#define LOCK_H

/*
 * 1: locked now, 0: was before, -1 and errno: no memory, or LOCKED_MAX.  A
 * mark goes.
 */
int		 lock_add(const char *);

/* Whether he was. */
int		 lock_remove(const char *);

/* Whether he is. */
int		 lock_has(const char *);

/* How many there are. */
unsigned int	 lock_count(void);

/*
 * Call a function for each of them, or only for those without a mark; it
 * changes nothing here.
 */
void		 lock_each(void (*)(const char *), int);

/* Mark all. */
void		 lock_mark(void);

/*
 * Unlock those with a mark, each after a call of a function.  Returns how many
 * they were.
 */
unsigned int	 lock_clear_marked(void (*)(const char *));

#endif
