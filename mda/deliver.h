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

/* A message on its way into a maildir: so far a file in tmp/. */
struct deliver {
	int		 de_dir;	/* the maildir; stays the caller's */
	int		 de_fd;
	struct octets	 de_octets;
	char		 de_path[MAILNAME_MAX + 8];	/* "tmp/..." */
};

/*
 * Begin one.  0, or -1 with errno, the reason logged and nothing left; so it
 * is with the next two, after which the message is over.
 */
int		 deliver_begin(struct deliver *, int);

/* The next octets of it. */
int		 deliver_add(struct deliver *, const void *, size_t);

/* That was all: returns when it is safely in new/. */
int		 deliver_end(struct deliver *);

/* Not this one. */
void		 deliver_abort(struct deliver *);

/*
 * Take a whole message from one descriptor into the maildir of the other.
 * 0, or -1 as above.
 */
int		 deliver_message(int, int);

#endif
