/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SYSTEM_ROOM_H
#define SYSTEM_ROOM_H

/*
 * Return how many sessions the system has room for, by its processes (one each)
 * and its open files (so many each), less a quarter for everything else: root
 * is exempt from the limits of a login class, and must not fill the tables that
 * the administrator needs to log in.
 */
unsigned int	 system_room(unsigned int);

#endif
