/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop: the queue of logins (serve.c, queue.c).  It talks to listeners,
 * which have passwords, and to checkers (hashpop), which have hashes.  No
 * network, files or hashes.
 */

#include <unistd.h>

#include "log.h"
#include "proc.h"
#include "serve.h"

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "authpop");
	serve_start();
	proc_drop(argc, argv);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: sockets from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
