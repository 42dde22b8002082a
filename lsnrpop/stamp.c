/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Unique challenges.  See stamp.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "stamp.h"

static struct {
	char		 epoch[STAMP_EPOCH + 1];
	uint64_t	 number;		/* of the last one */
} stamp;

void
stamp_epoch(const char *epoch)
{
	strlcpy(stamp.epoch, epoch, sizeof(stamp.epoch));
}

char *
stamp_new(void)
{
	char		 text[STAMP_TEXT];
	uint64_t	 salt;

	if (stamp.epoch[0] == '\0')
		return (NULL);
	arc4random_buf(&salt, sizeof(salt));
	snprintf(text, sizeof(text), "<%s.%llx.%016llx@popd>", stamp.epoch,
	    (unsigned long long)++stamp.number, (unsigned long long)salt);
	return (strdup(text));
}
