/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages that are not where they were: found again by base name and file
 * number, and acted on at once, before they are renamed the next time.
 */

#ifndef LOOK_H
#define LOOK_H

#include <sys/types.h>
#include <stdint.h>

#include "find.h"
#include "maildir.h"

struct maildrop;

enum look_act {
	LOOK_DONE,		/* this name need not be looked for any more */
	LOOK_ON			/* it must: gone again, or there are others */
};

/*
 * The names of a maildrop are numbered: message n is n - 1, and after them
 * come the further names of messages that have several.
 */
struct look {
	struct maildrop		*lk_drop;
	void			*lk_arg;	/* of the callback */

	/*
	 * A name that is looked for was seen; its entry has it already.  The
	 * descriptor is that of its directory.
	 */
	enum look_act		(*lk_act)(void *, uint32_t, int);

	/*
	 * After each pass, or NULL: whether one that is looked for need not
	 * be any more, seen or not.
	 */
	int			(*lk_over)(void *, uint32_t);

	int			 lk_patient;	/* as fi_patient */
	struct find		 lk_find;
	/*
	 * For each: 1 if it is looked for; 2 if that has only found another
	 * file of its base name, which may be it on a file system that makes
	 * numbers up.
	 */
	unsigned char		*lk_want;
	unsigned char		*lk_seen;	/* for each: was seen at all */
	uint32_t		 lk_left;	/* how many are looked for */

	/*
	 * For the table of names: what was seen; whether it must be looked
	 * for; whether its number may be any.
	 */
	const struct maildir_found *lk_fn;
	int			 lk_wanted;
	int			 lk_any;
};

/* Begin a look.  0, or -1 and errno ENOMEM; look_end() in any case. */
int		 look_begin(struct look *, struct maildrop *);
void		 look_end(struct look *);

/* Look for one more. */
void		 look_want(struct look *, uint32_t);

/* The entry of a name, by its number. */
struct popcache_entry	*look_entry(const struct maildrop *, uint32_t);

/*
 * Look for all of them.  What is in lk_want after FIND_SURE is gone, and
 * marked so; after any other result nobody knows.
 */
enum find_result look_run(struct look *);

/*
 * Open message n for reading, wherever it is.  As maildrop_read().
 */
int		 look_open(struct maildrop *, uint32_t,
		    enum maildrop_error *);

#endif
