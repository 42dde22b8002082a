/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Names in new/ and cur/ while other programs rename: the only way to find a
 * base name, for the scan, RETR and QUIT.
 *
 * A directory read while a name in it changes shows the old name, the new one,
 * both or neither.  So it is read again, and a name seen in any pass existed; a
 * name is known to be gone only after a pass during which, and for a moment
 * before which, nothing changed.
 */

#ifndef FIND_H
#define FIND_H

#include <sys/types.h>
#include <stdint.h>
#include <time.h>

#include "maildir.h"
#include "maildrop.h"

struct maildrop;

struct find {
	struct maildrop		*fi_drop;
	void			*fi_arg;	/* of the two callbacks */

	/*
	 * A name was seen, in this directory.  Return 0; 1 if enough have been
	 * seen; -1 with errno set to end the search.
	 */
	int			(*fi_found)(void *, enum maildir_dir,
				    const struct maildir_found *);

	/*
	 * A pass is over.  Return how many of the names searched for no pass
	 * has seen; set fi_unseen to how many the last pass has not seen,
	 * fi_news if there was a name new to all passes, and fi_more if fi_skip
	 * was cleared: nothing is known then before the next pass.
	 */
	uint32_t		(*fi_missing)(void *);

	int			 fi_all;	/* all names are wanted */
	int			 fi_patient;	/* continue after FIND_VAIN */
	int			 fi_skip[MAILDIR_DIRS];	/* do not read */
	uint32_t		 fi_unseen;
	int			 fi_news;
	int			 fi_more;

	/* Set by the last pass. */
	uint32_t		 fi_pass;	/* its number, from 1 */
	uint32_t		 fi_first;	/* of this search */
	int64_t			 fi_began;	/* the first search, or 0 */
	struct maildir_stamp	 fi_stamp[MAILDIR_DIRS]; /* before it */
	int			 fi_same[MAILDIR_DIRS];	/* and after it */
	enum maildrop_error	 fi_error;	/* with FIND_FAILED */
};

enum find_result {
	FIND_DONE,		/* nothing missing */
	FIND_SURE,		/* what the last pass did not see is gone */
	FIND_UNSURE,		/* may exist: names kept changing */
	FIND_FAILED		/* logged */
};

/*
 * Read the names until nothing is missing or the reason is known; while names
 * change, FIND_VAIN times (unless fi_patient) or, with fi_all, until FIND_CALM
 * passes showed nothing new; for at most FIND_MILLISECONDS, or
 * FIND_ALL_MILLISECONDS.  With fi_all, FIND_SURE also means that the last pass
 * saw all names.
 */
enum find_result	 find_run(struct find *);

/* Return the milliseconds of a clock. */
int64_t			 find_clock(clockid_t);

#endif
