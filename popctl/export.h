/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef EXPORT_H
#define EXPORT_H

struct popctl;

/* popctl uidl export: print the unique ids that clients see, as popuidl(5). */
int	 export_run(const struct popctl *, int, char *[]);

#endif
