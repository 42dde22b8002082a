/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Reading authtab while the event loop goes on.
 */

#ifndef AUTHTAB_H
#define AUTHTAB_H

struct hashes;

/* What was read, the receiver's to free; or NULL, and why not. */
typedef void authtab_done(struct hashes *, const char *);

/*
 * Read authtab: see hashes_open() for the first four.  done() is called once,
 * from the event loop.  One table at a time: a second call drops the first.
 */
void	 authtab_read(int fd, const char *name, const struct hashes *old,
	    int warn, authtab_done *done);

/* Drop the one being read, if there is one: done() is not called. */
void	 authtab_cancel(void);

#endif
