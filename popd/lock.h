/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users locked by popctl.  Only popctl unlocks them: reloads and upgrades do
 * not.
 */

#ifndef LOCK_H
#define LOCK_H

/*
 * Lock a user.  Return 1 if locked now, 0 if locked before, -1 with errno:
 * ENOMEM, or ENOSPC for LOCKED_MAX.
 */
int		 lock_add(const char *);

/* Unlock a user.  Return whether it was locked. */
int		 lock_remove(const char *);

/* Return whether a user is locked. */
int		 lock_has(const char *);

/* Return the number of locked users. */
unsigned int	 lock_count(void);

/* Call a function, which must not change the list, for each locked user. */
void		 lock_each(void (*)(const char *));

#endif
