/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The system has getentropy(3), but in a static program libbsd's comes first,
 * and that one never fails: it falls back to /dev/urandom, then to hashes of
 * clocks, and finally kills the process.
 */

#include <sys/types.h>
#include <sys/random.h>

#include <errno.h>
#include <unistd.h>

int
getentropy(void *buf, size_t len)
{
	ssize_t		 n;

	if (len > 256) {
		errno = EIO;
		return (-1);
	}
	/* Up to 256 octets come whole, once the kernel has entropy. */
	do
		n = getrandom(buf, len, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (-1);
	if ((size_t)n != len) {
		errno = EIO;
		return (-1);
	}
	return (0);
}
