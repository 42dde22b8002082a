/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What popd(8) is doing, in rows. */

#ifndef SHOW_H
#define SHOW_H

struct popctl;

int	 show_sessions(const struct popctl *, int, char *[]);
int	 show_sources(const struct popctl *, int, char *[]);
int	 show_certificates(const struct popctl *, int, char *[]);

#endif
