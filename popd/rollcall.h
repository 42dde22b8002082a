/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Walk all sessions, in slices: the workers of a slice are asked what they are
 * doing, and after their answers, or ROLLCALL_MILLISECONDS, the caller gets
 * the slice.  Sessions come in order of their ids, each at most once; those
 * that begin or end meanwhile may be missing.
 */

#ifndef ROLLCALL_H
#define ROLLCALL_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <event.h>
#include <stdint.h>

#include "limits.h"
#include "msg.h"

struct session;

/* A round.  All fields are private to rollcall.c. */
struct rollcall {
	TAILQ_ENTRY(rollcall) rl_entry;
	struct event	 rl_timer;
	struct session_id rl_last;	/* last one visited */
	struct session_id rl_ids[ROLLCALL_SLICE];
	unsigned int	 rl_count;
	unsigned int	 rl_missing;	/* answers pending */
	int64_t		 rl_asked;	/* ms */
	const char	*rl_user;	/* of this user; NULL: all */
	const struct source *rl_source;	/* from there; NULL: all */
	void		(*rl_one)(void *, const struct session *);
	void		(*rl_slice)(void *, int);
	void		*rl_arg;
};

/*
 * Begin a round with its first slice.  From the event loop, one is called for
 * each session of a slice, then slice, with 1 after the last; otherwise the
 * caller continues with rollcall_next().  user and source are not copied.
 */
void	 rollcall_begin(struct rollcall *rl, const char *user,
	    const struct source *source,
	    void (*one)(void *, const struct session *),
	    void (*slice)(void *, int), void *arg);
void	 rollcall_next(struct rollcall *);

/* Abandon a round. */
void	 rollcall_end(struct rollcall *);

/* A worker has answered. */
void	 rollcall_told(struct session *, const struct msg_doing *);

/* Return whether s_doing answers this round. */
int	 rollcall_fresh(const struct rollcall *, const struct session *);

/* Log all sessions, at most ROLLCALL_LOGGED. */
void	 rollcall_log(void);

/* Send all workers the new log level. */
void	 rollcall_verbose(void);

#endif
