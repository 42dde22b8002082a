/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef MOVE_H
#define MOVE_H

struct popctl;

/* popctl move: move a user's maildir to another host.  See commands.h. */
int	 move_run(const struct popctl *, int argc, char *argv[]);

#endif
