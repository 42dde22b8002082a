/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users whom an admin keeps from logging in, until he unlocks them or reloads.
 */

#ifndef LOCK_H
#define LOCK_H

/* 1: locked now, 0: was before, -1 and errno: no memory, or LOCKED_MAX. */
int		 lock_add(const char *);

/* Whether he was. */
int		 lock_remove(const char *);

/* Whether he is. */
int		 lock_has(const char *);

/* How many there are. */
unsigned int	 lock_count(void);

/* Call a function for each of them, which changes nothing here. */
void		 lock_each(void (*)(const char *));

/* Unlock all; returns how many they were. */
unsigned int	 lock_clear(void);

#endif
