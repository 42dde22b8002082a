/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The version of this program, and whether it matches its parent's: the files
 * of popd may be replaced while it runs.  See version.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "version.h"

void
version_flag(int argc, char *argv[], const char *name)
{
	if (argc != 2 || strcmp(argv[1], "-V") != 0)
		return;
	printf("%s %s, messages %08x\n", name, POPD_VERSION, msg_protocol());
	exit(0);
}

int
version_agrees(void)
{
	const char	*parents = getenv(VERSION_PROTOCOL);
	char		 own[16];

	snprintf(own, sizeof(own), "%08x", msg_protocol());
	return (parents != NULL && strcmp(parents, own) == 0);
}
