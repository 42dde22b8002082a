/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Comparison in constant time, for hashes and signatures. */

#include <stddef.h>
#include <string.h>

int
timingsafe_bcmp(const void *a, const void *b, size_t len)
{
	const volatile unsigned char	*p = a, *q = b;
	unsigned int			 diff = 0;

	while (len-- > 0)
		diff |= *p++ ^ *q++;
	return (diff != 0);
}
