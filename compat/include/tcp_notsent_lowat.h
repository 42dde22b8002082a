/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_NOTSENT_LOWAT_H
#define TCP_NOTSENT_LOWAT_H

/*
 * Take no more than about so many octets that TCP cannot send yet: what its
 * buffer holds, nobody knows to be delivered.  0, or -1 and errno.  Where the
 * system has no such option it does nothing and returns 0.
 */
int	tcp_notsent_lowat(int, unsigned int);

#endif
