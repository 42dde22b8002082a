/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef LIST_H
#define LIST_H

#include "maildrop.h"

struct snapshot;

/*
 * The list of the session, in its order, out of the items that are there.
 * MAILDROP_OK, or why not (logged).
 */
enum maildrop_error	 list_make(struct snapshot *);

#endif
