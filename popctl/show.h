/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Commands that show popd(8)'s state in rows.  See commands.h. */

#ifndef SHOW_H
#define SHOW_H

struct popctl;

int	 show_sessions(const struct popctl *, int, char *[]);
int	 show_sources(const struct popctl *, int, char *[]);
int	 show_certificates(const struct popctl *, int, char *[]);

#endif
