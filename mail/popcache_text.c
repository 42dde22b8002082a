/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The index of the original pop (2021): a line of text for each message,
 *
 *	basename SP octets SP uidl LF
 *
 * with the first octet of a deleted one overwritten by '#'.  Its users keep
 * their UIDLs; sizes and order are found out again.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "popcache.h"
#include "popcache_private.h"

/* One line without its end.  1 and the facts, or 0 if it is none of ours. */
static int
popcache_text_line(const char *line, size_t len, struct popcache_facts *pf)
{
	const char	*size, *uidl;
	size_t		 i, digits;

	if ((size = memchr(line, ' ', len)) == NULL)
		return 0;
	pf->pf_name = line;
	pf->pf_name_len = (size_t)(size++ - line);
	len -= pf->pf_name_len + 1;
	if ((uidl = memchr(size, ' ', len)) == NULL)
		return 0;
	digits = (size_t)(uidl++ - size);
	for (i = 0; i < digits; i++)
		if (size[i] < '0' || size[i] > '9')
			return 0;
	pf->pf_uidl = uidl;
	pf->pf_uidl_len = len - digits - 1;
	if (digits == 0 || line[0] == '#' ||
	    !maildir_name_ok(line, pf->pf_name_len) ||
	    !popcache_uidl_ok(uidl, pf->pf_uidl_len))
		return 0;
	pf->pf_name_len = maildir_base_len(line, pf->pf_name_len);
	return pf->pf_name_len != 0;
}

int
popcache_text(struct popcache *pc)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	const char		*line, *end, *eol;
	char			 own[UIDL_MAX], uidl[UIDL_MAX];

	line = (const char *)pc->pc_buf;
	end = line + pc->pc_len;
	for (; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			break;
		memset(&pf, 0, sizeof(pf));
		if (!popcache_text_line(line, (size_t)(eol - line), &pf))
			continue;
		/* The original's UIDL is our default: then it needs no text. */
		memcpy(uidl, pf.pf_uidl, pf.pf_uidl_len);
		pf.pf_uidl = NULL;
		if ((pe = popcache_make(pc, &pf)) == NULL)
			return -1;
		if (popcache_uidl(pe, own) != pf.pf_uidl_len ||
		    memcmp(own, uidl, pf.pf_uidl_len) != 0) {
			pf.pf_uidl = uidl;
			if ((pe = popcache_make(pc, &pf)) == NULL)
				return -1;
		}
		if (popcache_add(pc, pe) == -1)
			return -1;
	}
	return 0;
}
