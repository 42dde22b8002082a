/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Going through all sessions, a slice at a time: the workers of a slice are
 * asked what they are doing, and when they have said so, or have had
 * ROLLCALL_MILLISECONDS, the receiver gets the slice.  Sessions come in the
 * order of their ids, each once at the most; one that begins or ends meanwhile
 * may be missing.
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

/* One round; all fields are rollcall.c's. */
struct rollcall {
	TAILQ_ENTRY(rollcall) rl_entry;
	struct event	 rl_timer;
	struct session_id rl_last;	/* looked at */
	struct session_id rl_ids[ROLLCALL_SLICE];
	unsigned int	 rl_count;
	unsigned int	 rl_missing;	/* answers */
	int64_t		 rl_asked;	/* ms */
	const char	*rl_user;	/* only his; NULL: all */
	const struct source *rl_source;	/* only from there; NULL: all */
	void		(*rl_one)(void *, const struct session *);
	void		(*rl_slice)(void *, int);
	void		*rl_arg;
};

/*
 * Begin a round, and ask for its first slice.  Of each slice one() is called
 * for each session, and then slice(), with 1 if it was the last; both from
 * the loop.  After that the caller has to call rollcall_next() for more.  user
 * and source are not copied.
 */
void	 rollcall_begin(struct rollcall *, const char *user,
	    const struct source *source,
	    void (*one)(void *, const struct session *),
	    void (*slice)(void *, int), void *arg);
void	 rollcall_next(struct rollcall *);

/* No more of it. */
void	 rollcall_end(struct rollcall *);

/* A worker has answered. */
void	 rollcall_told(struct session *, const struct msg_doing *);

/* Whether s_doing is an answer to this round's question. */
int	 rollcall_fresh(const struct rollcall *, const struct session *);

/* Put all sessions into the log, ROLLCALL_LOGGED of them at the most. */
void	 rollcall_log(void);

/* Tell all workers how much to log. */
void	 rollcall_verbose(void);

#endif
