/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Which file is which line of another server's listing, by their sizes.
 */

#ifndef MATCH_H
#define MATCH_H

#include <sys/types.h>
#include <stdint.h>

enum match_how {
	MATCH_NONE,		/* no file of that size */
	MATCH_UNSURE,		/* several, and nothing says which */
	MATCH_SIZE,		/* the only one of that size */
	MATCH_ORDER,		/* of several, by the order of all */
	MATCH_ALIKE		/* of several with the same octets */
};

struct match {
	/* What is to be matched, both in their order. */
	const uint64_t	*mt_list;	/* octets of each line */
	uint32_t	 mt_lines;
	const uint64_t	*mt_file;	/* octets of each file */
	uint32_t	 mt_files;

	/* Whether two files, by number, have the same octets. */
	int		(*mt_same)(void *, uint32_t, uint32_t);
	void		*mt_arg;

	/* The result, by line; match_free() frees it. */
	uint32_t	*mt_which;	/* the file, where there is one */
	enum match_how	*mt_how;
	int		 mt_disorder;	/* sizes say the order is another */
};

/* 0, or -1 and errno ENOMEM. */
int	 match_run(struct match *);
void	 match_free(struct match *);

#endif
