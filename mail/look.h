/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Misplaced messages: found again by base name and file number, and acted on at
 * once, before they are renamed again.
 */

#ifndef LOOK_H
#define LOOK_H

#include <sys/types.h>
#include <stdint.h>

#include "find.h"
#include "maildir.h"

struct maildrop;

enum look_act {
	LOOK_DONE,		/* no need to search for this name any more */
	LOOK_ON			/* continue: gone again, or there are more */
};

/*
 * The names of a maildrop are numbered: message n is n - 1, and after them come
 * the further names of messages that have several.
 */
struct look {
	struct maildrop		*lk_drop;
	void			*lk_arg;	/* of the callback */

	/*
	 * A wanted name was seen; its entry already has it.  The descriptor is
	 * that of its directory.
	 */
	enum look_act		(*lk_act)(void *, uint32_t, int);

	/*
	 * After each pass, or NULL: return whether a name is not wanted any
	 * more, seen or not.
	 */
	int			(*lk_over)(void *, uint32_t);

	int			 lk_patient;	/* as fi_patient */
	struct find		 lk_find;
	/*
	 * For each: 1 if wanted; 2 if only another file of its base name was
	 * found, which may be the message on a file system that invents file
	 * numbers.
	 */
	unsigned char		*lk_want;
	unsigned char		*lk_seen;	/* for each: seen at all */
	uint32_t		 lk_left;	/* how many are wanted */

	/*
	 * For the table of names: the name seen; whether it must be wanted;
	 * whether its file number may differ.
	 */
	const struct maildir_found *lk_fn;
	int			 lk_wanted;
	int			 lk_any;
};

/* Begin a search.  Return 0, or -1 with errno ENOMEM; always look_end(). */
int		 look_begin(struct look *, struct maildrop *);
void		 look_end(struct look *);

/* Search for this name as well. */
void		 look_want(struct look *, uint32_t);

/* Return the entry of a name by its number. */
struct popcache_entry	*look_entry(const struct maildrop *, uint32_t);

/*
 * Search for all of them.  What is in lk_want after FIND_SURE is gone, and
 * marked so; after any other result that is unknown.
 */
enum find_result look_run(struct look *);

/* Open message n for reading, wherever it is.  Returns as maildrop_read(). */
int		 look_open(struct maildrop *, uint32_t,
		    enum maildrop_error *);

#endif
