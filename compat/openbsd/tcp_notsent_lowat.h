/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_NOTSENT_LOWAT_H
#define TCP_NOTSENT_LOWAT_H

/* See ../include/tcp_notsent_lowat.h: OpenBSD's buffers grow to 256 KB. */
static inline int
tcp_notsent_lowat(int fd, unsigned int octets)
{
	return (0);
}

#endif
