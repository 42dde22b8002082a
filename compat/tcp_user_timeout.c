/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* TCP_USER_TIMEOUT of Linux, RFC 5482. */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <tcp_user_timeout.h>

int
tcp_user_timeout(int fd, unsigned int milliseconds)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds,
	    sizeof(milliseconds)));
}
