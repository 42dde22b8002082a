/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* TCP_NOTSENT_LOWAT of Linux, tcp(7). */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <tcp_notsent_lowat.h>

int
tcp_notsent_lowat(int fd, unsigned int octets)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &octets,
	    sizeof(octets)));
}
