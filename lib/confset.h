/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A child's half of the configuration exchange (msg.h), one for all: it takes
 * the files of a set, has them checked, answers, and hands over what was made
 * of them when the parent says so.  What a file is and means is the program's
 * business.
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

/* The files are in order of their kind, and of their index within it. */
struct confset {
	struct msg_conf		 cs_conf;
	struct confset_file	*cs_files;
	size_t			 cs_count;
	struct msg_net		*cs_nets;
	size_t			 cs_nnets;
};

struct confset_ops {
	uint32_t	  co_kinds;	/* CONFSET_KIND() of what it may get */
	size_t		  co_files_max;

	/*
	 * Look at a whole set, and then or later call confset_answer(), once.
	 * The set stays the exchange's and is there until then; a descriptor
	 * that is to live on is taken out of it (and -1 put in its place)
	 * by co_commit only, and so are the networks (and NULL).
	 */
	void		(*co_check)(const struct confset *);

	/* Use what confset_answer() was given; it is the program's now. */
	void		(*co_commit)(void *, struct confset *);

	/*
	 * Forget what confset_answer() was given; NULL: stop the check that
	 * is under way, there will be no answer.
	 */
	void		(*co_drop)(void *);
};

#define CONFSET_KIND(kind)	((uint32_t)1 << (kind))

/* Before the loop; the operations are not copied. */
void	 confset_init(const struct confset_ops *);

/* What the check made of the set, or NULL and one line that says why not. */
void	 confset_answer(void *, const char *);

/* Handlers for the rules of the channel to the parent. */
struct verdict	 confset_try(void *, const void *, int);
struct verdict	 confset_file(void *, const void *, int);
struct verdict	 confset_net(void *, const void *, int);
struct verdict	 confset_check(void *, const void *, int);
struct verdict	 confset_commit(void *, const void *, int);
struct verdict	 confset_abort(void *, const void *, int);

#endif
