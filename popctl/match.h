/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Match the files of a maildir to another server's listing by keys: sizes, or
 * digests.
 */

#ifndef MATCH_H
#define MATCH_H

#include <sys/types.h>
#include <stdint.h>

enum match_how {
	MATCH_NONE,		/* no file of that key */
	MATCH_UNSURE,		/* ambiguous: several, or another order */
	MATCH_SIZE,		/* the only file of that key */
	MATCH_ORDER,		/* one of several, by order */
	MATCH_ALIKE		/* one of several with the same content */
};

struct match {
	/* Keys of lines and files, each in its order. */
	const uint64_t	*mt_list;	/* of each line */
	uint32_t	 mt_lines;
	const uint64_t	*mt_file;	/* of each file */
	uint32_t	 mt_files;
	int		 mt_proof;	/* equal keys prove a match */
	int		 mt_guess;	/* match equal keys by order */

	/* Return whether two files, by index, have the same content. */
	int		(*mt_same)(void *, uint32_t, uint32_t);
	void		*mt_arg;

	/* The result, by line; freed with match_free(). */
	uint32_t	*mt_which;	/* index of the file, if matched */
	enum match_how	*mt_how;
	int		 mt_disorder;	/* keys show a different order */
};

/* Fill in the result.  Return 0, or -1 and errno ENOMEM. */
int	 match_run(struct match *);
void	 match_free(struct match *);

#endif
