/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users locked by popctl until they are unlocked or popd is reloaded.  A
 * reload takes a while: it marks the locks at its start and removes those at
 * its end, so that later locks stay.
 */

#ifndef LOCK_H
#define LOCK_H

/*
 * Lock a user.  Return 1 if locked now, 0 if locked before (its mark is
 * cleared), -1 with errno: ENOMEM, or ENOSPC for LOCKED_MAX.
 */
int		 lock_add(const char *);

/* Unlock a user.  Return whether it was locked. */
int		 lock_remove(const char *);

/* Return whether a user is locked. */
int		 lock_has(const char *);

/* Return the number of locked users. */
unsigned int	 lock_count(void);

/*
 * Call a function, which must not change the list, for each locked user, or
 * only for those without a mark.
 */
void		 lock_each(void (*)(const char *), int);

/* Mark all locks. */
void		 lock_mark(void);

/*
 * Unlock all with a mark, calling a function for each.  Return their number.
 */
unsigned int	 lock_clear_marked(void (*)(const char *));

#endif
