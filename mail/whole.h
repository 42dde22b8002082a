/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Read and write all of it, whatever interrupts.
 */

#ifndef WHOLE_H
#define WHOLE_H

#include <sys/types.h>

#include <stddef.h>

/* Return the octets read, fewer only at the end, or -1 and errno. */
ssize_t	 whole_read(int fd, void *buf, size_t len);

/* Return 0, or -1 and errno. */
int	 whole_write(int fd, const void *buf, size_t len);

#endif
