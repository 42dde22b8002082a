/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef STATUS_H
#define STATUS_H

struct popctl;

/* popctl status: what popd(8) is made of, and what it has left. */
int	 status_run(const struct popctl *, int, char *[]);

#endif
