/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop for popctl: what a session would see, and what no client asks for.
 * Not part of wrkrpop.
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
	/* Use this instead of popuidl, or NULL; must outlive the maildrop. */
	const struct popuidl	 *in_uidls;

	/*
	 * Called with the number of files measured and their total; non-zero
	 * ends with MAILDROP_TEMP, not logged.  Or NULL.
	 */
	int			(*in_progress)(uint32_t, uint32_t);
};

/*
 * Open as maildrop_open() and load the list.  Nothing in the maildir is changed
 * or created.
 */
struct maildrop	*inspect_open(int fd, const struct inspect *,
		    enum maildrop_error *);

/* Return the base name of message n, not terminated, and its length. */
const char	*inspect_base(const struct maildrop *, uint32_t, size_t *);

#endif
