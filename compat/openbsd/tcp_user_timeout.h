/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_USER_TIMEOUT_H
#define TCP_USER_TIMEOUT_H

/*
 * See ../include/tcp_user_timeout.h.  OpenBSD has only keepalive, and its times
 * not for one socket but for all: sysctl net.inet.tcp.keepidle and keepintvl.
 */
static inline int
tcp_user_timeout(int fd, unsigned int milliseconds)
{
	return (0);
}

#endif
