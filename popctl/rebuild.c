/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sizes in popcache and in file names are not trusted; unique ids and the
 * order, which clients know, are kept.
 */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "box.h"
#include "commands.h"
#include "inspect.h"
#include "log.h"
#include "popctl.h"
#include "rebuild.h"
#include "users.h"

/* uw_run */
static int
rebuild_user(void *arg, int dir, int fd)
{
	struct inspect	 in = { 1, 1, NULL, userproc_progress };
	struct box	 bx;
	int		 stored;

	if (box_open(&bx, &in) == -1)
		return (USERS_FAILED);
	maildrop_store(bx.bx_drop);
	/* Without new/ and cur/ there is neither mail nor an index. */
	stored = inspect_stored(bx.bx_drop) || maildrop_last(bx.bx_drop) == 0;
	if (!stored)
		log_warnx("popcache not written");
	box_close(&bx);
	return (stored ? USERS_DONE : USERS_FAILED);
}

int
rebuild_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	const char		*user;

	if (users_which(argc, argv, &user) == -1)
		return (COMMANDS_USAGE);
	memset(&uw, 0, sizeof(uw));
	uw.uw_run = rebuild_user;
	uw.uw_writes = 1;
	return (users_run(ct, user, &uw));
}
