/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Report the current command.  See doing.h. */

#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "msg.h"

#include "doing.h"
#include "parent.h"

static struct {
	const struct msg_report	*report;	/* NULL: none yet */
	volatile sig_atomic_t	 command;	/* enum command_code */
	volatile sig_atomic_t	 busy;
	int			 on;		/* there is a parent */
	uint64_t		 heard;		/* ms of CLOCK_MONOTONIC */
} doing = { .command = CMD_CODES };

static uint64_t
doing_clock(void)
{
	struct timespec	 now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return (0);
	return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

uint64_t
doing_idle(void)
{
	return (doing_clock() - doing.heard);
}

/*
 * Do only what is safe in a signal handler.  A counter that takes two stores
 * may be read while it changes, and be wrong once.
 */
static void
doing_tell(void)
{
	struct msg_doing	 dg;

	memset(&dg, 0, sizeof(dg));
	if (doing.report != NULL) {
		dg.dg_messages = doing.report->rp_messages;
		dg.dg_octets = doing.report->rp_octets;
		dg.dg_marked = doing.report->rp_marked;
	}
	dg.dg_command = (uint32_t)doing.command;
	dg.dg_busy = (uint32_t)doing.busy;
	dg.dg_idle = doing_idle();
	parent_tell(MSG_DOING, &dg, sizeof(dg));
}

static void
doing_asked(int sig)
{
	int	 saved = errno;

	doing_tell();
	parent_poked();
	errno = saved;
}

void
doing_init(void)
{
	struct sigaction	 sa;

	doing_heard();
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = doing_asked;
	/* Only a wait for the client may be interrupted. */
	sa.sa_flags = SA_RESTART;
	if (sigaction(SIGURG, &sa, NULL) == -1)
		fatal("sigaction");
	doing.on = 1;
}

void
doing_counts(const struct msg_report *report)
{
	doing.report = report;
}

void
doing_begins(enum command_code code)
{
	doing.busy = 1;
	doing.command = (sig_atomic_t)code;
}

void
doing_ends(void)
{
	doing.busy = 0;
	/* Before the answer: after it the client may log in again. */
	if (doing.command == CMD_QUIT && doing.on)
		doing_tell();
}

void
doing_heard(void)
{
	doing.heard = doing_clock();
}
