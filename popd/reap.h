/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Processes that are about to end, until they are gone.
 *
 * A process holds the other end of its channel till it dies and nobody else
 * has it, so the end of the channel tells of the death of any child: there
 * is no handler for SIGCHLD, and no wait(2) for whatever child there is,
 * which would walk through ten thousand to find one.  Just those that are
 * known to end are asked about, each by its pid, a moment later and then
 * less and less often.
 */

#ifndef REAP_H
#define REAP_H

#include <sys/types.h>
#include <sys/time.h>
#include <event.h>

/* One child; part of what is known of it.  All fields are reap.c's. */
struct reap {
	struct event	 re_timer;
	pid_t		 re_pid;
	const char	*re_name;	/* for the log */
	int		 re_killed;	/* as it did not end in time */
	unsigned int	 re_delay;	/* ms from one question to the next */
	unsigned int	 re_waited;	/* ms, since it is asked about */
	unsigned int	 re_limit;	/* ms of that after which it is killed;
					   0: never */
	void		(*re_gone)(void *, int);
	void		*re_arg;
};

/*
 * A child was started; its name is for the log and not copied.  Once it is
 * gone, and asked about, the function is called from the loop with arg and
 * the status of wait(2).
 */
void	 reap_init(struct reap *re, pid_t pid, const char *name,
	    void (*gone)(void *, int), void *arg);

/* Call this from the loop after each process that is gone. */
void	 reap_hook(void (*)(void));

/* It may end any moment now. */
void	 reap_soon(struct reap *);

/*
 * It is to be gone within so many seconds from now on, and is killed if it is
 * not.  A shorter limit than it has takes the place of that.
 */
void	 reap_overdue(struct reap *, unsigned int);

#endif
