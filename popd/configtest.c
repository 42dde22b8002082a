/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd -n.  See configtest.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "configtest.h"
#include "tables.h"

#define EXIT_WRONG	1
#define EXIT_DOUBTS	2

static struct {
	unsigned int	 doubts;	/* about tables and directories */
} configtest;

void
configtest_doubt(void)
{
	configtest.doubts++;
}

/*
 * End all processes, which have nothing to finish, and wait for them, so that
 * whoever watches us finds none left over.
 */
static void
configtest_reap(void)
{
	struct child	*c;

	TAILQ_FOREACH(c, child_all(), c_entry)
		kill(c->c_pid, SIGKILL);
	tables_stop();
	while (waitpid(-1, NULL, 0) != -1 || errno == EINTR)
		;
}

void
configtest_exit(unsigned int wrong)
{
	configtest_reap();
	if (wrong > 0)
		exit(EXIT_WRONG);
	if (configtest.doubts > 0) {
		fprintf(stderr, "configuration OK, with warnings\n");
		exit(EXIT_DOUBTS);
	}
	fprintf(stderr, "configuration OK\n");
	exit(0);
}
