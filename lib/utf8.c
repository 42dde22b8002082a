/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * UTF-8.  See utf8.h.
 */

#include <stddef.h>

#include "utf8.h"

size_t
utf8_len(const unsigned char *p)
{
	static const struct {
		unsigned char	 first, last;	/* octet */
		unsigned char	 low, high;	/* of the second */
		size_t		 len;
	}		 forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 }
	};
	size_t		 i, j;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last ||
		    p[1] < forms[i].low || p[1] > forms[i].high)
			continue;
		for (j = 2; j < forms[i].len; j++)
			if (p[j] < 0x80 || p[j] > 0xbf)
				return (0);
		return (forms[i].len);
	}
	return (0);
}

int
utf8_valid(const char *text)
{
	const unsigned char	*p = (const unsigned char *)text;
	size_t			 n;

	for (; *p != '\0'; p += n)
		if ((n = *p < 0x80 ? 1 : utf8_len(p)) == 0)
			return (0);
	return (1);
}
