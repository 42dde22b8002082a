/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An upgrade: popd starts its program again, with its sockets.  Once the new
 * popd serves, the old one accepts no more and exits after its last session; if
 * the new one fails, nothing has changed.
 *
 * There are two at most: while the old one has sessions, the new one refuses
 * another upgrade.  If the new one crashes, the old one starts another in its
 * place.  The channel between them is handover.h.
 */

#ifndef UPGRADE_H
#define UPGRADE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Remember how this program was started: first in main(), while in the
 * original directory.
 */
void		 upgrade_init(int, char *[]);

/* Return the path of the program, for unveil(2), or "". */
const char	*upgrade_path(void);

/* Open the channel to the old popd: after event_init(), before any child. */
void		 upgrade_attach(void);

/*
 * Begin an upgrade.  Return NULL, or the reason why not, valid until the next
 * call.  Progress is logged and in upgrade_state().
 */
const char	*upgrade_begin(void);

enum upgrade_state {
	UPGRADE_NONE,			/* not requested */
	UPGRADE_STARTING,		/* the new popd does not serve yet */
	UPGRADE_DONE,			/* it serves; this one drains */
	UPGRADE_FAILED			/* the last one failed */
};

/* Return the state; the reason of the last failure, or "", goes to why. */
enum upgrade_state upgrade_state(char *why, size_t);

/* The first configuration is in use; every process is serving. */
void		 upgrade_started(void);
void		 upgrade_serves(void);

/* A reload was requested.  Return -1 if another popd has taken over. */
int		 upgrade_reload(void);

/* Shutdown: stop the old popd, and kill one that has not taken over. */
void		 upgrade_stop(void);

#endif
