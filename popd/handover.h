/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel to the other popd during and after an upgrade: there is one at
 * most, as the next upgrade waits for the end of the earlier popd.
 *
 * Both may be of different versions, so the messages are not part of msg.h and
 * their format never changes: one record of fixed size each; unknown types are
 * ignored.
 */

#ifndef HANDOVER_H
#define HANDOVER_H

#include <sys/types.h>
#include <stdint.h>

enum handover_type {
	HANDOVER_CLOSED,		/* never sent: the peer is gone */
	HANDOVER_READY,			/* new -> old: serving */
	HANDOVER_TAKEN,			/* old -> new: accepting no more */
	HANDOVER_RELOAD,		/* old -> new: reload requested */
	HANDOVER_YIELD,			/* both: a session of hr_user waits */
	HANDOVER_STOP,			/* new -> old: popd stops */
	HANDOVER_LOCK,			/* both: hr_user is locked */
	HANDOVER_UNLOCK,		/* both: hr_user is unlocked */
	HANDOVER_KICK,			/* new -> old: end their sessions */
	HANDOVER_LOG,			/* both: verbose_name() */
	HANDOVER_SESSIONS		/* old -> new: "pid count" */
	/* 11 was that of versions with more than one old popd. */
};

#define HANDOVER_USER_MAX	256

struct handover_record {
	uint32_t	 hr_type;	/* enum handover_type */
	char		 hr_user[HANDOVER_USER_MAX];	/* or text, as above */
};

/* The popd from which this one has taken over. */
struct elder {
	pid_t		 el_pid;	/* 0: not told yet */
	uint32_t	 el_sessions;
};

/*
 * Take over fd, a non-blocking SOCK_SEQPACKET of a pair.  heard is called from
 * the event loop for each message, with the user or "", and once with
 * HANDOVER_CLOSED, after this end has been closed, too.
 */
void	 handover_open(int fd, void (*heard)(uint32_t, const char *));

/*
 * Send a message, unless closed.  Up to HANDOVER_MAX messages are queued, but
 * never a YIELD, which is useful only at once.
 */
void	 handover_say(enum handover_type, const char *);

/* Close this end, unless closed. */
void	 handover_close(void);

/* Return the earlier popd, or NULL if there is none, or no more. */
const struct elder *handover_elder(void);

#endif
