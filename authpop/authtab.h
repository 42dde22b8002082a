/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Reading authtab and the table of certificates while the event loop goes on.
 */

#ifndef AUTHTAB_H
#define AUTHTAB_H

#include <stdint.h>

#include "limits.h"

struct hashes;
struct table;

/* What a checker knows: the tables of credentials by their places. */
struct authtab {
	struct hashes	*at_hashes[TABLES_ASKED_MAX];	/* NULL: a process */
	uint32_t	 at_processes;		/* mc_processes */
	struct table	*at_certs;	/* NULL: nobody has one */
};

/* An open file, and its name for messages; -1: none. */
struct authtab_file {
	int		 af_fd;
	const char	*af_name;
};

/* What was read, the receiver's to free; or NULL, and why not. */
typedef void authtab_done(struct authtab *, const char *);

/*
 * Read all of authtab, TABLES_ASKED_MAX places with a file or without, and
 * the certificates if there are any: see hashes_open() for old; flags are
 * CONF_WARN and CONF_ALL.  The files and names stay the caller's until done()
 * is called, once, from the event loop.  One set at a time: a second call
 * drops the first.
 */
void	 authtab_read(const struct authtab_file *hashes,
	    const struct authtab_file *certs, const struct authtab *old,
	    uint32_t flags, authtab_done *done);

/* Drop the one being read, if there is one: done() is not called. */
void	 authtab_cancel(void);

/* Wipe and free; NULL is fine. */
void	 authtab_free(struct authtab *);

#endif
