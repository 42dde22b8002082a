/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop for popctl: what a session would see, and what is known of it
 * that no client asks for.  No part of wrkrpop.
 */

#ifndef INSPECT_H
#define INSPECT_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "maildir.h"
#include "maildrop.h"

struct popuidl;

struct inspect {
	/*
	 * Count the octets of every file, whatever popcache or its name says.
	 */
	int			  in_exact;

	/* What maildrop_store() will write popcache from; else it does not. */
	int			  in_store;

	/* Instead of the file popuidl, or NULL; as long as the maildrop. */
	const struct popuidl	 *in_uidls;

	/*
	 * So many files are measured, of so many; not 0: MAILDROP_TEMP, not
	 * logged.  Or NULL.
	 */
	int			(*in_progress)(uint32_t, uint32_t);
};

/*
 * As maildrop_open(), and the list is loaded.  Unless in_store, nothing in
 * the maildir is changed or made.
 */
struct maildrop	*inspect_open(int fd, const struct inspect *,
		    enum maildrop_error *);

/* The base name of message n, not terminated, and its length. */
const char	*inspect_base(const struct maildrop *, uint32_t, size_t *);

/* The whole name of message n, terminated, and its directory. */
const char	*inspect_name(const struct maildrop *, uint32_t,
		    enum maildir_dir *);

/* After maildrop_store(): whether popcache has the list. */
int		 inspect_stored(const struct maildrop *);

#endif
