/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A captured listing: a server's answers to UIDL and LIST, and to TOP n 0 for
 * each message.
 */

#ifndef POPLISTING_H
#define POPLISTING_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct poplisting_item {
	uint32_t	 li_number;
	const char	*li_uidl;	/* points into the text */
	size_t		 li_uidl_len;
	uint64_t	 li_octets;	/* with ls_sizes */
	uint64_t	 li_header;	/* with ls_headers: its digest */
	unsigned int	 li_line;	/* of UIDL */
};

struct listing {
	struct poplisting_item	*ls_item;	/* ascending li_number */
	uint32_t		 ls_count;
	int			 ls_sizes;	/* with an answer to LIST */
	int			 ls_headers;	/* with answers to TOP */
};

/*
 * Return a digest of the header that a message, perhaps of an answer with
 * doubled dots, begins with, up to so many octets, which do not include CR.
 */
#define LISTING_HEADER_MAX	32768
uint64_t poplisting_header(const char *, size_t, int stuffed);

/*
 * Parse the answers to UIDL and, optionally, LIST, in any order, and then TOP.
 * The text must outlive the listing.  0, to be freed with poplisting_free(); or
 * -1, logged.
 */
int	 poplisting_parse(struct text *, struct listing *);
void	 poplisting_free(struct listing *);

#endif
