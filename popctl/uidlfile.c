/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Write popuidl.  See uidlfile.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "popuidl.h"
#include "replace.h"
#include "uidlfile.h"

int
uidlfile_there(int dir)
{
	struct stat	 st;

	return (fstatat(dir, POPUIDL_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT);
}

int
uidlfile_write(int dir, const char *text, size_t len)
{
	return (replace_file(dir, POPUIDL_FILE, text, len));
}
