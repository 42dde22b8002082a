/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channels to the older and the newer popd during and after an upgrade
 * (upgrade.h), and the messages that all of them need.
 */

#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <stdint.h>

#include "handover.h"

/*
 * Open the channel to the older or the newer popd on a descriptor, which is
 * taken over.  heard() is called from the event loop with each message.
 */
void	 neighbour_before(int fd, void (*heard)(uint32_t, const char *));
void	 neighbour_after(int fd, void (*heard)(uint32_t, const char *));

/* This popd has taken over from the older one. */
void	 neighbour_taken(void);

/* Return whether an older popd is alive, which must exit first. */
int	 neighbour_elder(void);

/* The newer popd serves; or it is gone: close its channel. */
void	 neighbour_serves(void);
void	 neighbour_gone(void);

/* Send a message; without the other popd nothing happens. */
void	 neighbour_say_before(enum handover_type, const char *);
void	 neighbour_say_after(enum handover_type, const char *);

/* Send a message to the newer popd, if it serves. */
void	 neighbour_say_successor(enum handover_type, const char *);

/*
 * Pass on a request of popctl(8) to the older popd, and locks also to a newer
 * one that does not serve yet.
 */
void	 neighbour_order(enum handover_type, const char *);

/* A session of this user waits: have older and newer popds yield theirs. */
void	 neighbour_yield(const char *);

#endif
