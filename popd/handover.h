/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What two popds say to each other while one follows the other.  They may be
 * of different versions, so this is no part of msg.h and never changes its
 * form: one record of a fixed size for each message, and a type that is not
 * known is left alone.
 */

#ifndef HANDOVER_H
#define HANDOVER_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <event.h>
#include <stdint.h>

enum handover_type {
	HANDOVER_CLOSED,		/* never sent: the other is gone */
	HANDOVER_READY,			/* new -> old: I serve */
	HANDOVER_TAKEN,			/* old -> new: I accept no more */
	HANDOVER_RELOAD,		/* old -> new: I was asked for one */
	HANDOVER_YIELD,			/* both: a session of ho_user waits */
	HANDOVER_STOP,			/* new -> old: popd stops */
	HANDOVER_LOCK,			/* both: this user is locked */
	HANDOVER_UNLOCK,		/* both: not any more */
	HANDOVER_KICK,			/* new -> old: end his sessions */
	HANDOVER_LOG,			/* both: verbose_name() */
	HANDOVER_SESSIONS		/* old -> new: "pid count" */
};

#define HANDOVER_USER_MAX	256

struct handover_record {
	uint32_t	 hr_type;	/* enum handover_type */
	char		 hr_user[HANDOVER_USER_MAX];	/* or as above */
};

/* One end.  All fields are handover.c's. */
struct handover {
	int		 ho_fd;		/* -1: closed, or never open */
	struct event	 ho_read;
	struct event	 ho_write;	/* while something waits */
	STAILQ_HEAD(, handover_wait) ho_waits;
	unsigned int	 ho_nwaits;
	void		(*ho_heard)(uint32_t, const char *);
};

/*
 * Take fd, one of a pair of SOCK_SEQPACKET that does not block.  heard is
 * called from the loop for each message, with the user or "", and once with
 * HANDOVER_CLOSED, when it has been closed here as well.
 */
void	 handover_open(struct handover *, int fd,
	    void (*heard)(uint32_t, const char *));

/*
 * Nothing happens if it is closed.  What is not taken now waits, HANDOVER_MAX
 * of them, but for a YIELD: what it asks for is of use now or never.
 */
void	 handover_say(struct handover *, enum handover_type, const char *);

/* Nothing happens if it is closed. */
void	 handover_close(struct handover *);

#endif
