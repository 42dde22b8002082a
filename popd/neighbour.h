/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The popds before and after this one in the row of upgrades (upgrade.h), and
 * what all of them have to know.
 */

#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <stdint.h>

#include "handover.h"

/*
 * Hear the other popd on this descriptor, which is taken over.  What it says
 * comes from the loop; it cannot be said before the call returns.
 */
void	 neighbour_before(int fd, void (*heard)(uint32_t, const char *));
void	 neighbour_after(int fd, void (*heard)(uint32_t, const char *));

/*
 * This popd has taken over; and whether one before it is still there, which it
 * has to outlive.
 */
void	 neighbour_taken(void);
int	 neighbour_elder(void);

/* The popd after this one serves from now on; or it is gone. */
void	 neighbour_serves(void);
void	 neighbour_gone(void);

/* Say something to one of them; nothing happens if there is none. */
void	 neighbour_say_before(enum handover_type, const char *);
void	 neighbour_say_after(enum handover_type, const char *);

/* The same, but only to one that serves. */
void	 neighbour_say_successor(enum handover_type, const char *);

/*
 * What popctl(8) said here, which those before do as well; one that has not
 * begun to serve does not let in a user who is locked.
 */
void	 neighbour_order(enum handover_type, const char *);

/* A session of this user waits here; one with another popd may give way. */
void	 neighbour_yield(const char *);

#endif
