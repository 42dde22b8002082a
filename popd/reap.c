/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Reaping processes.  See reap.h.
 */

#include <sys/types.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <event.h>
#include <signal.h>
#include <string.h>

#include "log.h"
#include "reap.h"

/*
 * Milliseconds.  A process dies about two after its last message; the interval
 * doubles for one that takes longer.
 */
#define DELAY_FIRST	10
#define DELAY_MAX	1000

static struct {
	void	(*hook)(void);
} reap;

static void
reap_later(struct reap *re)
{
	struct timeval	 tv;

	tv.tv_sec = re->re_delay / 1000;
	tv.tv_usec = re->re_delay % 1000 * 1000;
	evtimer_add(&re->re_timer, &tv);
}

/* Not dead yet: kill it if overdue, and wait again. */
static void
reap_again(struct reap *re)
{
	re->re_waited += re->re_delay;
	re->re_delay *= 2;
	if (re->re_delay > DELAY_MAX)
		re->re_delay = DELAY_MAX;
	if (re->re_limit > 0 && re->re_waited > re->re_limit) {
		log_warnx("%s did not end in %u seconds: killed",
		    re->re_name, re->re_limit / 1000);
		kill(re->re_pid, SIGKILL);
		re->re_killed = 1;
		re->re_delay = DELAY_FIRST;
		re->re_waited = 0;
	}
	reap_later(re);
}

static void
reap_ask(int fd, short what, void *arg)
{
	struct reap	*re = arg;
	int		 status;

	switch (waitpid(re->re_pid, &status, WNOHANG)) {
	case 0:
		reap_again(re);
		return;
	case -1:
		log_warn("waitpid %d", (int)re->re_pid);
		status = 0;
	}
	re->re_gone(re->re_arg, status);
	if (reap.hook != NULL)
		reap.hook();
}

void
reap_init(struct reap *re, pid_t pid, const char *name,
    void (*gone)(void *, int), void *arg)
{
	memset(re, 0, sizeof(*re));
	re->re_pid = pid;
	re->re_name = name;
	re->re_gone = gone;
	re->re_arg = arg;
	evtimer_set(&re->re_timer, reap_ask, re);
}

void
reap_hook(void (*hook)(void))
{
	reap.hook = hook;
}

void
reap_soon(struct reap *re)
{
	re->re_delay = DELAY_FIRST;
	re->re_waited = 0;
	reap_later(re);
}

void
reap_overdue(struct reap *re, unsigned int seconds)
{
	if (re->re_limit == 0 || seconds * 1000 < re->re_limit)
		re->re_limit = seconds * 1000;
	reap_soon(re);
}
