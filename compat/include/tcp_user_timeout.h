/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_USER_TIMEOUT_H
#define TCP_USER_TIMEOUT_H

/*
 * End a TCP connection whose peer has not acknowledged what we sent for
 * this many milliseconds.  0, or -1 and errno.  Where the system has no
 * such option it does nothing and returns 0.
 */
int	tcp_user_timeout(int, unsigned int);

#endif
