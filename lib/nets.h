/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The networks that an administrator has named: trusted ones, and those that
 * may say for whom a connection is.  One set per process, that of its
 * configuration.
 */

#ifndef NETS_H
#define NETS_H

#include <stddef.h>
#include <stdint.h>

struct msg_net;
struct source;

/* Use this list from now on; it is owned, the previous one is freed. */
void	 nets_use(struct msg_net *, size_t);

/* Return whether a source has no limit. */
int	 nets_trust(const struct source *);

/* Return whether it may send PROXY headers to the listening socket index. */
int	 nets_proxy(uint32_t index, const struct source *);

#endif
