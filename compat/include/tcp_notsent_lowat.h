/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TCP_NOTSENT_LOWAT_H
#define TCP_NOTSENT_LOWAT_H

/*
 * Limit the octets that TCP accepts before it can send them to about this many:
 * those in its buffer may never be delivered.  Return 0, also if the system has
 * no such option, or -1 with errno set.
 */
int	tcp_notsent_lowat(int, unsigned int);

#endif
