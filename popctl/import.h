/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef IMPORT_H
#define IMPORT_H

struct popctl;

/* popctl uidl import: write another server's unique ids to popuidl(5). */
int	 import_run(const struct popctl *, int, char *[]);

#endif
