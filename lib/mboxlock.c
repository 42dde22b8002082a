/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Kinds of locks of a spool.  See mboxlock.h. */

#include <mailbox_locks.h>
#include <stddef.h>
#include <string.h>

#include "mboxlock.h"

static const struct {
	const char	*mbl_name;
	uint32_t	 mbl_bit;
} mboxlocks[] = {
	{ "fcntl",	MBOXLOCK_FCNTL },
	{ "flock",	MBOXLOCK_FLOCK },
	{ "dotlock",	MBOXLOCK_DOTLOCK }
};

static uint32_t
mboxlock_bit(const char *name)
{
	size_t	 i;

	for (i = 0; i < sizeof(mboxlocks) / sizeof(mboxlocks[0]); i++)
		if (strcmp(name, mboxlocks[i].mbl_name) == 0)
			return (mboxlocks[i].mbl_bit);
	return (0);
}

uint32_t
mboxlock_parse(const char *text)
{
	char		 list[64], *next = list, *one;
	uint32_t	 bit, bits = 0;

	if (strlcpy(list, text, sizeof(list)) >= sizeof(list))
		return (0);
	while ((one = strsep(&next, ", ")) != NULL) {
		if (*one == '\0')
			continue;
		if ((bit = mboxlock_bit(one)) == 0)
			return (0);
		bits |= bit;
	}
	if (MAILBOX_LOCKS_EXCLUDE && (bits & MBOXLOCK_FCNTL) != 0)
		bits &= ~(uint32_t)MBOXLOCK_FLOCK;
	return (bits);
}

uint32_t
mboxlock_default(void)
{
	return (mboxlock_parse(MAILBOX_LOCKS));
}
