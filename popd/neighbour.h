/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The popds before and after this one in a chain of upgrades (upgrade.h), and
 * messages to them.
 */

#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <stdint.h>

#include "handover.h"

/*
 * Open the channel to the previous or the next popd on fd, which is owned from
 * now on.  heard is called for each message, from the event loop only.
 */
void	 neighbour_before(int fd, void (*heard)(uint32_t, const char *));
void	 neighbour_after(int fd, void (*heard)(uint32_t, const char *));

/* This popd has taken over from the previous one. */
void	 neighbour_taken(void);

/* Return whether the popd it took over from still runs: exit after that. */
int	 neighbour_elder(void);

/* The next popd serves from now on, or has ended. */
void	 neighbour_serves(void);
void	 neighbour_gone(void);

/* Send a message to the previous or the next popd, if any. */
void	 neighbour_say_before(enum handover_type, const char *);
void	 neighbour_say_after(enum handover_type, const char *);

/* Send a message to the next popd if it serves. */
void	 neighbour_say_successor(enum handover_type, const char *);

/*
 * Pass on an order of popctl(8) to the previous popd; and to a next one that
 * does not serve yet, if it locks or unlocks a user.
 */
void	 neighbour_order(enum handover_type, const char *);

/* A session of this user waits here; ask those of other popds to give way. */
void	 neighbour_yield(const char *);

#endif
