/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What some server answered to UIDL and LIST, as somebody wrote it down.
 */

#ifndef POPLISTING_H
#define POPLISTING_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct poplisting_item {
	uint32_t	 li_number;
	const char	*li_uidl;	/* in the text */
	size_t		 li_uidl_len;
	uint64_t	 li_octets;	/* with ls_sizes */
	unsigned int	 li_line;	/* of UIDL */
};

struct listing {
	struct poplisting_item	*ls_item;	/* by li_number, rising */
	uint32_t		 ls_count;
	int			 ls_sizes;	/* there is LIST, too */
};

/*
 * Take the answers to UIDL and, perhaps, to LIST, in any order.  0, and
 * poplisting_free() frees it; -1, said why.
 */
int	 poplisting_parse(struct text *, struct listing *);
void	 poplisting_free(struct listing *);

#endif
