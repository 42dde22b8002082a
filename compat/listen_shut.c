/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* POLLRDHUP of Linux, poll(2): for sockets with a path. */

#include <poll.h>

#include <listen_shut.h>

int
listen_shut(int fd)
{
	struct pollfd	 pfd = { fd, POLLRDHUP, 0 };

	return (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLRDHUP) != 0);
}
