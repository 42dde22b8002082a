/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop for popctl.  See inspect.h.
 */

#include <sys/types.h>

#include <stdint.h>

#include "inspect.h"
#include "maildrop_private.h"

struct maildrop *
inspect_open(int fd, const struct inspect *in, enum maildrop_error *error)
{
	struct maildrop	*md;

	if ((md = maildrop_begin(fd, error)) == NULL)
		return (NULL);
	md->md_no_new = 1;
	md->md_given = in->in_uidls;
	md->md_progress = in->in_progress;
	if ((*error = maildrop_look(md)) == MAILDROP_OK)
		*error = maildrop_load(md);
	if (*error == MAILDROP_OK)
		return (md);
	maildrop_close(md);
	return (NULL);
}

const char *
inspect_base(const struct maildrop *md, uint32_t n, size_t *len)
{
	const struct popcache_entry	*pe = md->md_list[n - 1];

	*len = pe->pe_base_len;
	return (popcache_name(pe));
}
