/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef DELIVER_H
#define DELIVER_H

#include <sys/types.h>
#include <stdint.h>

#include "limits.h"
#include "octets.h"

/* A message being delivered to a maildir: a file in tmp/ so far. */
struct deliver {
	int		 de_dir;	/* the maildir; stays the caller's */
	int		 de_fd;
	struct octets	 de_octets;
	char		 de_path[MAILNAME_MAX + 8];	/* "tmp/..." */
};

/*
 * Begin a message.  Return 0, or -1 with errno set, logged and nothing left;
 * the same holds for the next two, after which the message is over.
 */
int		 deliver_begin(struct deliver *, int);

/* Add its next octets. */
int		 deliver_add(struct deliver *, const void *, size_t);

/* Finish it: returns when it is safely in new/. */
int		 deliver_end(struct deliver *);

/* Drop it. */
void		 deliver_abort(struct deliver *);

/*
 * Deliver a whole message from one descriptor to the maildir of the other.
 * Return 0, or -1 as above.
 */
int		 deliver_message(int, int);

#endif
