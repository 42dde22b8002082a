/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Words of popd.conf that are gone.  See gone.h.
 */

#include <stddef.h>
#include <string.h>

#include "gone.h"

static const struct gone_word	 gone[] = {
	{ "ca",			"users log in with passwords" },
	{ "certificates",	"users log in with passwords" },
	{ "delete",		"the end of each session logs how many "
				"messages were removed" },
	{ "metrics",		"popctl show stats prints them" },
	{ "scram-sha-256",	"users log in with PLAIN in TLS, and need a "
				"hash in authtab" },
	{ "verify",		"users log in with passwords" }
};

const struct gone_word *
gone_find(const char *text)
{
	size_t	 i;

	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (strcmp(text, gone[i].go_word) == 0)
			return (&gone[i]);
	return (NULL);
}
