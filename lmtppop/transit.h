/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets of a message until all its recipients have them: in memory, and
 * from LMTP_MEMORY on in a file without a name, opened before lmtppop drops
 * its privileges.  Nothing is read from a file but what was written to it.
 */

#ifndef TRANSIT_H
#define TRANSIT_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define TRANSIT_DIR	"/var/tmp"

struct transit {
	int		 tt_taken;
	int		 tt_fd;			/* -1: no file */
	uint64_t	 tt_len;
	char		 tt_memory[LMTP_MEMORY];
};

/* Open the files. */
void		 transit_init(void);

/* Take an empty one for a connection, or give it back. */
struct transit	*transit_take(void);
void		 transit_give(struct transit *);

void		 transit_empty(struct transit *);

/* Append to it.  Return 0, or -1 with errno. */
int		 transit_add(struct transit *, const char *, size_t);

/* Read at most size octets from off on.  Return their number, or -1. */
ssize_t		 transit_read(const struct transit *, uint64_t off, char *,
		    size_t size);

#endif
