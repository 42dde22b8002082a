/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Reading authtab from the event loop.
 */

#ifndef AUTHTAB_H
#define AUTHTAB_H

#include <stdint.h>

#include "limits.h"

struct hashes;

/* The tables of a checker; credentials by place. */
struct authtab {
	struct hashes	*at_hashes[TABLES_ASKED_MAX];	/* NULL: a process */
	uint32_t	 at_processes;		/* mc_processes */
};

/* An open file (-1: none), its name for messages, and enum table_flag. */
struct authtab_file {
	int		 af_fd;
	const char	*af_name;
	uint32_t	 af_flags;
};

/* What was read, owned by the receiver, or NULL and the reason. */
typedef void authtab_done(struct authtab *, const char *);

/*
 * Read all of authtab, TABLES_ASKED_MAX places with or without a file.  old:
 * see hashes_open(); flags are CONF_WARN and CONF_ALL.  Files and names stay
 * the caller's until done() is called, once, from the event loop.  There is one
 * reading at a time.
 */
void	 authtab_read(const struct authtab_file *hashes,
	    const struct authtab *old, uint32_t flags, authtab_done *done);

/* Return the place of the first file that knows a user, or TABLES_ASKED_MAX. */
uint32_t authtab_place(const struct authtab *, const char *);

/* Wipe and free; NULL is ignored. */
void	 authtab_free(struct authtab *);

#endif
