/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef LISTEN_SHUT_H
#define LISTEN_SHUT_H

#include <sys/types.h>
#include <sys/socket.h>

/* See ../include/listen_shut.h: kqueue(2) does not report it, recv(2) does. */
static inline int
listen_shut(int fd)
{
	char	 c;

	return (recv(fd, &c, sizeof(c), MSG_DONTWAIT) == 0);
}

#endif
