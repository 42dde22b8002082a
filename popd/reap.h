/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Reaping processes that are about to end.
 *
 * A process alone holds the other end of its channel, so the end of the
 * channel announces its death.  There is no SIGCHLD handler and no wait(2) for
 * any child, which would search ten thousand processes for one: waitpid(2) is
 * called only for those known to end, after a moment and then at growing
 * intervals.
 */

#ifndef REAP_H
#define REAP_H

#include <sys/types.h>
#include <sys/time.h>
#include <event.h>

/* Part of a process's struct.  All fields are private to reap.c. */
struct reap {
	struct event	 re_timer;
	pid_t		 re_pid;
	const char	*re_name;	/* for the log */
	int		 re_killed;	/* overdue */
	unsigned int	 re_delay;	/* ms between waitpid(2)s */
	unsigned int	 re_waited;	/* ms since the first one */
	unsigned int	 re_limit;	/* ms until it is killed; 0: never */
	void		(*re_gone)(void *, int);
	void		*re_arg;
};

/*
 * Initialize for a new child; the name is for the log and not copied.  Once it
 * is reaped, gone is called from the event loop with arg and the wait status.
 */
void	 reap_init(struct reap *re, pid_t pid, const char *name,
	    void (*gone)(void *, int), void *arg);

/* Set a function to call after each process that was reaped. */
void	 reap_hook(void (*)(void));

/* It may end any moment: start to wait for it. */
void	 reap_soon(struct reap *);

/*
 * Kill it unless it ends within these seconds.  Only a shorter limit replaces
 * an earlier one.
 */
void	 reap_overdue(struct reap *, unsigned int);

#endif
