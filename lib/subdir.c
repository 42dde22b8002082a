/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The argument of -e, for all who take one.  See subdir.h.
 */

#include <string.h>

#include "subdir.h"

const char *
subdir_check(const char *dir)
{
	const char	*part = dir;
	size_t		 len;

	if (*dir == '\0' || *dir == '/')
		return ("want a relative path");
	while (*part != '\0') {
		len = strcspn(part, "/");
		if (len == 2 && strncmp(part, "..", 2) == 0)
			return ("must not contain ..");
		part += len;
		part += strspn(part, "/");
	}
	return (NULL);
}
