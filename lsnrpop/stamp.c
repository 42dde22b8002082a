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
	char		 stm_epoch[STAMP_EPOCH + 1];
	uint64_t	 stm_number;		/* of the last one */
} stamp;

void
stamp_epoch(const char *epoch)
{
	strlcpy(stamp.stm_epoch, epoch, sizeof(stamp.stm_epoch));
}

char *
stamp_new(void)
{
	char		 text[STAMP_TEXT];
	uint64_t	 salt;

	if (stamp.stm_epoch[0] == '\0')
		return (NULL);
	arc4random_buf(&salt, sizeof(salt));
	snprintf(text, sizeof(text), "<%s.%llx.%016llx@popd>", stamp.stm_epoch,
	    (unsigned long long)++stamp.stm_number, (unsigned long long)salt);
	return (strdup(text));
}
