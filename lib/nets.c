/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Networks of a configuration.  See nets.h.
 */

#include <stdlib.h>

#include "msg.h"
#include "nets.h"
#include "source.h"

static struct {
	struct msg_net	*nets;
	size_t		 count;
} nets;

void
nets_use(struct msg_net *list, size_t count)
{
	free(nets.nets);
	nets.nets = list;
	nets.count = count;
}

static int
nets_have(enum net_kind kind, uint32_t index, const struct source *source)
{
	const struct msg_net	*mnt;
	size_t			 i;

	for (i = 0; i < nets.count; i++) {
		mnt = &nets.nets[i];
		if (mnt->mnt_kind == kind && mnt->mnt_index == index &&
		    source_within(source, &mnt->mnt_net, mnt->mnt_bits))
			return (1);
	}
	return (0);
}

int
nets_trust(const struct source *source)
{
	return (nets_have(NET_TRUST, 0, source));
}

int
nets_proxy(uint32_t index, const struct source *source)
{
	return (nets_have(NET_PROXY, index, source));
}
