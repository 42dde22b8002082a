/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef EXPIRE_H
#define EXPIRE_H

#include <stdint.h>
#include <time.h>

struct maildrop;

/*
 * Mark what UPDATE will remove because of its age: see maildrop_expire().  The
 * list must exist.
 */
void		 expire_mark(struct maildrop *, uint32_t days, time_t now);

#endif
