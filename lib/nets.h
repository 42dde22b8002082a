/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The networks that an admin has named: whom they trust, and who may say for
 * whom a connection is.  One set for each process, that of its configuration.
 */

#ifndef NETS_H
#define NETS_H

#include <stddef.h>
#include <stdint.h>

struct msg_net;
struct source;

/* From now on these; they are owned, and those before are freed. */
void	 nets_use(struct msg_net *, size_t);

/* Whether a source has no limit. */
int	 nets_trust(const struct source *);

/* Whether it may send PROXY headers to the listening socket of this index. */
int	 nets_proxy(uint32_t index, const struct source *);

#endif
