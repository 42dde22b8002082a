/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A peer that hung up on us.  If it died, the parent sends the socket of its
 * successor in a moment.  If none comes, it lives and will have nothing more
 * to do with this listener, which is then of no use: it ends, and the parent
 * starts another.
 */

#ifndef MISSING_H
#define MISSING_H

#include "msg.h"

/* That peer hung up; or there is a new one. */
void	 missing_begin(enum role);
void	 missing_end(enum role);

#endif
