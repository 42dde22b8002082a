/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users locked by popctl.  Only popctl unlocks them: reloads, upgrades and
 * restarts do not.
 *
 * The file has a line for each order, "lock user" or "unlock user", and none
 * if nobody is locked.  It is only appended to, since a popd before or after
 * this one may write to it, too.
 */

#ifndef LOCK_H
#define LOCK_H

/*
 * Read the locks of the popd with this control socket; "" for none.  A file
 * that cannot be read, or is damaged, ends the start: it must unlock nobody.
 */
void		 lock_start(const char *socket);

/* unveil(2) the file.  Return 0, or -1 with errno. */
int		 lock_unveil(void);

/* Keep an order for the next start.  Return 0, or -1 with errno. */
int		 lock_keep(const char *user, int locked);

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
