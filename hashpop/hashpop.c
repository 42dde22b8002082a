/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * hashpop: a checker (checker.c, hashes.c).  It holds the hashes of passwords
 * and talks to the queue, authpop, and to tabpop.  No network or files of its
 * own.
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <unistd.h>

#include "checker.h"
#include "log.h"
#include "proc.h"

/* Hashing must not slow down existing sessions. */
#define CHECKER_NICE	5

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "hashpop");
	checker_start();
	/*
	 * Only lower the priority: raising it needs root, and popd may run
	 * niced.
	 */
	if (getpriority(PRIO_PROCESS, 0) < CHECKER_NICE &&
	    setpriority(PRIO_PROCESS, 0, CHECKER_NICE) == -1)
		fatal("setpriority");
	proc_drop(argc, argv);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: tables and sockets from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
