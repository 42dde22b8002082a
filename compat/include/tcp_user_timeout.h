/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_USER_TIMEOUT_H
#define TCP_USER_TIMEOUT_H

/*
 * End a TCP connection whose peer has not acknowledged data for this many
 * milliseconds.  Return 0, also if the system has no such option, or -1 with
 * errno set.
 */
int	tcp_user_timeout(int, unsigned int);

#endif
