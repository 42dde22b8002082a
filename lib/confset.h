/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A child's half of the configuration exchange (msg.h), shared by all children:
 * take the files of a set, have them checked, answer, and hand over the result
 * when the parent commits.  The program knows what a file means.
 */

#ifndef CONFSET_H
#define CONFSET_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct verdict;

struct confset_file {
	struct msg_file	 cf_file;
	int		 cf_fd;		/* -1: taken by the program */
};

/* The files are sorted by kind, and by index within it. */
struct confset {
	struct msg_conf		 cs_conf;
	struct confset_file	*cs_files;
	size_t			 cs_count;
	struct msg_net		*cs_nets;
	size_t			 cs_nnets;
};

struct confset_ops {
	uint32_t	  co_kinds;	/* CONFSET_KIND() of those it may get */
	size_t		  co_files_max;

	/*
	 * Check a whole set and call confset_answer() once, now or later.  The
	 * set stays the exchange's and is valid until then.  Only co_commit
	 * takes descriptors out of it (leaving -1) and networks (leaving NULL).
	 */
	void		(*co_check)(const struct confset *);

	/* Use what confset_answer() was given; the program now owns it. */
	void		(*co_commit)(void *, struct confset *);
};

#define CONFSET_KIND(kind)	((uint32_t)1 << (kind))

/* Call before the loop; the operations are not copied. */
void	 confset_init(const struct confset_ops *);

/*
 * Answer with what the check made of the set, or with NULL and one line that
 * says why not.
 */
void	 confset_answer(void *, const char *);

/* Handlers for the rules of the channel to the parent. */
struct verdict	 confset_try(void *, const void *, int);
struct verdict	 confset_file(void *, const void *, int);
struct verdict	 confset_net(void *, const void *, int);
struct verdict	 confset_check(void *, const void *, int);
struct verdict	 confset_commit(void *, const void *, int);

#endif
