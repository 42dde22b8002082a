/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Make the name of a new message: unique, now and later.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "name.h"

#define HOST_MAX	64	/* octets of the host in a name */

/*
 * Write the host's name as the maildir specification wants it: octets with a
 * meaning in file names, and unusual ones, become \ooo.
 */
static void
name_host(char *host, size_t size)
{
	char		 raw[256];
	size_t		 i, used = 0;

	if (gethostname(raw, sizeof(raw)) == -1)
		raw[0] = '\0';
	raw[sizeof(raw) - 1] = '\0';
	if (raw[0] == '\0' || raw[0] == '.')
		strlcpy(raw, "localhost", sizeof(raw));
	for (i = 0; raw[i] != '\0' && used + 5 < size; i++) {
		if ((raw[i] >= 'a' && raw[i] <= 'z') ||
		    (raw[i] >= 'A' && raw[i] <= 'Z') ||
		    (raw[i] >= '0' && raw[i] <= '9') ||
		    strchr("-._", raw[i]) != NULL)
			host[used++] = raw[i];
		else
			used += (size_t)snprintf(host + used, 5, "\\%03o",
			    (unsigned char)raw[i]);
	}
	host[used] = '\0';
}

int
name_make(char *name, size_t size)
{
	struct timeval	 now;
	uint32_t	 random[2];
	char		 host[HOST_MAX];
	int		 n;

	if (gettimeofday(&now, NULL) == -1)
		return (-1);
	/* Not arc4random(3): libbsd's exits the process if memory is short. */
	if (getentropy(random, sizeof(random)) == -1)
		return (-1);
	name_host(host, sizeof(host));

	/* Six digits, so that names sort by time. */
	n = snprintf(name, size, "%lld.M%06ldP%ldR%08x%08x.%s",
	    (long long)now.tv_sec, (long)now.tv_usec, (long)getpid(),
	    random[0], random[1], host);
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (0);
}
