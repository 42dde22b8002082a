/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file popuidl(5), which only popctl writes.
 */

#ifndef UIDLFILE_H
#define UIDLFILE_H

#include <stddef.h>

/*
 * Create or replace popuidl in a directory, atomically and durably.  0, or -1,
 * logged.
 */
int	 uidlfile_write(int dir, const char *, size_t);

/* Return whether popuidl exists, as a file of any type. */
int	 uidlfile_there(int dir);

#endif
