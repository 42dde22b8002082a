/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef STATUS_H
#define STATUS_H

struct popctl;

/* popctl status: show popd(8)'s processes, listeners and limits. */
int	 status_run(const struct popctl *, int, char *[]);

#endif
