/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef UPDATE_H
#define UPDATE_H

#include <stdint.h>

struct maildrop;

/*
 * Do the work of QUIT on new/, cur/ and the index.  Set *deleted to the number
 * of messages removed after DELE.  Return 0 if all that DELE marked are gone
 * for good; otherwise -1, reasons logged.
 */
int		 update_run(struct maildrop *, uint32_t *);

#endif
