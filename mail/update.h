/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef UPDATE_H
#define UPDATE_H

#include <stdint.h>

struct maildrop;

/*
 * What QUIT does to new/, cur/ and the index.  *deleted gets the number of
 * messages that are gone now for a DELE.  0 if all that it marked is, for good;
 * else -1, reasons logged.
 */
int		 update_run(struct maildrop *, uint32_t *);

#endif
