/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An upgrade: popd starts its own program anew, with its sockets.  When that
 * one serves, this one accepts no more and ends with its last session; if it
 * does not come to that, nothing has changed.
 *
 * There may be several popds in a row, the last of which accepts, each with a
 * channel to the one before it (handover.h).  A popd ends after the ones
 * before it, so that this row never breaks.
 */

#ifndef UPGRADE_H
#define UPGRADE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Remember how this program was started, to start it again: first of all, in
 * the directory that it was started in.
 */
void		 upgrade_init(int, char *[]);

/* Where that program is, for unveil(2). */
const char	*upgrade_path(void);

/* There is an event loop: hear that one, before any child is started. */
void		 upgrade_attach(void);

/*
 * Begin one.  Returns NULL, or a constant text with the reason why it cannot
 * be now.  How it goes is in the log, and see below.
 */
const char	*upgrade_begin(void);

enum upgrade_state {
	UPGRADE_NONE,			/* none was asked for */
	UPGRADE_STARTING,		/* the new one does not serve yet */
	UPGRADE_DONE,			/* it does, this one accepts no more */
	UPGRADE_FAILED			/* the last one */
};

/* How it went; the reason of the last failure, or "", is copied to why. */
enum upgrade_state upgrade_state(char *why, size_t);

/* The first configuration is in use; every process has shown that it serves. */
void		 upgrade_started(void);
void		 upgrade_serves(void);

/* SIGHUP came.  -1: it is not for this popd any more. */
int		 upgrade_reload(void);

/* popd stops: those before it too, but none that has not taken over yet. */
void		 upgrade_stop(void);

#endif
