/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Commands that make popd(8) do something.  See commands.h. */

#ifndef ORDERS_H
#define ORDERS_H

struct popctl;

int	 orders_kick(const struct popctl *, int, char *[]);
int	 orders_lock(const struct popctl *, int, char *[]);
int	 orders_unlock(const struct popctl *, int, char *[]);
int	 orders_forgive(const struct popctl *, int, char *[]);
int	 orders_reload(const struct popctl *, int, char *[]);
int	 orders_upgrade(const struct popctl *, int, char *[]);
int	 orders_brief(const struct popctl *, int, char *[]);
int	 orders_trace(const struct popctl *, int, char *[]);
int	 orders_verbose(const struct popctl *, int, char *[]);

#endif
