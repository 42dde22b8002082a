/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The names of new/ and cur/ while other programs rename: the only way in
 * which a base name is found, by the scan, by RETR and by QUIT.
 *
 * A directory that is read while a name in it changes gives the old name,
 * the new one, both or neither.  So it is read again, and what was seen in
 * any pass was there; that a name is gone is known only from a pass during
 * which, and for a moment before which, nothing changed.
 */

#ifndef FIND_H
#define FIND_H

#include <sys/types.h>
#include <stdint.h>

#include "maildir.h"
#include "maildrop.h"

struct maildrop;

struct find {
	struct maildrop		*fi_drop;
	void			*fi_arg;	/* of the two callbacks */

	/*
	 * A name was seen, in this directory.  0; 1 if enough has been seen;
	 * -1 and errno ends the search.
	 */
	int			(*fi_found)(void *, enum maildir_dir,
				    const struct maildir_found *);

	/*
	 * A pass is over.  How many of those that are looked for no pass of
	 * this search has seen; fi_unseen is to be how many the last one has
	 * not, fi_news whether there was a name that none had seen before,
	 * and fi_more that fi_skip was cleared: nothing is known then before
	 * the next pass.
	 */
	uint32_t		(*fi_missing)(void *);

	int			 fi_all;	/* every name is wanted */
	int			 fi_patient;	/* FIND_VAIN is not enough */
	int			 fi_skip[MAILDIR_DIRS];	/* is not to be read */
	uint32_t		 fi_unseen;
	int			 fi_news;
	int			 fi_more;

	/* What is known of the last pass. */
	uint32_t		 fi_pass;	/* its number, from 1 */
	uint32_t		 fi_first;	/* of this search */
	int64_t			 fi_began;	/* the first search, or 0 */
	struct maildir_stamp	 fi_stamp[MAILDIR_DIRS]; /* before it */
	int			 fi_same[MAILDIR_DIRS];	/* and after it */
	enum maildrop_error	 fi_error;	/* with FIND_FAILED */
};

enum find_result {
	FIND_DONE,		/* nothing is missing */
	FIND_SURE,		/* what the last pass did not see is gone */
	FIND_UNSURE,		/* it may be there: names did not keep still */
	FIND_FAILED		/* logged */
};

/*
 * Read the names until nothing is missing or it is known why; while names
 * change, FIND_VAIN times (unless fi_patient) or, where fi_all, until
 * FIND_CALM passes brought no news; for FIND_MILLISECONDS at the most, or
 * FIND_ALL_MILLISECONDS.  Where fi_all, FIND_SURE also says that the last
 * pass saw all that there is.
 */
enum find_result	 find_run(struct find *);

#endif
