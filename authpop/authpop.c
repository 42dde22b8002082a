/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop: checks passwords.  `authpop' is the queue (serve.c, queue.c): it
 * talks to listeners and holds no hashes.  `authpop -c' is a checker
 * (checker.c, hashes.c): it holds the hashes and talks to the queue, and to
 * tabpop.  Neither has a network or files of its own.
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checker.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "serve.h"

#define AUTHPOP_USER	"_popauth"

/* Hashing must not slow down existing sessions. */
#define CHECKER_NICE	5

static void
usage(void)
{
	fprintf(stderr, "usage: %s [-c] [-u user] (started by popd)\n",
	    getprogname());
	exit(1);
}

int
main(int argc, char *argv[])
{
	const char	*user = AUTHPOP_USER;
	int		 ch, checker = 0;

	proc_version(argc, argv, "authpop");
	while ((ch = getopt(argc, argv, "cu:")) != -1) {
		switch (ch) {
		case 'c':
			checker = 1;
			break;
		case 'u':
			user = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc != optind)
		usage();

	if (checker)
		checker_start();
	else
		serve_start();
	/*
	 * Only lower the priority: raising it needs root, and popd may run
	 * niced.
	 */
	if (checker && getpriority(PRIO_PROCESS, 0) < CHECKER_NICE &&
	    setpriority(PRIO_PROCESS, 0, CHECKER_NICE) == -1)
		fatal("setpriority");

	proc_drop(user);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: tables and sockets from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
