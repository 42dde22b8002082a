/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef LIST_H
#define LIST_H

#include "maildrop.h"

struct snapshot;

/*
 * Make the session's sorted list of the items that exist.  Return MAILDROP_OK,
 * or why not (logged).
 */
enum maildrop_error	 list_make(struct snapshot *);

#endif
