/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Writing popuidl(5): the one place that does.
 */

#ifndef UIDLFILE_H
#define UIDLFILE_H

#include <stddef.h>

/*
 * Put this text in the place of popuidl below a directory, whole or not at
 * all, and so that no crash takes it away.  0, or -1: said why.
 */
int	 uidlfile_write(int dir, const char *, size_t);

/* Whether there is one, of whatever kind. */
int	 uidlfile_there(int dir);

#endif
